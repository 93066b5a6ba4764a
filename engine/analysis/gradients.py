"""How much gradient reaches each block of a GPT, with its shortcuts and without them.

Source: He et al. 2016, "Identity Mappings in Deep Residual Networks"; the notes' section 4.4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from engine.attention import check_length
from engine.errors import InputError

if TYPE_CHECKING:
    from torch import Tensor

    from engine.model import GPTModel


@dataclass(frozen=True)
class BlockGradients:
    """One backward pass of the next-token loss of a text.

    loss     mean cross-entropy, nats a token
    stream   (L + 1,) norm of the loss's gradient with respect to the vectors before each block and after the last
    weights  (L,) norm of the loss's gradient with respect to all weights of each block
    alike    (L + 1,) mean cosine between the vectors of two different tokens at the same places: 1 means that all
             tokens point the same way and can no longer be told apart
    """

    loss: float
    stream: Tensor
    weights: Tensor
    alike: Tensor


def block_gradients(model: GPTModel, ids: Tensor, shortcuts: bool = True, norms: bool = True) -> BlockGradients:
    """Gradients of the loss of predicting each next token of a text; the model's own .grad stay as they are.

    model      in evaluation mode
    ids        (T,) token IDs, two or more
    shortcuts  False leaves out both additions of every block: x = attention(norm(x)), x = feed_forward(norm(x))
    norms      False leaves out both layer norms of every block; the one after the last block stays

    Raises InputError for fewer than two tokens, or more than the model can look at.
    """
    if len(ids) < 2:
        raise InputError("one token has no next token to predict; give at least two.")
    check_length(len(ids), model.cfg.context_length)
    # Pages run models in inference mode, whose tensors know no gradients; a copy made outside of it does.
    with torch.inference_mode(False), torch.enable_grad():
        ids = ids.clone().to(model.tok_emb.weight.device)
        x = (model.tok_emb(ids) + model.pos_emb(torch.arange(len(ids), device=ids.device)))[None]
        places = [x]
        for block in model.blocks:
            for part, norm in ((block.att, block.norm1), (block.ff, block.norm2)):
                out = part(norm(x) if norms else x)
                x = x + out if shortcuts else out
            places.append(x)
        loss = F.cross_entropy(model.out_head(model.final_norm(x))[0, :-1], ids[1:])
        parts = [(b.att, b.ff, *((b.norm1, b.norm2) if norms else ())) for b in model.blocks]
        parameters = [[p for part in block for p in part.parameters()] for block in parts]
        found = torch.autograd.grad(loss, [*places, *(p for block in parameters for p in block)])
    sizes = torch.stack([g.detach().double().norm() for g in found]).cpu()
    by_block = sizes[len(places) :].split([len(block) for block in parameters])
    alike = torch.stack([_alike(place.detach()[0]) for place in places]).cpu()
    return BlockGradients(loss.item(), sizes[: len(places)], torch.stack([part.norm() for part in by_block]), alike)


def _alike(x: Tensor) -> Tensor:
    """Mean cosine between two different rows of x (T, D)."""
    # In a network without norms vectors can be far shorter than the 1e-12 at which PyTorch would stop dividing.
    directions = F.normalize(x.double(), dim=-1, eps=1e-300)
    count = len(x)
    return ((directions @ directions.T).sum() - count) / (count * (count - 1))
