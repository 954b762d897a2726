"""Each finding on a run that really has it, its remedy applied and seen to help; a healthy run gives none."""

from __future__ import annotations

import itertools
import json
import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from nnlab.analysis.diagnosis import diagnose as diagnose_module
from nnlab.analysis.diagnosis.diagnose import _PAST, diagnose, diagnosing, due, rules
from nnlab.analysis.diagnosis.rules.diverged import diverged
from nnlab.analysis.diagnosis.rules.exploding import exploding
from nnlab.analysis.diagnosis.rules.slow import slow
from nnlab.analysis.diagnosis.symptoms import Symptoms, measuring
from nnlab.core.experiment import experiment, patch
from nnlab.core.registries import FAMILIES, RULES_OF_DIAGNOSIS
from nnlab.core.say import Told
from nnlab.train.run import advance, change, edit, start
from tests.analysis.remedies import cure, watched
from tests.studies import finished
from tests.synthetic import synthetic

__all__ = ["synthetic"]

EVERYTHING = ("norms", "signal", "moved", "units", "length")


def symptoms(run) -> Symptoms:
    """All that is measured of a run."""
    return finished(measuring(run, EVERYTHING))[0]


def _codes(run):
    return [f.code for f in diagnose(run, share=0)]


def _finding(run, code):
    found = {f.code: f for f in diagnose(run, share=0)}
    assert code in found, f"{code} was not found, but {list(found)}; metrics {run.metrics}"
    finding = found[code]
    values: dict[str, Any] = json.loads(json.dumps(finding.plain(), allow_nan=False))["values"]
    assert any(isinstance(v, int | float) for v in values.values()), "a finding tells what was measured"
    assert finding.remedy
    assert finding.label is not None
    named = {path.rpartition(".")[2]: value for path, value in finding.remedy.items()}
    assert named.items() <= finding.label.values.items(), "the words of the button can say what it sets"
    return finding


@pytest.mark.parametrize(
    ("layers", "data"),
    [
        ([(4, "tanh"), (2, "tanh")], "circle"),
        ([(4, "tanh"), (2, "tanh")], "xor"),
        ([(4, "tanh"), (2, "tanh")], "gaussians"),
        ([(4, "tanh"), (2, "tanh")], "moons"),
        ([(8, "relu"), (8, "relu")], "circle"),
        ([(8, "tanh")] * 6, "spiral"),
    ],
)
def test_a_healthy_run_has_no_findings_from_its_first_update_to_its_last(trained, layers, data):
    run = trained(*layers, data={"kind": data, "samples": 500}, steps=0)
    for _ in range(12):
        run.look = 0.0
        advance(run, steps=300)
        assert _codes(run) == []


def test_divergence_is_found_and_a_lower_rate_from_the_last_good_step_learns(trained):
    run = trained((8, "linear"), data={"kind": "plane"}, loss="mse", learning_rate=10, steps=5_000)
    finding = _finding(run, "diverged")
    assert finding.told == Told("diverged", {"step": run.step, "good": run.good, "rate": 10.0})
    assert finding.label.code == "back_clipped"
    cure(run, finding)
    start = run.metrics["train_loss"]
    advance(run, steps=500)
    assert not run.diverged
    assert run.learner.evaluate("train")["loss"] < start / 2


@pytest.mark.parametrize("rate", [0.3, 1.0, 10.0])
@pytest.mark.parametrize(
    ("layers", "data"),
    [
        ([(8, "linear"), (8, "linear")], "plane"),
        ([(8, "linear"), (8, "linear")], "multi_gaussian"),
        ([(16, "linear")], "plane"),
        ([(8, "linear")] * 4, "plane"),
    ],
)
def test_after_divergence_one_click_is_enough(trained, layers, data, rate):
    run = trained(*layers, data={"kind": data}, loss="mse", learning_rate=rate, steps=5_000)
    cure(run, _finding(run, "diverged"))
    advance(run, steps=2_000)
    assert not run.diverged


def test_exploding_gradients_are_found_and_smaller_weights_train(trained):
    run = trained(*[(16, "relu")] * 6, model={"init_scale": 5.0}, steps=0)
    finding = _finding(run, "exploding")
    norms = symptoms(run).norms
    longest = int(norms.argmax())
    where = {"layer": 0, "name": "output"} if longest == 6 else {"layer": longest + 1, "name": f"hidden {longest + 1}"}
    assert finding.told == Told("exploding", {**where, "title": "", "length": float(norms.max())})
    assert norms.max() > 100
    assert finding.label.code == "smaller_weights"
    cure(run, finding)
    assert _codes(run) == []
    advance(run, steps=1_500)
    assert run.learner.evaluate("train")["accuracy"] > 0.9


def test_exploding_gradients_of_usual_weights_are_clipped(trained):
    run = trained((8, "tanh"), steps=0)
    for i in range(run.learner.blocks[1].start, run.learner.flat.numel()):
        edit(run, i, 2_000.0 * (-1) ** i)
    finding = _finding(run, "exploding")
    assert (finding.remedy, finding.label.code) == ({"training.clip_norm": 1.0}, "clip")
    before = run.learner.flat.clone()
    cure(run, finding)
    advance(run, steps=1)
    assert float((run.learner.flat - before).norm()) <= 0.03 * 1.001
    assert "exploding" not in _codes(run)


def test_dead_neurons_are_found_and_leaky_ones_learn_again(trained):
    run = trained((6, "relu"), (4, "relu"), steps=0)
    block = run.learner.blocks[0]
    for unit in range(block.fan_out):
        edit(run, block.bias + unit * block.bias_stride, -60.0)
    advance(run, steps=30)
    finding = _finding(run, "dead")
    silent = symptoms(run).silent @ [6, 4]
    assert finding.told == Told("dead", {"count": round(float(silent)), "total": 10})
    assert silent >= 6
    assert not run.learner.activations(torch.tensor(run.data.inputs))[1].any()
    frozen = run.learner.flat[: block.fan_out * block.stride].clone()
    advance(run, steps=30)
    assert torch.equal(run.learner.flat[: block.fan_out * block.stride], frozen)
    cure(run, finding)
    advance(run, steps=30)
    assert not torch.equal(run.learner.flat[: block.fan_out * block.stride], frozen)
    assert "dead" not in _codes(run)


def test_neurons_killed_by_a_huge_rate_are_replaced_and_the_network_learns(trained):
    run = trained(*[(8, "relu")] * 3, learning_rate=10, steps=100)
    cure(run, _finding(run, "dead"))
    assert run.step == 0
    advance(run, steps=2_000)
    assert run.learner.evaluate("train")["accuracy"] > 0.9


def test_vanishing_gradients_are_found_in_eight_sigmoid_layers_and_relu_trains_them(trained):
    run = trained(*[(8, "sigmoid")] * 8, steps=100)
    finding = _finding(run, "vanishing")
    norms = symptoms(run).signal
    assert norms[0] < norms[-1] / 1_000
    assert finding.told == Told("vanishing", {"first": float(norms[0]), "last": float(norms[-1]), "zero": False})
    assert finding.label.code == "relu_he"
    cure(run, finding)
    norms = symptoms(run).norms
    assert norms[0] > norms[-1] / 100
    advance(run, steps=2_500)
    assert run.learner.evaluate("train")["accuracy"] > 0.9


def test_weights_of_zero_are_found_and_drawn(trained):
    run = trained((6, "tanh"), (4, "tanh"), model={"init": "zeros"}, steps=100)
    finding = _finding(run, "vanishing")
    assert finding.told.values["zero"] is True
    assert finding.label.code == "xavier"
    cure(run, finding)
    advance(run, steps=3_000)
    assert run.learner.evaluate("train")["accuracy"] > 0.9


def test_saturated_units_are_found_and_smaller_weights_learn_faster(trained):
    run = trained((8, "tanh"), (8, "tanh"), model={"init_scale": 10.0}, steps=400)
    finding = _finding(run, "saturated")
    stuck = run.learner.evaluate("train")["loss"]
    told, flat = finding.told.values, symptoms(run).flat
    layer = int(flat.argmax())
    assert (told["layer"], told["count"], told["total"]) == (layer + 1, round(float(flat[layer]) * 8), 8)
    assert (told["activation"], told["loss"]) == ("tanh", run.history.rows[-1, 2])
    cure(run, finding)
    advance(run, steps=1_500)
    assert run.learner.evaluate("train")["loss"] < stuck
    assert "saturated" not in _codes(run)


def test_overfitting_is_found_and_the_penalty_lowers_the_test_loss(trained):
    run = trained(
        (32, "relu"),
        (32, "relu"),
        data={"kind": "gaussians", "samples": 60, "noise": 50},
        optimizer={"kind": "adam"},
        learning_rate=0.01,
        steps=0,
    )
    watched(run, 400)
    finding = _finding(run, "overfitting")
    told = finding.told.values
    assert told["best"] < told["now"] and told["train"] < told["now"]
    lowest = run.history.column("test_loss").argmin()
    assert told["epoch"] == pytest.approx(run.history.rows[lowest, 1], abs=5)
    before = run.metrics
    cure(run, finding)
    watched(run, 400)
    assert run.metrics["test_loss"] < before["test_loss"]
    assert run.metrics["train_loss"] > before["train_loss"]


@pytest.mark.parametrize("rate", [1e-6, 1e-5])
def test_a_rate_that_is_too_small_is_found_and_the_higher_one_learns(trained, rate):
    run = trained((4, "tanh"), (2, "tanh"), learning_rate=rate, steps=200)
    finding = _finding(run, "slow")
    before = run.metrics["train_loss"]
    assert finding.remedy["training.learning_rate"] >= 10 * rate
    assert finding.told.values["updates"] == 100
    assert 0 < finding.told.values["moved"] < 1e-4 and 0 <= finding.told.values["fall"] < 0.02
    cure(run, finding)
    advance(run, steps=3_000)
    assert run.learner.evaluate("train")["loss"] < 0.95 * before


def test_a_network_that_has_learnt_is_not_told_to_hurry(trained):
    run = trained((4, "tanh"), data={"kind": "gaussians"}, steps=3_000)
    change(run, patch(run.experiment, {"training.learning_rate": 1e-6}))
    advance(run, steps=300)
    assert _codes(run) == []


def test_a_network_whose_blocks_are_not_its_layers_is_diagnosed_but_for_its_units(trained, monkeypatch):
    run = trained((4, "tanh"), (4, "tanh"), learning_rate=1e-6, steps=200)
    wanted, activations = _codes(run), run.learner.activations
    monkeypatch.setattr(run.learner, "activations", lambda inputs: (layers := activations(inputs))[:2] + layers[1:])
    advance(run, steps=1)
    assert not len(symptoms(run).silent) and not len(symptoms(run).flat)
    assert _codes(run) == wanted == ["slow"]


def test_a_finding_stays_a_little_longer_than_it_takes_to_appear(trained):
    run = trained((8, "tanh"), steps=0)
    start = run.learner.blocks[1].start
    shown = []
    for value in (100.0, 400.0, 100.0, 10.0):
        for i in range(start, run.learner.flat.numel()):
            edit(run, i, value * (-1) ** i)
        shown.append((float(symptoms(run).norms.max()), _codes(run)))
    assert 30 < shown[0][0] < 100 < shown[1][0]
    assert [("exploding" in codes) for _, codes in shown] == [False, True, True, False]


def test_there_are_never_more_than_two_findings_and_asking_changes_nothing(trained):
    run = trained(*[(8, "sigmoid")] * 8, learning_rate=1e-6, model={"init_scale": 8.0}, steps=200)
    before = run.learner.flat.clone()
    assert len(diagnose(run, share=0)) <= 2
    assert torch.equal(run.learner.flat, before)


def test_a_diagnosis_in_slices_finds_the_same_and_stands_until_the_run_moves(trained):
    run, other = (trained(*[(8, "sigmoid")] * 8, steps=100) for _ in range(2))
    assert due(run)
    found, slices = finished(diagnosing(run, share=0))
    assert found == diagnose(other, share=0) != ()
    assert len(slices) >= 3
    assert not due(run)
    assert finished(diagnosing(run, share=0)) == (found, [])
    advance(run, steps=1)
    assert due(run)


def test_an_answer_stands_as_long_as_its_cost_asks_but_not_beyond_another_network(trained):
    run = trained((4, "tanh"))
    diagnose(run, share=10**9)
    advance(run, steps=5)
    assert not due(run)
    change(run, patch(run.experiment, {"model.layers": [{"units": 5}]}))
    assert due(run)


def test_every_rule_has_the_code_of_its_line_and_asks_for_what_is_measured():
    assert [rule.code for rule in rules()] == list(RULES_OF_DIAGNOSIS)
    assert {need for rule in rules() for need in rule.needs} == set(EVERYTHING)
    assert {code for rule in rules() for code in rule.after} <= set(RULES_OF_DIAGNOSIS)


def test_an_empty_training_set_is_not_diagnosed(trained):
    run = trained((4, "tanh"))
    ids = [int(i) for i in run.data.ids[~run.data.is_test]]
    change(run, patch(run.experiment, {"data.removed": ids}))
    assert diagnose(run, share=0) == ()
    assert math.isnan(run.metrics.get("train_loss", math.nan))


def test_vanishing_gradients_are_still_found_at_rest_where_the_examples_cancel(trained):
    run = trained(*[(6, "sigmoid")] * 6, steps=4_000)
    measured = symptoms(run)
    assert measured.norms[-1] < measured.signal[-1] / 10  # at rest the whole gradient is small in every layer
    assert _finding(run, "vanishing")


def test_the_remedy_of_a_model_with_several_descents_changes_the_one_that_is_to_blame(synthetic):
    head = {"model.head.learning_rate": 2.0, "model.head.clip_norm": 0.0}
    run = start(patch(experiment(FAMILIES.load("thawed").example()), head))
    advance(run, steps=200)
    seen = Symptoms(*(np.array([1.0, 2.0]) for _ in range(4)), learnt=False, moved=1e-6)
    for frozen in (True, False):
        change(run, patch(run.experiment, {"model.frozen": frozen}))
        blocks = run.learner.blocks
        assert set(diverged(run).remedy) == {"model.head.learning_rate"}
        assert diverged(run).told.values["rate"] == 2.0
        seen.norms = np.array([1.0, 1e3])
        assert set(slow(run, seen, False).remedy) == {"model.head.learning_rate"}
        assert exploding(run, seen, False).remedy == {"model.head.clip_norm": 1.0}
        seen.norms = np.array([1e3, 1.0])
        body = exploding(run, seen, False)
        assert (body is None) if frozen else body.remedy == {"training.clip_norm": 1.0}
    assert [block.name for block in blocks] == ["3", "5"]
    change(run, patch(run.experiment, {"training.learning_rate": 5.0}))
    assert set(diverged(run).remedy) == {"training.learning_rate"}


def test_a_change_of_the_experiment_makes_what_was_found_void_at_once_and_in_the_middle_too(trained):
    run = trained(*[(8, "sigmoid")] * 8, steps=100)
    assert [f.code for f in diagnose(run, share=1e6)] == ["vanishing"]
    assert not due(run), "it stands for a long while"
    change(run, patch(run.experiment, {"training.learning_rate": 0.5}))
    work = diagnosing(run, share=1e6)
    next(work)
    change(run, patch(run.experiment, {"training.learning_rate": 0.02}))
    assert finished(work)[0] == ()
    assert due(run)


def test_only_the_time_of_its_own_slices_says_how_long_a_diagnosis_stands(trained, monkeypatch):
    run, clock = trained(*[(8, "sigmoid")] * 8, steps=100), itertools.count()
    now = SimpleNamespace(thread_time=lambda: next(clock), perf_counter=lambda: 0.0)
    monkeypatch.setattr(diagnose_module, "time", now)
    slices = 0
    for _ in diagnosing(run, share=1):
        slices += 1
        clock = itertools.count(next(clock) + 1_000)  # another task of the same thread
    assert slices > 1 and _PAST[run].until == slices + 1, "a tick for each slice"
