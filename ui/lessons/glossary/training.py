"""Words and questions of the notes' sections 5.1 and 5.2: loss and training."""

from __future__ import annotations

from ui.lessons.glossary.entry import Entry

ENTRIES = (
    Entry(
        "Loss function",
        "A formula that makes one number of predictions and right answers: the smaller, the better. Training changes "
        "the weights so that it falls.",
        "5.1",
        "loss",
    ),
    Entry(
        "Text generation loss",
        "The cross-entropy of the model's next-token probabilities with the true next tokens, as a mean over all "
        "places.",
        "5.1",
        "loss",
        notes="The notes say that it is *a more interpretable way of understanding uncertainty*: that is perplexity.",
    ),
    Entry(
        "Predicted output",
        "What the model gives at a place: a probability for every token of the vocabulary.",
        "5.1",
        "loss",
        also="token probabilities",
    ),
    Entry("Target token", "The token that really comes next in the text.", "5.1", "loss", also="targets"),
    Entry(
        "Backpropagation",
        "The method that computes the gradients of all weights at once, going back from the loss layer by layer with "
        "the chain rule.",
        "5.1",
        "gradients",
        notes="It computes slopes; it does not update weights. The optimizer does that with them.",
    ),
    Entry(
        "Cross-entropy",
        "−ln of the probability that the model gave to what is right, as a mean. 0 for a model that is always sure "
        "and right; very large when a true token got almost nothing.",
        "5.1",
        "loss",
        also="cross entropy loss",
    ),
    Entry("Perplexity", "e to the cross-entropy: as unsure as if choosing evenly among so many tokens.", "5.1", "loss"),
    Entry(
        "Training loop",
        "Again and again: take a batch, compute the loss, the gradients, and one step of the optimizer; from time to "
        "time look at the validation loss.",
        "5.2",
        "train",
        also="train_model_simple",
    ),
    Entry("Epoch", "One pass over the whole training set.", "5.2", "train", also="epochs"),
    Entry(
        "Batch",
        "Several samples computed together, in one tensor. One batch, one step.",
        "5.2",
        "sliding_window",
        also="batch size, processing batches",
    ),
    Entry(
        "Validation set",
        "Data kept aside, on which nothing is trained. They show whether the model learns something general, and "
        "settings are chosen by them.",
        "5.2",
        "train",
        also="validation data",
    ),
    Entry(
        "Validation loss",
        "The loss on the validation set: an estimate of how the model does on text that it has not seen.",
        "5.2",
        "curve_clinic",
    ),
    Entry(
        "Evaluation mode",
        "`model.eval()`: dropout is off, so that the same input gives the same result. It does *not* stop the "
        "tracking of gradients.",
        "5.2",
        "train",
        also="model.eval",
        notes="The notes say that it usually comes with `no_grad()`: these are two things, and evaluation wants both.",
    ),
    Entry(
        "torch.no_grad",
        "No record is kept for gradients, which saves time and memory where nothing is trained.",
        "5.2",
        "train",
        also="gradient tracking, no_grad",
    ),
    Entry(
        "evaluate_model",
        "The notes' function for training and validation loss, in evaluation mode and without gradients, over a few "
        "batches.",
        "5.2",
        "train",
    ),
    Entry(
        "generate_and_print_sample",
        "The notes' function that lets the model continue a text during training, to see by eye how it gets on.",
        "5.2",
        "train",
    ),
    Entry(
        "Learning rate",
        "How long a step is. Too large: the loss jumps or explodes. Too small: nothing moves.",
        "5.2",
        "gradients",
    ),
    Entry(
        "Adam",
        "An optimizer that keeps two running means for each weight, of the gradient and of its square, and steps by "
        "the one divided by the root of the other: each weight gets a step length of its own.",
        "5.2",
        "gradients",
        also="Adam optimizer",
    ),
    Entry(
        "Underfitting",
        "Both losses stay high: model too small, trained too briefly, or badly set.",
        "5.2",
        "curve_clinic",
    ),
    Entry(
        "What is a model's predicted output, what are target tokens, what are token probabilities?",
        "At each place the model puts out a probability for every token that it knows: these are the *token "
        "probabilities*, all together its *predicted output*. The *target token* is the one that really comes next. "
        "The loss looks up the probability of just this one.",
        "5.1",
        "loss",
    ),
    Entry(
        "What is text generation loss?",
        "Take the probability that the model gave to each true next token, the logarithm of it, the mean over all "
        "places, and a minus before it: cross-entropy. 0 would be perfect; a fresh GPT-2 has ln 50,257 = 10.8.",
        "5.1",
        "loss",
    ),
    Entry(
        "What is backpropagation?",
        "The way to get all gradients in one go: after the forward pass, slopes are carried back from the loss "
        "through every layer, each multiplied with the layer's own slope (the chain rule). It costs about twice a "
        "forward pass, for millions of weights at once.",
        "5.1",
        "gradients",
    ),
    Entry(
        "What are epochs and batches?",
        "A *batch* is a handful of samples that are computed together and give one step. An *epoch* is as many "
        "batches as it takes to see every training sample once. 10,000 samples in batches of 32: 313 steps an epoch.",
        "5.2",
        "train",
    ),
    Entry(
        "What are validation data and evaluation mode?",
        "Validation data are kept out of training, like questions of an exam that were not in the exercises. "
        "Evaluation mode switches dropout off, so that a measurement is not blurred by chance.",
        "5.2",
        "train",
    ),
    Entry(
        "What is the Adam optimizer?",
        "A way to step that adapts to each weight: it remembers a running mean of the gradient (where to) and of its "
        "square (how bumpy), and divides the one by the root of the other. So all weights move at a similar speed, "
        "also those with tiny gradients.",
        "5.2",
        "gradients",
    ),
    Entry(
        "What is a good loss curve, what is a bad one?",
        "Good: training and validation loss fall together and stay close. Overfitting: training falls, validation "
        "stays or rises. Underfitting: both stay high. Unstable: jumps up and down, usually because the learning "
        "rate is too high.",
        "5.2",
        "curve_clinic",
    ),
    Entry(
        "Why are batches used?",
        "One sample alone would use a fraction of what a processor can do at once, and its gradient would be noisy. "
        "The whole data set for a single step would be slow and would not fit into memory. A batch is between the "
        "two.",
        "5.2",
        "sliding_window",
    ),
)
