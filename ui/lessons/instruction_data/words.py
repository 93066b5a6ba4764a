"""What the lesson on instruction data gives to try, answers and asks."""

from __future__ import annotations

from ui.lesson import Experiment, Question

CAPTIONS = {
    "format": "Each entry becomes one text: the prompt in its fixed form, then the answer. Training knows no other "
    "difference between question and answer than these headings.",
    "tokens": "Each text as tokens, as long as it happens to be. A tensor needs rows of one length.",
    "pad": "One `<|endoftext|>` follows every text; the shorter ones are filled up with more of the same token, to "
    "one more than the longest of **this** batch.",
    "shift": "Inputs leave out the last place, targets the first: the target at place i is the token at i + 1. As a "
    "row, the targets are the inputs moved one to the *left*.",
    "hide": "Padding in the targets becomes −100, which `cross_entropy` leaves out. The first `<|endoftext|>` after "
    "each answer stays. With “only the answer counts”, the prompt's targets are hidden as well.",
    "cut": "Inputs and targets are cut to allowed_max_length, so that no text is longer than the model's context. "
    "What is cut is the end: the answer goes first.",
}


def experiments() -> list[Experiment]:
    """Three things to do, guess and see."""
    return [
        Experiment(
            "Look at the step Hide in a batch of 4, and switch “only the answer counts” on.",
            "What happens to the number of targets that count?",
            ["It stays", "Most of them go", "Only padding goes"],
            1,
            "The prompt is most of a text: a fixed introduction and headings, the same in every entry. Once it is "
            "hidden, only the answers and their ends are left, and the loss is a mean over these alone.",
            {"step": "hide", "masked": True, "batch": 4},
        ),
        Experiment(
            "Change the prompt style from Alpaca to Phi-3.",
            "How much longer is the same entry in Alpaca style?",
            ["About the same", "Clearly longer, by the same number for every entry like it", "Shorter"],
            1,
            "Alpaca's introduction and headings are the same words for every entry with an input, and the same for "
            "every one without. They are read in every batch, and say nothing that two short marks would not say.",
            {"step": "tokens", "style": "phi3"},
        ),
        Experiment(
            "In the step Cut, make allowed_max_length 40.",
            "What is lost first?",
            ["The prompt", "The answers", "The padding only"],
            1,
            "The cut is at the end, and there the answer stands. An entry whose prompt fills the context teaches "
            "nothing about answering; the doctor finds those.",
            {"step": "cut", "allowed": 40, "style": "alpaca"},
        ),
    ]


def questions() -> dict[str, str]:
    """Questions from the notes' chapter 7 and their margin, with short answers."""
    return {
        "Why does a pretrained model need instruction data at all?": "It has learned to continue texts. A question is "
        "often followed by another question, so it goes on asking. Pairs of instruction and answer show what "
        "shall follow instead.",
        "Are the targets the inputs shifted to the right?": "The target at place i is the input at place i + 1, so "
        "the row moves one to the *left*. The step Shift shows both rows below each other.",
        "Why does one end-of-text token stay in the targets?": "Because stopping is learned like any other token. If "
        "all were hidden, nothing would ever raise the probability of `<|endoftext|>` after an answer, and the model "
        "would go on until it is cut off. The page shows that probability for the chosen answer.",
        "Why −100?": "It is the default of `ignore_index` in PyTorch's cross_entropy: targets with it are left out of "
        "the mean. It is no token, and no model ever predicts it.",
        "What does partial do: preset the device so that the collate function always uses the correct hardware?": "A "
        "DataLoader calls its collate function with the list of samples and nothing else. `functools.partial` makes "
        "a function in which the device, and here the padding and the longest length, are already filled in.",
        "Why batch instruction data and move it to the device there?": "All rows of a batch are multiplied at once. "
        "Moved in the collate function, a batch is already where the model is when the training loop gets it, so "
        "the loop need not do it.",
        "What happens to sequences longer than allowed_max_length?": "They are cut at the end, so that they fit in "
        "the context window. A model has no position for more tokens than that.",
        "Is it better to hide the instruction in the loss?": "It is an option, not a rule. Hidden, every gradient "
        "is about answering; counted, the model also learns to write prompts, which can help when entries are "
        "few and answers short (Shi et al. 2024, “Instruction tuning with loss over instructions”). Compare both in "
        "the lesson on instruction tuning.",
    }


def check() -> list[Question]:
    """Three questions with an answer at once."""
    return [
        Question(
            "A batch holds texts of 5, 2 and 3 tokens. What shape do inputs and targets have?",
            ["(3, 5)", "(3, 6)", "(3, 10)"],
            0,
            "Padded to 6 places, one more than the longest; inputs leave out the last place and targets the first, "
            "so both have 5.",
        ),
        Question(
            "Texts of 5, 2 and 3 tokens are padded into one batch. How many targets of the one with 2 are not −100?",
            ["2", "3", "5"],
            0,
            "Its second token and one `<|endoftext|>`. The other three places are padding.",
        ),
        Question(
            "Why is each batch padded to its own longest text and not to the longest of the whole set?",
            ["So that less is computed for padding", "Because the loss would change", "Because batches must differ"],
            0,
            "Padding does not count in the loss, but it is computed all the same. One long entry would make every "
            "batch as long as itself.",
        ),
    ]
