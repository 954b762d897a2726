"""A batch too large for one call is taken in parts: the same update as the whole, exact however it is interrupted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from nnlab.core.experiment import Experiment, experiment, patch
from nnlab.core.fields import controls
from nnlab.core.registries import DATASETS, FAMILIES
from nnlab.families.cost import Cost
from nnlab.families.mlp.learner import MLPLearner
from nnlab.families.module_learner import ModuleLearner
from nnlab.train.run import (
    Run,
    advance,
    advance_phase,
    change,
    checkpoint,
    edit,
    resume,
    seek,
    seeking,
    start,
    step_by,
    stepping,
)
from tests.synthetic import synthetic

__all__ = ["synthetic"]
pytestmark = pytest.mark.usefixtures("synthetic")

POINTS = {"kind": "gaussians", "samples": 100, "noise": 20}
MODELS: dict[str, dict[str, Any]] = {
    "plain": {"data": POINTS, "model": {"family": "mlp"}},
    "dropout": {"data": POINTS, "model": {"family": "mlp", "dropout": 0.3}},
    "batch norm": {"data": POINTS, "model": {"family": "mlp", "norm": "batch", "skip": True}},
    "convolution": {"data": {"kind": "patches"}, "model": {"family": "conv"}},
    "two descents": {"data": {"kind": "patches"}, "model": {"family": "two_descents"}},
}


def spec_of(name: str, batch: int = 30, **training: Any) -> Experiment:
    """Batches of 30: of 50 points or 60 pictures, so that the last of an epoch may be smaller."""
    more = {"optimizer": {"kind": "adam"}, "learning_rate": 0.02, "l2": 0.01, "clip_norm": 0.5, **training}
    return experiment({**MODELS[name], "training": {"batch_size": batch, **more}})


@pytest.fixture
def in_parts(monkeypatch) -> None:
    """Parts of seven examples for every learner that takes parts."""
    describe = MLPLearner._describe

    def described(self: Any) -> None:
        describe(self)
        self.part = 7

    monkeypatch.setattr(MLPLearner, "_describe", described)
    monkeypatch.setattr(Cost, "part", 7)


def everything(run: Run) -> dict[str, Any]:
    """What determines what comes next."""
    arrays = {name: np.asarray(array).tobytes() for name, array in (run.half or run.learner.state()).items()}
    return {**arrays, "place": (run.step, run.epoch, run.offset), "experiment": run.experiment}


def a_piece(run: Run) -> None:
    """The next part of the batch; a measurement that takes several slices has calls of its own in between."""
    while run.measuring is not None:
        advance(run, 1e-9)
    advance(run, 1e-9)


def into_the_batch(run: Run, parts: int = 3) -> Run:
    """So many parts of the next batch."""
    step, run.look = run.step, float("inf")  # nothing is measured in between, however slow this machine is
    for _ in range(parts):
        a_piece(run)
    assert (run.step, run.done) == (step, 7 * parts) and run.half is not None
    return run


@pytest.mark.parametrize("name", ["plain", "two descents"])
@pytest.mark.parametrize("kind", ["sgd", "adam", "muon"])
def test_parts_add_up_to_the_update_of_the_whole_batch(name, kind, monkeypatch, request):
    for learner in (MLPLearner, ModuleLearner):
        monkeypatch.setitem(learner.__init__.__kwdefaults__, "dtype", torch.float64)
    whole = start(spec_of(name, optimizer={"kind": kind}, l1=0.001))
    advance(whole, steps=25)
    request.getfixturevalue("in_parts")
    parts = start(spec_of(name, optimizer={"kind": kind}, l1=0.001))
    advance(parts, steps=25)
    assert parts.learner.part == 7 < whole.batch_size < whole.learner.part
    assert (parts.step, parts.epoch, parts.offset) == (whole.step, whole.epoch, whole.offset)
    torch.testing.assert_close(parts.learner.flat, whole.learner.flat, rtol=0, atol=1e-8 if kind == "muon" else 1e-11)


@pytest.mark.parametrize("name", MODELS)
def test_one_call_does_one_part(name, in_parts):
    run = start(spec_of(name))
    places, run.look = [], float("inf")
    while run.step < 2:
        a_piece(run)
        places.append((run.step, run.done))
    first, second = [0, 7, 14, 21, 28], [7, 14, 21, 28]
    second = second if run.n == 60 else [7, 14]  # the last batch of an epoch has twenty points only
    assert places == [*((0, d) for d in first[1:]), (1, 0), *((1, d) for d in second), (2, 0)]


@pytest.mark.parametrize("name", MODELS)
def test_how_it_is_sliced_does_not_change_its_numbers(name, in_parts):
    whole, sliced = start(spec_of(name)), start(spec_of(name))
    assert advance(whole, steps=9) == 9
    while sliced.step < 9:
        advance(sliced, 1e-9)
    assert everything(whole) == everything(sliced)


@pytest.mark.parametrize("name", MODELS)
def test_a_checkpoint_in_the_middle_of_a_batch_begins_it_again(name, in_parts):
    run, plain = start(spec_of(name)), start(spec_of(name))
    for each in (run, plain):
        advance(each, steps=2)
    other = resume(run.experiment, checkpoint(into_the_batch(run)))
    assert everything(other) == everything(plain)
    for each in (run, other, plain):
        advance(each, steps=5)
    assert everything(run) == everything(other) == everything(plain)


@pytest.mark.parametrize("name", MODELS)
def test_going_back_from_the_middle_of_a_batch_is_exact(name, in_parts):
    run = start(spec_of(name))
    seen = {}
    for _ in range(8):
        seen[run.step] = everything(run)
        advance(run, steps=1)
    into_the_batch(run, 2)
    for step in (5, 2, 7, 0):
        seek(run, step)
        assert everything(run) == seen[step]
    into_the_batch(run, 1)
    for _ in seeking(run, 0):
        pass
    assert everything(run) == seen[0]


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("shown", [0, 1, 2, 3, 4])
def test_phases_of_a_batch_in_parts_are_its_update(name, shown, in_parts):
    run, plain = start(spec_of(name)), start(spec_of(name))
    for each in (run, plain):
        advance(each, steps=1)
    told = [advance_phase(run) for _ in range(shown)]
    assert [phase for phase, _ in told] == list(run.learner.phases[:shown])
    assert all(numbers for _, numbers in told)
    for each in (run, plain):
        advance(each, steps=2 if shown == 4 and each is run else 3)
    assert everything(run) == everything(plain)
    assert run.phase == ""


@pytest.mark.parametrize("name", MODELS)
def test_a_step_by_a_phase_takes_a_part_at_a_time(name, in_parts):
    run, plain = start(spec_of(name)), start(spec_of(name))
    step_by(run, "phase", 2)
    slices = list(stepping(run, "phase", 1))
    assert run.phase == "backward" and len(slices) >= 5
    step_by(run, "phase", -1)
    assert run.phase == "loss"
    step_by(run, "phase", 2)
    advance(plain, steps=1)
    assert everything(run) == everything(plain)


@pytest.mark.parametrize("name", MODELS)
def test_what_a_hand_does_in_the_middle_of_a_batch_begins_it_again(name, in_parts):
    run, plain = start(spec_of(name)), start(spec_of(name))
    for each in (run, plain):
        advance(each, steps=2)
    into_the_batch(run)
    for each in (run, plain):
        edit(each, 1, 0.25)
    into_the_batch(run, 1)
    for each in (run, plain):
        change(each, patch(each.experiment, {"training.learning_rate": 0.05}))
        advance(each, steps=3)
    assert everything(run) == everything(plain)


@pytest.mark.parametrize("family", list(FAMILIES))
def test_the_largest_experiment_of_every_family_is_exact_in_small_parts(family, in_parts):
    value = FAMILIES.load(family).largest()
    kind = value["data"]["kind"]
    if "samples" in value["data"]:
        least = next(c.lower for c in controls(DATASETS.load(kind)) if c.name == "samples")
        value = {**value, "data": {**value["data"], "samples": max(60, int(least or 0))}}
    run = start(experiment(value))
    advance(run, steps=0)  # what comes before the first update
    seen = {}
    for _ in range(4):
        seen[run.step] = everything(run)
        advance(run, steps=1)
    for step in (1, 3, 2, 0):
        seek(run, step)
        same = everything(run) == seen[step]  # millions of bytes: nobody reads how they differ
        assert same, kind


def test_each_part_of_a_batch_draws_dropout_of_its_own(in_parts):
    run = start(spec_of("dropout", batch=14))
    learner: Any = run.learner
    drawn = []
    for i in range(2):
        learner.accumulate(7 * i, 7 * i + 7, share=0.5, step=3, first=i == 0)
        drawn.append(learner._parted.batch(*learner._examples.slice(0, 7)).plan.drawn.clone())
    assert not torch.equal(*drawn)
