"""The surface that was chosen: a registered one by name, a typed one with minima that a search has found."""

from __future__ import annotations

import numpy as np
import pytest

from nnlab.core.errors import Refused
from nnlab.core.experiment import experiment
from nnlab.core.fields import controls
from nnlab.core.forms import Surface
from nnlab.core.registries import SURFACES
from nnlab.surfaces.chosen import MOST, chosen, curvature, search
from nnlab.surfaces.data import REACH, SurfaceData


def offered():
    return next(c for c in controls(SurfaceData) if c.name == "surface").choices


def test_every_registered_surface_can_be_chosen_and_one_can_be_typed(monkeypatch):
    assert offered() == (*SURFACES, "typed")
    for name in SURFACES:
        assert chosen(name, "x", REACH) is SURFACES.load(name)
    race = {"data": {"kind": "surface", "surface": "mine"}, "model": {"family": "race"}}
    with pytest.raises(Refused, match=r"data\.surface must be 'bowl', .* or 'typed'; got 'mine'\."):
        experiment(race)
    monkeypatch.setitem(SURFACES._lines, "mine", SURFACES._lines["saddle"])
    assert offered()[-2:] == ("mine", "typed")
    assert experiment(race).data.surface == "mine"


@pytest.mark.parametrize("name", ["bowl", "saddle", "himmelblau", "rosenbrock", "ravine"])
def test_a_search_finds_the_minima_of_a_surface_that_is_known(name):
    known = SURFACES.load(name)
    found = search(known.expression, REACH)
    assert len(found) == len(known.minima)
    for x, y, value in known.minima:
        near = min(found, key=lambda m: np.hypot(m[0] - x, m[1] - y))
        assert np.hypot(near[0] - x, near[1] - y) < 1e-4
        assert near[2] == pytest.approx(value, abs=1e-7)


@pytest.mark.parametrize("formula", ["x", "0", "sign(x)", "floor(x) + floor(y)", "-(x^2 + y^2)"])
def test_where_there_is_no_minimum_inside_none_is_found(formula):
    assert search(formula, REACH) == ()


def test_of_many_equal_minima_a_few_are_kept():
    assert 1 < len(search("cos(9*x) + cos(9*y)", REACH)) <= MOST


def test_curvature_is_about_the_largest_second_derivative():
    assert curvature("(x^2 + 40*y^2)/2", REACH) == pytest.approx(40, rel=1e-6)


def test_a_typed_surface_can_be_raced_on():
    surface = chosen("typed", "x^2 + y^2/4 + sin(3*x)", REACH)
    assert surface.expression == "x^2 + y^2/4 + sin(3*x)"
    assert surface.domain == (-REACH, REACH, -REACH, REACH)
    assert 0 < surface.learning_rate < 2 / curvature(surface.expression, REACH)
    assert surface.watch.endswith("?") and surface.source.endswith(".")


@pytest.mark.parametrize(
    ("formula", "says"),
    [
        ("x +", "cannot be read"),
        ("log(x)", "no finite value"),
        ("z^2", "is not a variable here"),
        ("1/x", "no finite value at x = 0"),
        ("log(abs(x))", "no finite value"),
        ("1/(x-1)", "no finite value at x = 1"),
        ("-1/(x^2+y^2)", "no finite value"),
        ("1/(abs(x)+0.1)", None),
        ("__import__('os')", "has no meaning"),
        ("", "is empty"),
        ("exp(x^64)", "no finite value"),
    ],
)
def test_a_formula_that_does_not_parse_or_is_not_finite_gets_a_sentence(formula, says):
    value = {"data": {"kind": "surface", "surface": "typed", "formula": formula}, "model": {"family": "race"}}
    if says is None:
        assert experiment(value).data.formula == formula
        return
    with pytest.raises(Refused, match=says) as refused:
        experiment(value)
    assert [p.field for p in refused.value.problems] == ["data.formula"]


def test_its_data_are_one_row_so_that_an_epoch_is_one_step():
    data = SurfaceData(kind="surface").load()
    assert (len(data.inputs), data.is_test.any(), data.form) == (1, False, Surface(REACH))
    assert (data.answer.kind, data.answer.outputs, data.targets.shape) == ("none", 1, (1, 0))
    assert SurfaceData(kind="surface").sizes() == (1, 0)
