"""Figures and curves are made of the metrics that a run declares, whatever and however many these are."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from nnlab.families.transfer.spec import COURSES, Transfer
from tests.browser.board.test_left_out import PLAYERS, RACE

TOKENS = {
    "data": {"kind": "beat_phrases", "samples": 60},
    "model": {"family": "token_lstm", "units": 8},
    "training": {"optimizer": {"kind": "adam"}, "learning_rate": 0.01, "batch_size": 20},
}
NUMBERS = (
    "[...document.querySelectorAll('.figure:not(.clock) .number')]"
    ".map((n) => [n.title, n.textContent, [...n.classList].find((c) => c.startsWith('of-')), n.previousSibling.textContent.trim()])"
)
# What stands over the numbers, the split over each of them, and how many there are.
FIGURES = (
    "[...document.querySelectorAll('.figure:not(.clock)')].map((f) => [f.querySelector('.label').firstChild.textContent,"
    " [...f.querySelectorAll('.label i')].map((i) => i.textContent.trim() + ' ' + i.className), f.querySelectorAll('.number').length])"
)
BOXES = (
    "[...document.querySelectorAll('.player :is(button, select, input, .number, .label, .where)')].map((e) => {"
    " const r = document.createRange(); r.selectNodeContents(e); const b = e.matches('.number, .label') ? r.getBoundingClientRect() : e.getBoundingClientRect();"
    " const right = e.matches('.label') ? Math.min(b.right, e.getBoundingClientRect().right) : b.right;"  # cut with an ellipsis
    " return [b.left, b.top, right, b.bottom, e.className]; }).filter((b) => b[2] > b[0])"
)


def test_every_declared_metric_has_its_figure_with_its_label_unit_and_split(open_board: Callable) -> None:
    tab = open_board("curves", experiment=TOKENS)
    tab.get("nnlab.send('step', {unit: 'batch', n: 3})")
    tab.until("nnlab.step === 3")
    labels, numbers, splits, spoken = zip(*tab.get(NUMBERS), strict=True)
    assert labels == ("Training loss", "Test loss", "Training tokens told", "Test tokens told", "Perplexity")
    assert spoken == labels
    over = ["train of-train", "test of-test"]
    assert tab.get(FIGURES) == [["Loss", over, 2], ["Tokens told", over, 2], ["Perplexity", [], 1]]
    assert splits == ("of-train", "of-test", "of-train", "of-test", "of-run")
    wanted = tab.run.metrics
    shown = [float(text.rstrip("%")) / (100 if text.endswith("%") else 1) for text in numbers]
    assert shown == pytest.approx(list(wanted.values()), abs=0.006)
    assert [text.endswith("%") for text in numbers] == [False, False, True, True, False]


def test_what_is_measured_of_several_networks_shares_a_plot_by_name_and_colour_and_is_no_figure(
    open_board: Callable,
) -> None:
    tab = open_board("curves", experiment=Transfer.example())
    tab.get("nnlab.send('step', {unit: 'batch', n: 3})")
    tab.until("nnlab.step === 3 && !nnlab.frame.stale")
    assert tab.get(FIGURES) == []
    curves = "nnlab.board.views.find((v) => v.name === 'curves').view"
    kinds = tab.get(f"{curves}.kinds.map((k) => [k.title, k.lines.map((l) => l.label)])")
    assert kinds == [[title, list(COURSES.values())] for title in ("Test accuracy", "Training loss")]
    colours = tab.get(f"{curves}.kinds.map((k) => k.lines.map((l) => {curves}.colour({curves}.colours, l)))")
    assert colours[0] == colours[1] and len(set(colours[0])) == 4
    shown = tab.get(
        "[...document.querySelectorAll('.entry')].map((e) => [e.textContent.split(' ').slice(0, -1).join(' '), e.querySelector('i').className])"
    )
    assert [name.strip() for name, _ in shown] == list(COURSES.values()) and {mark for _, mark in shown} == {""}


@pytest.mark.parametrize("width", [1440, 1000, 800, 484, 380])
def test_five_metrics_have_room(open_board: Callable, width: int) -> None:
    tab = open_board("curves", experiment=PLAYERS, width=width)
    tab.get("nnlab.send('step', {unit: 'batch', n: 1})")
    tab.until("nnlab.step === 1 && document.querySelector('.number.d-loss').textContent !== '—'")
    boxes = tab.get(BOXES)
    inside = tab.part(".player").bounding_box()
    for i, a in enumerate(boxes):
        assert inside["x"] <= a[0] and a[2] <= inside["x"] + inside["width"] + 1, a
        for b in boxes[i + 1 :]:
            assert a[2] <= b[0] + 1 or b[2] <= a[0] + 1 or a[3] <= b[1] + 1 or b[3] <= a[1] + 1, (a, b)


def test_a_row_of_the_history_is_as_wide_as_there_are_metrics(open_board: Callable) -> None:
    tab = open_board("curves", experiment=PLAYERS)
    names = ["off", "d_loss", "g_loss", "real", "fake"]
    assert tab.get("nnlab.history.columns") == ["step", "epoch", *names]
    tab.get("nnlab.send('step', {unit: 'epoch', n: 2})")
    tab.until("nnlab.epoch === 2")
    tab.until("nnlab.history.at(nnlab.history.length - 1, 0) === nnlab.step")
    last = tab.get("nnlab.history.columns.map((_, column) => nnlab.history.at(nnlab.history.length - 1, column))")
    assert last[2:] == pytest.approx([tab.run.metrics[name] for name in names], rel=1e-5)


def test_each_kind_of_metric_has_its_own_plot_and_each_line_its_own_name(open_board: Callable) -> None:
    tab = open_board("curves", experiment=PLAYERS)
    tab.get("nnlab.send('step', {unit: 'epoch', n: 3})")
    tab.until("nnlab.epoch === 3")
    view = "nnlab.board.views[0].view"
    assert tab.get(f"{view}.kinds.map((kind) => kind.title)") == ["Distance", "Loss", "Taken for real"]
    boxes = tab.get(f"{view}.boxes()")
    assert all(one["bottom"] < next_["top"] for one, next_ in itertools.pairwise(boxes))
    assert boxes[-1]["bottom"] < tab.get(f"{view}.surface.height")
    entries = tab.part(".view-curves .entry")
    metrics = tab.run.metrics
    assert [text.replace("\u202f%", "%").split()[:-1] for text in entries.all_inner_texts()] == [
        ["Made", "points", "off", "by"], ["Discriminator", "loss"], ["Generator", "loss"], ["Real", "taken", "for", "real"], ["Fake", "taken", "for", "real"],
    ]  # fmt: skip
    tab.until("document.querySelector('[data-metric=fake]').textContent.endsWith('%')")
    shown = [text.replace("\u202f%", "%").split()[-1] for text in entries.all_inner_texts()]
    assert float(shown[1]) == pytest.approx(metrics["d_loss"], rel=0.01)
    assert float(shown[4].rstrip("%")) == pytest.approx(100 * metrics["fake"], abs=0.06)
    colours = entries.evaluate_all("all => all.map((e) => e.style.getPropertyValue('--colour'))")
    assert colours[1] != colours[2] and colours[3] != colours[4], "lines of one plot differ"


def test_the_pointer_reads_every_plot(open_board: Callable) -> None:
    tab = open_board("curves", experiment=PLAYERS)
    tab.get("nnlab.send('step', {unit: 'epoch', n: 3})")
    tab.until("nnlab.epoch === 3")
    tab.part(".view-curves .surface").hover()
    lines = tab.part(".tip").inner_text().split("\n")
    assert [line.split(":")[0] for line in lines[1:]] == ["Distance", "Loss", "Taken for real"]
    assert "discriminator loss" in lines[2] and "generator loss" in lines[2]
    assert "%" in lines[3]


def test_a_run_of_steps_has_no_epochs_batches_and_new_weights(open_board: Callable) -> None:
    tab = open_board("curves", experiment=RACE)
    tab.get("nnlab.send('step', {unit: 'epoch', n: 7})")
    tab.until("nnlab.step === 7")
    assert tab.part(".clock .label").inner_text() == "Step"
    assert tab.part(".number.epoch").inner_text() == "7"
    assert tab.part(".unit option:not([hidden])").all_inner_texts() == ["Step", "Phase"]
    assert tab.page.get_by_role("button", name="New weights").is_hidden()
    assert tab.page.get_by_label("Learning rate", exact=True).is_hidden(), "each racer has its own"
    assert tab.get(FIGURES)[0][0] == "Lowest loss"
    assert tab.part(".view-curves .time-name").inner_text() == "steps"
    tab.part(".view-curves .surface").hover()
    assert tab.part(".tip").inner_text().startswith("Step ")
    tab.get("nnlab.send('play', true)")
    tab.until("document.querySelector('.rate').textContent.includes('steps/s')")


def test_numbers_of_a_sample_say_of_how_many(tab) -> None:
    assert tab.part(".sampled").inner_text() == ""
    tab.says(sampled={"train": 1024, "test": 512})
    tab.page.get_by_text("measured on 1\u202f024").wait_for()
    assert "measured on 1\u202f024" in tab.part(".figure.clock").get_attribute("title"), (
        "where the bar has no room for it"
    )
    tab.says(sampled={})
    tab.until("document.querySelector('.sampled').textContent === ''")


def test_a_metric_without_a_number_is_a_dash_and_breaks_no_curve(open_board: Callable) -> None:
    tab = open_board("curves", experiment=PLAYERS)
    tab.says(metrics=dict.fromkeys(("off", "d_loss", "g_loss", "real", "fake"), float("nan")))
    tab.until("nnlab.metrics.off === null")
    tab.until("document.querySelector('.number.off').textContent === '—'")
    assert tab.get("nnlab.board.views[0].broken") is False


def test_all_of_them_are_spoken(open_board: Callable) -> None:
    tab = open_board("curves", experiment=TOKENS)
    spoken = "document.querySelector('.view-curves .unseen').textContent"
    tab.until(f"['training loss', 'test tokens told', 'perplexity'].every((name) => {spoken}.includes(name))")
