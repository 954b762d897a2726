"""The views of transfer learning: guesses, verdicts, and what is said when; fed by hand."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from nnlab.core.experiment import experiment, patch
from nnlab.families.transfer.spec import COURSES, Transfer
from tests.browser.views.bench import Bench
from tests.browser.views.live import Live

VIEW = "nnlab.board.views[0].view"
TEXT = f"{VIEW}.words.textContent"
SPEC = patch(experiment(Transfer.example()), {"data.per_class": 5, "data.samples": 600})  # with 120 test pictures


class Courses:
    """The view with its first frame; the source is learned."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.live = bench, Live(SPEC, ("transfer",))
        bench.open("courses")
        bench.scene(self.live)
        self.at(0)

    def at(self, step: int, *read: float, done: int = 6, **said: Any) -> str:
        """A frame at this update with these accuracies; what the view says then."""
        metrics = {f"accuracy_{name}": value for name, value in zip(COURSES, read or (0.1,) * 4, strict=True)}
        self.bench.frame(
            self.live, {"transfer_source": np.array([done, 6], np.float32)}, step=step, metrics=metrics, **said
        )
        return str(self.bench.get(TEXT))

    def guess(self, name: str) -> str:
        self.bench.page.get_by_role("button", name=name, exact=True).click()
        return str(self.bench.get(TEXT))

    @property
    def guessed(self) -> str:
        return str(self.bench.get(f"{VIEW}.guess"))


@pytest.fixture
def courses(bench: Bench) -> Courses:
    return Courses(bench)


def test_what_to_expect_is_told_only_to_who_has_guessed_and_after_its_updates(courses: Courses) -> None:
    told = courses.guess("Frozen")
    assert told == "You said frozen. Press Play: four networks learn the target from 5 pictures a class."
    assert "seeds" not in courses.at(79, 0.4, 0.6, 0.8, 0.3)
    told = courses.at(80, 0.4, 0.6, 0.8, 0.3)
    assert "(in brackets: five seeds after 80): from scratch 40\u202f% (48\u202f±\u202f4)" in told
    assert told.endswith("You said frozen: after 80 updates frozen is ahead.")
    courses.at(0, restarted=True)
    assert "seeds" not in courses.at(90, 0.4, 0.6, 0.8, 0.3), "nobody has guessed"


def test_a_guess_goes_by_a_second_click_and_with_a_reset_but_not_when_the_source_is_learned(courses: Courses) -> None:
    courses.at(0, done=0, restarted=True)
    assert courses.guess("Frozen random").startswith("You said frozen random. Press Play: the network first")
    courses.at(0, done=3)
    courses.at(0, restarted=True)
    assert courses.guessed == "random", "the run goes over to the learner with the source"
    courses.at(30, restarted=False)
    courses.at(0, restarted=True)
    assert courses.guessed == ""
    courses.guess("Fine-tuned")
    courses.guess("Fine-tuned")
    assert courses.guessed == ""
    assert courses.bench.page.locator("[aria-pressed=true]").count() == 0


@pytest.mark.parametrize(
    ("read", "verdict"),
    [
        ((0.4, 0.70, 0.705, 0.3), "after 60 updates frozen and fine-tuned are ahead and about equal."),
        ((0.4, 0.60, 0.70, 0.3), "after 60 updates frozen is ahead."),
        ((0.5, 0.5, 0.5, 0.5), "are about equal."),
        ((1.0, 0.9, 0.9, 0.9), "after 60 updates from scratch is ahead."),
    ],
)
def test_what_the_test_pictures_do_not_tell_apart_is_about_equal(
    courses: Courses, read: tuple[float, ...], verdict: str
) -> None:
    courses.guess("Frozen")
    assert courses.at(60, *read).endswith(verdict)


@pytest.mark.parametrize("width", [1000, 390])
@pytest.mark.parametrize("guess", ["", "Frozen random"])
def test_nothing_moves_when_it_begins_or_when_more_is_said(courses: Courses, width: int, guess: str) -> None:
    bench = courses.bench
    bench.page.set_viewport_size({"width": width, "height": 900})
    courses.at(0)
    box = f"(() => {{ const b = {VIEW}.page.canvas.getBoundingClientRect(); return [b.top, b.height]; }})()"
    before = bench.get(box)
    if guess:
        courses.guess(guess)
    for step, done in ((0, 0), (0, 3), (0, 6), (1, 6), (30, 6), (90, 6)):
        courses.at(step, 0.4, 0.7, 0.71, 0.3, done=done)
        assert bench.get(box) == before
        over, under = bench.get(
            f"[{VIEW}.words.getBoundingClientRect().bottom, {VIEW}.guessing.getBoundingClientRect().top]"
        )
        assert step or over <= under + 0.5, "the question stands below what is said"


def test_a_tip_goes_when_the_line_is_dragged(courses: Courses) -> None:
    bench = courses.bench
    x, y, width, height = bench.get(
        f"(() => {{ const b = {VIEW}.page.canvas.getBoundingClientRect(); return [b.left, b.top, {VIEW}.edge({VIEW}.facts.kept), b.height]; }})()"
    )
    bench.page.mouse.move(x + width + 6, y + 0.7 * height)
    tip = bench.page.locator(".tip")
    tip.get_by_text("Frozen, Answer: learns; its weights have not changed yet").wait_for()
    bench.page.mouse.down()
    bench.page.mouse.move(x + width - 60, y + 0.7 * height, steps=3)
    assert not tip.is_visible()


def test_no_row_prints_one_thing_over_another(bench: Bench) -> None:
    """Each text and bar of a block and of an answer has lines of its own, however low the row is."""
    found = bench.page.evaluate(
        """async () => {
          const { drawBlock, drawAnswer } = await import('/assets/views/transfer/row.js');
          const theme = { positive: '#000000', panel: '', border: 'line', text: '', faint: '', font: 'sans' };
          const rows = [];
          for (let height = 14; height < 70; height++) for (const still of [true, false]) {
            const boxes = { block: [], answer: [] };
            let into = boxes.block, size = 14;
            const ctx = new Proxy({}, {
              get: (_, name) => name === 'measureText' ? (t) => ({ width: 7 * t.length })
                : name === 'fillText' ? (_t, x, y) => into.push([x, y - 0.36 * size, y + 0.36 * size])
                : name === 'fillRect' ? (x, y, w, h) => h < 10 && into.push([x, y, y + h]) : () => {},
              set: (_, name, value) => { if (name === 'font') size = Number(value.match(/(\\d+)px/)[1]); return true; },
            });
            const place = { x: 0, y: 0, width: 80, height };
            drawBlock(ctx, theme, { stage: { name: 'conv1', kind: 'conv' }, copied: true, still, weighted: true, gone: still ? null : 0.5, colour: '' }, place);
            into = boxes.answer;
            drawAnswer(ctx, theme, { value: 0.5, share: 0.5, note: 'right', colour: '' }, { ...place, width: 142 });
            rows.push([height, boxes]);
          }
          return rows;
        }"""
    )
    assert len(found) == 2 * 56
    for height, boxes in found:
        for spans in boxes.values():
            places = sorted({(top, bottom) for x, top, bottom in spans if x in (0, 5, 40)})  # bars lie on their ground
            assert places[0][0] >= 0 and places[-1][1] <= height
            assert all(a[1] <= b[0] for a, b in pairwise(places)), (height, spans)


def test_what_changes_is_nothing_before_the_first_update_and_all_likenesses_have_two_decimals(bench: Bench) -> None:
    live = Live(SPEC, ("transfer",))
    bench.open("transfer_layers")
    bench.scene(live)
    stages = len(live.run.learner.facts()["transfer"]["stages"]) - 1
    answer = {
        "layers_cka": np.ones((stages, stages), np.float32),
        "layers_own": np.ones((4, stages), np.float32),
        "layers_source": np.array([0.9, 0.9, 200], np.float32),
    }
    learned = {"transfer_source": np.array([6, 6], np.float32)}
    bench.get(f"{VIEW}.page.ctx.fillText = (text) => ({VIEW}.texts ??= []).push(text)")
    for step, said in ((0, "Nothing has changed yet"), (9, "No layer has changed noticeably yet.")):
        bench.frame(live, learned, step=step)
        bench.until("sent.filter(([name]) => name === 'ask').length === arg", 1 + (step > 0))
        bench.answer(answer)
        assert said in bench.get(TEXT) and "most" not in bench.get(TEXT)
    answer["layers_own"][1, 1] = answer["layers_cka"][1, 1] = 0.5
    bench.frame(live, learned, step=20)
    bench.until("sent.filter(([name]) => name === 'ask').length === 3")
    bench.answer(answer)
    assert "has changed most: likeness 0.50 of 1." in bench.get(TEXT)
    numbers = [text for text in bench.get(f"{VIEW}.texts") if text[0].isdigit()]
    assert set(numbers) == {"1.00", "0.50"}
