"""Words and questions of the notes before chapter 2: what a large language model is."""

from __future__ import annotations

from ui.lessons.glossary.entry import Entry

ENTRIES = (
    Entry(
        "Large language model",
        "A neural network with very many adjustable numbers, trained on very much text to predict the next token. "
        "Understanding and answering are what comes of predicting well.",
        "1",
        "what_is_an_llm",
        also="LLM",
    ),
    Entry(
        "Artificial intelligence",
        "The widest of the nested fields: machines that do what seems to need human intelligence, by whatever means, "
        "also by rules that people wrote.",
        "1",
        "what_is_an_llm",
        {"part": "map"},
        also="AI",
    ),
    Entry(
        "Machine learning",
        "Programs that find their rules in data instead of being given them. A part of AI.",
        "1",
        "what_is_an_llm",
        {"part": "map"},
        also="ML",
    ),
    Entry(
        "Deep learning",
        "Machine learning with neural networks of many layers, each of which works on the results of the one before. "
        "It learns its own features instead of being given them.",
        "1",
        "what_is_an_llm",
        {"part": "map"},
    ),
    Entry(
        "Generative AI",
        "AI that makes new content: text, pictures, sound. Language models that write belong to it; a spam filter "
        "does not, even when a language model is inside.",
        "1",
        "what_is_an_llm",
        {"part": "map"},
    ),
    Entry(
        "Feature extraction",
        "Turning raw data into numbers that a classical method can use, such as counts of words, chosen by people. "
        "Deep learning does without most of it.",
        "1",
        "what_is_an_llm",
        {"part": "contest"},
        also="manual feature engineering",
        notes="The notes say that deep learning *eliminates* it. Most of it: how text is cut into tokens, which data "
        "are used and how the network is built are still decided by people.",
    ),
    Entry(
        "Parameter",
        "One of the numbers that training adjusts: the entries of embedding tables, weight matrices, biases, and the "
        "scales and shifts of norms. The small GPT-2 has 124 million.",
        "4.1",
        "architecture",
        also="weights, trainable weights, model weights",
    ),
    Entry(
        "Next-word prediction",
        "The one task of pretraining: after this text, which token comes next? Strictly it is next-*token* "
        "prediction, because GPT reads pieces of words.",
        "1",
        "home",
        also="next-token prediction, language modelling",
    ),
    Entry(
        "Self-supervised learning",
        "Learning from data that hold their own labels. In a text the label of each place is the token that follows, "
        "so nobody has to write any.",
        "1",
        "what_is_an_llm",
        {"part": "labels"},
        notes="*Without explicit labels* means without labels written by people; there is a label at every place.",
    ),
    Entry(
        "Pretraining",
        "The first and longest training: predicting next tokens over very much text without labels. The result is a "
        "base model.",
        "1",
        "what_is_an_llm",
        {"part": "stages"},
        also="pre-training",
    ),
    Entry(
        "Pretrained model",
        "A model whose weights come from pretraining and can be loaded instead of being trained anew.",
        "1",
        "what_is_an_llm",
        {"part": "stages"},
    ),
    Entry(
        "Base model",
        "A pretrained model seen as a starting point: it continues any text, and is fine-tuned to do something "
        "particular.",
        "1",
        "what_is_an_llm",
        {"part": "stages"},
        also="foundation model",
    ),
    Entry(
        "Fine-tuning",
        "Training a pretrained model further, on fewer examples of one task. The two common kinds are classification "
        "and instruction fine-tuning.",
        "1",
        "what_is_an_llm",
        {"part": "stages"},
        also="finetuning",
    ),
    Entry(
        "Autoregressive model",
        "A model whose next input holds what it has just put out: it predicts a token, adds it to the text and "
        "predicts the next.",
        "1",
        "home",
    ),
    Entry(
        "Decoder-only architecture",
        "A transformer that keeps only the decoder's side: each token looks at itself and at earlier ones. That is "
        "what GPTs are; text comes out from left to right.",
        "1",
        "both_sides",
    ),
    Entry(
        "Transformer",
        "A network whose layers let the tokens of a text look at one another by attention, all places at once, "
        "instead of reading word by word. From 2017, made for translation. Most of today's language models are "
        "transformers.",
        "1",
        "self_attention",
        also="transformer architecture, transformer structure",
    ),
    Entry(
        "Encoder",
        "The part of a transformer that reads a whole text, looking both ways, and turns it into vectors. BERT is an "
        "encoder.",
        "1",
        "both_sides",
    ),
    Entry(
        "Decoder",
        "The part of a transformer that writes, token by token, looking only at what is written so far (and, in "
        "translation, at the encoder's vectors). *Decoding* token IDs is something else: turning them back into text.",
        "1",
        "both_sides",
    ),
    Entry(
        "BERT",
        "A family of encoder models from 2018 that learn to fill in masked words from both sides. Good for "
        "classifying and searching, not made for writing.",
        "1",
        "both_sides",
    ),
    Entry(
        "GPT",
        "Generative pretrained transformer: OpenAI's series of decoder-only models, and the name for models built "
        "like them.",
        "1",
        "architecture",
        also="GPT series, GPT-2, GPT-3",
    ),
    Entry(
        "Masked language modelling",
        "BERT's training: some words are replaced by [MASK], and the model guesses them from the words on both sides.",
        "1",
        "both_sides",
        also="MLM, masked word prediction",
    ),
    Entry(
        "Zero-shot learning",
        "Doing a task from its description alone, with no solved example in the prompt.",
        "1",
        "prompts",
        also="zero shot",
    ),
    Entry(
        "Few-shot learning",
        "Doing a task after a few solved examples in the prompt. No weight changes: the examples are only read, and "
        "the effect is gone with the prompt.",
        "1",
        "prompts",
        also="few shot, in-context learning",
    ),
    Entry(
        "Emergent properties",
        "Abilities that nobody trained for as such, like translating or summing up, which come with predicting text "
        "well. How suddenly they come with size depends much on how they are measured.",
        "1",
        "what_is_an_llm",
    ),
    Entry(
        "Training data",
        "The texts that a model learns from. More and more varied texts teach more words, topics and ways of "
        "writing, and whatever is wrong with them is learned too.",
        "1",
        "what_is_an_llm",
        {"part": "size"},
    ),
    Entry(
        "Model scaling",
        "Making models larger: more layers, wider vectors, more training text. It works best when parameters and "
        "text grow together.",
        "1",
        "what_is_an_llm",
        {"part": "size"},
        notes="More parameters alone do not bring stronger generalisation; a large model with too little text learns "
        "it by heart.",
    ),
    Entry(
        "Why can a GPT do a task that it was not trained for?",
        "Because texts that hold such tasks were part of its training text, and predicting them well takes some "
        "skill at them. An instruction in the prompt makes the answer the likeliest continuation.",
        "1",
        "prompts",
    ),
    Entry(
        "What actually happens inside during few-shot prompting?",
        "Nothing is trained: no backpropagation, no changed weight. The examples are part of the input, attention "
        "brings them to the place where the answer is predicted, and the prediction changes.",
        "1",
        "prompts",
    ),
)
