"""Words and questions of the notes' chapter 6: fine-tuning a classifier."""

from __future__ import annotations

from ui.lessons.glossary.entry import Entry

ENTRIES = (
    Entry(
        "Instruction fine-tuning",
        "Training a base model on pairs of instruction and response, so that it does what a text asks instead of "
        "continuing it.",
        "6.1",
        "which_kind",
    ),
    Entry(
        "Classification fine-tuning",
        "Training a pretrained model to put texts into given classes, such as spam and not spam. It can name no "
        "class that it was not trained on.",
        "6.1",
        "what_is_an_llm",
        {"part": "contest"},
    ),
    Entry("Generalist model", "One that does many tasks passably well.", "6.1", "which_kind"),
    Entry(
        "Specialised model",
        "One that was trained for a single task, does it well and nothing else.",
        "6.1",
        "which_kind",
        also="specialized model",
    ),
    Entry(
        "Spam and ham",
        "The data of the example: short messages, labelled unwanted advertising (spam) or harmless (ham).",
        "6.2",
        "what_is_an_llm",
        {"part": "contest"},
    ),
    Entry(
        "Class imbalance",
        "One class being much commoner. A model that always names it looks good in accuracy and is useless.",
        "6.2",
        "classifier",
        also="imbalance, majority class",
    ),
    Entry(
        "Undersampling",
        "Leaving out examples of the commoner class at random until the classes are equally many.",
        "6.2",
        "classifier",
        also="balanced dataset, create_balanced_dataset",
        notes="It prevents a bias to the common class in training, at a price: text that is thrown away, and shares "
        "that differ from those in real life.",
    ),
    Entry(
        "Class weights",
        "Numbers that the loss of each text is multiplied by, larger for rarer classes, so that every class counts the "
        "same in training and no text is left out.",
        "6.2",
        "classifier",
        {"step": "balance"},
        also="weighted loss, class_weight",
    ),
    Entry(
        "Class label",
        "The right answer of an example as a number: 0 for ham, 1 for spam.",
        "6.2",
        "classifier",
        also="label, mapping dictionary",
        notes="It resembles token IDs only in being numbers; labels are not tokens.",
    ),
    Entry(
        "random_split",
        "The notes' function that mixes the examples and cuts them in three: 70% training, 10% validation, 20% test.",
        "6.2",
        "classifier",
    ),
    Entry("Test set", "Data used once, at the very end, to say how good the finished model is.", "6.2", "classifier"),
    Entry(
        "Hyperparameter",
        "A setting that training does not find by itself: learning rate, batch size, number of epochs. Chosen by the "
        "validation set.",
        "6.2",
        "classifier",
    ),
    Entry(
        "Truncating",
        "Cutting longer texts off at a length. Cheap, but what is cut is lost.",
        "6.3",
        "classifier",
        also="truncation",
    ),
    Entry(
        "Padding",
        "Filling shorter texts up to one length, since a tensor has equally long rows. GPT-2 uses `<|endoftext|>` "
        "(50256) for it.",
        "6.3",
        "splitting_text",
        {"part": "special"},
        also="padding token",
        notes="Padding to the longest *preserves all*, but it changes what the last token is: see Last token.",
    ),
    Entry(
        "SpamDataset",
        "The notes' Dataset for messages: reads a CSV, tokenizes, pads or truncates all to one length, and gives "
        "message and label number i.",
        "6.3",
        "classifier",
    ),
    Entry(
        "download_and_load_gpt2",
        "The notes' function that fetches OpenAI's checkpoint of a size and returns settings and params.",
        "6.4",
        "pretrained",
    ),
    Entry(
        "Baseline",
        "What is compared with: the model before fine-tuning, always the commonest class, counting words. Without "
        "one a number says little.",
        "6.4",
        "what_is_an_llm",
        {"part": "contest"},
    ),
    Entry(
        "Classification head",
        "The small output layer that takes the place of the large one: from 768 numbers to one for each class.",
        "6.5",
        "classifier",
        also="output layer, out_head",
    ),
    Entry(
        "Freezing layers",
        "Setting `requires_grad = False`: these weights stay as they are. Faster, less memory, and what was "
        "pretrained is kept.",
        "6.5",
        "classifier",
        also="requires_grad, unfreezing",
    ),
    Entry(
        "Lower and upper layers",
        "Early blocks tend to hold what is general about language, later ones what the task needs; so the last ones "
        "are trained first. It is a tendency, not a rule: which layers to train has to be tried.",
        "6.5",
        "classifier",
    ),
    Entry(
        "Last token",
        "The only token that has seen all the others, because of the causal mask. The class is read from its output.",
        "6.5",
        "classifier",
        notes="Where messages were padded, the last place of the row is padding: take the last token that is *not* "
        "padding.",
    ),
    Entry(
        "Model's output for classification",
        "Two numbers for the last token, one for each class: scores (logits). The larger one wins.",
        "6.6",
        "classifier",
        notes="The notes call them probability scores. They are logits until softmax, and may be negative.",
    ),
    Entry(
        "Argmax",
        "The *place* of the largest number in a list: argmax(3, 9, 4) = 1, counting from 0.",
        "6.6",
        "decoding",
    ),
    Entry(
        "Accuracy",
        "The share of examples that are put into the right class.",
        "6.6",
        "classifier",
        also="classification accuracy, calc_accuracy_loader",
        notes="The notes' function returns a share from 0 to 1; times 100 it is a percentage.",
    ),
    Entry(
        "Differentiable",
        "Having a slope everywhere that matters, so that gradients can be followed. Accuracy goes in jumps and is "
        "flat between them; cross-entropy is smooth.",
        "6.6",
        "classifier",
    ),
    Entry(
        "calc_loss_batch",
        "The loss of one batch. For text over all places, for classification from the last token alone.",
        "6.6",
        "classifier",
    ),
    Entry(
        "train_classifier_simple",
        "The notes' training loop for a classifier: counts examples instead of tokens, shows accuracy instead of a "
        "sample text.",
        "6.7",
        "classifier",
    ),
    Entry(
        "Number of epochs",
        "As many as the validation loss keeps falling: more bring overfitting, fewer leave something to learn.",
        "6.7",
        "classifier",
    ),
    Entry(
        "classify_review",
        "The notes' function for one new message: tokenize, truncate and pad, run the model, argmax, name of the "
        "class.",
        "6.8",
        "classifier",
    ),
    Entry(
        "Saving the classifier",
        "Keeping its weights in a file, so that it can be used without training again. Together with them one needs "
        "the tokenizer, the settings and the names of the classes.",
        "6.8",
        "saving",
    ),
    Entry(
        "What are validation and test sets again?",
        "Three parts of the data: on the *training set* weights are adjusted; the *validation set* tells meanwhile "
        "how well unseen data go and decides settings; the *test set* is used once, at the end, because the more "
        "often one looks at it and chooses by it, the less it tells.",
        "6.3",
    ),
    Entry(
        "What does “the output layer maps to classes” mean?",
        "At the end of a GPT each token is a vector of 768 numbers. The *language* head makes 50,257 numbers of it, "
        "one for each possible next token. A *classification* head makes 2, one for each class. The rest of the "
        "model stays.",
        "6.5",
        "classifier",
    ),
    Entry(
        "Why would the loss have to be changed for binary tasks?",
        "Two classes can do with *one* output, the score for spam: the other class gets what is left. Then softmax "
        "over classes makes no sense, and one uses a sigmoid with binary cross-entropy. With one output for each "
        "class, ordinary cross-entropy serves 2, 3 or 20 classes, and nothing has to be changed.",
        "6.5",
        "classifier",
    ),
    Entry(
        "Is softmax needed to name the class?",
        "No: it keeps the order, so argmax of the logits and of the probabilities is the same class. It is needed "
        "when one wants to know how sure the model is.",
        "6.6",
        "decoding",
    ),
)
