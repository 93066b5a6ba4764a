"""The lesson "What is an LLM?": every number on it is the engine's or its source's, for any text and any link."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pytest
import torch

from engine.config import POCKET_CONFIG, parameter_count
from engine.datasets.labelled import load_messages, random_split
from engine.evaluation.baseline import fit_counting_model
from engine.evaluation.metrics import Accuracy, sign_test
from engine.finetune.fitting import fit
from engine.finetune.recipe import ClassifierRecipe
from engine.tokenizers.pretrained import encode_text
from engine.weights.pocket import load_pocket
from tests.notebooks import run_notebook
from tests.ui.helpers import components, open_page, words
from ui.code import notebook
from ui.figures import what_is_an_llm as draw
from ui.lessons.what_is_an_llm import contest, facts, filters
from ui.lessons.what_is_an_llm.words import SHUFFLED
from ui.numbers import fmt, percent

if TYPE_CHECKING:
    from pathlib import Path

    from streamlit.testing.v1 import AppTest

PAGE = "what_is_an_llm"
TEXT = "The captain gave the letter to the doctor."


def frames(app: AppTest) -> list[pd.DataFrame]:
    """The data of every chart on the page, in order."""
    protos = [chart.proto for chart in app.get("vega_lite_chart")]
    raw = [(p.datasets[0].data if p.datasets else p.data).data for p in protos]
    return [pa.ipc.open_stream(data).read_pandas() for data in raw]


@pytest.mark.parametrize("part", ["map", "size", "stages", "labels", "contest", "nonsense"])
def test_every_part_opens(part: str) -> None:
    at = open_page(PAGE, {"part": part})
    assert not at.exception
    assert not at.error


def test_the_map_has_every_box_and_example_once() -> None:
    shown = components(open_page(PAGE))
    rings = next(data["rings"] for data in shown if "rings" in data)
    assert [ring["name"] for ring in rings] == ["ai", "ml", "dl", "llm"]
    names = [example["name"] for ring in rings for example in ring["examples"]]
    assert len(names) == len(set(names)) == 9


def test_an_example_says_where_it_belongs_and_generative_ones_are_outlined() -> None:
    at = open_page(PAGE, {"box": "markov", "generative": "1"})
    assert "It is in: **Machine learning (ML)**, in **Artificial intelligence (AI)**." in words(at)
    rings = next(data["rings"] for data in components(at) if "rings" in data)
    outlined = {one["name"] for ring in rings for one in ring["examples"] if one["outlined"]}
    assert outlined == {"markov", "diffusion", "gpt2", "pocket"}


def test_sizes_are_those_of_the_file_and_of_our_own_model() -> None:
    shown = frames(open_page(PAGE, {"part": "size"}))[0].set_index("model")
    published = pd.read_csv(facts.SIZES).dropna(subset="parameters").set_index("model")
    assert shown.loc[published.index, "parameters"].tolist() == published["parameters"].tolist()
    ours = sum(p.numel() for p in load_pocket()[0].parameters())
    assert shown.loc[facts.POCKET_NAME, "parameters"] == ours == parameter_count(POCKET_CONFIG)


def test_a_comparison_is_arithmetic_on_the_file() -> None:
    text = words(open_page(PAGE, {"part": "size", "which": "Chinchilla", "against": "Gopher"}))
    for part in (
        "**70,000,000,000** parameters",
        "**0.250** times Gopher",
        "140 GB",
        "20.0 a parameter",
        "**4.67** times",
    ):
        assert part in text


def test_unpublished_is_said() -> None:
    assert "not published" in words(open_page(PAGE, {"part": "size", "which": "Mistral 7B"}))


def test_our_own_tokens_come_from_the_training_log(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(POCKET_CONFIG.to_dict()), encoding="utf-8")
    assert pd.isna(facts.model_sizes(tmp_path).loc[0, "training_tokens"])
    (tmp_path / "training_log.csv").write_text(
        "step,tokens_seen,loss,val_loss\n0,4096,9,9\n5,24576,8,\n", encoding="utf-8"
    )
    assert facts.model_sizes(tmp_path).loc[0, "training_tokens"] == 24576
    frame, _ = draw.loss_chart(facts.pocket_story(tmp_path)["log"])
    assert frame["loss"].tolist() == [9, 8, 9]


def test_probabilities_of_the_labels_are_the_models() -> None:
    at = open_page(PAGE, {"part": "labels", "text": TEXT, "place": "3"})
    model, tokenizer = load_pocket()
    ids = encode_text(tokenizer, TEXT)
    with torch.no_grad():
        expected = model(torch.tensor([ids]))[0].softmax(dim=-1)
    right = [float(expected[i - 1, ids[i]]) for i in range(1, len(ids))]
    assert at.dataframe[1].value["model's probability"].tolist() == [percent(p) for p in right]
    text = words(at)
    assert f"**{len(ids) - 1} examples** from {len(ids)} tokens" in text
    assert f"−ln {fmt(right[2])} = **{fmt(-math.log(right[2]))} nats**" in text
    assert f"Mean of all: {fmt(-sum(map(math.log, right)) / len(right))} nats" in text


@pytest.mark.parametrize("text", ["", "a"])
def test_too_short_a_sentence_gets_a_sentence(text: str) -> None:
    at = open_page(PAGE, {"part": "labels"})
    at.text_area(key=f"{PAGE}.text").set_value(text).run()
    assert not at.exception
    assert "fewer than two tokens" in at.error[0].value.replace("\\", "")


def test_a_text_beyond_the_context_is_cut_and_says_so() -> None:
    at = open_page(PAGE, {"part": "labels"})
    at.text_area(key=f"{PAGE}.text").set_value("word " * 20_000).run()
    assert not at.exception
    assert "left out" in words(at)
    assert "**255 examples**" in words(at)


@pytest.mark.parametrize("place", ["0", "-1", "99999999999", "x", "12.5", "²"])
def test_a_forged_place_is_harmless(place: str) -> None:
    at = open_page(PAGE, {"part": "labels", "place": place})
    assert not at.exception
    assert not at.error


@pytest.fixture(scope="module")
def contested() -> AppTest:
    """The contest with 50 messages, after a guess and a click."""
    filters.shelf()[1].clear()  # whatever ran before in this process
    at = open_page(PAGE, {"part": "contest", "train": "50"})
    at.radio(key=contest.GUESS).set_value("The GPT")
    return next(button for button in at.button if button.label == "Fine-tune the GPT").click().run()


@pytest.fixture(scope="module")
def by_hand() -> tuple:
    """The same contest with nothing but the engine: counting model, classifier, truth and both verdicts."""
    train, _, test = random_split(load_messages()[:600], 2 / 3, 0)
    texts, labels = list(train["text"][:50]), list(train["label"][:50])
    counting = fit_counting_model(texts, labels)
    # What is watched meanwhile has no say, so here it is something else than on the page.
    learned, watched = [(some, [int(label == "spam") for label in theirs])
                        for some, theirs in ((texts, labels), (texts[:9], labels[:9]))]  # fmt: skip
    data = {"train": learned, "validation": watched}
    classifier = fit(*load_pocket(), data, ["ham", "spam"], ClassifierRecipe())
    held_out, truth = list(test["text"]), list(test["label"])
    return counting, classifier, truth, counting.classify(held_out), classifier.classify(held_out)


def test_nothing_is_trained_before_the_button() -> None:
    filters.shelf()[1].pop(("pocket", 100), None)  # whatever ran before in this process
    at = open_page(PAGE, {"part": "contest", "train": "100"})
    assert [button.label for button in at.button if button.label.startswith("Fine-tune")] == ["Fine-tune the GPT"]
    assert "not fine-tuned yet" in words(at)
    assert len(frames(at)[0]) == 1


def test_both_accuracies_are_the_engines(contested: AppTest, by_hand: tuple) -> None:
    assert not contested.exception
    _, _, truth, counted, gpt = by_hand
    shown = frames(contested)[0]
    for row, verdicts in zip(shown.itertuples(), (counted, gpt), strict=True):
        score = Accuracy(sum(a == b for a, b in zip(verdicts, truth, strict=True)), len(truth))
        assert (row.share, row.low, row.high) == pytest.approx((score.share, *score.interval))
        assert row.shown == f"{percent(score.share)} ({score.right} of {score.total})"


def test_the_conclusion_counts_who_was_right_alone(contested: AppTest, by_hand: tuple) -> None:
    _, _, truth, counted, gpt = by_hand
    only_counting = sum(c == t != g for c, g, t in zip(counted, gpt, truth, strict=True))
    only_gpt = sum(g == t != c for c, g, t in zip(counted, gpt, truth, strict=True))
    text = words(contested)
    assert f"Only counting is right on **{only_counting}**, only the GPT on **{only_gpt}**" in text
    assert f"{percent(sign_test(only_counting, only_gpt))} of the time" in text
    assert "Your guess was: *The GPT*" in text
    assert f"{only_counting + only_gpt} of 200 messages" in text
    assert len(contested.dataframe[0].value) == only_counting + only_gpt


@pytest.mark.parametrize("text", ["Hi mum", "", "<|endoftext|> *bold* $x$", "win " * 3000, "🙂" * 50])
def test_own_message_under_both(text: str, contested: AppTest, by_hand: tuple) -> None:
    counting, classifier = by_hand[:2]
    contested.text_area(key=f"{PAGE}.message").set_value(text).run()
    assert not contested.exception
    said = words(contested)
    assert f"spam with {percent(counting.probabilities([text])[0, 1])}" in said
    whole = float(classifier.probabilities([text])[0, 1])
    assert f"spam with {percent(whole)}" in said
    drawn = [frame.set_index("word") for frame in frames(contested) if "support" in frame]
    assert len(drawn) == (text not in ("", "win " * 3000))  # without a word, or with more than 40, there is no picture
    if text == "Hi mum":
        without = classifier.probabilities(["mum", "Hi"])[:, 1].tolist()
        assert drawn[0].loc[["Hi", "mum"], "support"].tolist() == pytest.approx([whole - p for p in without], abs=1e-5)


def test_the_first_experiment_keeps_its_promise(by_hand: tuple) -> None:
    """Shuffled words: the same to the counting model, not to the GPT."""
    counting, classifier = by_hand[:2]
    pair = [contest.MESSAGE, SHUFFLED]
    same = counting.probabilities(pair)[:, 1]
    assert same[0] == pytest.approx(same[1], abs=1e-12)
    gpt = classifier.probabilities(pair)[:, 1]
    assert abs(float(gpt[0] - gpt[1])) > 1e-4


def test_a_second_visitor_gets_what_the_first_one_made(contested: AppTest) -> None:
    made = filters.tuned("pocket", 50)
    again = open_page(PAGE, {"part": "contest", "train": "50"})
    assert filters.tuned("pocket", 50) is made
    assert frames(again)[0].equals(frames(contested)[0])


def test_what_labels_buy_is_counted_for_every_size(contested: AppTest, by_hand: tuple) -> None:
    shown = frames(contested)[-1]
    train, _, test = random_split(load_messages()[:600], 2 / 3, 0)
    for size in (50, 100, 200, 400):
        model = fit_counting_model(list(train["text"][:size]), list(train["label"][:size]))
        right = sum(a == b for a, b in zip(model.classify(list(test["text"])), test["label"], strict=True))
        row = shown[(shown["model"] == "Counting words") & (shown["messages"] == size)].iloc[0]
        assert (row["share"], row["shown"]) == (right / 200, f"{right} of 200")
    gpt = shown[(shown["model"] == "GPT (pocket)") & (shown["messages"] == 50)].iloc[0]
    assert gpt["share"] == sum(a == b for a, b in zip(by_hand[4], by_hand[2], strict=True)) / 200


def test_the_gpt_on_each_number_of_messages(contested: AppTest) -> None:
    """One click, and its line has four points; the button goes."""
    (more,) = (button for button in contested.button if button.label.startswith("Fine-tune"))
    more.click().run()
    assert not contested.exception
    shown = frames(contested)[-1]
    gpt = shown[shown["model"] == "GPT (pocket)"]
    assert gpt["messages"].tolist() == [50, 100, 200, 400]
    classifier = filters.tuned("pocket", 400).classifier
    test = filters.messages(400)[1]
    right = sum(a == b for a, b in zip(classifier.classify(list(test["text"])), test["label"], strict=True))
    assert gpt["share"].iloc[-1] == right / 200
    assert not [button for button in contested.button if button.label.startswith("Fine-tune")]


def test_the_part_of_the_training_messages_is_never_tested() -> None:
    train, test = filters.messages(400)
    assert not set(train["text"]) & set(test["text"])
    assert len(test) == 200


def test_notebooks_run() -> None:
    printed = run_notebook(notebook(contest.contest_cells(50, "pocket"), "contest"), seconds=600)
    assert "50 to learn from, 200 held out" in printed
    assert "GPT" in printed
