"""The lessons, in order: the one list behind the navigation, previous and next, and the home page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Lesson:
    """One page: its file's stem (also its URL), where it stands, its title and its idea in one sentence."""

    slug: str
    section: str
    title: str
    idea: str
    icon: str

    @property
    def path(self) -> str:
        """The page's file as Streamlit wants it, relative to app.py."""
        return f"pages/{self.slug}.py"


ALL = (
    Lesson(
        "home",
        "Start",
        "Follow one sentence",
        "A language model turns your words into numbers, mixes them, and ends with a probability for every "
        "possible next token. Follow one sentence all the way.",
        ":material/route:",
    ),
    Lesson(
        "what_is_an_llm",
        "Start",
        "What is an LLM?",
        "A large language model is a neural network with very many adjustable numbers, trained on very much "
        "text to predict the next token.",
        ":material/help:",
    ),
    Lesson(
        "both_sides",
        "Start",
        "Left to right, or both sides?",
        "GPT guesses each word from what stands before it; BERT fills a hole from both sides. One sentence with a "
        "hole shows what each can know.",
        ":material/compare_arrows:",
    ),
    Lesson(
        "prompts",
        "Start",
        "Prompts that teach",
        "A few examples in the prompt can teach a model a task for the moment, without changing a single weight.",
        ":material/school:",
    ),
    Lesson(
        "splitting_text",
        "Text to numbers",
        "Splitting text",
        "Before a model can read, text is cut into tokens and each different token gets a number. How it is cut "
        "decides what the model can know.",
        ":material/content_cut:",
    ),
    Lesson(
        "byte_pair_encoding",
        "Text to numbers",
        "Byte pair encoding",
        "A model reads pieces of words, not words. The pieces are found by merging the most frequent pair of "
        "neighbours, again and again.",
        ":material/call_merge:",
    ),
    Lesson(
        "sliding_window",
        "Text to numbers",
        "Sliding window",
        "Any text is its own exercise book: slide a window over it, and the task at every token is to guess the next. "
        "Windows are stacked into batches, and batches train the model.",
        ":material/view_week:",
    ),
    Lesson(
        "embeddings",
        "Text to numbers",
        "Embeddings",
        "Every token gets a vector: a row of a table that training fills. Tokens that are used alike end up close "
        "together.",
        ":material/scatter_plot:",
    ),
    Lesson(
        "positions",
        "Text to numbers",
        "Positions",
        "Attention by itself sees a bag of words. A second table, one vector for each place, tells it the order.",
        ":material/pin:",
    ),
    Lesson(
        "bottleneck",
        "Attention",
        "The bottleneck",
        "Before attention, a network had to squeeze a whole sentence into one vector. Long sentences did not fit, "
        "and attention was the way out.",
        ":material/filter_alt:",
    ),
    Lesson(
        "self_attention",
        "Attention",
        "Self-attention by hand",
        "Every word looks at every word, decides how much each one matters to it, and takes a weighted "
        "average. That is all there is to it, and you can check every number.",
        ":material/grid_on:",
    ),
    Lesson(
        "causal_mask",
        "Attention",
        "Causal mask",
        "A model that learns to predict the next word must not see it. A mask hides everything to the right.",
        ":material/visibility_off:",
    ),
    Lesson(
        "many_heads",
        "Attention",
        "Many heads",
        "One attention looks for one thing. Several heads, each in its own slice of the vector, look for several "
        "things at once and cost the same.",
        ":material/account_tree:",
    ),
    Lesson(
        "heads",
        "Attention",
        "Heads in the wild",
        "A trained model has many attention heads, and some have a job you can name. Find them by measuring, "
        "then switch one off and see what changes.",
        ":material/visibility:",
    ),
    Lesson(
        "architecture",
        "GPT",
        "The architecture",
        "A GPT is a stack of equal blocks between two tables. Each arrow has a shape, and each box a number of "
        "parameters that you can work out.",
        ":material/layers:",
    ),
    Lesson(
        "layer_norm",
        "GPT",
        "Layer norm",
        "Numbers that pass through many layers explode or vanish. Layer norm brings every vector back to mean 0 "
        "and variance 1 on its way.",
        ":material/tune:",
    ),
    Lesson(
        "feed_forward",
        "GPT",
        "Feed-forward and GELU",
        "After attention has mixed the words, each word is worked on alone: widened, bent by a curve, and "
        "narrowed again.",
        ":material/show_chart:",
    ),
    Lesson(
        "shortcuts",
        "GPT",
        "Shortcuts",
        "In a deep network, the first layers hardly learn, because little of the gradient reaches them. A "
        "shortcut around each layer carries it there.",
        ":material/moving:",
    ),
    Lesson(
        "block",
        "GPT",
        "Transformer block",
        "A block adds to each word's vector what attention found and what the feed-forward made of it. A GPT is "
        "this, repeated.",
        ":material/widgets:",
    ),
    Lesson(
        "generating",
        "GPT",
        "Generating",
        "A GPT writes by predicting one token, adding it to the text, and starting again.",
        ":material/edit_note:",
    ),
    Lesson(
        "loss",
        "Training",
        "Loss",
        "One number says how surprised the model was by the text: the mean of minus the logarithm of the "
        "probability that it gave to each true next token.",
        ":material/trending_down:",
    ),
    Lesson(
        "gradients",
        "Training",
        "Gradients and optimizers",
        "Each weight has a slope: how the loss would change if the weight did. Training takes small steps down "
        "all slopes at once.",
        ":material/landscape:",
    ),
    Lesson(
        "train",
        "Training",
        "Train",
        "Train a GPT on your own text, and watch the loss fall and its writing improve.",
        ":material/model_training:",
    ),
    Lesson(
        "curve_clinic",
        "Training",
        "Curve clinic",
        "A loss curve tells what goes wrong in a training, and when. Learn to read it from runs that went well "
        "and runs that did not.",
        ":material/monitor_heart:",
    ),
    Lesson(
        "decoding",
        "Training",
        "Decoding",
        "The model gives a probability to every token; how you draw from them decides whether the text is "
        "dull, lively or nonsense.",
        ":material/casino:",
    ),
    Lesson(
        "saving",
        "Training",
        "Saving and resuming",
        "A model is a table of named tensors. To go on training exactly where it stopped, the optimizer's memory "
        "has to be saved as well.",
        ":material/save:",
    ),
    Lesson(
        "pretrained",
        "Training",
        "Pretrained weights",
        "A trained model is a box of named tensors. To use somebody else's, every one of them must land in its "
        "own place: same name, same shape, same orientation.",
        ":material/input:",
    ),
    Lesson(
        "which_kind",
        "Fine-tuning",
        "Which kind?",
        "A pretrained model goes on with any text. Fine-tuning makes it do one job: put texts into classes, or follow "
        "instructions. The same message shows what each kind can and cannot do.",
        ":material/alt_route:",
    ),
    Lesson(
        "classifier",
        "Fine-tuning",
        "A classifier of your own",
        "Give the model a new last layer with one output for each class, train a small part of it on texts with "
        "labels, and it sorts messages: spam or not, or whatever your own CSV holds.",
        ":material/label:",
    ),
    Lesson(
        "instruction_data",
        "Fine-tuning",
        "Instruction data",
        "A model learns to follow instructions from pairs of question and answer, written in one fixed form and padded "
        "into batches.",
        ":material/assignment:",
    ),
    Lesson(
        "instruction_tuning",
        "Fine-tuning",
        "Instruction tuning",
        "The same next-token training, on instructions with their answers, turns a model that goes on writing into one "
        "that answers.",
        ":material/chat:",
    ),
    Lesson(
        "judging",
        "Fine-tuning",
        "Judging answers",
        "There is no single right answer to most instructions. Measure what can be measured, ask a larger model, or "
        "let the class vote without knowing who wrote what.",
        ":material/gavel:",
    ),
    Lesson(
        "runs",
        "Always there",
        "Runs",
        "Every training that you started on this server: how it is going, its curves, its samples, and how to "
        "stop, resume or take it away.",
        ":material/list_alt:",
    ),
    Lesson(
        "glossary",
        "Always there",
        "Questions and glossary",
        "Every word and every question of the notes, with a short answer and the place where you can see it.",
        ":material/menu_book:",
    ),
    Lesson(
        "quiz",
        "Always there",
        "Quiz",
        "Exam practice from the checks of all lessons, with an explanation for each answer and a score for each "
        "chapter.",
        ":material/quiz:",
    ),
    Lesson(
        "models_and_machine",
        "Always there",
        "Models and machine",
        "Which models and data sets are on this server, how to get larger ones or be rid of them, and what the machine "
        "has to run them with.",
        ":material/memory:",
    ),
)


def lessons() -> list[Lesson]:
    """The lessons whose page is there, in order."""
    return [lesson for lesson in ALL if (ROOT / lesson.path).is_file()]


def find(slug: str) -> Lesson:
    """The lesson with this slug; a KeyError when there is none (a programming mistake)."""
    return {lesson.slug: lesson for lesson in ALL}[slug]


def neighbours(slug: str) -> tuple[Lesson | None, Lesson | None]:
    """The lessons before and after this one, None at either end."""
    there = lessons()
    at = [lesson.slug for lesson in there].index(slug)
    return (there[at - 1] if at else None, there[at + 1] if at + 1 < len(there) else None)
