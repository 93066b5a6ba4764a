"""Words and questions of the notes' chapter 7: following instructions, and judging."""

from __future__ import annotations

from ui.lessons.glossary.entry import Entry

ENTRIES = (
    Entry(
        "Text completion",
        "What a base model does: continue a text. Asked for something, it may just continue the question.",
        "7.1",
        "home",
    ),
    Entry(
        "Instruction data set",
        "Entries of an instruction, perhaps an input, and the expected output, in a JSON file.",
        "7.2",
        "instruction_data",
        also="instruction-response pairs",
    ),
    Entry(
        "Alpaca prompt style",
        "A fixed introduction and the sections `### Instruction:`, `### Input:` (if there is one) and `### Response:`.",
        "7.2",
        "instruction_data",
        also="Alpaca",
    ),
    Entry(
        "Phi-3 prompt style",
        "The special tokens `<|user|>` and `<|assistant|>` before what each says: shorter than Alpaca's.",
        "7.2",
        "instruction_data",
        also="Phi-3",
    ),
    Entry(
        "format_input",
        "The notes' function that makes the Alpaca prompt of an entry; the response is appended for training.",
        "7.2",
        "instruction_data",
    ),
    Entry(
        "Collate function",
        "The function that makes one batch of a list of samples. Here: pad to the longest of the batch, make "
        "targets, hide padding, cut at the longest allowed.",
        "7.3",
        "instruction_data",
        also="custom_collate_fn",
        notes="The notes say that targets are the inputs shifted *to the right*. The target at place i is the input "
        "at place i + 1: the sequence moves to the *left*.",
    ),
    Entry(
        "−100",
        "The target value that PyTorch's cross-entropy leaves out (`ignore_index`). Padding gets it, so that it adds "
        "nothing to the loss.",
        "7.3",
        "instruction_data",
        also="-100, ignore_index",
    ),
    Entry(
        "End-of-text token in targets",
        "One `<|endoftext|>` after each response stays a target: so the model learns to stop.",
        "7.3",
        "instruction_data",
    ),
    Entry(
        "allowed_max_length",
        "Where the collate function cuts: no sample may be longer than the model's context.",
        "7.4",
        "instruction_data",
    ),
    Entry(
        "partial",
        "`functools.partial` fills in some arguments of a function beforehand: here the device of the collate "
        "function, which the DataLoader calls with samples only.",
        "7.4",
        "instruction_data",
    ),
    Entry(
        "Device",
        "Where a tensor lies: CPU or GPU. What is computed together has to lie on the same.",
        "7.4",
        "models_and_machine",
        notes="Moving a batch in the collate function keeps the training loop free of it; with worker processes and "
        "a GPU it is not always the faster way.",
    ),
    Entry(
        "gpt2-medium",
        "The GPT-2 with 355 million parameters. The small one has too little room to follow instructions well.",
        "7.5",
        "architecture",
        also="gpt2-small, model capacity",
    ),
    Entry(
        "Memory limits",
        "Weights, gradients, the optimizer's state and activations have to fit. Smaller batches and shorter texts "
        "take less.",
        "7.6",
        "architecture",
    ),
    Entry(
        "Extracting responses",
        "Cutting the prompt off the generated text, so that only the answer is judged; saved with the test entries "
        "as JSON.",
        "7.7",
        "instruction_tuning",
    ),
    Entry(
        "Benchmark",
        "A fixed set of questions with a way to score answers, so that models can be compared.",
        "7.7",
        "judging",
    ),
    Entry(
        "Conversational performance",
        "How natural, coherent and helpful a model is in a conversation: judged by people, or by a model in their "
        "place.",
        "7.7",
        "judging",
    ),
    Entry(
        "LLM as a judge",
        "A larger model reads question and answer and gives a score. Quick, and often in agreement with people, but "
        "with tastes of its own, such as for long answers.",
        "7.8",
        "judging",
        also="automated evaluation, GPT-4, Llama 3",
    ),
    Entry(
        "Ollama",
        "A program that runs published language models on one's own machine, and answers over a local address.",
        "7.8",
        "judging",
    ),
    Entry(
        "query_model",
        "The notes' function that sends one prompt to a model behind Ollama and returns its answer.",
        "7.8",
        "judging",
        also="query mode",
    ),
    Entry(
        "generate_model_scores",
        "The notes' function that has every answer of the test set scored and collects the numbers; their mean is "
        "the result.",
        "7.8",
        "judging",
    ),
    Entry(
        "How can the fine-tuned model be improved?",
        "Other settings (learning rate, batch size, epochs), more and more varied instructions, another prompt "
        "format, or a larger pretrained model.",
        "7.8",
        "instruction_tuning",
    ),
    Entry(
        "What is a loss function?",
        "A formula that turns the model's predictions and the right answers into one number that is smaller the "
        "better they fit. In instruction fine-tuning it is cross-entropy again, over the tokens that are not hidden "
        "by −100.",
        "7.6",
        "loss",
    ),
    Entry(
        "What is AlpacaEval?",
        "A published test: 805 instructions, answers of two models, and a strong model that says which one it "
        "prefers. The result is a win rate. Later versions correct for the judge's liking of long answers.",
        "7.7",
        also="alpacaeval",
    ),
    Entry(
        "Why is the model tested before it is fine-tuned?",
        "To have something to compare with: only then does one see what fine-tuning has changed.",
        "7.5",
        "instruction_tuning",
    ),
    Entry(
        "Why does one end-of-text token stay in the targets?",
        "Because stopping has to be learned like any other token. If all were hidden, the model would never see that "
        "a response ends.",
        "7.3",
    ),
)
