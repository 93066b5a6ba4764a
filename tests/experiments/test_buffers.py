"""A registered mask moves and is saved with its module, is not trained; a plain attribute stays behind."""

from __future__ import annotations

import pytest
import torch

from engine.attention import CausalAttention
from engine.errors import InputError
from engine.experiments.buffers import PlainMaskAttention, held_by, moves, try_mask


@pytest.mark.parametrize("move", moves())
def test_the_mask_goes_where_the_weights_go_only_if_registered(move: str) -> None:
    for registered in (True, False):
        *weights, mask = held_by(6, registered, move)
        assert mask.name == "mask"
        assert [w.name for w in weights] == ["W_query.weight", "W_key.weight", "W_value.weight"]
        assert all(w.parameter and w.saved and not w.buffer for w in weights)
        assert (mask.parameter, mask.buffer, mask.saved) == (False, registered, registered)
        together = (mask.dtype, mask.device) == (weights[0].dtype, weights[0].device)
        assert together == (registered or move == "none")


def test_a_mask_on_another_device_cannot_be_applied() -> None:
    assert try_mask(True, "meta") == ""
    assert try_mask(False, "none") == ""
    assert "device" in try_mask(False, "meta")


def test_only_the_place_of_the_mask_differs() -> None:
    plain, registered = (make(3, 2, 6, 0.0) for make in (PlainMaskAttention, CausalAttention))
    plain.load_state_dict({k: v for k, v in registered.state_dict().items() if k != "mask"})
    x = torch.rand(1, 6, 3, generator=torch.Generator().manual_seed(1))
    assert torch.equal(plain(x), registered(x))


def test_size_of_the_mask_and_bad_input() -> None:
    assert held_by(256, True, "none")[-1].nbytes == 4 * 256 * 256
    with pytest.raises(InputError, match="context_length is 0"):
        held_by(0, True, "none")
    with pytest.raises(InputError, match="no move 'moon'"):
        held_by(6, True, "moon")
