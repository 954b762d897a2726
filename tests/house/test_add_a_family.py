"""The code of docs/add-a-family.md works as it stands: registered by the page's own lines, trained, looked at, taken out again."""

from __future__ import annotations

import re
import sys
import tomllib
import types
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import nn

from nnlab.analysis.analysis import offers
from nnlab.analysis.probe import probe
from nnlab.core.experiment import experiment
from nnlab.core.plugins import GROUP, Plugin
from nnlab.core.registries import FAMILIES, LEARNERS, REGISTRIES, TOPICS, VIEWS
from nnlab.train.run import Run, advance, seek, start

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "add-a-family.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL)
SPEC, LEARNER, TOPIC, PLUGIN = [text for language, text in BLOCKS if language == "python"]


def module(monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> types.ModuleType:
    """A module of the page's text, as if its file were there."""
    made = types.ModuleType(name)
    monkeypatch.setitem(sys.modules, name, made)
    exec(text, made.__dict__)
    return made


@pytest.fixture
def waves(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The page's family, registered by the page's own lines."""
    monkeypatch.setitem(sys.modules, "nnlab.families.waves", types.ModuleType("nnlab.families.waves"))
    module(monkeypatch, "nnlab.families.waves.spec", SPEC)
    module(monkeypatch, "nnlab.families.waves.learner", LEARNER)
    module(monkeypatch, "nnlab.ui.topics.waves", TOPIC)
    told = re.findall(r'`"(\w+)": "([\w.:]+)",`\s+in\s+`(\w+)`', PAGE)
    assert [(name, registry) for name, _, registry in told] == [("waves", "FAMILIES"), ("waves", "LEARNERS")]
    for name, line, registry in told:
        assert REGISTRIES[registry.lower()].add({name: line}) == []
    TOPICS.add({"waves": "nnlab.ui.topics.waves:TOPIC"})
    yield
    for name, line, registry in told:
        REGISTRIES[registry.lower()].remove({name: line})
    TOPICS.remove({"waves": "nnlab.ui.topics.waves:TOPIC"})


@pytest.fixture
def run(waves: None) -> Run:
    return start(experiment(FAMILIES.load("waves").example()))


def test_it_trains_and_goes_back_exactly(run: Run):
    first, before = run.learner.flat.clone(), run.metrics["train_loss"]
    advance(run, steps=300)
    assert run.learner.evaluate("train")["loss"] < before / 2
    seek(run, 0)
    assert torch.equal(run.learner.flat, first)


def test_its_first_step_is_that_of_adam_on_the_same_model_written_out(run: Run):
    spec, before = run.experiment.training, run.learner.flat.double().requires_grad_()
    hidden, shift, out, bias = before.split([32, 16, 16, 1])
    rows = run.learner._order[: spec.batch_size]
    inputs, targets = (part[rows].double() for part in run.learner.batch("train"))
    logits = torch.sin(inputs @ hidden.view(16, 2).t() + shift) @ out + bias
    (grad,) = torch.autograd.grad(nn.functional.binary_cross_entropy_with_logits(logits, targets), before)
    advance(run, steps=1)
    after = before - spec.learning_rate * grad / (
        grad.abs() + 1e-8
    )  # the means of one gradient are the gradient itself
    torch.testing.assert_close(run.learner.flat.double(), after, rtol=1e-4, atol=1e-5)


def test_its_maps_and_its_page_are_there(run: Run):
    topic = TOPICS.load("waves")
    assert topic.can_show(topic.first.experiment)
    offered = offers(run.learner)
    assert [(view, need) for view in topic.views for need in VIEWS.load(view).needs if need not in offered] == []
    assert probe(run.learner, ["boundary"])["boundary"].shape == (100, 100)


def test_what_its_preset_tells_people_to_watch_is_there_to_be_seen(waves: None):
    one = start(TOPICS.load("waves").first.experiment)
    advance(one, steps=1_000)
    centre, *corners = one.learner.outputs(torch.tensor([[0.0, 0], [5.9, 5.9], [-5.9, 5.9], [5.9, -5.9], [-5.9, -5.9]]))
    ring = one.learner.outputs(torch.tensor([[4.0, 0], [0, 4.0], [-4.0, 0], [0, -4.0]]))
    assert centre > 0.5 and ring.max() < -0.5
    assert max(corners) > 0.5, "in the corners, where there are no points, they rise again"


def test_afterwards_nobody_knows_it():
    assert all("waves" not in registry for registry in (FAMILIES, LEARNERS, TOPICS))


def test_the_package_from_outside_adds_the_same_lines(monkeypatch: pytest.MonkeyPatch):
    project = tomllib.loads(next(text for language, text in BLOCKS if language == "toml"))["project"]
    assert project["entry-points"][GROUP] == {"waves": "nnlab_waves:PLUGIN"}
    plugin = module(monkeypatch, "nnlab_waves", PLUGIN).PLUGIN
    assert isinstance(plugin, Plugin)
    assert {sort: list(lines) for sort, lines in plugin.lines.items()} == {
        sort: ["waves"] for sort in ("families", "learners", "topics")
    }
    assert plugin.lines["families"]["waves"].endswith(":Waves") and "class Waves(" in SPEC
    assert plugin.lines["learners"]["waves"].endswith(":WavesLearner") and "class WavesLearner(" in LEARNER
