"""Augmentation against scipy's map of the plane, one change at a time and all at once; off for whatever is not training."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from scipy.ndimage import affine_transform
from torch import Tensor

from nnlab.core.experiment import patch
from nnlab.families.cnn.augment import DRAWS, _kept, _moved, augmented
from nnlab.families.cnn.spec import Augment
from nnlab.train.run import advance, start
from tests.families.cnn.networks import specification

MIDDLE = [0.5, 0.5, 0.5, 0.99, 0.5, 0.5, 0.5]  # nothing moves, whatever is switched on


def pictures(n: int = 4, channels: int = 3, height: int = 6, width: int = 10) -> Tensor:
    return torch.rand(n, channels, height, width, generator=torch.Generator().manual_seed(0)).double()


def drawn(**numbers: float) -> Tensor:
    """Of one picture, with some of its numbers 0…1 as given."""
    names = ("right", "down", "turn", "flip", "zoom", "across", "along")
    row = [numbers.get(name, usual) for name, usual in zip(names, MIDDLE, strict=True)]
    assert len(row) == DRAWS
    return torch.tensor([row]).double()


def moved(spec: Augment, picture: Tensor, numbers: Tensor) -> Tensor:
    found = _moved(picture, spec, numbers.expand(len(picture), -1))
    return found


def test_a_shift_by_whole_pixels_moves_the_picture_and_goes_on_as_its_edge():
    x = pictures(1)
    right = moved(Augment(shift=20), x, drawn(right=1.0))
    torch.testing.assert_close(right[..., 2:], x[..., :-2])
    torch.testing.assert_close(right[..., :2], x[..., :1].expand_as(right[..., :2]))
    up = moved(Augment(shift=50), x, drawn(down=0.0))
    torch.testing.assert_close(up[:, :, :-3], x[:, :, 3:])


def test_a_quarter_turn_is_numpys_and_a_flip_mirrors():
    x = pictures(1, height=7, width=7)
    torch.testing.assert_close(moved(Augment(rotation=90), x, drawn(turn=1.0)), torch.rot90(x, -1, (2, 3)))
    torch.testing.assert_close(moved(Augment(rotation=90), x, drawn(turn=0.0)), torch.rot90(x, 1, (2, 3)))
    torch.testing.assert_close(moved(Augment(flip=50), x, drawn(flip=0.4)), x.flip(3))
    torch.testing.assert_close(moved(Augment(flip=50), x, drawn(flip=0.6)), x)


@pytest.mark.parametrize("seed", range(12))
def test_all_moves_at_once_are_those_of_scipy(seed):
    rng = np.random.default_rng(seed)
    x, spec = pictures(1, channels=1), Augment(shift=30, rotation=70, flip=50, scale=40)
    numbers = rng.random(DRAWS)
    right, down, turn, _, zoom = numbers[:5] * 2 - 1
    angle, size = math.radians(70) * turn, 1.4**zoom
    mirror = -1 if numbers[3] < 0.5 else 1
    cos, sin = math.cos(angle) / size, math.sin(angle) / size
    height, width = x.shape[2:]
    matrix = np.array([[cos, -sin], [mirror * sin, mirror * cos]])  # rows first, as scipy has them
    middle = np.array([(height - 1) / 2, (width - 1) / 2])
    offset = middle - matrix @ (middle + np.array([down * 0.3 * height, right * 0.3 * width]))
    expected = affine_transform(x[0, 0].numpy(), matrix, offset, order=1, mode="nearest")
    found = moved(spec, x, torch.tensor(numbers).unsqueeze(0))
    np.testing.assert_allclose(found[0, 0], expected, atol=1e-9)


def test_noise_has_the_deviation_that_is_chosen_and_stays_within_black_and_white():
    grey = torch.full((20, 1, 28, 28), 0.5)
    found = augmented(grey, Augment(noise=10), torch.Generator().manual_seed(0))
    assert float(found.std()) == pytest.approx(0.1, rel=0.05) and float(found.mean()) == pytest.approx(0.5, abs=0.01)
    loud = augmented(grey, Augment(noise=50), torch.Generator().manual_seed(0))
    assert (float(loud.min()), float(loud.max())) == (0.0, 1.0)


def test_a_square_is_cut_out_where_it_is_drawn():
    x = pictures(1, height=10, width=20)
    kept = _kept(x, Augment(cut_out=40), drawn(across=0.25, along=0.5))[0, 0]
    rows, columns = (kept == 0).nonzero().unbind(1)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (3, 6, 3, 6)
    assert (kept == 0).sum() == 16
    corner = _kept(x, Augment(cut_out=40), drawn(across=0.0, along=0.0))[0, 0]
    assert (corner == 0).sum() == 4, "a part of it lies outside"


def test_a_slider_changes_how_far_and_not_which_way():
    x = pictures(8)
    few, all_ = Augment(shift=10), Augment(shift=10, cut_out=30)
    first, second = (augmented(x, spec, torch.Generator().manual_seed(3)) for spec in (few, all_))
    shown = second != 0
    assert torch.equal(first[shown], second[shown])


def test_pictures_stay_as_they_are_and_what_is_off_costs_nothing():
    x = pictures()
    kept = x.clone()
    augmented(x, Augment(shift=10, noise=10, cut_out=10), torch.Generator().manual_seed(0))
    assert torch.equal(x, kept)
    assert augmented(x, Augment(), torch.Generator()) is x
    assert Augment().off and not any(Augment(**{name: 5}).off for name in Augment.model_fields)  # type: ignore[arg-type]


# ---- in training -----------------------------------------------------------------------------------------------------------
ALL = {"shift": 10, "rotation": 15, "flip": 30, "scale": 10, "noise": 5, "cut_out": 20}
CONV: dict[str, Any] = {"kind": "conv", "channels": 4}


def test_an_update_learns_from_the_pictures_that_are_shown_as_augmented():
    run = start(specification(CONV, **{"model.augment": ALL, "training.learning_rate": 0.5}))
    learner: Any = run.learner
    fed: list[Tensor] = []
    learner.module.register_forward_pre_hook(lambda _m, given: fed.append(given[0].clone()))
    advance(run, steps=2)
    trained = [x for x in fed if len(x) == 20][:2]
    for step, x in enumerate(trained):
        shown, targets = learner.seen(20 * step, 20 * step + 20, step)
        assert torch.equal(shown, x) and shown.shape == (20, 1, 8, 8) and targets.shape == (20,)
        inputs, _ = learner.batch("train", learner._order[20 * step : 20 * step + 20])
        assert torch.equal(learner.augmented(inputs, step, 20 * step), shown)
        assert not torch.equal(inputs, shown)
    assert not torch.equal(learner.augmented(inputs, 1), learner.augmented(inputs, 2))


def test_test_pictures_and_all_that_is_measured_stay_as_they_are():
    plain = start(specification(CONV))
    changed = start(specification(CONV, **{"model.augment": ALL}))
    for split in ("train", "test"):
        assert plain.learner.evaluate(split) == changed.learner.evaluate(split)
    assert torch.equal(plain.learner.gradient(), changed.learner.gradient())
    for each in (plain, changed):
        advance(each, steps=1)
    assert not torch.equal(plain.learner.flat, changed.learner.flat)


def test_augmentation_is_switched_on_and_off_while_the_network_trains():
    run = start(specification(CONV))
    advance(run, steps=3)
    learner: Any = run.learner
    before = learner.flat.clone()
    learner.set(patch(run.experiment, {"model.augment.shift": 20}), learner.data)
    assert torch.equal(learner.flat, before)
    inputs, _ = learner.batch("train", slice(0, 4))
    assert not torch.equal(learner.augmented(inputs, 3), inputs)
    learner.set(run.experiment, learner.data)
    assert torch.equal(learner.augmented(inputs, 3), inputs)
