"""Rules that watch a metric judge by exact figures, a slice at a time, and always in the same place."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnlab.core.experiment import patch
from nnlab.families.mlp.learner import MLPLearner
from nnlab.train import evaluation
from nnlab.train.run import Run, advance, change, checkpoint, edit, resume, seek, start, step_by, stepping

STOPS: list[dict[str, Any]] = [{"target_loss": 0.42}, {"patience": 3}, {"patience": 30, "epochs": 12}]


@pytest.fixture(autouse=True)
def slowly(monkeypatch) -> None:
    """Twelve examples a slice, and samples of ten: the test set of sixty takes five slices and is never measured whole."""
    describe = MLPLearner._describe

    def described(self: Any) -> None:
        describe(self)
        self.part = 4

    monkeypatch.setattr(MLPLearner, "_describe", described)
    monkeypatch.setattr(evaluation, "FIRST", 10)
    monkeypatch.setattr(evaluation, "ENOUGH_S", 0.0)
    monkeypatch.setattr(evaluation, "FAIR_S", 0.0)


@pytest.fixture
def begin(small):
    """A run of 60 points that test and 60 that train, in batches of four."""

    def make(stop: dict[str, Any], **model: Any) -> Run:
        data = {"samples": 120, "noise": 40}
        return start(small(data=data, model=model, batch_size=4, learning_rate=0.05, stop=stop))

    return make


def everything(run: Run) -> dict[str, Any]:
    arrays = {name: np.asarray(array).tobytes() for name, array in (run.half or run.learner.state()).items()}
    return {**arrays, "place": (run.step, run.epoch, run.offset, run.watch), "stopped": run.stopped}


def to_the_judging(run: Run, slices: int = 2) -> Run:
    """Some slices into the evaluation at the end of the next epoch."""
    while run.judging is None:
        advance(run, 1e-9)
    epoch = run.epoch
    for _ in range(slices):
        advance(run, 1e-9)
    assert run.judging is not None and (run.epoch, run.offset) == (epoch, run.n)
    return run


@pytest.mark.parametrize("stop", STOPS, ids=str)
def test_it_stops_by_the_exact_metric_at_the_end_of_an_epoch(begin, stop):
    run = begin(stop)
    losses = []
    while not run.stopped:
        advance(run, epochs=1)
        losses.append(run.learner.evaluate("test")["loss"])
        assert run.evaluation.sampled == {"train": 10, "test": 10}
    told = run.stopped
    match told.code:
        case "stop.target":
            assert told.values["value"] == pytest.approx(losses[-1], rel=1e-6)
            assert losses[-1] <= 0.42 < min(losses[:-1])
        case "stop.patience":
            best = int(np.argmin(losses))
            assert told.values["best"] == pytest.approx(losses[best], rel=1e-6)
            assert (told.values["best_epoch"], told.values["waited"]) == (best + 1, len(losses) - best - 1)
            assert len(losses) - best - 1 == 3
        case code:
            assert (code, run.epoch) == ("stop.epochs", 12)


@pytest.mark.parametrize("stop", STOPS, ids=str)
def test_the_evaluation_takes_slices_and_how_it_is_sliced_does_not_matter(begin, stop):
    whole, sliced = begin(stop), begin(stop)
    advance(whole, steps=10_000)
    waited = 0
    while not sliced.stopped:
        measuring = sliced.measuring is not None  # for the curves: that has calls of its own
        advance(sliced, 1e-9)
        waited += sliced.judging is not None and not measuring
    assert everything(whole) == everything(sliced)
    slices = -(-whole.learner.count("test") // 12)  # begun behind the last batch, over with the last one
    assert waited == slices * whole.epoch and slices > 1


@pytest.mark.parametrize("stop", STOPS, ids=str)
def test_a_checkpoint_in_the_middle_waits_for_the_same_verdict(begin, stop):
    run = to_the_judging(begin(stop))
    other = resume(run.experiment, checkpoint(run))
    assert (other.step, other.epoch, other.offset) == (run.step, 0, run.n) and other.judging is not None
    for each in (run, other):
        advance(each, steps=10_000)
    assert everything(run) == everything(other)


@pytest.mark.parametrize("stop", STOPS, ids=str)
def test_going_back_from_the_middle_and_on_again_comes_to_the_same_verdict(begin, stop):
    run, plain = begin(stop), begin(stop)
    advance(plain, steps=10_000)
    to_the_judging(run)
    middle = run.step
    seek(run, 3)
    seek(run, middle)
    assert (run.epoch, run.offset, run.judging) == (1, 0, None)
    advance(run, steps=10_000)
    assert everything(run) == everything(plain)
    seek(run, middle - 1)
    assert run.stopped is None
    seek(run, plain.step)
    assert everything(run) == everything(plain)


def quieter(run: Run) -> None:
    change(run, patch(run.experiment, {"training.l2": 0.1 if run.experiment.training.l2 == 0 else 0.2}))


HANDS = {
    "an edit": lambda r: edit(r, 1, 0.3),
    "a change": quieter,
    "fewer points": lambda r: change(r, patch(r.experiment, {"data.samples": 100})),
    "more points": lambda r: change(r, patch(r.experiment, {"data.samples": 140})),
    "another rule": lambda r: change(r, patch(r.experiment, {"training.stop.patience": 5})),
    "no rule that watches": lambda r: change(r, patch(r.experiment, {"training.stop": {"epochs": 7}})),
}


def slices_until_judged(run: Run, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Counts the slices of evaluation; gives a function that tells how many there were since it was last asked."""
    count = [0]
    evaluate = type(run.learner).evaluate

    def counted(self: Any, split: Any, rows: Any) -> Any:
        count[0] += isinstance(rows, slice)  # not those of samples
        return evaluate(self, split, rows)

    monkeypatch.setattr(type(run.learner), "evaluate", counted)

    def told() -> int:
        found, count[0] = count[0], 0
        return found

    return told


def test_an_edit_is_judged_with_what_it_has_made_of_the_weights(begin):
    run = to_the_judging(begin({"patience": 3}))
    edit(run, 1, 0.3)
    assert (run.epoch, run.offset) == (0, run.n) and run.judging is not None
    exact = run.learner.evaluate("test")["loss"]
    advance(run, steps=0)
    assert (run.epoch, run.watch.best) == (1, pytest.approx(exact, rel=1e-6))


@pytest.mark.parametrize("hand", HANDS)
@pytest.mark.parametrize("again", [False, True])
def test_what_a_hand_does_in_the_middle_is_found_again_from_every_place(begin, hand, again):
    """Before and behind the verdict of the same step there may be events, and snapshots of both sides."""
    do, run = HANDS[hand], begin({"patience": 30, "epochs": 9})
    advance(run, epochs=2)
    to_the_judging(run)
    middle = run.step
    do(run)
    if again:
        quieter(run)
        to_the_judging(run, 1) if run.judging else None
        quieter(run)
    advance(run, epochs=run.epoch + 1)
    if run.step == middle:
        quieter(run)
    states = {run.step: everything(run)}
    for _ in range(12):
        advance(run, steps=1)
        states[run.step] = everything(run)
    advance(run, steps=100)
    end = run.step
    states[end] = everything(run)
    for thin in (False, True):
        if thin:
            run.timeline._even[1:-1], run.timeline._recent = [], type(run.timeline._recent)()
        for step in (*states, middle - 1, *states, 0, *reversed(states)):
            seek(run, step)
            assert step not in states or everything(run) == states[step]


@pytest.mark.parametrize("hand", HANDS)
def test_what_a_hand_does_in_the_middle_evaluates_no_more_than_a_slice_at_once(begin, hand, monkeypatch):
    run = to_the_judging(begin({"patience": 30}))
    told = slices_until_judged(run, monkeypatch)
    HANDS[hand](run)
    assert told() <= 1


def test_neither_a_checkpoint_nor_a_phase_waits_for_the_whole_verdict(begin, monkeypatch):
    run = to_the_judging(begin({"patience": 30}))
    told = slices_until_judged(run, monkeypatch)
    resume(run.experiment, checkpoint(run))
    assert told() <= 1
    for _ in stepping(run, "phase", len(run.learner.phases) * (run.batches + 1)):
        assert told() <= 1
    assert (run.epoch, run.batch) == (2, 1)


def test_a_phase_or_a_step_in_the_middle_begins_the_next_epoch(begin):
    for act in (lambda r: step_by(r, "phase", 1), lambda r: step_by(r, "batch", 1)):
        run = to_the_judging(begin({"patience": 30}))
        act(run)
        assert (run.epoch, run.judging) == (1, None)
    run = to_the_judging(begin({"patience": 30}))
    step_by(run, "epoch", 1)
    assert (run.epoch, run.offset, run.judging) == (1, 0, None)


def test_without_a_rule_that_watches_nothing_is_judged(begin):
    run = begin({"epochs": 4})
    while not run.stopped:
        advance(run, 1e-9)
        assert run.judging is None
