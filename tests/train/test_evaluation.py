"""What is measured of a run: seeded samples where a split is dear, all of it where it is cheap, and exact figures in slices."""

from __future__ import annotations

import math

import pytest
import torch

from nnlab.core.experiment import experiment, patch
from nnlab.core.records import SPLITS
from nnlab.families.learner import ALL
from nnlab.families.mlp.learner import MLPLearner
from nnlab.families.sampling import sample
from nnlab.train import evaluation
from nnlab.train.evaluation import FIRST, Evaluation
from nnlab.train.run import advance, change, checkpoint, measure, resume, start
from tests.studies import finished

LARGE = {"data": {"kind": "circle", "samples": 4_000, "noise": 30}, "model": {"family": "mlp"}}


@pytest.fixture
def dear(monkeypatch) -> None:
    """Any evaluation costs too much to try a larger one."""
    monkeypatch.setattr(evaluation, "ENOUGH_S", 0.0)
    monkeypatch.setattr(evaluation, "FAIR_S", 0.0)


@pytest.fixture
def run(dear):
    made = start(experiment(LARGE))
    advance(made, steps=300)
    return made


def test_a_sample_is_drawn_by_the_runs_seed_for_each_split(run):
    again, other = start(run.experiment), start(patch(run.experiment, {"seed": 1}))
    for split in SPLITS:
        rows = run.evaluation.rows[split]
        assert rows.dtype == torch.int64 and len(rows) == FIRST
        assert torch.equal(rows, rows.unique()) and rows.max() < run.learner.count(split)
        assert torch.equal(rows, again.evaluation.rows[split])
        assert not torch.equal(rows, other.evaluation.rows[split])
    assert not torch.equal(*(run.evaluation.rows[split] for split in SPLITS))


def test_what_is_measured_is_the_mean_over_the_sample_and_it_is_said_so(run):
    metrics = measure(run)
    for split in SPLITS:
        found = run.learner.evaluate(split, run.evaluation.rows[split])
        assert (metrics[f"{split}_loss"], metrics[f"{split}_accuracy"]) == (found["loss"], found["accuracy"])
    assert run.evaluation.sampled == {"train": FIRST, "test": FIRST}
    assert not run.evaluation.exact


def test_a_sample_is_as_near_to_the_whole_as_chance_allows(run):
    metrics = measure(run)
    for split in SPLITS:
        whole = run.learner.evaluate(split)
        spread = math.sqrt(whole["accuracy"] * (1 - whole["accuracy"]) / FIRST)
        assert abs(metrics[f"{split}_accuracy"] - whole["accuracy"]) < 4 * spread
        singles = [run.learner.evaluate(split, slice(i, i + 1))["loss"] for i in range(0, 2_000, 10)]
        deviation = float(torch.tensor(singles).std()) / math.sqrt(FIRST)
        assert abs(metrics[f"{split}_loss"] - whole["loss"]) < 4 * deviation


def test_the_exact_figures_come_in_slices_and_are_those_of_a_direct_evaluation(run, monkeypatch):
    monkeypatch.setattr(run.learner, "part", 100)
    before = measure(run)
    found, slices = finished(run.evaluation.whole())
    assert len(slices) == 2 * (math.ceil(2_000 / 300) - 1), "it yields between its slices"
    for split in SPLITS:
        direct = run.learner.evaluate(split)
        assert found[f"{split}_loss"] == pytest.approx(direct["loss"], rel=1e-6)
        assert found[f"{split}_accuracy"] == pytest.approx(direct["accuracy"], rel=1e-12)
    assert run.metrics is found != before
    assert run.evaluation.exact and run.evaluation.sampled == {}
    measure(run)
    assert run.metrics is found, "the weights have not moved"
    advance(run, steps=1)
    measure(run)
    assert not run.evaluation.exact


def test_small_sets_are_measured_whole_by_the_same_rule(dear):
    run = start(experiment({"data": {"kind": "circle", "samples": 2 * FIRST}, "model": {"family": "mlp"}}))
    assert run.evaluation.rows == {"train": slice(None), "test": slice(None)}
    assert run.evaluation.exact and run.evaluation.sampled == {}
    assert run.metrics["test_loss"] == run.learner.evaluate("test")["loss"]


def test_large_sets_that_are_cheap_are_measured_whole_too(monkeypatch):
    monkeypatch.setattr(evaluation, "ENOUGH_S", math.inf)
    run = start(experiment(LARGE))
    assert run.evaluation.exact and run.metrics["test_loss"] == run.learner.evaluate("test")["loss"]


def test_a_sample_is_the_first_size_that_is_no_longer_cheap(monkeypatch):
    costs = {128: 0.0005, 256: 0.001, 512: 0.0019, 1_024: 0.004}
    monkeypatch.setattr(Evaluation, "_cost_s", lambda self, split, size: costs[size])
    run = start(experiment(LARGE))
    assert run.evaluation.sampled == {"train": 1_024, "test": 1_024}


@pytest.mark.parametrize(("cost_s", "tested"), [(0.004, 512), (0.008, 256), (0.013, 128)])
def test_of_the_test_set_a_fair_number_is_taken_where_that_is_not_too_dear(monkeypatch, cost_s, tested):
    monkeypatch.setattr(Evaluation, "_cost_s", lambda self, split, size: cost_s * size / FIRST)
    run = start(experiment(LARGE))
    assert run.evaluation.sampled == {"train": FIRST, "test": tested}


def test_what_does_not_fit_into_one_slice_is_judged_by_one_that_does(monkeypatch):
    tried = []
    monkeypatch.setattr(Evaluation, "_at_once", 50)
    monkeypatch.setattr(Evaluation, "_cost_s", lambda self, split, size: tried.append(size) or 1e-3)
    run = start(experiment(LARGE))
    assert run.evaluation.sampled == {"train": FIRST, "test": 512} and set(tried) == {50}


def test_other_points_give_another_sample_without_measuring_its_cost_again(run, monkeypatch):
    calls = []
    real = MLPLearner.evaluate
    monkeypatch.setattr(MLPLearner, "evaluate", lambda *a, **k: calls.append(a) or real(*a, **k))
    change(run, patch(run.experiment, {"data.samples": 3_000}))
    assert len(calls) == 2  # one measurement of both splits
    assert run.evaluation.sampled == {"train": FIRST, "test": FIRST}
    assert run.evaluation.rows["train"].max() < run.n == 1_500
    change(run, patch(run.experiment, {"data.samples": 100}))
    assert run.evaluation.exact and run.evaluation.sampled == {}


def test_a_split_without_examples_has_no_metrics(run):
    ids = [int(i) for i in run.data.ids[run.data.is_test]]
    change(run, patch(run.experiment, {"data.removed": ids}))
    assert set(measure(run)) == {"train_loss", "train_accuracy"}
    assert set(finished(run.evaluation.whole())[0]) == {"train_loss", "train_accuracy"}
    metric, value = finished(run.evaluation.judged())[0]
    assert metric.name == "train_loss" and value == pytest.approx(run.learner.evaluate("train")["loss"], rel=1e-6)


def test_what_a_rule_judges_by_is_exact_though_what_is_shown_is_a_sample(run):
    metric, value = finished(run.evaluation.judged())[0]
    assert metric.name == "test_loss"
    assert value == pytest.approx(run.learner.evaluate("test")["loss"], rel=1e-6)
    assert value != measure(run)["test_loss"]


def test_a_run_that_is_carried_elsewhere_has_the_same_samples(run):
    other = resume(run.experiment, checkpoint(run))
    assert all(torch.equal(run.evaluation.rows[split], other.evaluation.rows[split]) for split in SPLITS)
    assert measure(run) == measure(other)


def test_an_analysis_asks_for_the_same_sample_and_a_new_one_comes_with_other_points(run):
    rows = run.evaluation.rows["train"]
    assert sample(run.learner, "train", FIRST) is rows
    more = patch(run.experiment, {"data.samples": 5_000})
    change(run, more)
    fresh = run.evaluation.rows["train"]
    assert fresh is not rows and fresh.max() > rows.max()
    assert sample(run.learner, "train", FIRST) is fresh
    assert sample(run.learner, "train", 10_000) == ALL
