"""A race of optimisers: the paths of torch.optim, exact replay, noise that repeats, and racers that leave the surface."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from benchmarks.race import torch_path
from nnlab.analysis.analysis import offers
from nnlab.core.errors import Refused
from nnlab.core.experiment import Experiment, experiment, patch
from nnlab.core.links import from_link, to_link
from nnlab.core.registries import OPTIMIZERS, SURFACES
from nnlab.families.descent.learner import FAR, NEVER, RaceLearner, noise
from nnlab.families.descent.spec import Race, surface_of, usual_rate
from nnlab.families.descent.trail import MOST, Trail
from nnlab.families.learner import PHASES
from nnlab.families.readings import Classifying, Layered, OnPlane, Smooth
from nnlab.train import run
from tests.strategies import races

KINDS = list(OPTIMIZERS)


def race(surface: str = "rosenbrock", kinds: list[str] | None = None, **more) -> Experiment:
    """Every optimiser at its usual rate."""
    spec = {"kind": "surface", "surface": surface}
    known = surface_of(experiment({"data": spec, "model": {"family": "race"}}).data)
    racers = [{"optimizer": {"kind": k}, "learning_rate": usual_rate(k, known), **more} for k in (kinds or KINDS)[:8]]
    return experiment({"data": spec, "model": {"family": "race", "racers": racers}})


def learner(spec: Experiment) -> RaceLearner:
    return RaceLearner(spec, spec.data.load())


def frozen(made: RaceLearner) -> dict[str, bytes]:
    return {name: array.tobytes() for name, array in made.state().items()}


def go(made: RaceLearner, steps: int, first: int = 0) -> RaceLearner:
    for step in range(first, first + steps):
        made.step(0, 1, 0.0, step)
    return made


@pytest.mark.parametrize(
    ("surface", "steps"), [("rosenbrock", 500), ("ravine", 150), ("saddle", 150), ("styblinski_tang", 150)]
)
@pytest.mark.parametrize("kind", KINDS)
def test_a_path_equals_that_of_torch_optim_over_hundreds_of_steps(kind, surface, steps):
    made = learner(race(surface, [kind]))
    expected = torch_path(made.spec.racers[0], made.surface, steps=steps)
    found = np.array([go(made, 1, step).places[0] for step in range(steps)])
    assert made.left[0] == NEVER
    assert np.abs(found - expected).max() < 1e-6


@pytest.mark.parametrize("clip", [0.05, 2.0])
@pytest.mark.parametrize("kind", KINDS)
def test_a_path_with_a_clipped_gradient_equals_that_of_torch_optim(kind, clip):
    made = learner(race("rosenbrock", [kind], clip_norm=clip))
    expected = torch_path(made.spec.racers[0], made.surface, steps=200)
    found = np.array([go(made, 1, step).places[0] for step in range(200)])
    assert np.abs(found - expected).max() < 1e-6
    # A rule that divides by the gradient's size hardly notices that it is shorter, and Lion, which takes the sign, not at all.
    if kind in ("sgd", "momentum", "nesterov"):
        free = go(learner(race("rosenbrock", [kind])), 200)
        assert np.abs(free.places[0] - found[-1]).max() > 1e-3


def test_each_racer_clips_its_own_gradient_and_the_noise_in_it():
    spec = patch(race("noisy_bowl", ["sgd", "sgd", "sgd"], noise=5.0), {"model.racers.1.clip_norm": 0.1})
    made = learner(patch(spec, {"model.racers.2.clip_norm": 100.0}))
    for step in range(50):
        made._gradient(step)
        lengths = np.linalg.norm(made.grad.numpy().reshape(3, 2), axis=1)
        raw = made.slopes(made.flat).numpy().reshape(3, 2) + [made.noise(i, step) for i in range(3)]
        np.testing.assert_allclose(lengths[[0, 2]], np.linalg.norm(raw, axis=1)[[0, 2]])
        assert lengths[1] == pytest.approx(min(0.1, np.linalg.norm(raw[1])), rel=1e-4)
        made._update(step)


OTHER_SETTINGS = {
    "momentum": {"momentum": 0.6},
    "nesterov": {"momentum": 0.7},
    "adagrad": {"eps": 0.1},
    "rmsprop": {"alpha": 0.9, "eps": 0.01},
    "adam": {"beta1": 0.7, "beta2": 0.95, "eps": 0.01},
    "adamw": {"beta1": 0.7, "beta2": 0.95, "eps": 0.01},
    "lion": {"beta1": 0.6, "beta2": 0.8},
}


def test_every_optimiser_with_settings_of_its_own_on_a_surface_has_others_to_try():
    assert set(OTHER_SETTINGS) == set(KINDS) - {"sgd", "muon"}  # Muon moves a place as AdamW does, with nothing to set


@pytest.mark.parametrize("kind", OTHER_SETTINGS)
def test_a_path_with_other_settings_equals_that_of_torch_optim_too(kind):
    changes = {f"model.racers.0.optimizer.{name}": value for name, value in OTHER_SETTINGS[kind].items()}
    usual, made = learner(race("rosenbrock", [kind])), learner(patch(race("rosenbrock", [kind]), changes))
    expected = torch_path(made.spec.racers[0], made.surface, steps=200)
    found = np.array([go(made, 1, step).places[0] for step in range(200)])
    assert np.abs(found - expected).max() < 1e-6
    assert np.abs(go(usual, 200).places[0] - found[-1]).max() > 1e-4, "the settings matter"


@pytest.mark.parametrize("surface", list(SURFACES))
def test_nobody_leaves_a_surface_at_its_usual_rate(surface):
    made = go(learner(race(surface)), 300)
    assert made.left.tolist() == [NEVER] * 8
    assert made.heights().max() < float(made.surface.value(*(np.array(v) for v in made.surface.start)))


def test_all_racers_begin_at_the_start_that_was_set():
    spec = patch(race("bowl"), {"model.start_x": 1.5, "model.start_y": -2.0})
    assert learner(spec).places.tolist() == [[1.5, -2.0]] * 8


def test_a_racer_does_not_depend_on_who_else_races():
    alone = go(learner(race("himmelblau", ["adam"])), 60)
    together = go(learner(race("himmelblau")), 60)
    assert alone.places[0].tolist() == together.places[KINDS.index("adam")].tolist()


def test_a_state_brings_everything_back():
    made = go(learner(race("noisy_bowl")), 30)
    kept = made.state()
    expected = frozen(go(made, 25, 30))
    go(made, 7, 55)
    made.restore(kept)
    assert frozen(go(made, 25, 30)) == expected


def test_the_four_phases_are_one_step():
    whole, apart = (go(learner(race("noisy_bowl")), 3) for _ in range(2))
    before = apart.flat.clone()
    go(whole, 1, 3)
    numbers = {}
    for name in PHASES:
        numbers |= apart.phase(name, 0, 1, 0.0, 3)
    assert frozen(whole) == frozen(apart)
    assert set(numbers) == {"z", "a", "a_mean", "losses", "loss", "grad", "delta"}
    np.testing.assert_allclose(numbers["delta"], (apart.flat - before).numpy(), atol=1e-7)


def test_the_gradient_is_autograds_and_the_noise_has_the_spread_that_was_set():
    made = learner(race("ravine", ["sgd"], noise=3.0))
    x, y = made.places[0]
    slopes = []
    for step in range(2_000):
        made._gradient(step)
        slopes.append(made.grad.numpy().copy())
    assert np.allclose(np.mean(slopes, 0), [x, 40 * y], atol=0.3)
    assert np.allclose(np.std(slopes, 0), 3.0, rtol=0.1)
    assert made.gradient().tolist() == pytest.approx([x, 40 * y])


def test_noise_repeats_and_differs_between_seeds_racers_and_steps():
    assert noise(1, 2, step=3).tolist() == noise(1, 2, step=3).tolist()
    told = {tuple(noise(seed, racer, step=step)) for seed in (0, 1) for racer in (0, 1) for step in (0, 1)}
    assert len(told) == 8


def test_who_leaves_the_surface_rests_where_it_was_last_seen_and_the_others_go_on():
    spec = patch(race("ravine", ["sgd", "sgd"]), {"model.racers.0.learning_rate": 0.06})
    made = go(learner(spec), 400)
    assert 0 < made.left[0] < 100
    assert (made.left[1], made.arrived[0]) == (NEVER, NEVER)
    assert made.arrived[1] > 0
    _, x_max, _, y_max = made.surface.domain
    assert np.all(np.abs(made.places[0]) <= FAR * np.array([x_max, y_max]))
    rest = made.places[0].copy()
    assert go(made, 5, 400).places[0].tolist() == rest.tolist()


def test_a_rate_that_overflows_in_one_step_leaves_and_every_number_stays_finite():
    spec = patch(race("beale", ["sgd", "momentum", "adam"]), {"model.racers.0.learning_rate": 10.0})
    spec = patch(spec, {"model.racers.1.learning_rate": 10.0, "model.start_x": 4.4, "model.start_y": 4.4})
    made = go(learner(spec), 20)
    assert made.left.tolist()[:2] == [1, 1]
    assert all(np.isfinite(array).all() for array in made.state().values())


def test_arrival_is_the_first_step_within_a_thousandth_of_a_minimum():
    made = learner(race("bowl", ["sgd"]))
    distances = [float(go(made, 1, step).distances()[0]) for step in range(120)]
    first = next(i for i, d in enumerate(distances) if d <= 1e-3) + 1
    assert made.arrived.tolist() == [first]


def test_a_schedule_is_the_racers_own():
    spec = race("bowl", ["sgd", "sgd"])
    spec = patch(spec, {"model.racers.0.schedule": {"kind": "step", "every": 10, "gamma": 0.1}})
    made = learner(spec)
    assert [made.lr(0, step) for step in (0, 9, 10, 20)] == pytest.approx([0.1, 0.1, 0.01, 0.001])
    assert made.lr(1, 20) == pytest.approx(0.1)


def test_going_back_and_forth_in_a_run_repeats_every_path():
    one = run.start(race("noisy_bowl"))
    run.advance(one, steps=700)
    end = frozen(one.learner)
    run.seek(one, 137)
    there = frozen(one.learner)
    other = run.start(one.experiment)
    run.advance(other, steps=137)
    assert there == frozen(other.learner)
    run.seek(one, 700)
    assert frozen(one.learner) == end


def test_a_rate_that_is_changed_acts_at_once_and_another_optimiser_starts_again():
    one = run.start(race("ravine", ["sgd", "adam"]))
    run.advance(one, steps=20)
    assert not run.change(one, patch(one.experiment, {"model.racers.0.learning_rate": 0.001}))
    assert (one.step, one.learner.lr(0, 20)) == (20, 0.001)
    assert run.change(one, patch(one.experiment, {"model.racers.0.optimizer": {"kind": "lion"}}))
    assert one.step == 0


def test_a_checkpoint_carries_the_paths():
    one = run.start(race())
    run.advance(one, steps=60)
    again = run.resume(one.experiment, run.checkpoint(one))
    assert frozen(again.learner) == frozen(one.learner)
    run.advance(one, steps=10)
    run.advance(again, steps=10)
    assert frozen(again.learner) == frozen(one.learner)


@pytest.mark.parametrize("steps", [3, MOST - 1, MOST, 3 * MOST + 1])
def test_a_trail_keeps_its_beginning_its_end_and_at_most_so_many_rows(steps):
    trail = Trail(1)
    for step in range(steps + 1):
        trail.add(step, np.array([[step, -step]]), np.array([2.0 * step]))
    told, rows = trail.all()
    assert (told[0], told[-1]) == (0, steps)
    assert len(told) <= MOST + 1
    assert rows[:, 0].tolist() == [[step, -step, 2 * step] for step in told.tolist()]
    assert len(set(np.diff(told[:-1]).tolist())) <= 1


def test_a_start_outside_the_surface_is_refused_in_a_sentence():
    with pytest.raises(Refused) as refused:
        patch(race("ravine"), {"model.start_y": 2.5})
    (problem,) = refused.value.problems
    assert problem.field == "model.start_y"
    assert problem.message == "Start y must be from -2 to 2 on the surface Ravine; got 2.5."


def test_a_race_needs_a_surface_and_a_network_needs_points():
    for data, model in (({"kind": "circle"}, "race"), ({"kind": "surface"}, "mlp")):
        with pytest.raises(Refused, match=r"^The data must be \w+, which is what .* takes; got \w+\.$") as refused:
            experiment({"data": data, "model": {"family": model}})
        assert [p.field for p in refused.value.problems] == ["data.kind"]


@pytest.mark.parametrize("racers", [[], [{}] * 9])
def test_one_to_eight_racers_are_let_in(racers):
    with pytest.raises(Refused, match="racers"):
        experiment({"data": {"kind": "surface"}, "model": {"family": "race", "racers": racers}})


def test_every_loss_is_allowed_because_none_is_used():
    for loss in ("cross_entropy", "mse", "hinge"):
        spec = experiment({"data": {"kind": "surface"}, "model": {"family": "race"}, "training": {"loss": loss}})
        assert isinstance(spec.model, Race)


def test_the_facts_are_json_and_name_every_part_of_every_update():
    import json

    made = learner(race())
    facts = json.loads(json.dumps(made.facts()))
    assert facts["surface"]["expression"] == made.surface.expression
    assert [r["kind"] for r in facts["racers"]] == KINDS[:8]
    for i, told in enumerate(facts["racers"]):
        _, written = made.next_update(i)
        assert [p["name"] for p in told["parts"]] == [p.name for p in written.parts]
        assert all(term["sentence"].endswith(".") for term in (*told["parts"], *told["quantities"]))


def test_a_race_is_offered_what_is_read_of_a_race_and_nothing_about_a_plane_or_layers():
    made = learner(race())
    own = ("race", "race_step", "race_grid", "race_curvature")
    assert set(offers(made)) == {*own, "weights", "gradients", "activations"}
    assert isinstance(made, Smooth) and not isinstance(made, (OnPlane, Classifying, Layered))


def test_the_contract_of_a_learner_is_kept():
    made = learner(race())
    assert not type(made).__abstractmethods__
    assert made.evaluate("train") == {"loss": pytest.approx(float(made.heights().min()))}
    assert made.evaluate("test") == {}
    assert made.steps(0, 1, batch=1, lr=0.0, step=0, count=5) == (1, 1)


@settings(max_examples=40, deadline=None)
@given(value=races())
def test_any_race_survives_a_link_and_stays_finite_whatever_its_settings(value):
    spec = experiment(value)
    assert from_link(to_link(spec)) == spec
    made = go(learner(spec), 12)
    assert all(np.isfinite(array).all() for array in made.state().values())
    made.next_update(0)
