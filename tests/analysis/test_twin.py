"""Runs that are kept to compare others with: as they stand, or trained anew with one setting changed, in short slices."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from nnlab.analysis.weights import twin as module
from nnlab.analysis.weights.twin import keep, twin
from nnlab.core.errors import Refused
from nnlab.core.experiment import experiment, patch
from nnlab.families.mlp.learner import MLPLearner
from nnlab.train import evaluation
from nnlab.train.run import advance, resume, start
from tests.studies import finished


@pytest.fixture
def calls(monkeypatch) -> list[int]:
    """Twelve examples a slice and samples of ten; the examples of every single evaluation."""
    describe, evaluate, sizes = MLPLearner._describe, MLPLearner.evaluate, []

    def described(self: Any) -> None:
        describe(self)
        self.part = 4

    def counted(self: Any, split: Any, rows: Any = slice(None)) -> dict[str, float]:
        n = self.count(split)
        sizes.append(len(range(n)[rows]) if isinstance(rows, slice) else len(rows))
        return evaluate(self, split, rows)

    monkeypatch.setattr(MLPLearner, "_describe", described)
    monkeypatch.setattr(MLPLearner, "evaluate", counted)
    monkeypatch.setattr(evaluation, "FIRST", 10)
    monkeypatch.setattr(evaluation, "ENOUGH_S", 0.0)
    monkeypatch.setattr(evaluation, "FAIR_S", 0.0)
    return sizes


def test_a_run_is_kept_with_the_loss_that_its_screen_shows(trained, calls):
    run = trained((4, "tanh"), steps=30)
    calls.clear()
    arrays, _ = finished(keep(run, {}))
    kept = arrays["keep"]
    assert (arrays["step"][0], kept["step"]) == (30, 30)
    assert kept["loss"] == run.metrics["train_loss"] and not run.stale
    assert max(calls, default=0) <= 12
    other = resume(run.experiment, kept["checkpoint"])
    assert np.array_equal(other.learner.flat.numpy(), run.learner.flat.numpy())


def test_a_twin_is_trained_for_as_long_and_its_loss_is_that_of_all_examples(trained, calls):
    run = trained((4, "tanh"), steps=30)
    calls.clear()
    arrays, told = finished(twin(run, {"changes": {"training.learning_rate": 0.3}}))
    assert max(calls) <= 12 and max(told) < 1
    alone = start(patch(run.experiment, {"training.learning_rate": 0.3}))
    advance(alone, steps=30)
    kept = arrays["keep"]
    assert kept["experiment"] == alone.experiment.model_dump(mode="json") and kept["step"] == 30
    assert np.array_equal(kept["checkpoint"]["state"]["flat"], alone.learner.flat.numpy())
    assert kept["loss"] == pytest.approx(alone.learner.evaluate("train")["loss"], rel=1e-5)


def test_a_twin_that_takes_too_long_is_kept_as_it_is_then_whichever_process_goes_on_with_it(trained, monkeypatch):
    clock = [100.0]  # what the worker has burnt before

    def slowly(run: Any, budget_s: float, *, steps: int) -> None:
        advance(run, steps=1)
        clock[0] += 1.0

    monkeypatch.setattr(module, "advance", slowly)
    monkeypatch.setattr(module, "time", SimpleNamespace(thread_time=lambda: clock[0]))
    study, told = twin(trained((4, "tanh"), steps=200), {"changes": {"training.learning_rate": 0.3}}), 0
    with pytest.raises(StopIteration) as stop:
        while True:
            next(study)
            told += 1
            clock[0] += 0.5  # others' work
            if told == 30:
                clock[0] = 0.0  # a child was forked: its clock begins anew
    assert stop.value.value["keep"]["step"] == module.LONGEST_S


def test_a_run_without_a_training_loss_is_kept_without_one(trained):
    run = trained((4, "tanh"))
    run.evaluation.metrics, run.stale = {}, False
    assert finished(keep(run, {}))[0]["keep"]["loss"] is None


@pytest.mark.parametrize("changes", [None, {}, [], "seed"])
def test_changes_that_are_none_are_refused(trained, changes):
    with pytest.raises(Refused, match="The changes must be fields"):
        finished(twin(trained((4, "tanh")), {"changes": changes}))


def test_a_race_is_kept_by_its_lowest_loss():
    run = start(experiment({"data": {"kind": "surface"}, "model": {"family": "race"}}))
    advance(run, steps=5)
    kept = finished(keep(run, {}))[0]["keep"]
    assert kept["loss"] == pytest.approx(float(run.learner.heights().min()))
