"""Words and questions of the notes' sections 5.3 to 5.5: decoding, saving, loading."""

from __future__ import annotations

from ui.lessons.glossary.entry import Entry

ENTRIES = (
    Entry(
        "AdamW",
        "Adam with weight decay done apart from the gradient. The usual optimizer for transformers.",
        "5.4",
        "gradients",
    ),
    Entry(
        "Weight decay",
        "Making every weight a little smaller at each step, so that none stays large without need.",
        "5.5",
        "gradients",
        also="regularization",
        notes="With plain gradient descent it is the same as an L2 penalty; with Adam it is not, and that is what "
        "AdamW mends. It guards against overfitting to some degree, it does not prevent it.",
    ),
    Entry(
        "Momentum",
        "Stepping along a running mean of past gradients instead of the last one: shaking cancels out, steady "
        "directions add up.",
        "5.5",
        "gradients",
    ),
    Entry(
        "Overfitting",
        "The training loss goes on falling while the validation loss stays or rises: the model learns its texts by "
        "heart.",
        "5.4",
        "curve_clinic",
    ),
    Entry(
        "Temperature",
        "The number that all logits are divided by before softmax: below 1 sharpens, above 1 flattens, 0 stands for "
        "always the best.",
        "5.3",
        "decoding",
        {"temperature": "1.5"},
        also="temperature scaling, temperature value",
    ),
    Entry(
        "Top-k sampling",
        "Drawing only from the k most probable tokens; their probabilities are divided by their sum.",
        "5.3",
        "decoding",
        {"top_k": "5"},
        also="top-k",
    ),
    Entry(
        "Probabilistic sampling",
        "Drawing the next token at random, each with its probability. Other texts each time, unless the seed is the "
        "same.",
        "5.3",
        "decoding",
        also="sampling, multinomial",
    ),
    Entry(
        "generate",
        "The notes' function with temperature and top-k: keep the k best logits, set the others to −∞, divide, "
        "softmax, draw.",
        "5.3",
        "decoding",
        notes="The notes' text has temperature first, then top-k. The tokens are the same either way, because "
        "dividing changes no order.",
    ),
    Entry(
        "Decoding strategy",
        "How a token is chosen from the probabilities: greedy, with temperature, top-k, top-p and others.",
        "5.3",
        "decoding",
    ),
    Entry(
        "state_dict",
        "A dictionary of all tensors of a model by name: parameters and buffers. `torch.save` writes it, "
        "`load_state_dict` reads it into a model of the same build.",
        "5.4",
        "saving",
        also="state dict, torch.save, load_state_dict",
    ),
    Entry("Model weights", "The numbers that training has found, the model's parameters.", "5.5", "saving"),
    Entry(
        "Optimizer state",
        "What an optimizer remembers between steps: for Adam two running means for each weight, and the count of "
        "steps. Needed to go on exactly.",
        "5.4",
        "saving",
        notes="Without it a resumed training usually recovers after some steps; it does not have to *fail to "
        "converge*.",
    ),
    Entry(
        "Pretrained weights",
        "Weights that somebody else has trained and published, such as OpenAI's for GPT-2. Loading takes minutes, "
        "training them took many machines for weeks.",
        "5.5",
        "pretrained",
        also="OpenAI",
    ),
    Entry(
        "Settings dictionary",
        "The numbers that say how OpenAI's model is built: layers, width, heads, context length, vocabulary.",
        "5.5",
        "pretrained",
        also="settings",
    ),
    Entry(
        "Params dictionary",
        "OpenAI's weight tensors by name, nested like the model's parts.",
        "5.5",
        "pretrained",
        also="params",
    ),
    Entry(
        "load_weights_into_gpt",
        "The notes' function that puts each of OpenAI's tensors into its place in GPTModel, transposed or cut in "
        "three where needed, and stops where shapes differ.",
        "5.5",
        "pretrained",
    ),
    Entry(
        "model_configs",
        "The settings of the four GPT-2 sizes: small (124M), medium (355M), large (774M), xl (1558M).",
        "5.5",
        "pretrained",
        also="GPT-2 sizes",
    ),
    Entry(
        "What does it mean that AdamW has momentum?",
        "Its running mean of past gradients: a step follows the direction of the last many gradients, not of the "
        "last one alone. Chance in single batches cancels out.",
        "5.5",
        "gradients",
    ),
)
