"""Several processes that train one model: each computes a part of every batch, the gradients are averaged.

    torchrun --nproc-per-node 2 -m engine pretrain book.txt --to run

Every process walks through the same batches and takes its share of each, so that the place in the data, and with it a
checkpoint, does not depend on how many there are: what two have begun, one or three can go on with. Only the first
process evaluates, writes and tells; `torchrun --max-restarts 3` starts all again when one is lost, and they go on from
the last checkpoint.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from engine.device import pick_device
from engine.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    BatchLoss = Callable[[nn.Module, Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Team:
    """The processes that train together; one alone is a team too, and then nothing below costs anything.

    rank  this process's number, from 0
    size  how many there are
    """

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process evaluates, writes and tells."""
        return self.rank == 0

    def loss(self, model: nn.Module, batch_loss: BatchLoss) -> Callable[[Tensor, Tensor], Tensor]:
        """The loss of a batch, as a function whose backward pass leaves the same gradients in every process.

        The first process's weights become everybody's.
        """
        if self.size == 1:
            return partial(batch_loss, model)
        # The masks are the same everywhere and never change.
        return DistributedDataParallel(_Loss(model, batch_loss), broadcast_buffers=False)

    def share(self, inputs: Tensor, targets: Tensor) -> tuple[tuple[Tensor, Tensor], int]:
        """This process's part of a batch, and 1 if it counts.

        Who is left without an example, because there are too few, computes the first one, and it does not count: all
        must take part in the exchange of gradients.
        """
        if self.size == 1:
            return (inputs, targets), 1
        x, y = (t.tensor_split(self.size)[self.rank] for t in (inputs, targets))
        return ((x, y), 1) if len(x) else ((inputs[:1], targets[:1]), 0)

    def sum(self, value: float) -> float:
        """The sum over all processes."""
        if self.size == 1:
            return value
        total = torch.tensor([value], dtype=torch.float64, device=_meeting_place())
        dist.all_reduce(total)
        return float(total)

    def agree(self, states: dict[str, Tensor]) -> dict[str, Tensor]:
        """The first process's states of the random generators, which all then draw the same order from."""
        if self.size == 1:
            return states
        told = [states]
        dist.broadcast_object_list(told, src=0, device=_meeting_place())
        return told[0]

    def wait(self) -> None:
        """Until all are here."""
        if self.size > 1:
            dist.barrier()


class _Loss(nn.Module):
    """Model and loss as one module: DistributedDataParallel watches what is called through it."""

    def __init__(self, model: nn.Module, batch_loss: BatchLoss) -> None:
        super().__init__()
        self.model, self.batch_loss = model, batch_loss

    def forward(self, inputs: Tensor, targets: Tensor) -> Tensor:
        return self.batch_loss(self.model, inputs, targets)


def team() -> Team:
    """The team that this process has joined, or itself alone."""
    if dist.is_available() and dist.is_initialized():
        return Team(dist.get_rank(), dist.get_world_size())
    return Team()


@contextlib.contextmanager
def joined(device: str = "auto") -> Iterator[str]:
    """Join the processes that torchrun started, for as long as the block lasts; without torchrun nothing happens.

    device  as for engine.device.pick_device; yields the one for this process: on a machine with GPUs its own

    Raises InputError when there are more processes than GPUs.
    """
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        yield device
        return
    local = int(os.environ["LOCAL_RANK"])
    gpu = device.startswith("cuda") or (device == "auto" and pick_device().type == "cuda")
    if gpu and local >= torch.cuda.device_count():
        raise InputError(
            f"torchrun started {local + 1} processes or more here, and there are {torch.cuda.device_count()} GPUs; "
            "give --nproc-per-node that many, or --device cpu."
        )
    if gpu:
        torch.cuda.set_device(local)
    # After a restart torchrun's store still holds where the lost processes could be reached (pytorch issue 135712).
    store, rank, size = next(dist.rendezvous("env://"))
    store = dist.PrefixStore(f"start {os.environ['TORCHELASTIC_RESTART_COUNT']}", store)
    dist.init_process_group("nccl" if gpu else "gloo", store=store, rank=rank, world_size=size)
    try:
        yield f"cuda:{local}" if gpu else "cpu" if device == "auto" else device
    finally:
        dist.destroy_process_group()


def _meeting_place() -> torch.device:
    """Where tensors must be to be exchanged."""
    return torch.device("cuda", torch.cuda.current_device()) if dist.get_backend() == "nccl" else torch.device("cpu")
