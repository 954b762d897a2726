"""A learner of every registered family keeps the contract of `families.learner`, on data of its own kind."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from nnlab.core.errors import Refused
from nnlab.core.experiment import at, patch
from nnlab.core.fields import controls
from nnlab.core.records import SPLITS
from nnlab.core.training import Descent
from nnlab.families.learner import PHASES, Learner
from nnlab.families.readings import Classifying, Differentiable, OnPlane
from tests.contracts.conftest import learner_of

LR = 0.02


def batch_of(learner: Learner) -> int:
    """The size of a batch."""
    return min(learner.experiment.training.batch_size, learner.count("train"))


def order(n: int, epoch: int) -> torch.Tensor:
    return torch.randperm(n, generator=torch.Generator().manual_seed(epoch))


def train(learner: Learner, epochs: int, first: int = 0) -> Learner:
    """Some passes through the data."""
    n, batch = learner.count("train"), batch_of(learner)
    for epoch in range(first, first + epochs):
        learner.shuffle(order(n, epoch), epoch)
        learner.steps(0, n, batch=batch, lr=LR, step=epoch * -(-n // batch), count=n)
    return learner


def frozen(learner: Learner) -> dict[str, bytes]:
    """Everything that later steps depend on, and the last gradient."""
    arrays = {name: np.asarray(value).tobytes() for name, value in learner.state().items()}
    return arrays | {"grad": learner.grad.cpu().numpy().tobytes()}


def test_all_methods_are_its_own(learner):
    assert not type(learner).__abstractmethods__


def test_groups_lie_one_after_the_other_in_flat_and_each_has_a_descent(learner):
    places = [i for group in learner.groups for i in range(group.part.start, group.part.stop)]
    assert places == list(range(places[0], places[-1] + 1)) and len(learner.grad) == len(learner.flat)
    assert places[0] >= 0 and places[-1] < len(learner.flat)
    assert all(isinstance(at(learner.experiment, group.path), Descent) for group in learner.groups)
    rates = [learner.group_lr(i, LR) for i in range(len(learner.groups))]
    assert max(rates) > 0 and min(rates) >= 0  # what is frozen has none


def test_blocks_lie_inside_the_flat_vector_and_do_not_overlap(learner):
    seen: set[int] = set()
    for block in learner.blocks:
        rows = np.arange(block.fan_out)
        weights = block.start + rows[:, None] * block.stride + np.arange(block.fan_in)
        biases = block.bias + rows * block.bias_stride if block.bias >= 0 else np.array([], int)
        places = [*weights.flatten().tolist(), *biases.tolist()]
        assert len(set(places)) == len(places)
        assert seen.isdisjoint(places)
        seen.update(places)
    assert max(seen, default=0) < len(learner.flat)


def test_the_facts_are_json_and_true(learner):
    facts = json.loads(json.dumps(learner.facts()))
    assert facts["parameters"] == len(learner.flat)
    assert facts["flops"] == learner.flops() > 0
    assert len(facts["blocks"]) == len(learner.blocks)


def test_what_it_measures_is_what_it_declares(learner):
    declared = {split: {m.measured_as for m in learner.metrics if m.split == split} for split in SPLITS}
    for split in SPLITS:
        found = learner.evaluate(split)
        assert set(found) >= (declared[split] if learner.count(split) else set())
        assert all(isinstance(value, float) for value in found.values())
    assert set(learner.gauges()) == {m.name for m in learner.metrics if not m.split}


def test_training_makes_its_first_metric_better(learner):
    metric = next(m for m in learner.metrics if m.better and m.split != "test")

    def measured():
        return (learner.evaluate(metric.split) if metric.split else learner.gauges())[metric.measured_as]

    before = measured()
    train(learner, 60)
    change = measured() - before
    assert change < 0 if metric.better == "lower" else change > 0


def test_reading_changes_nothing(learner):
    before = frozen(train(learner, 3))
    for split in SPLITS:
        learner.evaluate(split)
        learner.losses_at(learner.flat[learner.place(None)].unsqueeze(0), split)
    learner.gradient(), learner.example_gradient(torch.tensor([0])), learner.state(), learner.facts()
    assert frozen(learner) == before


@pytest.mark.parametrize("split", SPLITS)
def test_the_means_of_some_examples_are_those_of_their_parts(learner, split):
    train(learner, 3)
    n = learner.count(split)
    if n < 2:
        return
    half, whole = n // 3, learner.evaluate(split)
    for parts in ((slice(0, half), slice(half, n)), (torch.arange(half), torch.arange(half, n))):
        first, second = (learner.evaluate(split, rows) for rows in parts)
        for name, value in whole.items():
            assert (first[name] * half + second[name] * (n - half)) / n == pytest.approx(value, rel=1e-5, abs=1e-6)


def test_the_gradient_of_all_examples_is_the_mean_of_parts(learner):
    train(learner, 3)
    n = learner.count("train")
    whole = learner.gradient().double()
    if n < 2:
        assert torch.equal(learner.gradient(torch.tensor([0])).double(), whole)
        return
    half = n // 3
    first, second = learner.gradient(slice(0, half)).double(), learner.gradient(torch.arange(half, n)).double()
    close = 1e-5 * max(1.0, float(whole.abs().max()))
    torch.testing.assert_close((first * half + second * (n - half)) / n, whole, rtol=1e-4, atol=close)


def test_a_typical_example_has_the_root_mean_square_of_the_gradients_of_single_ones(learner):
    n, training = train(learner, 3).count("train"), learner.experiment.training
    if training.l1 or training.l2:  # they belong to no example
        learner.set(patch(learner.experiment, {"training.l1": 0.0, "training.l2": 0.0}), learner.data)
    for rows in (torch.arange(min(5, n)), torch.tensor([n - 1])):
        squares = [learner.gradient(row).double().square() for row in torch.split(rows, 1)]
        found = learner.example_gradient(rows).double()
        torch.testing.assert_close(found, (sum(squares) / len(rows)).sqrt(), rtol=1e-4, atol=1e-6)


def test_losses_at_the_present_weights_are_what_it_measures(learner):
    train(learner, 3)
    for split in SPLITS:
        losses = [
            learner.losses_at(learner.flat[g.part].unsqueeze(0), split, group=i) for i, g in enumerate(learner.groups)
        ]
        told = learner.evaluate(split).get("loss")
        if told is None:
            assert all(loss.isnan().all() for loss in losses)
        else:
            assert min(float(loss) for loss in losses) == pytest.approx(told, rel=1e-5, abs=1e-7)


def test_losses_of_portions_add_up_to_those_of_all(learner):
    train(learner, 3)
    part, n = learner.place(None), learner.count("train")
    own = learner.flat[part]
    stack = torch.stack([own, own * 0.5, own * 1.5])
    size, rows = learner.portion("train")
    assert size >= 1 and rows >= 1
    whole = learner.losses_at(stack, "train").double()
    found = torch.zeros_like(whole)
    for first in range(0, n, rows):
        stop = min(first + rows, n)
        found += learner.losses_at(stack, "train", rows=slice(first, stop)).double() * (stop - first) / n
    torch.testing.assert_close(found, whole, rtol=1e-5, atol=1e-7)
    if n > 20 and learner.evaluate("train", slice(10, 20)) != learner.evaluate(
        "train"
    ):  # the loss of a race knows no examples
        few = learner.losses_at(stack[:1], "train", rows=slice(10, 20)).double()
        expected = torch.tensor([learner.evaluate("train", slice(10, 20))["loss"]]).double()
        torch.testing.assert_close(few, expected, rtol=1e-5, atol=1e-7)


def test_a_learner_built_again_repeats_every_number(learner):
    other = learner_of(learner.experiment)
    assert frozen(train(learner, 2)) == frozen(train(other, 2))
    assert learner.evaluate("train") == other.evaluate("train")


def test_a_state_is_plain_arrays_and_brings_everything_back(learner):
    kept = train(learner, 2).state()
    copies = {name: array.copy() for name, array in kept.items()}
    assert all(isinstance(array, np.ndarray) for array in kept.values())
    expected = frozen(train(learner, 2, first=2))
    assert all(np.array_equal(kept[name], copies[name], equal_nan=True) for name in kept), (
        "later steps do not change it"
    )
    learner.restore(kept)
    assert frozen(train(learner, 2, first=2)) == expected
    other = learner_of(learner.experiment)
    other.restore(kept)
    assert frozen(train(other, 2, first=2)) == expected


def test_its_phases_are_one_step(learner):
    other, batch = learner_of(learner.experiment), batch_of(learner)
    for step in range(3):
        before = other.flat.clone()
        learner.step(0, batch, LR, step)
        numbers = {}
        for name in other.phases:
            numbers |= other.phase(name, 0, batch, LR, step)
        assert frozen(learner) == frozen(other)
    assert all(array.dtype == np.float32 for array in numbers.values())
    if other.phases == PHASES:
        assert set(numbers) >= {"losses", "loss", "grad", "delta"}
        np.testing.assert_allclose(numbers["delta"], (other.flat - before).cpu().numpy(), atol=1e-7)


def test_the_default_steps_of_the_contract_are_the_same_updates(learner):
    other, n, batch = learner_of(learner.experiment), learner.count("train"), batch_of(learner)
    told = learner.steps(0, n, batch=batch, lr=LR, step=0, count=n)
    assert Learner.steps(other, 0, n, batch=batch, lr=LR, step=0, count=n) == told == (-(-n // batch), n)
    assert frozen(learner) == frozen(other)


def test_live_changes_leave_the_weights_alone(learner):
    before = train(learner, 2).flat.clone()
    spec = patch(learner.experiment, {"training.learning_rate": 0.5, "training.stop.epochs": 7})
    learner.set(spec, learner.data)
    assert learner.experiment is spec
    assert torch.equal(learner.flat, before)


def _another(control, value):
    """Another legal value of a field; None where it is a part or a list."""
    if control.kind == "bool":
        return not value
    if control.kind == "choice":
        return next((name for name in control.choices if name != value), None)
    if control.kind not in ("int", "float"):
        return None
    low, high = (0 if control.lower is None else control.lower), (1 if control.upper is None else control.upper)
    return next(v for v in (type(low)((low + high) / 2), low, high) if v != value)


def test_a_live_field_of_the_model_is_taken_over(learner):
    """From then on it learns as one that began with that value and the same state."""
    spec, model = learner.experiment, learner.experiment.model
    changes = {
        f"model.{c.name}": other
        for c in controls(type(model))
        if c.param.live and (other := _another(c, getattr(model, c.name))) is not None
    }
    for path, value in changes.items():
        try:
            changed = patch(spec, {path: value})
        except Refused:  # legal alone, and not with the rest
            continue
        mine, fresh = train(learner_of(spec), 1), learner_of(changed)
        mine.set(changed, mine.data)
        fresh.restore(mine.state())
        for one in (mine, fresh):
            train(one, 1, first=1)
        assert mine.flat == pytest.approx(fresh.flat, rel=1e-4, abs=1e-5), path
        assert mine.evaluate("train") == pytest.approx(fresh.evaluate("train"), rel=1e-3, abs=1e-4, nan_ok=True), path


def test_a_network_on_the_plane_says_what_it_and_its_units_give_there(learner):
    if not isinstance(learner, OnPlane):
        return
    grid = torch.rand(64, 2) * 12 - 6
    layers = [layer.clone() for layer in learner.activations(grid)]
    assert learner.blocks, "a network on the plane has a matrix of weights that takes the inputs"
    assert [len(layer) for layer in layers] == [learner.blocks[0].fan_in, *(b.fan_out for b in learner.blocks)]
    assert all(layer.shape[1] == 64 for layer in layers)
    assert learner.outputs(grid).shape == (64, learner.data.answer.outputs)


@pytest.mark.parametrize("split", SPLITS)
def test_its_answers_are_as_often_right_as_its_accuracy_says(learner, split):
    if not isinstance(learner, Classifying) or not any(m.kind == "accuracy" for m in learner.metrics):
        return
    true = torch.tensor(learner.data.targets[learner.data.rows(split)]).long()
    answers = train(learner, 3).answers(split, slice(None))
    assert answers.dtype == torch.int64
    assert (answers == true).double().mean() == pytest.approx(learner.evaluate(split)["accuracy"])
    assert torch.equal(learner.answers(split, torch.tensor([1, 0])), answers[[1, 0]])


def test_a_module_that_can_be_differentiated_has_the_loss_that_it_tells(learner):
    if not isinstance(learner, Differentiable):
        return
    inputs, targets = train(learner, 3).examples("train")
    with torch.no_grad():
        losses = learner.criterion(learner.module.eval()(inputs), targets)
    assert losses.shape == (learner.count("train"),)
    assert float(losses.mean()) == pytest.approx(learner.evaluate("train")["loss"], rel=1e-5)
