"""What the lesson on reading from one side or both gives to try, answers and asks."""

from __future__ import annotations

from ui.lesson import Experiment, Question

# The right side brings another word to the top than the left: with the pocket model a test holds this.
SENTENCE = "He took off his ___ and hung it on a peg."


def experiments() -> list[Experiment]:
    """Three things to do, guess and see."""
    return [
        Experiment(
            "Keep the left side and give the sentence another end: “… and lit it.”",
            "Which of the two lists changes?",
            ["Both", "Only the one from the left", "Only the one of whole sentences"],
            2,
            "From the left, the model cannot know how the sentence ends: the causal mask hides it. The probabilities "
            "stay the same to the last digit.",
            {"text": "He took off his ___ and lit it.", "both": "1", "word": ""},
        ),
        Experiment(
            "Leave nothing on the right of the hole.",
            "How do the two rankings compare?",
            ["They are the same", "They are opposite", "The second one is random"],
            0,
            "Nothing on the right, nothing to add: the sentence with the candidate is as probable as the candidate. "
            "Only the numbers differ, since the second list is shared out among the candidates alone.",
            {"text": "He took off his ___", "both": "1", "word": ""},
        ),
        Experiment(
            "Look at the masks of decoder and encoder for the same words.",
            "In which rows does a decoder see as much as an encoder?",
            ["In none", "Only in the last", "In the first"],
            1,
            "The last word has everything before it. That is why a GPT that classifies a text reads the answer off "
            "the last token.",
            {"part": "masks", "kind": "decoder"},
        ),
    ]


def questions() -> dict[str, str]:
    """Questions from the notes and their margin, with short answers."""
    return {
        "What is the difference between BERT and GPT?": "BERT is an encoder: each token looks at both sides, and it is "
        "trained to fill holes (*masked language modelling*). GPT is a decoder: each token looks to the left only, and "
        "it is trained to predict the next one. BERT is used to classify and search, GPT to write; with a suitable "
        "head, or as a question in the prompt, a GPT can classify too.",
        "If a GPT scores whole sentences, is it not as good as BERT?": "For choosing among a few candidates it uses "
        "both sides. But it needs a pass through the model for each candidate, where BERT fills the hole in one. And "
        "inside, the vectors of the words on the left still know nothing of the right.",
        "Why does GPT not look to the right?": "Because in training the next token stands there. A model that sees the "
        "answer learns to copy it, and when it writes, there is nothing on the right to look at.",
        "What is masked word prediction, exactly?": "BERT's authors choose 15% of the tokens. Of these, 80% become "
        "`[MASK]`, 10% another random token, and 10% stay; the model must name the original of each. Without the last "
        "two, it would only ever work where a `[MASK]` stands, and in use there is none (Devlin et al. 2019).",
        "What are encoder and decoder?": "In the first Transformer, made for translation, the encoder reads the source "
        "sentence into vectors, and the decoder writes the translation, looking at these vectors and at what it has "
        "written. BERT keeps only the encoder, GPT only the decoder without its look at an encoder.",
        "What is a Transformer?": "A deep network whose layers mix words by attention: every word takes a weighted "
        "average of those it may see. Which ones it may see is the mask; apart from that and the task, the three kinds "
        "are built from the same parts.",
        "Does the mask make GPT worse at understanding?": "For a word in the middle of a sentence, yes: it knows half "
        "of the company. At the end of the text it has seen everything. And training gets a task at every token, where "
        "BERT gets one at 15% of them.",
    }


def check() -> list[Question]:
    """Three questions with an answer at once."""
    return [
        Question(
            "“The ___ barked all night.” What can a GPT use to predict the word in the hole, in one pass?",
            ["“barked all night”", "Only “The”", "The whole sentence"],
            1,
            "What stands on the right is hidden from the place where the prediction is made.",
        ),
        Question(
            "How does a left-to-right model find out which of two words suits the whole sentence better?",
            [
                "It reads the sentence backwards",
                "It cannot",
                "It computes the probability of the sentence with each of them",
            ],
            2,
            "P(word | left) times P(right | left, word), the chain rule. Each candidate costs a reading of its own.",
        ),
        Question(
            "Which mask has ones everywhere?",
            ["The encoder's", "The decoder's", "The encoder-decoder's"],
            0,
            "Everyone may look at everyone. A decoder's is a triangle.",
        ),
    ]
