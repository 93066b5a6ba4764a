"""The frame: errors as sentences, predict then reveal, presentation, the model picker."""

from __future__ import annotations

import subprocess
import sys

import pytest
from streamlit.testing.v1 import AppTest

from engine.config import GPT2_SIZES, POCKET_CONFIG, parameter_count
from tests.ui.helpers import open_page, words
from ui.catalog import ROOT
from ui.lesson import lower_first, plain, sentence


def failing() -> None:
    import streamlit as st

    from engine.errors import InputError
    from ui.lesson import friendly_errors

    text = st.text_input("Text", "kept")
    with friendly_errors():
        raise InputError(f"{text} is [bad](http://x) *input*; write something else")
    st.caption("after")


def test_an_error_is_a_sentence_and_inputs_stay():
    app = AppTest.from_function(failing, default_timeout=60).run()
    assert not app.exception
    assert app.text_input[0].value == "kept"
    assert app.error[0].value == r"Kept is \[bad\]\(http\://x\) \*input\*; write something else\."
    assert app.caption[0].value == "after"


def programming_mistake() -> None:
    from ui.lesson import friendly_errors

    with friendly_errors():
        raise TypeError("not the user's fault")


def test_our_own_mistakes_are_not_hidden():
    app = AppTest.from_function(programming_mistake, default_timeout=60).run()
    assert app.exception
    assert not app.error


@pytest.mark.parametrize(
    ("text", "said"),
    [("no words", "No words."), ("Done.", "Done."), ("what?", "What?"), (" ", "Something did not work.")],
)
def test_sentence(text, said):
    assert sentence(text) == said


def test_plain_leaves_no_markdown():
    assert plain("$x$ :red[a] <b> `c`") == r"\$x\$ \:red\[a\] \<b\> \`c\`"


def test_lower_first_keeps_capitals():
    assert lower_first("Almost all") == "almost all"
    assert lower_first("GPT-2") == "GPT-2"


def test_predict_then_reveal():
    app = open_page("self_attention")
    ask = app.radio(key="self_attention-guess-2")
    assert "22,026" not in words(app)
    ask.set_value(ask.options[0]).run()
    assert "Not quite: almost all weight goes to one word." in words(app)
    app.radio(key="self_attention-guess-2").set_value(ask.options[1]).run()
    assert "Yes. Softmax divides by the sum" in words(app)


def test_set_it_up_moves_the_controls():
    app = open_page("self_attention")
    app.button(key="self_attention-setup-3").click().run()
    assert app.selectbox(key="self_attention.d_k").value == "1024"
    assert app.query_params["part"] == "scaling"


def test_presentation_mode_is_in_the_url_and_can_be_left():
    app = open_page("self_attention", {"present": "1"})
    assert app.toggle(key="present").value
    assert app.query_params["present"] == "1"
    app.button(key="leave").click().run()
    assert not app.toggle(key="present").value
    assert "present" not in app.query_params


def test_model_picker_names_the_pocket_model_and_how_to_install_the_others(monkeypatch, tmp_path):
    monkeypatch.setenv("GLASSBOX_DOWNLOADS", str(tmp_path))
    app = open_page("self_attention")
    assert app.selectbox(key="model").options[0] == "Pocket (our own)"
    assert f"{parameter_count(POCKET_CONFIG):,} parameters" in app.sidebar.caption[0].value
    app.selectbox(key="model").set_value(next(iter(GPT2_SIZES))).run()
    assert not app.exception
    assert app.sidebar.caption[0].value == "Not installed, so the pocket model answers."
    assert "Get it (498 MB)" in [link.proto.label for link in app.sidebar.get("page_link")]
    assert app.query_params["model"] == "gpt2-small (124M)"


def test_a_forged_model_falls_back():
    app = open_page("self_attention", {"model": "../../etc/passwd"})
    assert app.selectbox(key="model").value == "pocket"


def test_the_frame_imports_nothing_heavy():
    modules = "ui.lesson, ui.models, ui.code, ui.components.token_strip, ui.components.matrices, ui.figures.matrix"
    heavy = "{'torch', 'altair', 'plotly.express', 'sklearn', 'nbformat'}"
    code = f"import sys, {modules}; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
