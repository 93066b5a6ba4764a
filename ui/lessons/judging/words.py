"""What the lesson on judging answers gives to try, answers and asks."""

from __future__ import annotations

from ui.lesson import Experiment, Question


def experiments() -> list[Experiment]:
    """What to try, with a guess before."""
    return [
        Experiment(
            "Open *A or B?* with the judge *The longer one*.",
            "This judge reads nothing and only counts words. What does its curve over the length look like?",
            ["Flat", "It rises steeply where the lengths are equal", "It falls"],
            1,
            "It decides by length alone. A judge that is half careful and half impressed by length has a gentler "
            "slope, and the slope is how that is noticed.",
            {"part": "pairs", "pair_judge": "longer"},
        ),
        Experiment(
            "Let the sidebar's model judge: it is asked about each pair twice, with the places changed. Take the "
            "pocket model.",
            "For how many of the pairs does it prefer the same *answer* both times?",
            ["Nearly all", "About half", "Hardly any: it prefers a place"],
            2,
            "Nobody taught it to compare. It finds one of the two digits likelier whatever stands behind it. Asked "
            "once only, it would make one side win nearly everything. Large judges do this too, less often, and only "
            "asking twice shows it.",
            {"part": "pairs", "pair_judge": "own"},
        ),
        Experiment(
            "In *Measure*, look at entry 48 of our example: asked to replace “peacock” with “arm”, the model tuned on "
            "4,000 tasks gave the sentence back as it was.",
            "It did nothing of what was asked. What ROUGE-L does it get?",
            ["0", "About 0.5", "More than 0.8"],
            2,
            "Five of its six words are those of the correct answer: 2 × 5 / (6 + 6) = 0.833. The other way round, "
            "“sixteen” instead of “16” is right and gets 0. What counts words knows one wording and no meaning.",
            {"answers": "example", "part": "measure", "measure": "rouge_l", "key": "fewer_tasks", "worked": 48},
        ),
    ]


def questions() -> dict[str, str]:
    """Questions from the margin of the notes, with short answers."""
    return {
        "What is alpacaeval?": (
            "A test of instruction following: 805 instructions, each answered by the model under test and by a fixed "
            "reference model. A large language model sees both answers and says which it prefers; the **win rate** is "
            "the share that the tested model wins. Such judges like long answers, so version 2 reports a "
            "*length-controlled* win rate: a curve is fitted over the difference in length and read where the "
            "difference is zero (Dubois et al. 2024). The part *A or B?* does it in small."
        ),
        "Score responses: how is Ollama run locally?": (
            "Install Ollama, run `ollama serve`, and get a model with `ollama pull llama3`. It then answers at "
            "http://localhost:11434. `query_model` sends it one prompt and returns its words; "
            "`generate_model_scores` asks it for a score from 0 to 100 for each answer and leaves out replies that "
            "hold no number. Nothing leaves your machine."
        ),
        "Why not just measure the loss?": (
            "The loss says how probable the model finds one correct answer, word by word. It does not say what the "
            "model writes by itself, nor whether a differently worded answer is right."
        ),
        "Why ask about the same pair twice?": (
            "Many judges prefer the first place or the second, whatever stands there (Zheng et al. 2023). Asked in "
            "both orders, such a judge contradicts itself, and that counts as a tie. Asked once, its habit would look "
            "like a win. A blind vote deals with it by drawing the sides anew for each voter."
        ),
        "Are several judges better than one?": (
            "Where their mistakes differ, a majority evens them out; a jury of smaller models can agree with people "
            "better than one large judge (Verga et al. 2024). Judges that make the same mistake outvote the right one. "
            "ROUGE-L and chrF are such a pair: both know one wording only."
        ),
        "Can a judging model be trusted?": (
            "As far as it agrees with people on answers that people have judged too. It can prefer length, the first "
            "place, or its own style, and an answer can even talk to it. So ask twice with the places changed, count "
            "replies that cannot be read, and compare it with a second judge."
        ),
    }


def check() -> list[Question]:
    """The check at the end."""
    return [
        Question(
            "Why does a blind vote put the better-known model on the left for some voters and on the right for others?",
            ["To look tidy", "So that a habit of choosing one side favours nobody", "To make voting slower"],
            1,
            "Sides are drawn for each voter and entry. A preference for a side then only adds noise.",
        ),
        Question(
            "A judge replies “Great answer!” when asked for a score. What is its score?",
            ["100", "50", "None: it is counted as unreadable"],
            2,
            "A number that nobody said would be invented. It is shown and counted, and left out of the mean.",
        ),
        Question(
            "Two judges have a Spearman correlation of 1. What do they share?",
            ["The same scores", "The same order of the answers", "The same mean"],
            1,
            "Only ranks are compared. One may score everything twenty points lower.",
        ),
    ]
