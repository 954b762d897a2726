"""The courses that a run has left, as buttons at the end of the scrubber."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

ROWS = "Array.from({length: nnlab.history.length}, (_, i) => nnlab.history.at(i, 0))"
LOSSES = "Array.from({length: nnlab.history.length}, (_, i) => nnlab.history.at(i, nnlab.history.column('train_loss')))"
RESTING = "!nnlab.playing && nnlab.frame.seeking === null"
OVERLAPS = """(() => {
  const box = (e) => e.getBoundingClientRect();
  const shown = (e) => e.checkVisibility() && box(e).width > 0;
  const others = [...document.querySelectorAll(".player :is(button, input, select, .number, .label, .small-print span:not(:empty)), .grid")]
    .filter((e) => !e.closest(".branches, .findings") && shown(e));
  const hits = (a, b) => a.left < b.right - 0.5 && b.left < a.right - 0.5 && a.top < b.bottom - 0.5 && b.top < a.bottom - 0.5;
  const pills = [...document.querySelectorAll(".branch")];
  return pills.flatMap((p) => [...others, ...pills.filter((q) => q !== p)].filter((o) => hits(box(p), box(o))).map((o) => `${p.title}: ${o.className} ${o.textContent}`));
})()"""


def ways(tab: Any) -> Any:
    """The buttons that lead to the other courses."""
    return tab.page.get_by_role("button", name="Return to the other branch")


def train(tab: Any, steps: int) -> None:
    end = tab.get("nnlab.step") + steps
    tab.get(f"nnlab.send('step', {{unit: 'batch', n: {steps}}})")
    tab.until(f"nnlab.step === arg && {RESTING}", end)


def seek(tab: Any, step: int) -> None:
    tab.get(f"nnlab.send('seek', {step})")
    tab.until(f"nnlab.step === arg && {RESTING}", step)


def fork(tab: Any, at: int, rate: float, steps: int) -> None:
    """Back to a step, another learning rate, and so many updates onwards."""
    seek(tab, at)
    tab.get(f"nnlab.board.set({{'training.learning_rate': {rate}}})")
    tab.until("nnlab.frame.lr === arg", rate)
    train(tab, steps)


def test_who_goes_back_and_changes_something_returns_to_the_old_end_with_one_press(tab) -> None:
    tab.play()
    tab.until("nnlab.step > 400")
    tab.pause()
    tab.until("!nnlab.frame.stale")
    end, weights = tab.get("[nnlab.step, Array.from(nnlab.frame.arrays.weights.data)]")
    old, losses = tab.get(f"[{ROWS}, {LOSSES}]")
    box = tab.part(".scrub").bounding_box()
    tab.page.mouse.click(box["x"] + box["width"] * 0.3, box["y"] + box["height"] / 2)
    tab.until(f"nnlab.step < 0.5 * arg && {RESTING}", end)
    left = tab.get("nnlab.step")
    assert ways(tab).count() == 0, "nothing is lost by looking"
    field = tab.page.get_by_label("Learning rate, typed")
    field.fill("0.5")
    field.press("Enter")
    way = tab.page.get_by_role(
        "button", name=f"Return to the other branch, which left here at step {left} and went to step {end}"
    )
    way.wait_for()
    assert tab.get("nnlab.history.at(nnlab.history.length - 1, 0)") == left
    tab.page.get_by_role("button", name="Play", exact=True).click()
    tab.until("nnlab.playing && nnlab.step > arg", left + 60)
    assert way.inner_text() == str(end)
    way.click()
    assert tab.arrives("branch") == [1]
    tab.until(f"nnlab.step === arg && {RESTING}", end)
    tab.until("document.querySelector('[aria-label=\"Learning rate, typed\"]').value === '0.03'")
    tab.until("nnlab.experiment.training.learning_rate === 0.03 && calls.length > 1")  # and the page is told
    assert tab.get("Array.from(nnlab.frame.arrays.weights.data)") == pytest.approx(weights, abs=0)
    tab.until("nnlab.history.at(nnlab.history.length - 1, 0) === arg", end)
    now = dict(zip(tab.get(ROWS), tab.get(LOSSES), strict=True))
    known = {step: loss for step, loss in zip(old, losses, strict=True) if step in now}
    assert len(known) > 0.5 * len(old)
    assert [now[step] for step in known] == pytest.approx(list(known.values()), rel=1e-6)
    (other,) = tab.get("nnlab.frame.branches")
    assert (other["from"], tab.get("nnlab.frame.span[1]")) == (left, end) and other["to"] > left + 60


def test_to_and_fro_by_key_the_button_keeps_the_focus(tab) -> None:
    train(tab, 300)
    fork(tab, 120, 0.5, 80)
    ways(tab).focus()
    for goal, other in ((300, 200), (200, 300), (300, 200)):
        tab.page.keyboard.press("Enter")
        tab.until(f"nnlab.step === arg && {RESTING}", goal)
        tab.until("nnlab.frame.branches[0].to === arg", other)
        name = f"Return to the other branch, which left here at step 120 and went to step {other}"
        tab.page.get_by_role("button", name=name).wait_for()
        assert ways(tab).count() == 1
        assert tab.get("document.activeElement.title") == name
    assert tab.get("nnlab.frame.lr") == 0.03


def test_playing_on_where_nothing_was_changed_keeps_the_end_and_the_curve(tab) -> None:
    train(tab, 400)
    rows = tab.get(ROWS)
    seek(tab, 40)
    tab.play()
    tab.until("nnlab.step > 200")
    tab.pause()
    step = tab.get("nnlab.step")
    if step < 400:
        assert tab.get("nnlab.frame.span") == [0, 400] and tab.get(ROWS) == rows
        assert tab.part(".scrub").get_attribute("max") == "400"
    assert ways(tab).count() == 0


def test_the_curve_of_the_other_course_is_cut_where_this_one_leaves_it(tab) -> None:
    train(tab, 400)
    seek(tab, 100)
    tab.get("""(() => {  // both between two pictures: a longer course than the one before
      const {frame, history} = nnlab;
      history.take({...frame, step: 600, span: [0, 600], course: [1, 100], metrics: {}, curve: undefined});
    })()""")
    assert max(tab.get(ROWS)) <= 100


@pytest.mark.parametrize("width", [1440, 1180, 1100, 1040, 960, 390])
def test_three_of_them_change_no_height_and_cover_nothing(open_board: Callable, width: int) -> None:
    tab = open_board(width=width)
    train(tab, 900)
    before = tab.part(".player").bounding_box(), tab.part(".grid").bounding_box()
    for i in range(3):
        fork(tab, 800 - 100 * i, 0.1 * (i + 1), 400)
    assert ways(tab).all_inner_texts() == ["900", "1\u202f200", "1\u202f100"]
    for branches in (None, [{"id": i, "from": 10, "to": to} for i, to in enumerate((88_888, 99_999, 1_234_567))]):
        if branches:
            tab.get("nnlab.board.emit('frame', {...nnlab.frame, branches: arg})", branches)
            tab.until("document.querySelector('.branch:last-child').textContent === '1.23M'")
        assert (tab.part(".player").bounding_box(), tab.part(".grid").bounding_box()) == before
        assert tab.get(OVERLAPS) == []
        assert tab.part(".scrub").bounding_box()["width"] > 80
        inside = tab.part(".player").bounding_box()
        for pill in (ways(tab).nth(i).bounding_box() for i in range(3)):
            assert pill["height"] >= 20
            assert inside["x"] < pill["x"] < pill["x"] + pill["width"] < inside["x"] + inside["width"]
