"""The example of docs/add-a-dataset.md works as it stands."""

from __future__ import annotations

import re
import sys
import types
from pathlib import Path

import numpy as np
import pytest

from nnlab.core.experiment import experiment
from nnlab.core.registries import DATASETS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "add-a-dataset.md").read_text(encoding="utf-8")


@pytest.fixture
def rings(monkeypatch):
    """The page's example, registered by the page's own line."""
    module = types.ModuleType("nnlab.data.points.rings")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(re.search(r"```python\n(.*?)```", PAGE, re.DOTALL).group(1), module.__dict__)
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


def test_the_page_is_short():
    assert PAGE.count("\n") <= 60
