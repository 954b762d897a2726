"""What a race shows: the racers' rows, one update taken apart, heights, who left and why, and the learning-rate map."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from nnlab.analysis.descent.findings import stable_below
from nnlab.analysis.descent.lr_map import SIDE, STEPS, axis_of, lr_map
from nnlab.analysis.descent.race import race, race_curvature, race_grid, race_step
from nnlab.analysis.diagnosis.diagnose import diagnose
from nnlab.core.errors import Refused
from nnlab.core.experiment import Experiment, experiment, patch
from nnlab.core.registries import OPTIMIZERS, SURFACES
from nnlab.core.say import Told
from nnlab.optim.phases import update
from nnlab.train import run
from tests.studies import finished

KINDS = [kind for kind in OPTIMIZERS if kind != "muon"]


def spec_of(*racers: tuple[str, float], surface: str = "ravine", **more) -> Experiment:
    made = [{"optimizer": {"kind": kind}, "learning_rate": rate, **more} for kind, rate in racers]
    return experiment({"data": {"kind": "surface", "surface": surface}, "model": {"family": "race", "racers": made}})


@pytest.fixture
def two():
    """SGD that leaves, and Adam, after 60 steps."""
    made = run.start(spec_of(("sgd", 0.06), ("adam", 0.1)))
    run.advance(made, steps=60)
    return made


def test_the_rows_of_a_race_are_what_the_learner_knows(two):
    found = race(two.learner, {})
    assert {name: array.dtype.name for name, array in found.items()} == {
        "race": "float32",
        "race_trail": "float32",
        "race_steps": "int32",
    }
    rows, trail = found["race"], found["race_trail"]
    assert rows.shape == (2, 8) and trail.shape == (61, 2, 3) and found["race_steps"].tolist() == list(range(61))
    assert np.allclose(rows[:, :2], two.learner.places)
    assert np.allclose(rows[:, 2], (rows[:, 0] ** 2 + 40 * rows[:, 1] ** 2) / 2, rtol=1e-4)
    assert np.allclose(rows[:, 3], np.hypot(rows[:, 0], rows[:, 1]))
    assert rows[0, 4] > 0 and rows[1, 4] == rows[0, 5] == -1
    assert rows[:, 6].tolist() == pytest.approx([0.06, 0.1])
    assert np.allclose(rows[:, 7], np.hypot(rows[:, 0], 40 * rows[:, 1]), rtol=1e-4)
    assert np.array_equal(trail[-1], rows[:, :3])


@pytest.mark.parametrize("clip", [0.0, 0.5])
@pytest.mark.parametrize("kind", list(OPTIMIZERS))
def test_the_parts_of_an_update_add_up_to_what_the_optimiser_does_next(kind, clip):
    made = run.start(spec_of((kind, 0.01), surface="noisy_bowl", weight_decay=0.1, clip_norm=clip))
    run.advance(made, steps=17)
    told = race_step(made.learner, {"racer": 0})
    before = made.learner.places[0]
    run.advance(made, steps=1)
    moved = made.learner.places[0] - before
    assert told["race_step"][8] < 1e-12
    assert not clip or np.hypot(*told["race_step"][3:5]) <= clip * 1.0001
    assert np.allclose(told["race_parts"].sum(0), moved, rtol=1e-5, atol=1e-9)
    assert np.allclose(told["race_step"][6:8], moved, rtol=1e-5, atol=1e-9)
    assert told["race_quantities"].shape == told["race_before"].shape
    assert np.isfinite(told["race_around"]).all() and told["race_around"].shape == (41, 41)


def test_asking_changes_nothing(two):
    before = {name: array.tobytes() for name, array in two.learner.state().items()}
    for i in (0, 1):
        race(two.learner, {}), race_step(two.learner, {"racer": i}), race_grid(two.learner, {})
    finished(lr_map(two, {"racer": 1}))
    assert {name: array.tobytes() for name, array in two.learner.state().items()} == before


def test_the_memory_bars_are_the_memory_before_and_after_the_step(two):
    told = race_step(two.learner, {"racer": 1})
    held = two.learner.rules[1].state()
    assert np.allclose(told["race_before"], [held["mean"], held["squares"]])
    run.advance(two, steps=1)
    held = two.learner.rules[1].state()
    assert np.allclose(told["race_quantities"], [held["mean"], held["squares"]])


def test_heights_come_on_the_grid_that_was_asked_for(two):
    found = race_grid(two.learner, {"window": [-1, 1, 0, 1], "columns": 9, "rows": 11})["race_grid"]
    x, y = np.meshgrid(np.linspace(-1, 1, 9), np.linspace(0, 1, 11))
    assert np.allclose(found, (x**2 + 40 * y**2) / 2)


@pytest.mark.parametrize(
    "options",
    [{"columns": 5}, {"rows": 10**6}, {"columns": True}, {"window": [1, 0, 0, 1]}, {"window": "x"}, {"window": [0, 1]}],
)
def test_a_grid_that_cannot_be_is_refused_in_a_sentence(two, options):
    with pytest.raises(Refused, match=r"must be .*; got .*\."):
        race_grid(two.learner, options)


@pytest.mark.parametrize("i", [-1, "0", 1.5, True])
def test_a_racer_that_cannot_be_is_refused(two, i):
    with pytest.raises(Refused, match="The racer must be"):
        race_step(two.learner, {"racer": i})


def test_who_left_is_told_with_the_limit_of_the_rate_and_a_rate_that_stays(two):
    (finding,) = diagnose(two)
    limit = pytest.approx(2 / 40, rel=1e-6)  # the ravine curves by 40
    assert finding.told == Told(
        "left", {"name": "SGD", "steps": int(two.learner.left[0]), "rate": 0.06, "limit": limit}
    )
    assert (finding.label.code, finding.label.values["learning_rate"]) == ("restart_rate", *finding.remedy.values())
    json.dumps(finding.plain(), allow_nan=False)
    healed = patch(two.experiment, finding.remedy)
    other = run.start(healed)
    run.advance(other, steps=300)
    assert diagnose(other) == ()
    assert other.learner.arrived[0] > 0


@pytest.mark.parametrize(("kind", "settings"), [("sgd", {}), ("momentum", {"momentum": 0.5})])
def test_just_below_the_limit_a_racer_stays_and_just_above_it_leaves(kind, settings):
    made = run.start(spec_of((kind, 0.01)))
    spec = patch(made.experiment, {"model.racers.0.optimizer": {"kind": kind, **settings}})
    run.change(made, spec)
    limit = stable_below(made.learner, 0)
    assert limit == pytest.approx(2 * (1 + settings.get("momentum", 0)) / 40)
    for factor, leaves in ((0.98, False), (1.02, True)):
        other = run.start(patch(spec, {"model.racers.0.learning_rate": limit * factor}))
        run.advance(other, steps=800)
        assert bool(other.learner.left[0] > 0) is leaves


def test_curvature_limit_and_rate_are_those_of_the_closed_form(two):
    largest, least, limit, sharp, rate, *direction = race_curvature(two.learner, {})["race_curvature"].T
    assert largest.tolist() == pytest.approx([40, 40]) and least.tolist() == pytest.approx([1, 1])
    assert limit.tolist() == pytest.approx([0.05, 0.05]) and rate.tolist() == pytest.approx([0.06, 0.1])
    assert np.abs(direction).tolist() == [pytest.approx([0, 0], abs=1e-6), pytest.approx([1, 1])]
    for i, (x, y) in enumerate(two.learner.places):
        slope = np.array([x, 40 * y])
        x, y = (x, y) + 0.05 * slope / np.linalg.norm(slope)
        assert sharp[i] == pytest.approx((x**2 + 40 * y**2) / 2 - two.learner.heights()[i], rel=1e-4)


@pytest.mark.parametrize("name", list(SURFACES))
def test_second_derivatives_are_finite_differences_of_the_slope(name):
    made = run.start(spec_of(("sgd", 0.01), surface=name)).learner
    place, h = np.array([[0.31, -0.22]]), 1e-5
    found = made.hessians(place)[0]
    for k in (0, 1):
        ends = [made.slopes(torch.tensor(place[0] + s * h * np.eye(2)[k])).numpy() for s in (1, -1)]
        assert found[:, k] == pytest.approx((ends[0] - ends[1]) / (2 * h), rel=1e-5, abs=1e-5)


@pytest.mark.parametrize(("formula", "sharp"), [("3*x + 1", 0.15), ("2", 0.0)])
def test_what_does_not_curve_has_no_limit(formula, sharp):
    spec = experiment(
        {"data": {"kind": "surface", "surface": "typed", "formula": formula}, "model": {"family": "race"}}
    )
    found = race_curvature(run.start(spec).learner, {})["race_curvature"]
    assert not found[:, :2].any() and np.isinf(found[:, 2]).all()
    assert found[:, 3].tolist() == pytest.approx([sharp] * 3, abs=1e-6)


def test_a_race_stops_after_steps_not_epochs():
    made = run.start(patch(spec_of(("sgd", 0.01)), {"training.stop.epochs": 7}))
    run.advance(made, steps=100)
    assert made.stopped == Told("stop.epochs", {"unit": "step", "count": 7, "again": False})
    assert made.step == 7


@pytest.mark.parametrize(("kind", "clip"), [*((kind, 0.0) for kind in KINDS), ("sgd", 0.5), ("adamw", 0.5)])
def test_a_cell_of_the_map_is_where_the_race_itself_ends(kind, clip):
    more = {"noise": 0.3, "weight_decay": 0.05, "clip_norm": clip, "schedule": {"kind": "cosine"}}
    made = run.start(spec_of((kind, 0.02), surface="saddle", **more))
    found, told = finished(lr_map(made, {"racer": 0}))
    assert told == sorted(told) and told[-1] == 1.0
    axis = axis_of(kind)
    rng = np.random.default_rng(0)
    for r, c in [(0, 0), tuple(found["lr_best"]), *rng.integers(0, SIDE, (2, 2))]:
        path = "model.racers.0"
        changes = {f"{path}.learning_rate": float(found["lr_rates"][c])}
        if kind == "sgd" and r:
            changes[f"{path}.optimizer"] = {"kind": "momentum", "momentum": float(axis.values[r])}
        elif kind != "sgd":
            changes[f"{path}.optimizer.{axis.field}"] = float(axis.values[r])
        other = run.start(patch(made.experiment, changes))
        run.advance(other, steps=STEPS)
        if np.isnan(found["lr_map"][r, c]):
            assert other.learner.left[0] > 0
        else:
            assert other.learner.left[0] == -1
            # Clipped steps at a high rate with much momentum are chaotic: rounding grows a billionfold on the way.
            close = 1e-5 if clip else 1e-7
            assert found["lr_map"][r, c] == pytest.approx(float(other.learner.heights()[0]) + 1, abs=close)


def test_the_map_of_a_ravine_ends_where_the_rate_is_too_large():
    found, _ = finished(lr_map(run.start(spec_of(("sgd", 0.03))), {"racer": 0}))
    plain = found["lr_map"][0]  # no momentum
    assert np.isnan(plain).tolist() == (found["lr_rates"] > 0.05).tolist()
    assert found["lr_map"].shape == (SIDE, SIDE)


def test_muon_has_no_map_and_says_so():
    with pytest.raises(Refused, match="AdamW"):
        finished(lr_map(run.start(spec_of(("muon", 0.03))), {"racer": 0}))


def test_only_a_race_is_shown_as_one():
    network = run.start(experiment({"data": {"kind": "circle"}, "model": {"family": "mlp"}}))
    with pytest.raises(Refused, match="Only optimisers"):
        race(network.learner, {})


def test_written_out_updates_are_those_of_the_phases(two):
    _, written = two.learner.next_update(1)
    racer = two.learner.spec.racers[1]
    from nnlab.optim.phases import Place

    x, y = two.learner.places[1]
    memory = two.learner.rules[1].state()
    place = Place(np.array([x, y]), np.array([x, 40 * y]), np.ones(2), memory, lr=0.1)
    assert np.allclose(update(racer.optimizer, place).total, written.total)
    assert torch.isfinite(two.learner.flat).all()
