"""Every registered surface: its minima, domain and source, checked by scipy and by autograd."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.optimize import approx_fprime, minimize

from nnlab.core.registries import SURFACES
from nnlab.surfaces.surface import Surface

EVERY = pytest.mark.parametrize("name", list(SURFACES))


def at(surface: Surface, point: np.ndarray) -> float:
    return float(surface.value(np.asarray(point[0]), np.asarray(point[1])))


@EVERY
def test_each_minimum_is_where_scipy_finds_one_and_has_the_value_it_says(name: str) -> None:
    surface = SURFACES.load(name)
    assert surface.minima
    for x, y, value in surface.minima:
        found = minimize(lambda p: at(surface, p), [x + 0.01, y - 0.01], tol=1e-12)
        assert np.allclose(found.x, [x, y], atol=1e-4)
        assert abs(at(surface, np.array([x, y])) - value) < 1e-5


@EVERY
def test_nothing_on_a_fine_grid_of_the_domain_lies_below_the_global_minima(name: str) -> None:
    surface = SURFACES.load(name)
    x_min, x_max, y_min, y_max = surface.domain
    x, y = np.meshgrid(np.linspace(x_min, x_max, 401), np.linspace(y_min, y_max, 401))
    lowest = min(value for _, _, value in surface.minima)
    assert surface.value(x, y).min() >= lowest - 1e-6


@EVERY
def test_the_start_and_the_minima_lie_in_the_domain(name: str) -> None:
    surface = SURFACES.load(name)
    x_min, x_max, y_min, y_max = surface.domain
    for x, y in [surface.start, *[(x, y) for x, y, _ in surface.minima]]:
        assert x_min < x < x_max and y_min < y < y_max


@EVERY
def test_torch_computes_the_same_values_and_its_gradient_agrees_with_finite_differences(name: str) -> None:
    surface = SURFACES.load(name)
    rng = np.random.default_rng(0)
    x_min, x_max, y_min, y_max = surface.domain
    for point in np.stack([rng.uniform(x_min, x_max, 20), rng.uniform(y_min, y_max, 20)], 1):
        tensor = torch.tensor(point, dtype=torch.float64, requires_grad=True)
        value = surface.value(tensor[0], tensor[1], torch)
        value.backward()
        assert float(value.detach()) == pytest.approx(at(surface, point), rel=1e-12)
        numeric = approx_fprime(point, lambda p: at(surface, p), 1e-7)
        assert np.allclose(tensor.grad.numpy(), numeric, rtol=1e-4, atol=1e-3)


@EVERY
def test_each_surface_says_where_it_is_from_and_what_to_watch(name: str) -> None:
    surface = SURFACES.load(name)
    assert surface.source.endswith(".") and surface.watch and surface.title
