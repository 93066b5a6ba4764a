"""Words and questions of the notes' chapter 3: attention."""

from __future__ import annotations

from ui.lessons.glossary.entry import Entry

WEIGHTS = {"part": "plain", "plain_step": "weights"}
SCORES = {"part": "plain", "plain_step": "scores"}

ENTRIES = (
    Entry(
        "Recurrent neural network",
        "A network that reads word by word and hands a vector, its hidden state, from each step to the next.",
        "3.1",
        "bottleneck",
        also="RNN",
    ),
    Entry(
        "Encoder-decoder RNN",
        "Two recurrent networks for translation: one reads the sentence into a hidden state, the other writes the "
        "translation from it.",
        "3.1",
        "bottleneck",
    ),
    Entry(
        "Hidden state",
        "The vector that a recurrent network carries along: all that it has kept of what it has read. Its size is "
        "fixed, however long the text.",
        "3.1",
        "bottleneck",
        also="memory cell",
    ),
    Entry(
        "Long-range dependency",
        "Words that belong together though they stand far apart, such as a verb at the end of a German sentence and "
        "its subject. One hidden state easily loses them; attention looks straight back.",
        "3.2",
        "bottleneck",
    ),
    Entry(
        "Attention mechanism",
        "A way to look at all parts of an input and take a weighted average, with weights that depend on what is "
        "being looked for.",
        "3.2",
        "bottleneck",
    ),
    Entry(
        "Self-attention",
        "Attention of a text to itself: each token takes a weighted average over the tokens of the same text.",
        "3.3",
        "self_attention",
        notes="The notes' definition in 3.2 ends with *dependencies within the output*; it is within the same input "
        "sequence.",
    ),
    Entry(
        "Dot product",
        "Two vectors multiplied number by number, and added up: one number. Large when they point the same way, 0 at "
        "a right angle; longer vectors give larger ones too.",
        "3.3",
        "self_attention",
        SCORES,
    ),
    Entry(
        "Attention score",
        "How well one token's query fits another's key: their dot product, before softmax. Any size, also negative.",
        "3.3",
        "self_attention",
        SCORES,
        also="attention scores",
    ),
    Entry(
        "Attention weight",
        "A score after softmax: positive, and a row's weights add up to 1. It says how large a share of the average "
        "each token gets.",
        "3.3",
        "self_attention",
        WEIGHTS,
        also="attention weights, normalization",
        notes="Adding up to 1 is more than *a convention*: it keeps the context vector as large as the values, "
        "however many tokens there are.",
    ),
    Entry(
        "Softmax",
        "Turns a row of numbers into shares: e to the number, divided by the sum of all of these. Positive, adds up "
        "to 1, larger stays larger.",
        "3.3",
        "self_attention",
        WEIGHTS,
        also="normalization",
    ),
    Entry(
        "Context vector",
        "What attention makes for a token: the sum of the value vectors, each times its weight. It holds the token "
        "and what it has found around it.",
        "3.3",
        "self_attention",
        {"part": "plain", "plain_step": "context"},
    ),
    Entry(
        "Query",
        "What a token looks for: its vector times W_query.",
        "3.4",
        "self_attention",
        {"part": "trained", "trained_step": "query"},
        also="queries, W_query",
    ),
    Entry(
        "Key",
        "What a token can be found by: its vector times W_key.",
        "3.4",
        "self_attention",
        {"part": "trained", "trained_step": "key"},
        also="keys, W_key",
    ),
    Entry(
        "Value",
        "What a token hands over to those that look at it: its vector times W_value.",
        "3.4",
        "self_attention",
        {"part": "trained", "trained_step": "value"},
        also="values, W_value",
    ),
    Entry(
        "Trainable weight matrices",
        "W_query, W_key and W_value: they turn a token's vector into query, key and value, and training decides what "
        "these look like.",
        "3.4",
        "self_attention",
        {"part": "trained", "trained_step": "query"},
    ),
    Entry(
        "Scaled dot-product attention",
        "Scores divided by √d_k before softmax. Without it wide vectors give large scores, softmax puts all weight "
        "on one token, and its gradient vanishes.",
        "3.4",
        "self_attention",
        {"part": "scaling"},
        also="scaling, sqrt(d_k)",
    ),
    Entry(
        "SelfAttention_v1 and SelfAttention_v2",
        "The same attention, written with bare `nn.Parameter` matrices and with `nn.Linear`. The second starts from "
        "better scaled numbers, that is all.",
        "3.4",
        "self_attention",
        {"part": "classes"},
        also="Classes",
    ),
    Entry(
        "Causal attention",
        "Self-attention in which a token sees only itself and what stands before it, as in a GPT.",
        "3.5",
        "causal_mask",
        also="masked attention, masked self-attention, casual attention",
    ),
    Entry(
        "Mask",
        "A table that says which places may be looked at. The causal mask hides everything above the diagonal by "
        "setting scores to −∞ before softmax.",
        "3.5",
        "causal_mask",
        also="causal attention mask",
    ),
    Entry(
        "Information leakage",
        "When hidden places have an influence after all, so that a model can cheat in training.",
        "3.5",
        "causal_mask",
        notes="Masking *before* softmax with −∞ leaks nothing. Only masking after softmax does, through the sum, and "
        "dividing each row by its new sum mends that.",
    ),
    Entry(
        "Dropout",
        "During training a random share of numbers is set to 0 and the rest multiplied by 1/(1 − p), so that a "
        "network cannot rely on single ones. In evaluation it is off.",
        "3.5",
        "causal_mask",
        also="dropout rate, drop_rate",
    ),
    Entry(
        "register_buffer",
        "Makes a tensor part of a module without being a parameter: it moves to the GPU with it and is saved, but "
        "not trained.",
        "3.5",
        "causal_mask",
    ),
    Entry(
        "Multi-head attention",
        "Several attentions side by side, each in its own slice of the vector with its own weights; their results "
        "are joined.",
        "3.6",
        "many_heads",
        also="heads, attention head",
        notes="That one head does syntax and another meaning happens now and then; nobody tells them to, and it has "
        "to be measured.",
    ),
    Entry(
        "MultiHeadAttentionWrapper",
        "Several CausalAttention modules in a list, results side by side. Easy to read; it multiplies once for each "
        "head.",
        "3.6",
        "many_heads",
    ),
    Entry(
        "MultiHeadAttention",
        "All heads in one class: one large product for all queries, keys and values, then split by `view` and "
        "`transpose`.",
        "3.6",
        "many_heads",
        notes="It saves calls, not multiplications: the numbers multiplied are the same.",
    ),
    Entry(
        "Output projection",
        "The linear layer after the heads, `out_proj`: it mixes what they found.",
        "3.6",
        "many_heads",
        also="out_proj",
    ),
    Entry(
        "What is the hidden state?",
        "A recurrent network's memory: a vector of fixed size that is updated with each word and has to hold "
        "everything that is still needed. In an encoder-decoder its last value is all that the decoder gets.",
        "3.1",
        "bottleneck",
    ),
    Entry(
        "Why do RNNs struggle with long texts?",
        "All of the text has to pass through one vector of fixed size, and what came first has been overwritten most "
        "often. Attention keeps all states and looks back at them.",
        "3.2",
        "bottleneck",
    ),
    Entry(
        "Why is self-attention important?",
        "Each token can look straight at any other that it may see, however far away, and weigh how much each "
        "matters to it. Nothing has to be carried through all the words between.",
        "3.2",
        "self_attention",
    ),
    Entry(
        "How are attention scores and context vectors calculated?",
        "score = query · key; divided by √d_k; softmax over the row gives weights; context = the sum of all values, "
        "each times its weight. As matrices: softmax(Q Kᵀ / √d_k) V.",
        "3.3",
        "self_attention",
        {"part": "trained", "trained_step": "context"},
    ),
)
