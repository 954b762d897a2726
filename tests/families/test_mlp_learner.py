"""What the learner of the multilayer perceptron promises beside its weights."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import reference
from nnlab.core.experiment import patch
from nnlab.core.rng import seed_of
from nnlab.families.learner import PHASES
from nnlab.families.mlp.engine import PlainEngine
from nnlab.families.mlp.features import FEATURES, features
from nnlab.families.mlp.init import draw
from nnlab.families.mlp.layout import bias_of, blocks_of, weight_of
from nnlab.families.mlp.module import ModuleEngine

ARRAYS = ("inputs", "targets", "is_test", "ids")
MODELS = [{}, {"dropout": 0.3}, {"norm": "batch"}, {"norm": "layer", "skip": True, "dropout": 0.2}]


def go(learner, *, steps, first=0, batch=30):
    """Some steps over epochs whose order depends on the epoch alone."""
    n, done = learner.n_train, first
    per_epoch = -(-n // batch)
    while done < first + steps:
        learner.shuffle(torch.randperm(n, generator=torch.Generator().manual_seed(done // per_epoch)))
        start = done % per_epoch * batch
        count, _ = learner.steps(start, n, batch=batch, lr=0.05, step=done, count=first + steps - done)
        done += count
    return learner


def test_the_features_are_tensorflow_playgrounds():
    x, y = np.float64(1.5), np.float64(-0.5)
    expected = [x, y, x**2, y**2, x * y, np.sin(x), np.sin(y), np.cos(x), np.cos(y), np.hypot(x, y)]
    found = features(torch.tensor([[x, y]]), list(FEATURES))[:, 0]
    assert found.tolist() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("model", MODELS, ids=str)
@pytest.mark.parametrize("kind", ["sgd", "adam", "muon"])
def test_the_phases_are_bitwise_the_step(model, kind, spec, learn):
    made = spec(model=model, optimizer={"kind": kind}, l1=0.001, clip_norm=0.5)
    whole, parts = learn(made, dtype=torch.float32), learn(made, dtype=torch.float32)
    for step in range(9):
        start, stop = step % 9 * 30, min(250, step % 9 * 30 + 30)
        whole.step(start, stop, 0.05, step)
        numbers = {}
        for name in PHASES:
            numbers |= parts.phase(name, start, stop, 0.05, step)
        assert torch.equal(whole.flat, parts.flat)
        assert torch.equal(whole.running, parts.running)
    assert numbers["losses"].shape == (10,)
    assert numbers["loss"][0] == pytest.approx(numbers["losses"].mean(), abs=1e-6)
    assert numbers["z"].shape == numbers["a"].shape == numbers["a_mean"].shape == (8,)
    assert numbers["grad"].shape == numbers["delta"].shape == (len(parts.flat),)
    assert all(array.dtype == np.float32 for array in numbers.values())


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_many_steps_at_once_are_as_many_single_steps(model, spec, learn):
    one, many = learn(spec(model=model)), learn(spec(model=model))
    done, offset = many.steps(0, 250, batch=30, lr=0.05, step=0, count=100)
    for step in range(9):
        one.step(step * 30, min(250, step * 30 + 30), 0.05, step)
    assert (done, offset) == (9, 250)
    assert torch.equal(one.flat, many.flat)
    assert many.steps(0, 250, batch=30, lr=0.05, step=9, count=2) == (2, 60)


@pytest.mark.parametrize("model", MODELS, ids=str)
@pytest.mark.parametrize("kind", ["sgd", "nesterov", "adam", "muon"])
def test_a_run_goes_on_from_its_state_exactly(model, kind, spec, learn):
    learner = go(learn(spec(model=model, optimizer={"kind": kind})), steps=13)
    kept = learner.state()
    expected = go(learner, steps=10, first=13).flat.clone()
    learner.restore(kept)
    assert torch.equal(go(learner, steps=10, first=13).flat, expected)
    other = learn(spec(model=model, optimizer={"kind": kind}))
    other.restore(kept)
    assert torch.equal(go(other, steps=10, first=13).flat, expected)


def test_live_changes_keep_the_weights(spec, learn, points):
    learner = go(learn(spec()), steps=5)
    before = learner.flat.clone()
    changes = [
        {"model.dropout": 0.4},
        {"model.layers.0.activation": "gelu"},
        {"training.loss": "hinge"},
        {"training.optimizer": {"kind": "adam"}},
        {"training.batch_size": 7},
        {"training.l2": 0.1},
        {"model.dropout": 0.0},
    ]
    for change in changes:
        learner.set(patch(learner.experiment, change), points())
        assert torch.equal(learner.flat, before), change
    go(learner, steps=3)
    assert not torch.equal(learner.flat, before)


def test_switching_dropout_on_and_off_again_changes_nothing(spec, learn):
    plain, switched = learn(spec()), learn(spec())
    data = switched.data
    for step in range(4):
        plain.step(step * 30, step * 30 + 30, 0.05, step)
        switched.step(step * 30, step * 30 + 30, 0.05, step)
        switched.set(patch(switched.experiment, {"model.dropout": 0.5}), data)
        switched.set(patch(switched.experiment, {"model.dropout": 0.0}), data)
    assert torch.equal(plain.flat, switched.flat)


def test_a_change_of_the_data_in_mid_run_is_taken_over(spec, learn, points):
    learner = go(learn(spec()), steps=5)
    old = points()
    fewer = dataclasses.replace(old, **{name: getattr(old, name)[:80] for name in ARRAYS})
    learner.set(learner.experiment, fewer)
    assert learner.n_train == 40
    learner.shuffle(torch.randperm(40))
    assert learner.steps(0, 40, batch=30, lr=0.05, step=5, count=10) == (2, 40)


def test_other_layers_are_refused(spec, learn, points):
    learner = learn(spec())
    before = learner.experiment
    with pytest.raises(ValueError, match="must stay as they are"):
        learner.set(spec(model={"layers": [{"units": 7}]}), points())
    assert learner.experiment is before
    learner.step(0, 30, 0.1, 0)


@pytest.mark.parametrize("model", [{}, {"norm": "layer"}], ids=str)
def test_without_training_points_nothing_happens(model, spec, learn, points):
    old = points()
    empty = dataclasses.replace(old, is_test=np.ones(len(old), bool))
    learner = learn(spec(model=model), empty)
    before = learner.flat.clone()
    learner.shuffle(torch.empty(0, dtype=torch.int64))
    learner.step(0, 10, 0.1, 0)
    assert learner.steps(0, 0, batch=10, lr=0.1, step=0, count=5) == (0, 0)
    assert torch.equal(learner.flat, before)
    assert learner.evaluate("train") == {}
    assert learner.phase("forward", 0, 10, 0.1, 0) == {}
    assert not learner.gradient().any()
    assert learner.evaluate("test")["loss"] > 0


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_weights_that_are_not_finite_raise_nothing(model, spec, learn):
    learner = learn(spec(model=model))
    learner.flat[0] = float("nan")
    learner.flat[1] = float("inf")
    learner.step(0, 30, 0.1, 0)
    learner.gradient()
    for name in PHASES:
        learner.phase(name, 0, 30, 0.1, 1)
    assert np.isnan(learner.evaluate("train")["loss"])
    assert learner.outputs(torch.zeros(3, 2)).isnan().all()


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_activations_and_outputs_are_those_of_the_module_in_evaluation_mode(model, spec, learn):
    learner = go(learn(spec(model=model)), steps=12)
    grid = torch.rand(50, 2, dtype=torch.float64) * 12 - 6
    module = reference.network(learner.experiment.model, 1, flat=learner.flat, blocks=learner.blocks).eval()
    widths = [b.fan_out for b in learner.blocks[:-1]]
    for i, layer in enumerate(list(module)[:-1]):
        if learner.norms:
            norm = learner.norms[i]
            layer.norm.weight.data, layer.norm.bias.data = learner.flat[norm.start :][: 2 * norm.units].view(2, -1)
        if model.get("norm") == "batch":
            layer.norm.running_mean = torch.split(learner.running[0], widths)[i].clone()
            layer.norm.running_var = torch.split(learner.running[1], widths)[i].clone()
    seen = [grid]
    for layer in module:
        seen.append(layer(seen[-1]))
    for found, expected in zip(learner.activations(grid), seen, strict=True):
        torch.testing.assert_close(found, expected.detach().t(), rtol=0, atol=1e-12)
    torch.testing.assert_close(learner.outputs(grid), (2 * torch.sigmoid(seen[-1]) - 1).detach(), rtol=0, atol=1e-12)


def test_wide_networks_are_looked_at_in_parts_with_the_same_outputs(spec, learn):
    learner = learn(spec(model={"layers": [{"units": 64}] * 8}))
    grid = torch.rand(5_000, 2, dtype=torch.float64) * 12 - 6
    assert len(grid) > learner._inference.chunk
    whole = torch.cat([learner.outputs(part) for part in torch.split(grid, 100)])
    torch.testing.assert_close(learner.outputs(grid), whole, rtol=0, atol=1e-12)


def test_dropout_is_the_documented_draw_and_replays(spec, learn):
    made = spec(model={"dropout": 0.4}, learning_rate=0.1)
    learner = learn(made)
    module = reference.network(made.model, 1, flat=learner.flat, blocks=learner.blocks)
    learner.step(0, 30, 0.1, 7)
    drawn = torch.empty(30, 7, dtype=torch.float64)
    drawn.bernoulli_(0.6, generator=torch.Generator().manual_seed(seed_of(0, "dropout", 7))).div_(0.6)
    masks = [drawn[:, :4], drawn[:, 4:]]
    data = learner.data
    x, y = (torch.tensor(array[~data.is_test][:30], dtype=torch.float64) for array in (data.inputs, data.targets))
    for layer, mask in zip(list(module)[:-1], masks, strict=True):
        x = torch.tanh(layer.linear(x)) * mask
    reference.loss_function("cross_entropy", data)(module[-1](x), y).backward()
    torch.optim.SGD(module.parameters(), lr=0.1).step()
    torch.testing.assert_close(learner.flat, reference.flattened(module), rtol=0, atol=1e-12)


@pytest.mark.parametrize("model", [{}, {"dropout": 0.3}, {"norm": "batch"}, {"norm": "layer", "skip": True}], ids=str)
@pytest.mark.parametrize("loss", ["cross_entropy", "mse", "huber"])
def test_the_full_gradient_is_that_of_finite_differences(model, loss, spec, learn):
    learner = go(learn(spec(model=model, loss=loss, l2=0.05)), steps=4)
    found, eps = learner.gradient(), 1e-6

    def total():
        return learner.evaluate("train")["loss"] + 0.025 * float((learner.mask * learner.flat**2).sum())

    for index in range(len(learner.flat)):
        kept = learner.flat[index].item()
        learner.flat[index] = kept + eps
        above = total()
        learner.flat[index] = kept - eps
        slope = (above - total()) / (2 * eps)
        learner.flat[index] = kept
        assert found[index].item() == pytest.approx(slope, abs=1e-7)


def test_the_full_gradient_of_many_points_is_the_mean_of_its_parts(spec, learn, points):
    old = points()
    many = {name: np.concatenate([getattr(old, name)] * 9) for name in ARRAYS}
    one, nine = learn(spec(l1=0.01)), learn(spec(l1=0.01), dataclasses.replace(old, **many))
    assert nine.n_train > 2_000
    torch.testing.assert_close(nine.gradient(), one.gradient(), rtol=0, atol=1e-12)


@pytest.mark.parametrize("model", [{}, {"norm": "layer", "skip": True}], ids=str)
def test_the_gradient_of_a_typical_example_is_the_root_mean_square_of_single_ones(model, spec, learn, points):
    learner, data = go(learn(spec(model=model)), steps=4), points()
    count = learner.n_train
    rows = np.flatnonzero(~data.is_test)
    squares = torch.zeros_like(learner.flat)
    for row in rows:
        keep = data.is_test.copy()
        keep[rows] = True
        keep[row] = False
        single = learn(spec(model=model), dataclasses.replace(data, is_test=keep))
        single.flat.copy_(learner.flat)
        squares += single.gradient() ** 2 / count
    torch.testing.assert_close(learner.example_gradient(torch.arange(count)), squares.sqrt(), rtol=0, atol=1e-10)
    few = torch.tensor([3, 77, 5])
    alone = [learner.gradient(few[i : i + 1]) ** 2 for i in range(3)]
    torch.testing.assert_close(learner.example_gradient(few), (sum(alone) / 3).sqrt(), rtol=0, atol=1e-10)


@pytest.mark.parametrize("units", [(), (4, 2), (8, 8, 8)])
@pytest.mark.parametrize("batch", [10, 1_000])
def test_flops_are_what_torch_counts(units, batch, spec, learn):
    made = spec(model={"layers": [{"units": n, "activation": "tanh"} for n in units]}, batch_size=batch)
    learner = learn(made)
    module = reference.network(made.model, 1, flat=learner.flat, blocks=learner.blocks)
    with FlopCounterMode(display=False) as counter:
        module(torch.zeros(min(batch, 250), 2, dtype=torch.float64)).sum().backward()
    assert learner.flops() == counter.get_total_flops()


@pytest.mark.parametrize("init", ["xavier", "he", "uniform", "zeros", "orthogonal"])
def test_initial_weights_are_drawn_as_documented(init, spec):
    model = spec(model={"init": init, "init_scale": 2.0, "layers": [{"units": 64}, {"units": 64}]}).model
    blocks = blocks_of(model, 1, "linear")
    flat = torch.empty(blocks[-1].start + 65)
    draw(flat, model, blocks=blocks, norms=(), seed=3)
    again = torch.empty_like(flat)
    draw(again, model, blocks=blocks, norms=(), seed=3)
    weight = weight_of(flat, blocks[1]) / 2
    assert torch.equal(flat, again)
    assert all((bias_of(flat, b) == (0.1 if init == "uniform" else 0)).all() for b in blocks)
    match init:
        case "xavier":
            bound = (6 / 128) ** 0.5
            assert weight.abs().max() <= bound
            assert weight.std().item() == pytest.approx(bound / 3**0.5, rel=0.05)
        case "he":
            assert weight.std().item() == pytest.approx((2 / 64) ** 0.5, rel=0.05)
        case "uniform":
            assert weight.abs().max() <= 0.5
            assert weight.std().item() == pytest.approx(1 / 12**0.5, rel=0.05)
        case "zeros":
            assert not weight.any()
        case "orthogonal":
            torch.testing.assert_close(weight @ weight.T, torch.eye(64), atol=1e-5, rtol=0)


def test_another_seed_draws_other_weights_and_the_same_seed_the_same(spec, learn):
    first, second, other = learn(spec()), learn(spec()), learn(spec(seed=1))
    assert torch.equal(first.flat, second.flat)
    assert not torch.equal(first.flat, other.flat)


@pytest.mark.parametrize("loss", ["cross_entropy", "mse", "mae", "huber", "hinge"])
def test_what_the_screen_shows_of_several_classes_are_probabilities(loss, spec, learn, points):
    made = spec(data="blobs", loss=loss)
    learner = go(learn(made, points("class", 3)), steps=5)
    grid = torch.rand(200, 2, dtype=torch.float64) * 12 - 6
    shown, z = learner.outputs(grid), learner.activations(grid)[-1]
    assert shown.shape == (200, 3)
    torch.testing.assert_close(shown.sum(1), torch.ones(200, dtype=torch.float64))
    assert torch.equal(shown.argmax(1), z.argmax(0))


@pytest.mark.parametrize("loss", ["cross_entropy", "mse", "mae", "huber", "hinge"])
def test_what_the_screen_shows_of_two_classes_is_a_score_whose_sign_is_the_class(loss, spec, learn):
    learner = go(learn(spec(loss=loss)), steps=5)
    grid = torch.rand(200, 2, dtype=torch.float64) * 12 - 6
    shown = learner.outputs(grid)
    assert shown.shape == (200, 1)
    assert shown.abs().max() <= 1
    assert torch.equal(shown[:, 0] > 0, learner.activations(grid)[-1][0] > 0)


def test_the_grid_of_a_changed_tensor_is_not_the_remembered_one(spec, learn):
    learner, grid = learn(spec()), torch.zeros(4, 2, dtype=torch.float64)
    before = learner.outputs(grid).clone()
    grid.add_(3)
    assert not torch.equal(learner.outputs(grid), before)


def test_a_batch_of_one_under_batch_norm_uses_the_running_statistics(spec, learn):
    learner = go(learn(spec(model={"norm": "batch"})), steps=5)
    before = learner.running.clone()
    learner.step(0, 1, 0.05, 5)
    assert torch.equal(learner.running, before)
    assert learner.flat.isfinite().all()


MIXED = {"layers": [{"units": 4, "activation": name} for name in ("relu", "tanh", "sine", "gelu", "sigmoid")]}


@pytest.mark.parametrize(
    ("model", "engine"),
    [
        (MIXED, PlainEngine),
        ({"norm": "batch"}, ModuleEngine),
        ({"norm": "layer"}, ModuleEngine),
        ({"dropout": 0.3}, ModuleEngine),
        ({"skip": True}, ModuleEngine),
    ],
    ids=str,
)
def test_the_fast_engine_takes_any_mix_of_activations_and_leaves_the_rest_to_autograd(model, engine, spec, learn):
    assert type(learn(spec(model=model))._engine) is engine
