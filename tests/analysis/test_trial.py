"""What the diagnosis measures beside the run: nearest neighbours, trials of a remedy, and what it never offers or mixes up."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.model_selection import LeaveOneOut, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from nnlab.analysis.diagnosis import neighbours
from nnlab.analysis.diagnosis.diagnose import diagnose, diagnosing
from nnlab.analysis.diagnosis.finding import Remedy, Rule, found
from nnlab.analysis.diagnosis.neighbours import NEAREST, told_by_neighbours
from nnlab.analysis.diagnosis.rules.few import smallest, without_rest
from nnlab.analysis.diagnosis.trial import tried
from nnlab.analysis.neuron.rows import perceptron as books
from nnlab.analysis.neuron.surfaces import curvature
from nnlab.core.experiment import experiment, patch
from nnlab.core.forms import Answer, Points
from nnlab.data.points.upload import keep
from nnlab.data.tables.rows import Rows
from nnlab.train.run import advance, change, start
from tests.analysis.remedies import watched
from tests.analysis.test_cures import CROSSED, FOUR, findings, kind, line, mlp, normed, perceptron
from tests.studies import finished


@pytest.mark.parametrize("name", ["spiral", "arms", "multi_gaussian"])
def test_what_the_neighbours_tell_is_what_scikit_learn_finds(name):
    loss = {"loss": "mse"} if name == "multi_gaussian" else {}
    run = start(experiment(mlp(kind(name, samples=300, noise=20), 4, **loss)))
    x, y = run.data.parts["train"]
    regression = name == "multi_gaussian"
    model = (KNeighborsRegressor if regression else KNeighborsClassifier)(NEAREST)
    guessed = cross_val_predict(model, x, y, cv=LeaveOneOut())
    told, slices = finished(told_by_neighbours(run.learner))
    expected = np.mean((guessed - y) ** 2) if regression else np.mean(guessed == y)
    assert told == pytest.approx(expected, abs=1e-6 if regression else 2 / len(y))  # of a tie either class may be taken
    assert len(slices) == 2 and finished(told_by_neighbours(run.learner)) == (told, []), "kept for the same data"


def test_the_neighbours_of_few_or_other_points_tell_nothing(monkeypatch):
    few = start(experiment(mlp(kind("drawn", added=CROSSED[:19]), 4)))
    assert np.isnan(finished(told_by_neighbours(few.learner))[0])
    monkeypatch.setattr(neighbours, "MOST", 30)
    many = start(experiment(mlp("circle", 4)))
    assert len(neighbours.looked_at(many.learner)) == 30
    assert 0.5 < finished(told_by_neighbours(many.learner))[0] <= 1


def test_a_trial_is_what_the_changed_experiment_comes_to_and_leaves_the_run_alone():
    run = start(experiment(mlp("circle", 2, learning_rate=0.1, stop={"epochs": 5})))
    advance(run, epochs=5)
    weights, wider = run.learner.flat.clone(), {"model.layers.0.units": 8}
    trials, slices = finished(tried(run, "simple", [wider, {}, {"model.layers.0.units": 65}]))
    assert len(trials) == 2 and trials[0].loss <= trials[1].loss, "65 neurons are no legal experiment"
    other = start(experiment(mlp("circle", 8, learning_rate=0.1)))
    advance(other, epochs=run.epoch)
    (best,) = (t for t in trials if t.changes == wider)
    assert (best.loss, best.epochs) == (pytest.approx(other.learner.evaluate("train")["loss"]), run.epoch)
    assert best.loss < best.first and len(slices) > 4
    assert bool((run.learner.flat == weights).all())
    assert finished(tried(run, "simple", [wider])) == (trials, []), "kept while the experiment stays"


def test_a_plateau_that_another_rate_has_left_behind_is_not_blamed_on_the_network():
    run = start(experiment(mlp("circle", 4, 2, learning_rate=1e-5)))
    watched(run, 25)
    change(run, patch(run.experiment, {"training.learning_rate": 0.01}))
    for _ in range(4):
        watched(run, 10)
        assert "simple" not in findings(run)


def test_a_finding_that_tries_a_remedy_comes_in_slices_and_stays_near_its_threshold():
    run = start(experiment(mlp("circle", 2, learning_rate=0.1)))
    watched(run, 80)
    first, slices = finished(diagnosing(run, share=0))
    assert [f.code for f in first] == ["simple"] and len(slices) > 20
    watched(run, 1)
    again, slices = finished(diagnosing(run, share=0))
    assert [f.code for f in again] == ["simple"] and len(slices) < 10


@pytest.mark.parametrize(("l2", "offered"), [(0.1, True), (0.3, False)])
def test_a_remedy_in_force_is_not_offered_again(monkeypatch, l2, offered):
    strong = Rule("strong", lambda run, seen, active: found("overfitting", Remedy({"training.l2": 0.3}, "l2"), best=1))
    monkeypatch.setattr("nnlab.analysis.diagnosis.diagnose.rules", lambda: [strong])
    run = start(experiment(mlp("circle", 4, l2=l2)))
    (finding,) = diagnose(run, share=0)
    assert finding.told.values == {"best": 1}
    assert (bool(finding.remedy), finding.label is not None) == (offered, offered)


def test_little_dropout_that_is_too_much_is_switched_off():
    run = start(experiment(mlp("circle", 1, model={"dropout": 0.1})))
    watched(run, 10)
    assert findings(run)["dropped"].remedy == {"model.dropout": 0.0}


def test_batches_of_few_examples_are_seen_where_they_are():
    assert [smallest(50, size) for size in (1, 10, 24, 49, 50)] == [1, 10, 2, 1, 50]
    assert [without_rest(n, least) for n, least in ((50, 10), (50, 24), (50, 49), (7, 10), (125, 10))] == [
        10,
        25,
        50,
        7,
        10,
    ]


def test_the_finding_says_of_the_perceptron_what_its_books_say():
    run = start(experiment(perceptron(FOUR)))
    (at_first,) = diagnose(run, share=0)
    assert (at_first.code, at_first.remedy) == ("cycle", {})
    watched(run, 10)
    (finding,) = diagnose(run, share=0)
    mistakes, _, _, period, *_ = books(run.learner, {})["perceptron"]
    assert finding.told.values == {"period": period, "mistakes": mistakes} and period > 0
    assert not run.diverged and run.stopped is None


@pytest.mark.parametrize("rate", [0.23, 1])
def test_the_finding_says_of_the_linear_unit_what_its_mark_says(rate):
    run = start(experiment(line(rate)))
    limit = float(curvature(run.learner)[2])
    told = findings(run)
    assert ("beyond" in told) is (rate > limit)
    if told:
        assert told["beyond"].told.values == {"rate": rate, "limit": limit}
        assert told["beyond"].remedy["training.learning_rate"] < limit
        watched(run, 1_000)
        assert run.diverged and list(findings(run)) == ["beyond"], (
            "and it says no other thing when the loss has overflowed"
        )


@pytest.mark.parametrize("removed", [True, False])
def test_no_share_is_offered_where_another_share_makes_no_test_set(removed):
    if removed:
        run = start(experiment(mlp("circle", 4)))
        ids = [int(i) for i in run.data.ids[run.data.is_test]]
        change(run, patch(run.experiment, {"data.removed": ids}))
    else:
        x = np.random.default_rng(0).uniform(-5, 5, (40, 2)).astype(np.float32)
        rows = Rows(x, (x[:, 0] > 0).astype(np.float32), Points(), Answer("class", 2), np.zeros(40, bool))
        run = start(experiment(mlp(keep(rows).model_dump(mode="json"), 4)))
    watched(run, 3)
    finding = findings(run)["untested"]
    assert finding.told.values == {"count": run.n}
    assert not finding.remedy and finding.label is None


def test_without_test_points_the_stop_rule_names_the_training_loss_and_never_the_best_of_the_other():
    drawn = mlp(kind("drawn", added=[[1, 1, 0], [-1, -1, 0], [1, -1, 1], [-1, 1, 1]]), 4, 2, learning_rate=0.3)
    run = start(experiment(patch_of(drawn, target_loss=0.1)))
    watched(run, 4_000)
    assert (run.stopped.code, run.stopped.values["metric"]) == ("stop.target", "Training loss")
    run = start(experiment(patch_of(mlp("circle", 4, learning_rate=1e-6), patience=8)))
    watched(run, 5)
    tested = run.watch.best
    change(run, patch(run.experiment, {"data.removed": [int(i) for i in run.data.ids[run.data.is_test]]}))
    watched(run, 3)
    assert run.watch.best != tested and run.watch.best == pytest.approx(run.metrics["train_loss"], rel=1e-3)


def patch_of(value, **stop):
    """The experiment's plain values with a stop rule."""
    return {**value, "training": {**value["training"], "stop": stop}}


def test_layer_norm_is_not_found_fault_with_for_its_batch():
    run = start(experiment(normed(kind("circle"), 8, 8, batch=2, norm="layer")))
    watched(run, 10)
    assert "few" not in findings(run)
