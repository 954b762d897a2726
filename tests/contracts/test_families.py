"""Every registered family: described for the screen, torch-free to choose, and a learner that keeps the contract."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch

from benchmarks.engine import dataset
from nnlab.core.experiment import Experiment, experiment
from nnlab.core.fields import controls
from nnlab.core.registries import ANALYSES, FAMILIES, LEARNERS
from nnlab.families.learner import PHASES, Learner

NAMES = list(FAMILIES)
LEARNING = [name for name in NAMES if "class" in FAMILIES.load(name).tasks]  # from points; a race does not
CPU = torch.device("cpu")


def spec_of(family: str) -> Experiment:
    return experiment({"data": {"kind": "circle"}, "model": {"family": family}, "training": {"batch_size": 40}})


def _data_of(family: str) -> str:
    """A dataset that the family can do something with."""
    return "circle" if family in LEARNING else "surface"


@pytest.fixture(params=LEARNING)
def learner(request: pytest.FixtureRequest) -> Learner:
    made: Learner = LEARNERS.load(request.param)(spec_of(request.param), dataset(), CPU)
    return made


@pytest.mark.parametrize("family", NAMES)
def test_what_can_be_chosen_is_described(family):
    spec = FAMILIES.load(family)
    assert spec.__doc__
    shown = {control.name: control for control in controls(spec)}
    assert set(shown) == set(spec.model_fields) - {"family"}
    assert all(c.param.label and c.param.help.endswith(".") for c in shown.values())


@pytest.mark.parametrize("family", NAMES)
def test_choosing_does_not_import_torch(family):
    code = (
        "import sys; from nnlab.core.experiment import experiment;"
        f"experiment({{'data': {{'kind': {_data_of(family)!r}}}, 'model': {{'family': {family!r}}}}}); "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_family_has_a_learner():
    assert list(LEARNERS) == NAMES


def test_all_methods_are_its_own(learner):
    assert not type(learner).__abstractmethods__


def test_it_offers_only_what_somebody_computes(learner):
    assert learner.offers
    assert learner.offers <= set(ANALYSES)


def test_blocks_lie_inside_the_flat_vector_and_do_not_overlap(learner):
    seen = set()
    for block in learner.blocks:
        rows = np.arange(block.fan_out)
        weights = block.start + rows[:, None] * block.stride + np.arange(block.fan_in)
        biases = block.bias + rows * block.bias_stride
        places = [*weights.flatten().tolist(), *biases.tolist()]
        assert len(set(places)) == len(places)
        assert seen.isdisjoint(places)
        seen.update(places)
    assert max(seen) < len(learner.flat) == len(learner.grad)


def test_the_facts_are_json_and_true(learner):
    import json

    facts = json.loads(json.dumps(learner.facts()))
    assert facts["parameters"] == len(learner.flat)
    assert facts["flops"] == learner.flops() > 0
    assert len(facts["blocks"]) == len(learner.blocks)


def test_training_lowers_the_loss_and_reading_changes_nothing(learner):
    before = learner.evaluate("train")["loss"]
    for epoch in range(60):
        learner.shuffle(torch.randperm(250, generator=torch.Generator().manual_seed(epoch)))
        learner.steps(0, 250, batch=40, lr=0.03, step=epoch * 7, count=1_000)
    assert learner.evaluate("train")["loss"] < before
    weights, grad = learner.flat.clone(), learner.grad.clone()
    grid = torch.rand(64, 2) * 12 - 6
    learner.evaluate("test"), learner.outputs(grid), learner.activations(grid), learner.gradient(), learner.state()
    assert torch.equal(learner.flat, weights)
    assert torch.equal(learner.grad, grad)


def test_shapes_of_what_is_read(learner):
    grid = torch.rand(64, 2) * 12 - 6
    layers = learner.activations(grid)
    assert [len(layer) for layer in layers] == [learner.blocks[0].fan_in, *(b.fan_out for b in learner.blocks)]
    assert all(layer.shape[1] == 64 for layer in layers)
    assert learner.outputs(grid).shape == (64, learner.data.n_outputs)
    assert learner.gradient().shape == learner.flat.shape


def test_a_learner_built_again_repeats_every_number(learner):
    other = LEARNERS.load(learner.experiment.model.family)(learner.experiment, learner.data, CPU)
    for made in (learner, other):
        made.steps(0, 250, batch=40, lr=0.1, step=0, count=7)
    assert torch.equal(learner.flat, other.flat)
    assert learner.evaluate("train") == other.evaluate("train")


def test_a_state_brings_everything_back(learner):
    learner.steps(0, 250, batch=40, lr=0.1, step=0, count=3)
    kept = learner.state()
    assert all(isinstance(array, np.ndarray) for array in kept.values())
    expected = [learner.steps(120, 250, batch=40, lr=0.1, step=3, count=4), learner.flat.clone()]
    learner.restore(kept)
    found = [learner.steps(120, 250, batch=40, lr=0.1, step=3, count=4), learner.flat]
    assert found[0] == expected[0]
    assert torch.equal(found[1], expected[1])


def test_the_four_phases_are_one_step(learner):
    other = LEARNERS.load(learner.experiment.model.family)(learner.experiment, learner.data, CPU)
    before = learner.flat.clone()
    learner.step(0, 40, 0.1, 0)
    numbers = {}
    for name in PHASES:
        numbers |= other.phase(name, 0, 40, 0.1, 0)
    assert torch.equal(learner.flat, other.flat)
    assert set(numbers) >= {"z", "a", "a_mean", "losses", "loss", "grad", "delta"}
    np.testing.assert_allclose(numbers["delta"], (other.flat - before).numpy(), atol=1e-7)


def test_the_default_steps_of_the_contract_are_the_same_updates(learner):
    other = LEARNERS.load(learner.experiment.model.family)(learner.experiment, learner.data, CPU)
    told = learner.steps(0, 250, batch=40, lr=0.1, step=0, count=100)
    assert Learner.steps(other, 0, 250, batch=40, lr=0.1, step=0, count=100) == told == (7, 250)
    assert torch.equal(learner.flat, other.flat)
