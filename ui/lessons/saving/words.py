"""What the lesson on saving and resuming gives to try, answers and asks."""

from __future__ import annotations

from ui.lesson import Experiment, Question

TEXT = "The lamp on the hill was lit again, and the fishermen saw it: one light, then two."


def experiments() -> list[Experiment]:
    """Three things to do, guess and see."""
    return [
        Experiment(
            "Go on with everything restored, at another step and with the largest learning rate.",
            "How far is it from the training that never stopped?",
            ["A little, from rounding", "Not at all", "As far as without the optimizer"],
            1,
            "Weights, optimizer and random numbers are all there is: the same numbers in give the same numbers out, "
            "to the last bit (on the same machine).",
            {"part": "resume", "saved_at": 20, "rate": "0.03"},
        ),
        Experiment(
            "Look at “new optimizer” at learning rate 0.01, then switch to 0.001.",
            "At which is the largest difference larger?",
            ["0.001", "0.01", "The same at both"],
            1,
            "A new AdamW's first step moves nearly every weight by the whole learning rate.",
            {"part": "resume", "saved_at": 45, "rate": "0.01", "seed": 1, "near": True},
        ),
        Experiment(
            "Set the dropout rate to 0.",
            "What becomes of the dots of train mode?",
            ["They lie on those of eval mode", "They spread more", "They lie above those of eval mode"],
            0,
            "In our models dropout is all that the mode changes.",
            {"part": "modes", "drop": 0.0},
        ),
    ]


def questions() -> dict[str, str]:
    """Questions from the notes and others, with short answers."""
    return {
        "What is a state dict?": "A dictionary from names to tensors: every parameter and every registered buffer of "
        "the model. It holds no code and no settings: to load it one first builds a model of the same shape.",
        "Why save the weights?": "Training is what costs; reading a file takes seconds. And others can use the model.",
        "What is the optimizer's state?": "What the optimizer remembers from one step to the next. AdamW keeps two "
        "running means for each parameter, of the gradient and of its square, and counts the steps.",
        "Does training fail without the optimizer's state?": "Usually not. Its next steps are different and often "
        "worse, until the means have formed again. It is no longer the same training.",
        "What is evaluation mode?": "`model.eval()` tells every layer that nobody is training: dropout then passes "
        "everything on. `model.train()` switches back. Neither changes a weight, and eval() does not switch off "
        "gradients; `torch.no_grad()` does that.",
        "Why are the masks in the file?": "They are registered as buffers, so they move with the model to a GPU and "
        "are part of its state_dict. They could be made again from the context length.",
        "Why weights_only=True?": "torch.save writes a pickle, and a pickle can hold instructions: which function "
        "to call, with what. Opening one from a stranger can run any program, delete files or send them away. "
        "weights_only=True refuses everything but tensors and plain values. Safetensors files hold numbers only.",
        "What else must be saved to go on exactly?": "The state of the random numbers (batch order, dropout), the "
        "place in the data, and the learning rate's schedule.",
    }


def check() -> list[Question]:
    """Three questions with an answer at once."""
    return [
        Question(
            "A model has 1,000 parameters in float32. How many bytes do AdamW's two means take?",
            ["4,000", "8,000", "2,000"],
            1,
            "2 × 1,000 numbers of 4 bytes.",
        ),
        Question(
            "Which is NOT in a model's state_dict?",
            ["The weights", "The causal masks that are registered buffers", "AdamW's running means"],
            2,
            "They are in the optimizer's own state_dict, which is saved beside it.",
        ),
        Question(
            "The same text gives another loss each time. What was forgotten?",
            ["model.eval()", "optimizer.step()", "torch.save"],
            0,
            "In train mode dropout leaves out other numbers each time.",
        ),
    ]
