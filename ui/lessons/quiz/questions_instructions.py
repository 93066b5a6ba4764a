"""The quiz's own questions on instruction fine-tuning and judging: the notes' chapter 7."""

from __future__ import annotations

from ui.lesson import Question

# By the lesson where the answer can be seen.
QUESTIONS: dict[str, tuple[Question, ...]] = {
    "instruction_data": (
        Question(
            "In the targets, padding is replaced by −100. Why?",
            [
                "cross_entropy leaves out targets of −100",
                "The model is to predict −100 at the end",
                "Negative IDs take less memory",
            ],
            0,
            "−100 is the default of `ignore_index`: these places add nothing to the loss. No model ever predicts "
            "−100; it is no token.",
        ),
        Question(
            "The first `<|endoftext|>` after a response stays in the targets, the others become −100. What would be "
            "lost without it?",
            ["The model would not learn to stop", "The batch would not be a rectangle", "The prompt would be too long"],
            0,
            "Ending is a token that must be predicted like any other. The rectangle is made by the padding in the "
            "*inputs*, which stays.",
        ),
        Question(
            "Inputs are [3, 8, 5]. Which targets belong to them, if the text ends there?",
            ["[8, 5, 50256]", "[50256, 3, 8]", "[3, 8, 5]"],
            0,
            "The target at a place is the *next* token; the sequence moves to the left, and `<|endoftext|>` follows "
            "the last one. [50256, 3, 8] is moved to the right: there the model would predict the past.",
        ),
        Question(
            "What belongs into an entry's prompt in Alpaca style?",
            [
                "Labelled sections for instruction, input and response",
                "Only the special tokens for user and assistant",
                "The score of the response",
            ],
            0,
            "`### Instruction:`, `### Input:` where there is one, and `### Response:`. Special tokens for the two "
            "speakers are the Phi-3 style.",
        ),
        Question(
            "What is `allowed_max_length` in the collate function for?",
            [
                "It cuts off what would not fit into the context",
                "It makes all batches equally long",
                "It limits the number of examples",
            ],
            0,
            "A model has no positions beyond its context length. Batches need not be equally long: each is only as "
            "long as its own longest example.",
        ),
        Question(
            "`partial(custom_collate_fn, device=device)`: what does it make?",
            ["A function like it with the device filled in", "Half a batch", "A copy of the data on the device"],
            0,
            "A DataLoader calls its collate function with one argument, the list of samples, so everything else has "
            "to be filled in before. Data move when the function runs, batch by batch.",
        ),
    ),
    "instruction_tuning": (
        Question(
            "A base model gets the prompt “Correct this sentence: He go home.” What is it most likely to do?",
            ["Correct it", "Go on with the text, perhaps with more such exercises", "Refuse"],
            1,
            "It continues text, and after an exercise there often comes another exercise. That it should *do* what "
            "the text asks is what instruction fine-tuning teaches.",
        ),
        Question(
            "Why is the fine-tuned model's answer compared with the answer *before* fine-tuning?",
            [
                "To see what the fine-tuning has changed",
                "To choose the learning rate",
                "Because the loss cannot be computed otherwise",
            ],
            0,
            "It is the baseline: without it nobody knows whether a good answer was there already. The learning rate "
            "is chosen by the validation loss.",
        ),
        Question(
            "A generated text is cut before it is judged. What is taken off?",
            ["The prompt, which the text begins with", "The last sentence", "All special words of the answer"],
            0,
            "Generating gives prompt and answer in one piece; only the answer is to be scored. The end is kept as it "
            "is, even when it is bad.",
        ),
    ),
    "judging": (
        Question(
            "A larger model gives all answers a score. Why read some of them all the same?",
            [
                "Scores are always too low",
                "A judge has its own tastes, such as for long answers",
                "The judge cannot read",
            ],
            1,
            "Model judges agree with people often, not always, and are known to favour length and confident style. A "
            "mean score hides which questions went wrong.",
        ),
    ),
}
