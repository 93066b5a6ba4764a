"""What the lesson on the two kinds of fine-tuning gives to try, answers and asks."""

from __future__ import annotations

from ui.lesson import Experiment, Question


def experiments() -> list[Experiment]:
    """Three things to try."""
    return [
        Experiment(
            "Ask something else about the same message: “What language is this written in?”",
            "Whose answer changes?",
            ["All three", "Only the first two", "Only the classifier's"],
            1,
            "The question is part of what the first two read. The classifier reads the message alone: its task is in "
            "its weights, and it goes on saying spam or ham whatever you ask.",
            {"question": "What language is this written in?"},
        ),
        Experiment(
            "Give the classifier something that is no message at all, such as a line of a recipe.",
            "What does the classifier say?",
            ["That it does not know", "Spam or ham, perhaps with great certainty", "The name of a third class"],
            1,
            "Two outputs, one softmax: the two probabilities add up to 1 for any input. That a text is unlike "
            "everything it was trained on, it cannot say.",
            {"message": "Whisk two eggs with a cup of milk, then fold in the flour until no lumps are left."},
        ),
        Experiment(
            "Write “spam” into the question in another way: “Is this junk?”, “Does it try to sell something?”",
            "How much do the answers of the model as it is move?",
            ["Hardly at all", "As much as the answer itself, sometimes to the other side"],
            1,
            "A model that only continues texts reacts to every word of the prompt. The dots further below show the "
            "same for six wordings of one question. Fine-tuning on instructions, and size, make this better.",
            {"question": "Does it try to sell something?"},
        ),
    ]


def questions() -> dict[str, str]:
    """Questions about section 6.1 of the notes, with short answers."""
    return {
        "What are the two common ways to fine-tune a language model?": "**Classification fine-tuning** trains it to "
        "put texts into classes, such as spam and ham; the output layer is replaced by one with one output a class. "
        "**Instruction fine-tuning** trains it to carry out tasks that are written in the prompt; the output layer "
        "stays, and the answer is text. Both start from the same pretrained weights and both minimise cross-entropy.",
        "Why can a classifier only say the classes it was trained on?": "Because it has no other outputs. Its last "
        "layer gives one score for each class, and softmax shares 100% among them. A new class needs a new row in "
        "that layer, labelled examples, and training.",
        "What is a generalist model, what a specialised one?": "A generalist can do many tasks, each told in words; a "
        "specialised model does one task, often better and with far less. The same pretrained model can become "
        "either.",
        "Is the instruction model not simply better, because it can do both?": "Only if it is good enough at your "
        "task. A small model with a head and some hundred labels often beats a much larger one that is only asked, "
        "costs less for each text, gives probabilities that can be measured and calibrated, and never answers with "
        "a poem. Without labels, or for many changing tasks, asking is the better way.",
        "When should I use instruction fine-tuning?": "When the tasks are many or not known in advance, when people "
        "will put them in their own words, and when the answer is a text. It needs more data, more training and a "
        "larger model, and judging the answers is harder.",
    }


def check() -> list[Question]:
    """Three questions with an answer at once."""
    return [
        Question(
            "A classifier for spam and ham is given a French love poem. What comes out?",
            ["An error", "Two probabilities that add up to 1", "The word “poem”"],
            1,
            "It has two outputs and a softmax over them. What the input is does not matter to their number.",
        ),
        Question(
            "Where is the task written in each kind of fine-tuned model?",
            [
                "In the prompt for both",
                "Classifier: in the weights; instruction model: in the prompt",
                "Classifier: in the prompt; instruction model: in the weights",
            ],
            1,
            "The classifier reads only the text. The instruction model reads task and text; its weights have learned "
            "to do what is asked.",
        ),
        Question(
            "A pretrained model answers “No” to “Is this message spam?” for 196 of 200 messages, half of them spam, "
            "and is right on 104. What has it shown?",
            ["That it knows spam a little", "Nearly nothing: always “No” is right on 100", "That the data is wrong"],
            1,
            "Compare with the answer that needs no reading. 104 of 200 is within what chance does to a model that "
            "always says the same.",
        ),
    ]
