"""The examples of docs/add-a-dataset.md work as they stand."""

from __future__ import annotations

import re
import sys
import tomllib
import types
from pathlib import Path

import numpy as np
import pytest

from nnlab.core.experiment import experiment
from nnlab.core.plugins import GROUP
from nnlab.core.registries import DATASETS
from tests.examples import assert_whole

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "add-a-dataset.md").read_text(encoding="utf-8")
RINGS, STRIPES, PLUGIN = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def rings(monkeypatch):
    """The page's example, registered by the page's own line."""
    module = types.ModuleType("nnlab.data.points.rings")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(RINGS, module.__dict__)
    name, target = re.search(r'`"(\w+)": "([\w.:]+)",`', PAGE).groups()
    monkeypatch.setitem(DATASETS._lines, name, target)
    return experiment({"data": {"kind": name, "rings": 5, "noise": 20}, "model": {"family": "mlp"}}).data


def test_the_example_is_a_dataset(rings):
    data = rings.load()
    assert (rings.target, data.inputs.shape, set(data.targets.tolist())) == ("class", (500, 2), {0, 1})
    assert np.abs(data.inputs).max() <= 6


def test_the_example_follows_its_equation(rings):
    data = rings.model_copy(update={"noise": 0.0}).load()
    ring = np.hypot(*data.inputs.T) - 0.5
    assert np.allclose(ring, np.round(ring), atol=1e-5)
    assert np.array_equal(np.round(ring) % 2, data.targets)


@pytest.fixture
def stripes(monkeypatch):
    """The example of another form."""
    module = types.ModuleType("stripes")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(STRIPES, module.__dict__)
    return module.Stripes


@pytest.mark.parametrize("samples", [20, 33, 200])
def test_the_example_of_another_form_is_whole(stripes, samples):
    data = assert_whole(stripes(kind="stripes", samples=samples))
    assert data.count("test") == samples // 5


def test_a_stripe_of_pixels_tells_rows_from_columns(stripes):
    data = stripes(kind="stripes").load()
    bright = data.inputs[:, 0] == 255
    assert np.array_equal(bright.all(axis=1).any(axis=1), data.targets == 1)
    assert np.array_equal(bright.all(axis=2).any(axis=1), data.targets == 0)


def test_the_package_from_outside_adds_the_same_line():
    (project,) = (tomllib.loads(text)["project"] for text in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL))
    made = types.ModuleType("nnlab_rings")
    exec(PLUGIN, made.__dict__)
    assert project["entry-points"][GROUP] == {"rings": "nnlab_rings:PLUGIN"}
    assert made.PLUGIN.lines == {"datasets": {"rings": "nnlab_rings.rings:Rings"}}
