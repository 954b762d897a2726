"""The views of one neuron: numbers at a pace that can be read, few words for who hears them, and a page that a finger scrolls."""

from __future__ import annotations

from typing import Any

import pytest

from nnlab.ui.topics.one_neuron_presets import PRESETS
from tests.browser.views.bench import Bench
from tests.browser.views.live import Live

VIEW = "nnlab.board.views[0].view"
WATCHED = ("neuron_rows", "perceptron", "bowl", "gradients", "sigmoids")
FIRST = {"perceptron": "separable", "linear": "bowl", "sigmoid": "plateau", "batches": "three"}
COUNTS = {
    "perceptron": ".mistakes",
    "linear": ".loss",
    "sigmoid": ".sum",
    "batches": ".examples",
}  # change with each step
WAIT = f"{VIEW}.calm.last = performance.now() + 60_000"  # as if the numbers had been written just now, for a minute


def begin(bench: Bench, topic: str, preset: str = "") -> Live:
    """The view of a part of the page with its first frame, at rest."""
    live = Live(PRESETS[topic][preset or FIRST[topic]].experiment, WATCHED)
    bench.open(f"neuron_{topic}")
    bench.scene(live)
    bench.frame(live, step=0)
    return live


def play(bench: Bench, live: Live, steps: int) -> None:
    bench.frame(live.on(steps), playing=True)


def text(bench: Bench, selector: str) -> str:
    return str(bench.page.locator(f".neuron {selector}").first.text_content())


def spoken(bench: Bench) -> str:
    """What is in the one place whose changes are read out."""
    return str(bench.page.locator(".view [role=status]").text_content())


@pytest.mark.parametrize("topic", FIRST)
def test_numbers_wait_while_others_follow_at_once_and_the_last_ones_do_not(bench: Bench, topic: str) -> None:
    live = begin(bench, topic)
    first = text(bench, COUNTS[topic])
    bench.get(WAIT)
    for _ in range(3):
        play(bench, live, 7)
        assert text(bench, COUNTS[topic]) == first
    bench.frame(live, playing=False)
    assert text(bench, COUNTS[topic]) != first

    bench.get(f"{VIEW}.calm.last = 0")
    last = text(bench, COUNTS[topic])
    play(bench, live, 20)
    assert text(bench, COUNTS[topic]) != last, "the first of those that follow"


def test_other_numbers_in_a_sentence_are_read_out_when_the_run_rests(bench: Bench) -> None:
    live = begin(bench, "sigmoid")
    first = spoken(bench)
    assert first == text(bench, ".verdict") and first.startswith("Mean size")
    for _ in range(3):
        bench.get(f"{VIEW}.calm.last = 0")
        play(bench, live, 20)
    assert text(bench, ".verdict") != first, "who sees it sees the present numbers"
    assert spoken(bench) == first
    bench.frame(live, playing=False)
    assert spoken(bench) == text(bench, ".verdict") != first


def test_another_sentence_is_read_out_at_once(bench: Bench) -> None:
    live = begin(bench, "perceptron", "xor")
    assert (
        spoken(bench)
        == "No line separates these points, so the perceptron never settles. Keep watching: its weights will repeat."
    )
    bench.get(f"{VIEW}.calm.last = 0")
    play(bench, live, 24)
    assert spoken(bench).startswith("It goes in circles") and spoken(bench) == text(bench, ".verdict")
    assert "bad" in str(bench.page.locator(".neuron .verdict").get_attribute("class"))


def test_a_finger_scrolls_the_page_over_what_only_shows_numbers(bench: Bench) -> None:
    wanted = {
        "perceptron": {"data": "none", "weights": "none"},
        "linear": {"data": "none", "map": "none", "curve": "auto"},
        "sigmoid": {"mse": "none", "ce": "none", "curve": "auto", "data": "none", "slopes": "auto"},
        "batches": {"data": "none", "map": "none", "by-example": "auto", "by-update": "auto"},
    }
    for topic, places in wanted.items():
        begin(bench, topic)
        read = "([box]) => getComputedStyle(box.querySelector('canvas.surface')).touchAction"
        assert {p: bench.page.locator(f".neuron .{p}").evaluate_all(read) for p in places} == places
        bench.stage.end()
    bench.open("neuron_activations")
    canvases = bench.page.locator(".neuron canvas")
    assert canvases.count() == 10
    assert canvases.evaluate_all("all => all.every((c) => getComputedStyle(c).touchAction === 'auto')")


def test_a_lost_request_for_activations_is_said_and_asked_again(bench: Bench) -> None:
    live = Live(PRESETS["linear"]["bowl"].experiment, WATCHED)
    bench.open("neuron_activations")
    bench.scene(live)
    asked: list[Any] = bench.sent("ask")
    assert len(asked) == 1
    bench.answer(live.answer("activations", **asked[0]["options"]))
    assert text(bench, ".verdict").startswith("Tanh: after ten layers")

    bench.page.get_by_role("button", name="New random weights").click()
    bench.answer(error="The connection was lost.")
    assert text(bench, ".verdict") == spoken(bench) == "The connection was lost."
    bench.scene(live)
    assert len(bench.sent("ask")) == 3
    bench.answer(live.answer("activations", **asked[0]["options"]))
    assert text(bench, ".verdict").startswith("Tanh: after ten layers")
