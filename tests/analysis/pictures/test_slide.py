"""A window that slides over one picture: every number as torch has it and as numpy adds it up, whatever is asked for."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from nnlab.analysis.analysis import Analysis
from nnlab.analysis.pictures.kernels import NAMES, named
from nnlab.analysis.pictures.slide import OPERATIONS, SLIDE, nearest
from nnlab.core.experiment import experiment
from nnlab.core.registries import ANALYSES
from nnlab.families.cnn.blocks import Window
from nnlab.train.run import Run, start

assert isinstance(SLIDE, Analysis)
WINDOWS = {
    "size": st.integers(1, 7),
    "stride": st.integers(1, 4),
    "padding": st.integers(0, 6),
    "dilation": st.integers(1, 4),
}
SENSELESS = [
    {"operation": "median", "size": 8, "stride": 0, "padding": -1, "dilation": 2.0},
    {"operation": 3, "size": True, "stride": "2", "padding": None, "dilation": [1], "kernel": "unknown", "row": -1},
    {"size": 10**30, "numbers": [1.0] * 8, "colour": "violet", "row": 2.5, "column": {}},
    {"numbers": [1.0] * 8 + [float("nan")]},
    {"numbers": [1.0] * 8 + [float("inf")]},
    {"numbers": [True] * 9},
    {"numbers": "123456789"},
]


def made(kind: str, **more: Any) -> Run:
    value = {"data": {"kind": kind, "samples": 100}, "model": {"family": "cnn", "blocks": [{"kind": "conv"}]}, **more}
    return start(experiment(value))


@pytest.fixture(scope="module")
def run() -> Run:
    return made("digits8")


def asked(run: Run, **options: Any) -> dict[str, Any]:
    return dict(SLIDE.asked(run.learner, options))  # type: ignore[arg-type]


def picture(run: Run, example: int = 0) -> Any:
    return run.learner.batch("test", slice(example, example + 1))[0][0].float()  # type: ignore[attr-defined]


@settings(max_examples=150, deadline=None)
@given(
    operation=st.sampled_from(OPERATIONS),
    kernel=st.sampled_from(NAMES),
    example=st.integers(0, 19),
    at=st.tuples(st.integers(0, 12), st.integers(0, 12)),
    window=st.fixed_dictionaries(WINDOWS),
)
def test_every_number_is_that_of_torch_and_of_a_sum_by_hand(
    run: Run, operation: str, kernel: str, example: int, at: tuple[int, int], window: dict[str, int]
) -> None:
    k, stride, padding, dilation = (window[name] for name in ("size", "stride", "padding", "dilation"))
    plane = picture(run, example)[0]
    found = asked(
        run, operation=operation, kernel=kernel, split="test", example=example, row=at[0], column=at[1], **window
    )
    assert np.array_equal(found["slide_input"], plane.numpy())
    assert found["slide_shape"].tolist() == [k, stride, padding, dilation]
    reach = dilation * (k - 1) + 1
    high, wide = plane.shape
    fits = reach <= min(high, wide) + 2 * padding and (operation == "convolution" or padding <= k // 2)
    assert (found["slide_nearest"].tolist() == [k, stride, padding, dilation]) == fits
    if not fits:
        assert found["slide_outputs"].size == found["slide_patch"].size == found["slide_products"].size == 0
        return
    outputs, given_ = found["slide_outputs"], plane[None, None]
    size = (high + 2 * padding - dilation * (k - 1) - 1) // stride + 1
    assert outputs.shape[1:] == (size, (wide + 2 * padding - reach) // stride + 1)
    if operation == "convolution":
        weights = torch.tensor(named(kernel, k), dtype=torch.float32)[None, None]
        expected = F.conv2d(given_, weights, stride=stride, padding=padding, dilation=dilation)[0]
    else:
        even = torch.full((1, 1, k, k), 1 / k**2)
        mean = F.conv2d(given_, even, stride=stride, padding=padding, dilation=dilation)
        if dilation == 1:
            assert torch.allclose(mean, F.avg_pool2d(given_, k, stride, padding), atol=1e-6)
        expected = torch.cat((F.max_pool2d(given_, k, stride, padding, dilation), mean), 1)[0]
    assert outputs == pytest.approx(expected.numpy(), abs=1e-5)
    row, column, winner = found["slide_at"]
    assert (row, column) == (min(at[0], outputs.shape[1] - 1), min(at[1], outputs.shape[2] - 1))
    padded = np.pad(plane.numpy(), padding, constant_values=np.nan)
    patch = [padded[row * stride + dilation * i, column * stride + dilation * j] for i in range(k) for j in range(k)]
    assert found["slide_patch"].ravel() == pytest.approx(np.nan_to_num(patch))
    assert found["slide_inside"].ravel().tolist() == [int(not np.isnan(v)) for v in patch]
    products = found["slide_patch"] * found["slide_kernel"]
    assert found["slide_products"] == pytest.approx(products)
    total, own = found["slide_facts"]
    assert total == pytest.approx(float(products.astype(np.float64).sum()), abs=1e-4)
    assert own == pytest.approx(total, abs=1e-4)
    assert own == outputs[1 if operation == "average" else 0, row, column]
    if operation == "convolution":
        assert winner == -1
    else:
        assert patch[winner] == np.nanmax(patch) == outputs[0, row, column]


@settings(max_examples=200, deadline=None)
@given(window=st.fixed_dictionaries(WINDOWS), side=st.integers(4, 32), pooled=st.booleans())
def test_the_nearest_window_is_possible_and_a_possible_one_is_its_own_nearest(
    window: dict[str, int], side: int, pooled: bool
) -> None:
    k, stride, padding, dilation = (window[name] for name in ("size", "stride", "padding", "dilation"))
    wanted = Window(k, stride, padding, padding, dilation)
    found = nearest(wanted, side, pooled=pooled)
    assert nearest(found, side, pooled=pooled) == found and found.stride == stride and found.places(side) >= 1
    plane = torch.rand(1, 1, side, side)
    if pooled:
        largest = F.max_pool2d(plane, found.size, stride, found.before, found.dilation)
        assert torch.isfinite(largest).all(), "no window sees nothing but padding"
        assert found.dilation <= dilation and found.size <= k and found.before <= padding
    else:
        F.conv2d(
            plane, torch.ones(1, 1, found.size, found.size), stride=stride, padding=padding, dilation=found.dilation
        )
        assert found.before == padding and (found.size == k or found.dilation == dilation), "one thing is changed"


def test_the_numbers_of_ones_own_are_taken_and_kept_within_bounds(run: Run) -> None:
    own = [0.5, -1, 2, 3, 1000, -1000, 0, 0, 1]
    found = asked(run, numbers=own, split="test")
    assert found["slide_kernel"].ravel().tolist() == np.clip(own, -99, 99).tolist()
    weights = torch.tensor(own).clip(-99, 99).reshape(1, 1, 3, 3)
    assert found["slide_outputs"] == pytest.approx(
        F.conv2d(picture(run)[None], weights, padding=1)[0].numpy(), abs=1e-3
    )
    impossible = asked(run, numbers=own, dilation=4, padding=0)
    assert np.array_equal(impossible["slide_kernel"], found["slide_kernel"]), "nothing of it is lost"


@pytest.mark.parametrize("options", SENSELESS, ids=str)
def test_what_makes_no_sense_counts_as_not_given(run: Run, options: dict[str, Any]) -> None:
    usual, found = asked(run), asked(run, **options)
    assert all(np.array_equal(usual[name], found[name]) for name in usual)
    assert set(found) == set(SLIDE.arrays) and usual["slide_shape"].tolist() == [3, 1, 1, 1]
    assert usual["slide_at"].tolist() == [3, 3, -1], "the middle"


@pytest.mark.parametrize("k", range(1, 8))
def test_kernels_do_what_their_names_say(k: int) -> None:
    sums = {name: float(named(name, k).sum()) for name in NAMES}
    for name in ("blur", "sharpen", "identity"):
        assert sums[name] == pytest.approx(1), "the brightness stays"
    for name in ("edges_across", "edges_down", "outline"):
        assert sums[name] == pytest.approx(0, abs=1e-9), "an even area gives 0"
    ramp = np.broadcast_to(np.arange(k, dtype=float), (k, k))  # brighter to the right
    if k > 1:
        assert (named("edges_across", k) * ramp).sum() > 0 and (named("edges_down", k) * ramp.T).sum() > 0
        assert (named("edges_across", k) * ramp.T).sum() == pytest.approx(0, abs=1e-9)


def test_kernels_of_three_by_three_are_those_of_the_textbooks() -> None:
    assert named("edges_across", 3).tolist() == [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
    assert named("outline", 3).tolist() == [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]]
    assert named("sharpen", 3).tolist() == [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]
    assert named("emboss", 3).tolist() == [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]]
    assert (16 * named("blur", 3)).tolist() == [[1, 2, 1], [2, 4, 2], [1, 2, 1]]


def test_a_drawing_is_looked_at_in_place_of_an_example(run: Run) -> None:
    drawing = np.arange(64, dtype=np.uint8).reshape(8, 8) * 4
    found = asked(run, drawing=drawing, kernel="identity")
    assert found["slide_input"] == pytest.approx(drawing / 255, abs=1e-6)
    assert found["slide_outputs"][0] == pytest.approx(drawing / 255, abs=1e-6)


def test_of_a_picture_in_colour_the_mean_is_taken_or_one_colour() -> None:
    run = made("shapes")
    colours = picture(run)
    assert colours.shape[0] == 3
    assert asked(run, split="test")["slide_input"] == pytest.approx(colours.mean(0).numpy(), abs=1e-6)
    for i, name in enumerate(("red", "green", "blue")):
        assert np.array_equal(asked(run, split="test", colour=name)["slide_input"], colours[i].numpy())
    kernels = torch.tensor(named("edges_across", 3), dtype=torch.float32).expand(1, 3, 3, 3) / 3
    same = F.conv2d(colours[None], kernels, padding=1)[0].numpy()
    assert asked(run, split="test")["slide_outputs"] == pytest.approx(same, abs=1e-5), (
        "one kernel a colour, a third each"
    )


def test_it_leaves_the_run_alone(run: Run) -> None:
    before = run.learner.state()
    asked(run, operation="average", size=7, padding=3)
    after = run.learner.state()
    assert all(np.array_equal(before[name], after[name]) for name in before)


@pytest.mark.alone
def test_it_takes_a_few_milliseconds_at_most() -> None:
    run, times = made("shapes"), []
    for size in (3, 5, 7) * 5:
        began = time.process_time()
        asked(run, operation="average", size=size, padding=size // 2)
        times.append(time.process_time() - began)
    assert sorted(times)[-2] < 0.02


def test_every_network_of_pictures_is_offered_it_and_no_other(run: Run) -> None:
    plane, slide = start(experiment({"data": {"kind": "circle"}, "model": {"family": "mlp"}})), ANALYSES.load("slide")
    assert slide.offered(run.learner) and not slide.offered(plane.learner)
