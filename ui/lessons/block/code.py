"""The engine calls behind the lesson on the block, as cells of a notebook."""

from __future__ import annotations

from ui.code import model_cell
from ui.lessons.block.readings import MOST_TOKENS


def cells(text: str, layer: int, place: int, token: int, name: str) -> list[str]:
    """What is on screen: one block, the sum of the stream, the lens, the attribution.

    token  the ID whose logit is taken apart
    name   the model's
    """
    return [
        model_cell(name),
        "import torch\n\nfrom engine.analysis.attribution import attribute_logit\n"
        "from engine.analysis.lens import logit_lens\nfrom engine.analysis.stream import block_steps, read_stream\n"
        "from engine.tokenizers.pretrained import encode_text\n\n"
        f"ids = torch.tensor(encode_text(tokenizer, {text!r})[:{MOST_TOKENS}])",
        f"# Block {layer}, step by step: the vector of token {place}\n"
        f"for name, x in block_steps(model, ids, layer={layer}).items():\n"
        f"    print(f'{{name:13}} {{tuple(x.shape)}} length {{x[{place}].norm():.4f}}', x[{place}, :4])",
        "# Everything that was added is the stream\nstream = read_stream(model, ids)\n"
        "print('largest difference:', stream.largest_difference)",
        f"# What each level would predict after token {place}\nlens = logit_lens(model, stream.levels)\n"
        f"for top, p, rank in zip(lens.top[:, {place}], lens.answer_probability[:, {place}], "
        f"lens.answer_rank[:, {place}]):\n"
        "    print(repr(tokenizer.decode([top])), f'{p:.6f}', int(rank))",
        f"# Where the logit of token {token} comes from\n"
        f"found = attribute_logit(model, stream, place={place}, token={token})\nprint(found.contributions)\n"
        "print(found.contributions.sum().item() + found.shift, '=', found.logit)",
    ]


def norm_cells(n_layers: int, learning_rate: float, steps: int, seed: int) -> list[str]:
    """The two trainings side by side."""
    settings = f"NormSettings({n_layers}, {learning_rate!r}, {steps}, {seed})"
    return [
        "from engine.experiments.norm_placement import NormSettings, train_both",
        f"# Norm before, norm after\nfor point in train_both({settings}):\n"
        "    print(point.step, f'{point.pre_loss:.3f} {point.post_loss:.3f}')",
    ]
