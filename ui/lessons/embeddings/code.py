"""The engine calls behind the lesson on embeddings, with the values on screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ui.code import model_cell, show_code

if TYPE_CHECKING:
    from engine.experiments.word2vec import Settings
    from ui.lessons.embeddings.tokens import TokenTable

MAPS = {
    "pca": "components = principal_components(points, {dims})\nplaces = components.project(points)\n"
    'print("share of the variance", components.explained)',
    "tsne": "*_, last = tsne(points, {dims})\nplaces = last.places",
    "umap": "*_, last = umap(points, {dims})\nplaces = last.places",
}
IMPORTS = {
    "pca": "from engine.analysis.projection import faithfulness, principal_components",
    "tsne": "from engine.analysis.projection import faithfulness\nfrom engine.analysis.tsne import tsne",
    "umap": "from engine.analysis.projection import faithfulness\nfrom engine.analysis.umap import umap",
}


def map_cells(table: TokenTable, token: int, method: str, dims: int, ids: list[int]) -> list[str]:
    """Loading, the two ways to a row, neighbours, and the map."""
    which = f"range({len(ids)})" if ids == list(range(len(ids))) else f"{ids}"
    return [
        f"{model_cell(table.model)}\nweight = model.tok_emb.weight.detach()  # (V, D)\nprint(weight.shape)",
        f"""import torch

token = {token}
looked_up = torch.nn.Embedding.from_pretrained(weight)(torch.tensor(token))
one_hot = torch.nn.functional.one_hot(torch.tensor(token), len(weight)).float()
print(looked_up[:8])
print("equal to the last digit:", torch.equal(looked_up, one_hot @ weight))""",
        """from engine.analysis.neighbours import nearest, unit_rows

unit = unit_rows(weight.numpy())
for i, cosine in zip(*nearest(unit, unit[token], 10, leave_out=[token])):
    print(f"{cosine:.3f} {tokenizer.decode([int(i)])!r}")""",
        f"""{IMPORTS[method]}

ids = {which}
points = unit[list(ids)]
{MAPS[method].format(dims=dims)}
print(faithfulness(points, places))""",
    ]


def map_code(table: TokenTable, token: int, method: str, dims: int, ids: list[int]) -> None:
    """The box with the code of the map and of the table."""
    show_code(map_cells(table, token, method, dims, ids), "embeddings")


def analogy_cells(model: str, ids: list[int], leave_out: bool) -> list[str]:
    """One analogy."""
    given = "[a, b, c]" if leave_out else "[]"
    return [
        model_cell(model),
        f"""from engine.analysis.neighbours import analogy, nearest, unit_rows

unit = unit_rows(model.tok_emb.weight.detach().numpy())
a, b, c = {ids}
for i, cosine in zip(*nearest(unit, analogy(unit, a, b, c), 10, leave_out={given})):
    print(f"{{cosine:.3f}} {{tokenizer.decode([int(i)])!r}}")""",
    ]


def word2vec_cells(text: str, settings: Settings, word: str) -> list[str]:
    """The training, and the neighbours of one word."""
    return [
        f"""from engine.experiments.word2vec import Settings, read_pairs, train

text = {text!r}
settings = {settings!r}
pairs = read_pairs(text, settings.window)
for moment in train(pairs, settings):
    print(f"step {{moment.step:5d}} loss {{moment.loss:.4f}}")""",
        f"""from engine.analysis.neighbours import nearest, unit_rows

unit = unit_rows(moment.vectors)
row = pairs.words.index({word!r})
for i, cosine in zip(*nearest(unit, unit[row], 8, leave_out=[row])):
    print(f"{{cosine:.3f}} {{pairs.words[i]}}")""",
    ]
