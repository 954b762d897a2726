"""The measured receptive field against autograd picture by picture, and against the box that follows from the windows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from nnlab.analysis.analysis import finished
from nnlab.analysis.pictures.sight import SIGHT, square
from nnlab.core.forms import Pictures
from nnlab.families.cnn.receptive import field
from nnlab.train.run import Run, start
from tests.analysis.pictures.trained import stage_by_stage, trained

LINEAR = [
    {"kind": "conv", "channels": 3, "kernel": 3, "activation": "linear"},
    {"kind": "pool", "mode": "average"},
    {"kind": "conv", "channels": 2, "kernel": 2, "activation": "linear", "padding": "0"},
    {"kind": "global_pool"},
]


@pytest.fixture(scope="module")
def run() -> Run:
    return trained()


def asked(run: Run, **options: Any) -> dict[str, Any]:
    return dict(finished(SIGHT.asked(run.learner, options)))  # type: ignore[arg-type]


def by_hand(run: Run, stage: int, channel: int, count: int) -> tuple[Any, int]:
    """Mean size of the gradient of the middle cell, picture by picture, and how many pictures have one."""
    total, moved = np.zeros((8, 8)), 0
    pictures, _ = run.learner.examples("test")  # type: ignore[attr-defined]
    for picture in pictures[:count]:
        x = picture[None].clone().requires_grad_()
        maps = stage_by_stage(run, x)[stage]
        cell = maps[0, channel] if maps.dim() == 2 else maps[0, channel, maps.shape[2] // 2, maps.shape[3] // 2]
        (gradient,) = torch.autograd.grad(cell, x)
        total += gradient[0, 0].abs().numpy()
        moved += bool(gradient.any())
    return total, moved


@pytest.mark.parametrize(("stage", "channel"), [(1, 1), (3, 2), (4, 5), (6, 4), (7, 0)])
def test_the_heat_is_autograds_picture_by_picture(run: Run, stage: int, channel: int) -> None:
    run.learner.module.train()  # type: ignore[attr-defined]  # batch norm must not look at the batch
    found = asked(run, stage=stage, channel=channel)
    expected, moved = by_hand(run, stage, channel, 60)
    assert run.learner.count("test") == 60
    assert found["sight_facts"][:2].tolist() == [60, moved]
    assert found["sight_heat"] == pytest.approx(expected / max(expected.sum(), 1e-30), abs=1e-6)
    top, left, bottom, right = found["sight_boxes"][0]
    outside = found["sight_heat"].copy()
    outside[top:bottom, left:right] = 0
    assert not outside.any(), "what it cannot see does not move it"


@pytest.mark.parametrize("stage", [1, 2, 3, 4])
def test_of_a_linear_network_with_positive_weights_every_pixel_of_the_box_moves_it(stage: int) -> None:
    run = trained(*LINEAR, steps=0)
    with torch.no_grad():
        run.learner.flat.abs_().add_(0.01)
    found = asked(run, stage=stage)
    seen = np.argwhere(found["sight_heat"] > 0)
    top, left, bottom, right = found["sight_boxes"][0]
    assert sorted(map(tuple, seen)) == [(y, x) for y in range(top, bottom) for x in range(left, right)]
    row, column = found["sight_unit"][2:]
    blocks: Any = run.experiment.model.blocks  # type: ignore[attr-defined]
    assert field(blocks, Pictures(8, 8), stage - 1, row, column).box == (top, left, bottom, right)


def test_the_square_before_training_is_that_of_a_run_at_its_start(run: Run) -> None:
    fresh = start(run.experiment)
    for stage, channel in ((3, 2), (6, 1)):
        then = asked(fresh, stage=stage, channel=channel)["sight_boxes"]
        now = asked(run, stage=stage, channel=channel)["sight_boxes"]
        assert (now[2] == then[1]).all() and (then[1] == then[2]).all()


def test_the_lines_are_the_sides_of_each_stages_box_and_square(run: Run) -> None:
    theory, measured = asked(run)["sight_lines"]
    assert theory.tolist() == [3, 4, 7, 7, 7, 8, 8], (
        "places 1 and 3 of the pooled map are pixels 2, 3, 6 and 7, with 1 around each"
    )
    assert ((measured > 0) & (measured <= theory)).all()
    heats = []
    for channel in (0, 1, 2, 3):
        expected, _ = by_hand(run, 1, channel, 16)
        heats.append(expected / expected.sum())
    top, _, bottom, _ = square(sum(heats), (3, 3, 6, 6))
    assert measured[0] == bottom - top


@given(
    st.integers(0, 2**32 - 1), st.integers(0, 4), st.integers(0, 4), st.integers(5, 9), st.integers(5, 9)
)  # a box within 9 × 9 pixels
def test_the_square_is_the_smallest_in_the_middle(seed: int, top: int, left: int, bottom: int, right: int) -> None:
    heat = np.zeros((9, 9))
    heat[top:bottom, left:right] = np.random.default_rng(seed).random((bottom - top, right - left)) ** 3 + 1e-6
    y0, x0, y1, x1 = square(heat, (top, left, bottom, right))
    assert heat[y0:y1, x0:x1].sum() >= 0.9 * heat.sum() - 1e-9
    side = max(y1 - y0, x1 - x0)
    for smaller in range(1, side):
        for y in range(-9, 18):
            for x in range(-9, 18):
                middle = abs(2 * y + smaller - top - bottom) <= 1 and abs(2 * x + smaller - left - right) <= 1
                mass = heat[max(0, y) : max(0, y + smaller), max(0, x) : max(0, x + smaller)].sum()
                assert not middle or mass < 0.9 * heat.sum()


def test_a_cell_that_nothing_moves_has_no_heat() -> None:
    run = trained({"kind": "conv", "channels": 3}, steps=0)
    with torch.no_grad():
        dict(run.learner.module.chain())["conv1"].bias.fill_(-100)  # type: ignore[attr-defined]
    found = asked(run, stage=1, channel=1)
    assert not found["sight_heat"].any() and found["sight_facts"].tolist()[1:] == [0, 0]
    assert found["sight_boxes"][1].tolist() == [0, 0, 0, 0] and found["sight_boxes"][2].any()
    assert found["sight_lines"][1][0] == 0
