"""Shapes and textures: what they are is measured on their pixels."""

from __future__ import annotations

import numpy as np
import pytest

from nnlab.data.pictures.shapes import CLUTTER, COLOURS, FACTORS, PLACES, RADII, SHAPES, outlines
from nnlab.data.pictures.textures import CLASSES, PERIOD, drawn
from tests.data.pictures.oracles import spec_of

# ---- shapes --------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def plain():
    """Shapes without noise: their pictures in the range of floats and their factors."""
    spec = spec_of("shapes", samples=1_200, noise=0)
    return spec.load().inputs.astype(float), spec.factors()


def ink(pictures):
    """How far each pixel is from the background, which is the median of the picture: (n, 32, 32)."""
    ground = np.median(pictures.reshape(len(pictures), 3, -1), axis=2)
    return np.abs(pictures - ground[:, :, None, None]).max(axis=1)


def test_every_factor_asks_about_the_same_pictures():
    asked = {factor: spec_of("shapes", samples=300, factor=factor) for factor in FACTORS}
    loads = {factor: spec.load() for factor, spec in asked.items()}
    for factor, data in loads.items():
        assert np.array_equal(data.inputs, loads["shape"].inputs)
        assert np.array_equal(data.is_test, loads["shape"].is_test)
        assert np.array_equal(data.targets, asked["shape"].factors()[factor])
        assert data.answer.class_names == FACTORS[factor]


def test_every_value_of_a_factor_is_as_frequent_as_the_others_and_says_nothing_of_another_factor():
    factors = spec_of("shapes", samples=6_000).factors()
    for name, values in factors.items():
        counts = np.bincount(values)
        assert len(counts) == len(FACTORS[name]) and counts.max() - counts.min() <= 2
    for name, values in factors.items():
        for other in set(FACTORS) - {name}:
            assert abs(np.corrcoef(values, factors[other])[0, 1]) < 0.05


def test_the_shape_lies_where_its_place_says(plain):
    pictures, factors = plain
    clear = factors["clutter"] == 0
    weights = ink(pictures)[clear] > 20
    at = np.arange(32) + 0.5
    x, y = (weights.sum(axis) @ at / weights.sum((1, 2)) for axis in (1, 2))
    right, down = np.array(list(PLACES.values()))[factors["place"][clear]].T > 16
    assert ((x > 16) == right).all() and ((y > 16) == down).all()


def test_the_shape_is_as_large_as_its_size_says(plain):
    """Pixels of circles and squares are πr² and 2r², r within 0.6 of the radius."""
    pictures, factors = plain
    covers = {"circle": np.pi, "square": 2.0}
    for shape, area in covers.items():
        rows = (factors["shape"] == SHAPES.index(shape)) & (factors["clutter"] == 0)
        pixels = (ink(pictures[rows]) > 0.5 * ink(pictures[rows]).max((1, 2), keepdims=True)).sum((1, 2))
        radius = np.array(list(RADII.values()))[factors["size"][rows]]
        assert (np.abs(np.sqrt(pixels / area) - radius) < 1.1).all()
        assert rows.sum() > 30


def test_the_shape_has_its_colour(plain):
    pictures, factors = plain
    clear = (factors["clutter"] == 0) & (factors["shape"] != SHAPES.index("ring"))
    shown = pictures[clear]
    strong = ink(shown)
    strong = strong >= 0.95 * strong.max((1, 2), keepdims=True)
    mean = (shown * strong[:, None]).sum((2, 3)) / strong.sum((1, 2))[:, None]
    near = np.linalg.norm(mean[:, None] - np.array(list(COLOURS.values())), axis=2).argmin(1)
    assert np.array_equal(near, factors["colour"][clear])


def test_clutter_is_as_much_as_it_says(plain):
    """Pixels that differ from the ground beside the shape: none, some, much."""
    pictures, factors = plain
    inked = (ink(pictures) > 12).sum((1, 2))
    means = [inked[(factors["clutter"] == level) & (factors["size"] == 0)].mean() for level in range(len(CLUTTER))]
    assert means[0] < means[1] - 20 and means[1] < means[2] - 25


@pytest.mark.parametrize(
    ("shape", "area", "corners"),
    [
        ("circle", np.pi, 32),
        ("square", 2.0, 4),
        ("triangle", 3 * np.sqrt(3) / 4, 3),
        ("star", 10 * 0.5 * 0.42 * np.sin(np.pi / 5), 10),
        ("cross", 4 * 0.64 * (0.95 - 0.32) + 0.64**2, 12),
    ],
)
def test_an_outline_encloses_the_area_of_its_shape(shape, area, corners):
    ((points,),) = outlines(shape, np.array([0.3]))
    x, y = points.T
    assert len(points) == corners
    assert abs(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1))) / 2 == pytest.approx(area, rel=0.01)


def test_a_ring_has_a_hole():
    (outer,), (hole,) = outlines("ring", np.zeros(1))
    assert np.allclose(np.hypot(*hole.T), 0.55) and np.allclose(np.hypot(*outer.T), 1)


def test_noise_strays_as_much_as_it_says():
    still, noisy = (spec_of("shapes", samples=200, noise=noise).load().inputs for noise in (0, 20))
    middle = (still > 100) & (still < 155)
    assert (noisy[middle].astype(float) - still[middle]).std() == pytest.approx(51, rel=0.08)


# ---- textures ------------------------------------------------------------------------------------------------------------
def plane(u, v):
    """Places (u, v) as the pattern wants them."""
    return np.array(u, np.float32)[None, None], np.array(v, np.float32)[None, None]


@pytest.mark.parametrize(
    ("pattern", "bright", "dark"),
    [
        ("stripes", [(0.25, 0.0), (0.25, 3.3), (1.25, 1.0)], [(0.75, 0.0), (0.75, 0.4)]),
        ("checks", [(0.5, 1.5), (1.5, 0.5)], [(0.5, 0.5), (1.5, 1.5)]),
        ("dots", [(0.0, 0.0), (3.0, -2.0)], [(0.5, 0.5), (0.5, 0.2)]),
        ("waves", [(0.25, 0.0), (-0.1, 0.5)], [(0.75, 0.0), (0.4, 0.5)]),
        ("rings", [(0.25, 0.0), (0.0, -0.25), (1.25, 0.0)], [(0.75, 0.0), (0.0, 0.75)]),
        ("bricks", [(1.0, 0.5), (0.0, 1.5)], [(0.0, 0.5), (1.0, 1.5), (1.0, 0.0), (0.3, 2.0)]),
        ("grid", [(0.0, 0.3), (0.4, 2.0)], [(0.5, 0.5), (0.4, 1.6)]),
    ],
)
def test_a_pattern_is_bright_and_dark_where_its_formula_says(pattern, bright, dark):
    for points, value in ((bright, 1), (dark, 0)):
        u, v = plane(*zip(*points, strict=True))
        assert np.allclose(drawn(pattern, u, v, np.zeros((1, 6, 2), np.float32)), value, atol=0.02)


def test_clouds_are_the_sum_of_six_waves():
    rng = np.random.default_rng(0)
    u, v, waves = rng.random((1, 1, 9)), rng.random((1, 1, 9)), rng.random((1, 6, 2)) * 6
    theirs = sum(np.cos(np.pi * (np.cos(a) * u + np.sin(a) * v) + p) for a, p in waves[0]) / 6
    assert np.allclose(drawn("clouds", u, v, waves), np.clip(0.5 + theirs, 0, 1), atol=1e-5)


def test_stripes_have_the_period_and_the_angle_that_are_asked_for():
    """The strongest frequency of the picture, by a Fourier transform."""
    data = spec_of("textures", samples=800, angle=0, scales=0, noise=0).load()
    stripes = data.inputs[data.targets == CLASSES.index("stripes"), 0].astype(float)
    power = np.abs(np.fft.rfft(np.pad(stripes.mean(1) - stripes.mean((1, 2))[:, None], ((0, 0), (0, 480)))))
    peak = power.argmax(1)
    assert np.abs(512 / peak - PERIOD).max() < 0.5
    assert (stripes.std(1).max(1) < 1).all(), "alike from top to bottom"


def test_the_spread_of_scales_reaches_twice_as_coarse_and_as_fine():
    spec = spec_of("textures", angle=0, scales=100)
    draws = np.zeros((3, 5), np.float32)
    draws[:, 1] = -1, 0, 1
    u, _ = spec._coordinates(draws)
    assert np.allclose(1 / np.diff(u[:, 0], axis=1).mean(1), [PERIOD / 2, PERIOD, 2 * PERIOD], rtol=1e-4)


def test_no_pixel_tells_a_class_by_its_mean():
    data = spec_of("textures", samples=8_000).load()
    means = np.array([data.inputs[data.targets == label, 0].mean((0, 1, 2)) for label in range(8)])
    each = np.array([data.inputs[data.targets == label, 0].mean(0) for label in range(8)])
    assert np.abs(each - means[:, None, None]).max() < 16, "alike everywhere"
