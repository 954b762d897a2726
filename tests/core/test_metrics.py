"""Declared metrics: what is usual for each kind of answer, and which number stop rules look at."""

from __future__ import annotations

import pytest

from nnlab.core.forms import TARGETS
from nnlab.core.metrics import ACCURACY, LOSS, Metric, means, usual, watched

BALANCE = Metric("balance", "Balance", "train", "balance", "higher")
LENGTH = Metric("length", "Length", "", "length", "")
WORTH = Metric("worth", "Worth", "", "worth", "higher")  # a gauge with a good side
SCORE = means("score", "score", "higher")


@pytest.mark.parametrize("target", TARGETS)
def test_classes_have_a_loss_and_an_accuracy_and_all_else_a_loss(target):
    names = ("train_loss", "test_loss", "train_accuracy", "test_accuracy")
    assert tuple(m.name for m in usual(target)) == (names if target == "class" else names[:2])


def test_what_the_usual_ones_say_about_themselves():
    assert {(m.kind, m.better, m.unit) for m in LOSS} == {("loss", "lower", "")}
    assert {(m.kind, m.better, m.unit) for m in ACCURACY} == {("accuracy", "higher", "%")}
    assert [m.label for m in (*LOSS, *ACCURACY)] == ["Training loss", "Test loss", "Training accuracy", "Test accuracy"]
    assert [m.split for m in LOSS] == ["train", "test"]


@pytest.mark.parametrize(
    ("metrics", "tested", "name"),
    [
        pytest.param((*LOSS, *ACCURACY), True, "test_loss", id="tested"),
        pytest.param((*LOSS, *ACCURACY), False, "train_loss", id="no tests"),
        pytest.param((*ACCURACY, *LOSS), True, "test_accuracy", id="accuracy first"),
        pytest.param(LOSS[:1], True, "train_loss", id="tests but no test metric"),
        pytest.param((LENGTH, *LOSS), True, "test_loss", id="one without a good side first"),
        pytest.param((LENGTH, BALANCE), True, "balance", id="higher is better"),
        pytest.param(SCORE, True, "test_score", id="higher is better, tested"),
        pytest.param((LENGTH, WORTH), False, "worth", id="a gauge with a good side"),
        pytest.param((LENGTH,), True, "length", id="no good side at all"),
    ],
)
def test_the_watched_metric_is_the_first_with_a_good_side_of_what_is_held_out(metrics, tested, name):
    assert watched(metrics, tested=tested).name == name
