"""What each preset of the page on optimisers tells people to watch really happens."""

from __future__ import annotations

import numpy as np

from nnlab.families.descent.learner import RaceLearner
from nnlab.train import run
from nnlab.ui.topics.optimisers_presets import PRESETS


def raced(name: str, steps: int | None = None) -> RaceLearner:
    """The racers of a preset after so many steps, or at its end."""
    one = run.start(PRESETS[name].experiment)
    run.advance(one, steps=steps or PRESETS[name].experiment.training.stop.epochs)
    assert isinstance(one.learner, RaceLearner)
    return one.learner


def by_kind(made: RaceLearner, values) -> dict[str, float]:
    return {racer.optimizer.kind: float(v) for racer, v in zip(made.spec.racers, values, strict=True)}


def test_in_the_ravine_momentum_and_adam_arrive_in_half_the_steps_of_sgd():
    made = raced("ravine")
    steps = by_kind(made, made.arrived)
    assert min(steps.values()) > 0
    assert max(steps["momentum"], steps["adam"]) <= steps["sgd"] / 2
    x, y = raced("ravine", 20).places[0]
    assert abs(y) < 1e-3 and abs(x) > 1, "SGD is on the floor and has far to go"


def test_the_limit_of_the_rate_is_two_over_the_curvature():
    made = raced("limit")
    assert [made.arrived[1] > 0, made.left[1], made.left[2] > 0] == [True, -1, True]
    swings = np.abs(made.trail.all()[1][:30, 2, 1])
    assert np.all(np.diff(swings) > 0), "each swing is longer than the last"
    home = np.abs(made.trail.all()[1][:30, 1, 1])
    assert np.all(np.diff(home) < 0)


def test_at_the_saddle_those_that_divide_have_left_before_sgd_moves_aside():
    made = raced("saddle", 60)
    aside = by_kind(made, np.abs(made.places[:, 1]))
    assert min(aside["adagrad"], aside["rmsprop"], aside["adam"]) > 1.8
    assert aside["sgd"] < 0.1
    assert raced("saddle").arrived.min() > 0


def test_everybody_is_in_the_banana_within_thirty_steps_and_adam_is_first_at_the_end():
    early = raced("banana", 30)
    x, y = early.places.T
    assert np.all(100 * (y - x**2) ** 2 < 0.5)
    made = raced("banana")
    steps = by_kind(made, made.arrived)
    assert steps["adam"] > 0 and all(
        v == -1 or v > steps["adam"] for k, v in steps.items() if k not in ("adam", "lion")
    )
    distances = by_kind(made, made.distances())
    assert distances["adam"] == min(distances.values())
    assert by_kind(made, made.places[:, 0])["sgd"] < 0, "it has not turned the corner"


def test_on_the_plateau_sgd_hardly_moves_and_the_others_arrive():
    made = raced("plateau")
    steps, heights = by_kind(made, made.arrived), by_kind(made, made.heights())
    assert heights["sgd"] > 0.9
    assert 0 < steps["rmsprop"] < steps["adam"] < 250 and steps["momentum"] > 0


def test_noise_keeps_a_constant_rate_dancing_and_schedules_come_to_rest():
    made = raced("noise")
    steps, rows = made.trail.all()
    late = rows[steps > 500][:, :, :2]
    spread = late.std(0).max(1)
    assert spread[0] > 0.2, "constant"
    assert spread[1] < 0.02 and spread[2] < 0.02, "cosine and exponential"


def test_from_one_start_two_of_the_four_minima_are_reached():
    made = raced("four")
    assert made.arrived.min() > 0
    assert len({tuple(np.round(place, 1)) for place in made.places.tolist()}) == 2


def test_each_preset_ends_by_itself_and_says_what_to_watch():
    for name, told in PRESETS.items():
        assert told.watch.endswith(".")
        assert PRESETS[name].experiment.training.stop.epochs > 0
