"""The Python of docs/add-a-view.md works as it stands; its JavaScript is drawn in tests/browser/test_add_a_view.py."""

from __future__ import annotations

import re
import sys
import tomllib
import types
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from nnlab.analysis.analysis import offers
from nnlab.analysis.probe import probe
from nnlab.core.experiment import experiment
from nnlab.core.plugins import GROUP, Plugin
from nnlab.core.registries import ANALYSES, FAMILIES, REGISTRIES, VIEWS
from nnlab.families.learner import Learner
from nnlab.families.mlp.layout import weight_of
from nnlab.train.run import start
from nnlab.ui.topic import Topic
from nnlab.views.view import View

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "add-a-view.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL)
ANALYSIS, DECLARATION, PLUGIN, TOPIC = [text for language, text in BLOCKS if language == "python"]
(MODULE,) = [text for language, text in BLOCKS if language == "js"]
NAMES = {"View": View, "__file__": "/somewhere/nnlab_sizes/view.py"}


def module(monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> types.ModuleType:
    """A module of the page's text, as if its file were there."""
    made = types.ModuleType(name)
    made.__dict__.update(NAMES)
    monkeypatch.setitem(sys.modules, name, made)
    exec(text, made.__dict__)
    return made


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The page's analysis and view, registered by the page's own lines."""
    module(monkeypatch, "nnlab.analysis.weights.sizes", ANALYSIS)
    monkeypatch.setattr("nnlab.views.weights.SIZES", module(monkeypatch, "sizes", DECLARATION).SIZES, raising=False)
    told = re.findall(r'`"(\w+)": "([\w.:]+)",`\s+in\s+`(\w+)`', PAGE)
    assert [(name, registry) for name, _, registry in told] == [("sizes", "ANALYSES"), ("sizes", "VIEWS")]
    for name, line, registry in told:
        assert REGISTRIES[registry.lower()].add({name: line}) == []
    yield
    for name, line, registry in told:
        REGISTRIES[registry.lower()].remove({name: line})


@pytest.fixture
def learner(registered: None) -> Learner:
    return start(experiment(FAMILIES.load("mlp").example())).learner


def test_the_analysis_is_offered_where_there_are_layers_and_only_there(learner: Learner):
    assert "sizes" in offers(learner)
    assert "sizes" not in offers(start(experiment(FAMILIES.load("race").example())).learner)


def test_its_numbers_are_the_norms_of_the_layers(learner: Learner):
    layers = [weight_of(learner.flat, block).numpy() for block in learner.blocks]
    (squares,) = probe(learner, ["sizes"]).values()
    (sums,) = probe(learner, ["sizes"], {"sizes": {"order": 1}}).values()
    (nonsense,) = probe(learner, ["sizes"], {"sizes": {"order": "1; drop"}}).values()
    np.testing.assert_allclose(squares, [np.sqrt((layer**2).sum()) for layer in layers], rtol=1e-6)
    np.testing.assert_allclose(sums, [np.abs(layer).sum() for layer in layers], rtol=1e-6)
    assert np.array_equal(nonsense, squares)


def test_the_declaration_names_the_analysis_whose_arrays_and_options_the_module_uses(registered: None):
    view = VIEWS.load("sizes")
    assert view.needs == ("sizes",) and set(view.needs) <= set(ANALYSES)
    assert set(re.findall(r"f\.arrays\.(\w+)", MODULE)) == set(ANALYSES.load("sizes").arrays)
    assert set(re.findall(r'board\.option(?:Of)?\("(\w+)", "order"', MODULE)) == {"sizes"}
    assert view.help.endswith(".") and view.alt.endswith(".") and f"assets/{view.module}" in PAGE


def test_afterwards_nobody_knows_it():
    assert "sizes" not in ANALYSES and "sizes" not in VIEWS


def test_the_package_from_outside_adds_the_same_and_a_page(monkeypatch: pytest.MonkeyPatch):
    project = tomllib.loads(next(text for language, text in BLOCKS if language == "toml"))["project"]
    assert project["entry-points"][GROUP] == {"sizes": "nnlab_sizes:PLUGIN"}
    plugin = module(monkeypatch, "nnlab_sizes", PLUGIN).PLUGIN
    assert isinstance(plugin, Plugin) and plugin.assets == Path("/somewhere/nnlab_sizes/assets")
    assert {sort: list(lines) for sort, lines in plugin.lines.items()} == {
        sort: ["sizes"] for sort in ("analyses", "views", "topics")
    }
    assert f'module="plugins/{next(iter(project["entry-points"][GROUP]))}/sizes.js"' in PAGE
    topic = module(monkeypatch, "nnlab_sizes.topic", TOPIC).TOPIC
    assert isinstance(topic, Topic) and topic.can_show(topic.first.experiment)
    assert topic.page == "/somewhere/nnlab_sizes/page.py"
