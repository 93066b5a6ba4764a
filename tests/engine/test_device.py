"""Which device is chosen, and what is said when it is not there."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from engine.device import describe_device, pick_device, supports_bf16
from engine.errors import DeviceError


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> object:
    """Pretend that this machine has so many CUDA devices, and Apple's or not."""
    monkeypatch.delenv("GLASSBOX_DEVICE", raising=False)

    def pretend(cuda: int = 0, mps: bool = False) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: cuda)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)

    return pretend


def test_auto_takes_the_best_there_is(machine) -> None:
    machine(cuda=1, mps=True)
    assert pick_device() == torch.device("cuda")
    machine(mps=True)
    assert pick_device("auto") == torch.device("mps")
    machine()
    assert pick_device() == torch.device("cpu")


def test_the_environment_overrides_auto_and_nothing_else(machine, monkeypatch) -> None:
    machine(cuda=1)
    monkeypatch.setenv("GLASSBOX_DEVICE", "cpu")
    assert pick_device() == torch.device("cpu")
    assert pick_device("cuda") == torch.device("cuda")
    monkeypatch.setenv("GLASSBOX_DEVICE", "")
    assert pick_device() == torch.device("cuda")
    monkeypatch.setenv("GLASSBOX_DEVICE", "toaster")
    with pytest.raises(DeviceError, match="no device 'toaster'; choose one of auto, cuda, mps, cpu"):
        pick_device()


@pytest.mark.parametrize(
    "name", ["gpu", "", "cuda:", "cuda:x", "cuda:-1", "cpu:zero", "cuda;1", "auto:1", "cpu:99999999999"]
)
def test_a_name_that_means_nothing(machine, name: str) -> None:
    machine(cuda=1)
    with pytest.raises(DeviceError, match="choose one of auto, cuda, mps, cpu"):
        pick_device(name)


@pytest.mark.parametrize("name", ["cuda", "cuda:0", "mps"])
def test_a_device_that_is_not_there(machine, name: str) -> None:
    machine()
    with pytest.raises(DeviceError, match=f"no device {name} .*; choose auto or cpu"):
        pick_device(name)


def test_one_of_several_gpus(machine) -> None:
    machine(cuda=2)
    assert pick_device("cuda:1") == torch.device("cuda:1")
    with pytest.raises(DeviceError, match="no device cuda:2"):
        pick_device("cuda:2")


def test_description_names_the_hardware(monkeypatch) -> None:
    assert describe_device(torch.device("cpu")).startswith(f"CPU, {torch.get_num_threads()} thread")
    assert "Apple" in describe_device(torch.device("mps"))
    card = SimpleNamespace(name="NVIDIA H100 80GB HBM3", total_memory=85_000_000_000)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: card)
    assert describe_device(torch.device("cuda")) == "NVIDIA H100 80GB HBM3, 85 GB"


def test_bf16_only_where_the_hardware_multiplies_it(monkeypatch) -> None:
    """AVX-512 alone is not enough: without its bf16 part, PyTorch emulates, and that is slower than fp32."""
    cpu, cuda = torch.device("cpu"), torch.device("cuda")
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_f": True})
    assert not supports_bf16(cpu)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_f": True, "avx512_bf16": True})
    assert supports_bf16(cpu)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (7, 5))
    assert not supports_bf16(cuda)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (9, 0))
    assert supports_bf16(cuda)
    assert not supports_bf16(torch.device("mps"))


@pytest.mark.gpu
def test_this_gpu() -> None:
    device = pick_device("cuda")
    assert torch.cuda.get_device_name(device) in describe_device(device)
