"""Words and questions of the notes' chapter 4: the GPT model."""

from __future__ import annotations

from ui.lessons.glossary.entry import Entry

ENTRIES = (
    Entry(
        "GPT_CONFIG_124M",
        "The settings of the small GPT-2: vocab_size 50257, context_length 1024, emb_dim 768, n_heads 12, n_layers "
        "12, drop_rate 0.1, qkv_bias False.",
        "4.1",
        "architecture",
        also="configuration, config",
    ),
    Entry(
        "DummyGPTModel",
        "A GPT with placeholders instead of blocks and norms: it shows the way of the data before the parts are built.",
        "4.1",
        "architecture",
    ),
    Entry(
        "Output layer",
        "The last linear layer: from each token's vector to one logit for every token of the vocabulary.",
        "4.1",
        "architecture",
        also="out_head, output head",
        notes="The notes say that it *predicts the probability*: it gives logits, and softmax makes probabilities of "
        "them.",
    ),
    Entry(
        "Layer normalization",
        "Takes a token's vector, subtracts its mean, divides by its standard deviation (so mean 0, variance 1), then "
        "applies a trained scale and shift.",
        "4.2",
        "layer_norm",
        also="layer norm, LayerNorm",
        notes="In GPT-2 it stands *before* attention, *before* the feed-forward and once at the end, not before and "
        "after attention.",
    ),
    Entry(
        "Batch normalization",
        "Normalises each number over the examples of a batch instead of over the numbers of one example. It depends "
        "on the batch, which is inconvenient for texts.",
        "4.2",
        "layer_norm",
        also="batch norm",
    ),
    Entry(
        "Vanishing gradients",
        "Gradients that become smaller from layer to layer on their way back, until the first layers hardly learn.",
        "4.2",
        "shortcuts",
        also="vanishing gradient problem",
    ),
    Entry(
        "Exploding gradients",
        "Gradients that grow from layer to layer until a step throws the weights far away.",
        "4.2",
        "layer_norm",
    ),
    Entry(
        "Biased variance",
        "The mean squared distance from the mean, divided by n. GPT-2's layer norm uses it.",
        "4.2",
        "layer_norm",
        also="unbiased variance, Bessel's correction",
    ),
    Entry(
        "Transformer block",
        "Attention and feed-forward, each with a layer norm before it, dropout after it and a shortcut around it. A "
        "GPT is a stack of them.",
        "4.5",
        "block",
        also="TransformerBlock",
    ),
    Entry(
        "Feed-forward network",
        "Two linear layers with GELU between, from emb_dim to four times that and back, applied to each token alone.",
        "4.3",
        "feed_forward",
        also="FeedForward, feedforward module, FFN, MLP",
    ),
    Entry(
        "Logits",
        "The scores that come out of the last layer: any size, also negative, adding up to nothing in particular.",
        "4.2",
        "decoding",
        notes="The notes' definition says *normalised probability*. They are **unnormalised**; softmax normalises "
        "them.",
    ),
    Entry("ReLU", "max(0, x): lets positive numbers pass and makes all others 0.", "4.3", "feed_forward"),
    Entry(
        "GELU",
        "x times the probability that a standard normal number is smaller than x: a smooth relative of ReLU that "
        "lets a little of small negative numbers through.",
        "4.3",
        "feed_forward",
        notes="The notes say that its gradient is non-zero for almost all negative values. Near −0.75 it is 0, and "
        "far below it vanishes.",
    ),
    Entry(
        "Activation function",
        "The bend between linear layers, such as ReLU or GELU. Without it several linear layers could do no more "
        "than one.",
        "4.3",
        "feed_forward",
    ),
    Entry(
        "Gradient",
        "For each weight, how the loss would change if it grew a little: the slope, with its sign.",
        "4.4",
        "gradients",
        also="gradients",
    ),
    Entry(
        "Shortcut connection",
        "Adds a layer's input to its output. The way around gives gradients a path on which nothing makes them "
        "smaller.",
        "4.4",
        "shortcuts",
        also="skip connection, residual connection",
        notes="The notes once say that it adds the *output of a layer to the output of a later layer*; it is the "
        "input of a layer that is added to its output.",
    ),
    Entry(
        "print_gradients",
        "The notes' function that prints the mean absolute gradient of each layer, to compare a network with and "
        "without shortcuts.",
        "4.4",
        "shortcuts",
    ),
    Entry(
        "Pre-LayerNorm and Post-LayerNorm",
        "Whether the norm stands before attention and feed-forward (x + f(norm(x)), GPT-2) or after the addition "
        "(norm(x + f(x)), the first transformer). With pre-norm, deep stacks train more steadily.",
        "4.5",
        "block",
        also="pre-norm, post-norm",
    ),
    Entry(
        "GPTModel",
        "The whole: token and position embeddings, dropout, the blocks, a last layer norm, and the output layer.",
        "4.6",
        "architecture",
    ),
    Entry(
        "Weight tying",
        "Using the token embedding table again as output layer. GPT-2 does; that is 124 instead of 163 million "
        "parameters.",
        "4.6",
        "architecture",
        notes="It makes a model smaller, not faster: the multiplication stays the same.",
    ),
    Entry(
        "Shape of the output",
        "[batch_size, num_tokens, vocab_size]: for every text and place a logit for each token.",
        "4.6",
        "architecture",
    ),
    Entry(
        "Number of blocks",
        "More blocks, more parameters, more steps in which information can be combined, and more computing.",
        "4.6",
        "architecture",
        also="n_layers",
        notes="Long-range connections are not what blocks add: attention in the first block already reaches all "
        "earlier tokens.",
    ),
    Entry(
        "generate_text_simple",
        "The notes' loop: predict, take the token with the largest logit, add it to the text, repeat.",
        "4.7",
        "generating",
    ),
    Entry(
        "Greedy decoding",
        "Always taking the most probable token. Same text each time, and it often begins to repeat itself.",
        "4.7",
        "decoding",
        {"temperature": "0"},
        also="greedy encoding",
    ),
    Entry(
        "Monotonic",
        "Keeping the order: a larger number gives a larger result. Softmax is, so the largest logit is the largest "
        "probability.",
        "4.7",
        "decoding",
    ),
    Entry(
        "What do vanishing and exploding gradients mean?",
        "A gradient on its way back is multiplied with something at every layer. If that is mostly below 1, little "
        "arrives at the first layers (vanishing); if mostly above 1, too much does (exploding). In both cases no one "
        "learning rate fits all layers.",
        "4.2",
        "layer_norm",
    ),
    Entry(
        "Why does layer norm help to stabilise training?",
        "It gives every layer an input of the same mean and size, whatever the layers before have become. So "
        "activations neither die out nor grow with depth, slopes stay in a range, and one learning rate fits all.",
        "4.2",
        "layer_norm",
    ),
    Entry(
        "What are biased and unbiased variance, and what are they for?",
        "Both measure spread: the squared distances from the mean, added up, divided by n (biased) or n − 1 "
        "(unbiased). The second is right on average when n numbers are a *sample* and the true spread behind it is "
        "wanted. A layer norm only wants to scale the numbers that it has, and for 768 of them the two differ by "
        "0.13%.",
        "4.2",
        "layer_norm",
    ),
    Entry(
        "What is a feed-forward neural network?",
        "Layers one after another through which numbers go in one direction only: input, layers, output. In a GPT it "
        "is the part of the block that works on each token alone.",
        "4.2",
        "feed_forward",
    ),
    Entry(
        "What is ReLU, and what is GELU?",
        "Curves that bend what linear layers put out. ReLU makes negative numbers 0 and keeps the others. GELU does "
        "nearly the same but smoothly: around 0 it bends gently, and small negative numbers leave a small negative "
        "trace.",
        "4.3",
        "feed_forward",
    ),
    Entry(
        "What does GELU actually do?",
        "It lets each number pass as far as it is large: about all of a 3, half of a number near 0, almost nothing "
        "of a −3. So units can be on, off or in between, with a slope that changes smoothly.",
        "4.3",
        "feed_forward",
    ),
    Entry(
        "What does it mean to expand to a higher dimension?",
        "768 numbers become 3,072 by a linear layer: each new one asks its own question about the vector. GELU "
        "answers how strongly, and the second layer puts together 768 numbers from the 3,072 answers.",
        "4.3",
        "feed_forward",
    ),
    Entry(
        "Why does that make the representation richer?",
        "Each hidden unit gives one bend. With more bends, more complicated functions of the vector can be formed. "
        "Without the bend the width would be of no use.",
        "4.3",
        "feed_forward",
    ),
    Entry(
        "What are gradients?",
        "The gradient of a weight says how the loss would change if the weight grew a little: positive, the loss "
        "would grow, so the weight is made smaller; negative, the other way round. Its size says how much this "
        "weight matters just now.",
        "4.4",
        "shortcuts",
    ),
)
