"""The network as a run trains it: how it lies in memory, exact replays, live changes, and what can be read of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from nnlab.analysis.analysis import offers
from nnlab.core.errors import Refused
from nnlab.core.experiment import changed, experiment, patch, restarts
from nnlab.core.forms import Answer
from nnlab.core.records import Examples
from nnlab.core.registries import BLOCKS, TOPICS
from nnlab.families.cnn.learner import CnnLearner
from nnlab.families.readings import Classifying, Differentiable, Layered, Smooth
from nnlab.train.run import advance, seek, start
from tests.families.by_hand import arrays
from tests.families.cnn.networks import specification

DEEP: list[dict[str, Any]] = [
    {"kind": "conv", "channels": 4},
    {"kind": "batch_norm"},
    {"kind": "pool"},
    {"kind": "residual", "channels": 6},
    {"kind": "dropout", "rate": 0.3},
    {"kind": "dense", "units": 8},
]
CPU = torch.device("cpu")
SMOOTH: list[dict[str, Any]] = [
    {"kind": "conv", "channels": 4, "activation": "tanh"},
    {"kind": "batch_norm"},
    {"kind": "pool", "mode": "average"},
    {"kind": "residual", "channels": 6, "activation": "gelu"},
    {"kind": "dense", "units": 8, "activation": "sigmoid"},
]


def learner_of(*blocks: dict[str, Any], **changes: Any) -> CnnLearner:
    spec = specification(*blocks, **changes)
    return CnnLearner(spec, spec.data.load(), CPU)


def channels_last(x: torch.Tensor) -> bool:
    """By its strides: for a single channel `is_contiguous` says yes to both orders."""
    _, c, h, w = x.shape
    return x.stride() == (h * w * c, 1, w * c, c)


def coloured(n: int = 60, classes: int = 2, kind: Any = np.uint8) -> Examples:
    """Pictures of 8 × 8 in colour, brighter in the channel of their class."""
    rng = np.random.default_rng(0)
    labels = np.arange(n) % classes
    pictures = rng.integers(0, 150, (n, 3, 8, 8))
    pictures[np.arange(n), labels] += 60
    from nnlab.core.forms import Pictures

    inputs = pictures.astype(np.uint8) if kind is np.uint8 else (pictures / 255).astype(np.float32)
    form, answer = Pictures(8, 8, 3), Answer("class", classes, tuple("abc"[:classes]))
    return Examples(inputs, labels.astype(np.float32), np.arange(n) % 3 == 2, np.arange(n), form, answer)


# ---- memory --------------------------------------------------------------------------------------------------------------
def test_pictures_kernels_their_gradients_and_every_map_lie_channels_last():
    learner = learner_of(*DEEP)
    for split in ("train", "test"):
        for rows in (slice(0, 7), torch.tensor([3, 1, 4])):
            assert channels_last(learner.batch(split, rows)[0])
    kernels = [p for p in learner.module.parameters() if p.dim() == 4]
    gradients = [g for g in learner._flat.gradients if g.dim() == 4]
    assert len(kernels) == len(gradients) == 4
    assert all(channels_last(t) for t in (*kernels, *gradients))
    maps = [x for x in learner.walk(learner.batch("train", slice(0, 5))[0]) if x.dim() == 4]
    assert len(maps) == 6 and all(channels_last(x) for x in maps)


def test_colour_pictures_lie_so_as_bytes_and_as_numbers():
    for kind in (np.uint8, np.float32):
        data = coloured(kind=kind)
        learner = CnnLearner(specification(*DEEP), data, CPU)
        inputs, _ = learner.batch("test", torch.tensor([2, 0]))
        assert channels_last(inputs)
        expected = data.inputs[data.is_test][[2, 0]] / (255 if kind is np.uint8 else 1)
        np.testing.assert_allclose(inputs, expected, atol=1e-6)


def test_a_layer_is_called_as_the_stage_that_it_is_of():
    titles = [block.title for block in learner_of(*SMOOTH).blocks]
    assert titles == ["Conv 1", "Residual 1, first", "Residual 1, second", "Residual 1, skip", "Dense 1", "Answer"]


def test_a_kernel_lies_in_the_flat_vector_as_out_height_width_in():
    learner = learner_of({"kind": "conv", "channels": 4}, {"kind": "conv", "channels": 5, "kernel": 2})
    block = learner.blocks[1]
    weight: Any = learner.module.get_submodule("conv2").weight
    assert (block.name, block.fan_in, block.fan_out, block.stride) == ("conv2", 16, 5, 16)
    flat = learner.flat[block.start : block.start + 80].view(5, 2, 2, 4)
    assert torch.equal(flat, weight.permute(0, 2, 3, 1))
    learner.flat[block.start + 1] = 7.0
    assert weight[0, 1, 0, 0] == 7.0, "it is a view"
    learner.grad.zero_()
    learner._flat.gradients[2][0, 1, 0, 0] = 3.0
    assert learner.grad[block.start + 1] == 3.0


def test_the_gradient_that_is_read_lies_as_the_weights_do(double):
    learner = learner_of(*SMOOTH)
    found, eps = learner.gradient(), 1e-6
    for index in [*range(0, 60), *range(60, len(learner.flat), 11)]:
        kept = learner.flat[index].item()
        sides = []
        for moved in (kept + eps, kept - eps):
            learner.flat[index] = moved
            sides.append(learner.evaluate("train")["loss"])
        learner.flat[index] = kept
        assert found[index].item() == pytest.approx((sides[0] - sides[1]) / (2 * eps), abs=1e-6)


def test_the_objective_and_its_gradient_are_those_of_the_flat_vector(double):
    learner = learner_of(*SMOOTH)
    weights = learner.flat.clone().requires_grad_()
    loss = learner.objective()(weights)
    assert float(loss.detach()) == pytest.approx(learner.evaluate("train")["loss"], rel=1e-9)
    (slope,) = torch.autograd.grad(loss, weights, create_graph=True)
    torch.testing.assert_close(slope, learner.gradient(), rtol=1e-8, atol=1e-10)
    (curve,) = torch.autograd.grad((slope * slope.detach()).sum(), weights)
    step = 1e-5 / slope.norm().item()
    ahead, behind = (learner.flat.detach() + sign * step * slope.detach() for sign in (1, -1))
    slopes = [torch.autograd.grad(learner.objective()(w.requires_grad_()), w)[0] for w in (ahead, behind)]
    torch.testing.assert_close(curve, (slopes[0] - slopes[1]) / (2 * step), rtol=1e-3, atol=1e-4)


# ---- exactness -----------------------------------------------------------------------------------------------------------
def test_a_replay_with_dropout_batch_norm_and_augmentation_is_exact():
    run = start(specification(*DEEP, **{"model.augment": {"shift": 10, "rotation": 20, "noise": 5, "cut_out": 20}}))
    seen = {}
    for _ in range(30):
        seen[run.step] = arrays(run)
        advance(run, steps=1)
    for step in (29, 3, 17, 0, 28):
        seek(run, step)
        assert arrays(run) == seen[step]


# ---- live changes --------------------------------------------------------------------------------------------------------
LIVE = {
    "model.blocks.0.activation": "tanh",
    "model.blocks.1.activation": "relu",
    "model.blocks.2.mode": "average",
    "model.blocks.3.activation": "gelu",
    "model.blocks.4.rate": 0.8,
    "model.blocks.5.activation": "sigmoid",
    "model.augment.noise": 30,
}


@pytest.mark.parametrize("path", LIVE)
def test_what_is_live_changes_at_once_and_as_if_it_had_always_been_so(path):
    old = specification(*DEEP)
    new = patch(old, {path: LIVE[path]})
    assert changed(old, new) == (path,) and not restarts(old, new)
    learner, other = (CnnLearner(spec, spec.data.load(), CPU) for spec in (old, new))
    learner.set(new, learner.data)
    assert torch.equal(learner.flat, other.flat)
    for each in (learner, other):
        each.step(0, 20, 0.1, 0)
    assert torch.equal(learner.flat, other.flat)
    assert learner.evaluate("test") == other.evaluate("test")
    unchanged = CnnLearner(old, old.data.load(), CPU)
    unchanged.step(0, 20, 0.1, 0)
    assert not torch.equal(learner.flat, unchanged.flat)


@pytest.mark.parametrize(("field", "value"), [("channels", 5), ("kernel", 5), ("stride", 2), ("padding", "1")])
def test_what_changes_the_shapes_starts_again(field, value):
    old = specification(*DEEP)
    assert restarts(old, patch(old, {f"model.blocks.0.{field}": value}))


# ---- what is read --------------------------------------------------------------------------------------------------------
def test_it_can_be_read_in_all_the_ways_that_a_network_on_pictures_can():
    learner = learner_of(*DEEP)
    assert all(isinstance(learner, protocol) for protocol in (Layered, Classifying, Differentiable, Smooth))
    assert {"confusion", "histograms", "gradient_norms", "weights"} <= set(offers(learner))


def test_layers_are_every_stage_by_its_name_with_channels_off_where_it_is_said():
    learner = learner_of(*DEEP)
    inputs, _ = learner.batch("test", slice(0, 5))
    layers = learner.layers(inputs)
    assert list(layers) == ["input", "conv1", "batch_norm1", "pool1", "residual1", "dropout1", "dense1", "output"]
    assert [tuple(x.shape) for x in layers.values()] == [(5, *stage.shape) for stage in learner.stages]
    assert torch.equal(layers["output"].argmax(1), learner.answers("test", slice(0, 5)))
    off = learner.layers(inputs, {"conv1": {0, 1}})
    assert not off["conv1"][:, :2].any() and not torch.equal(off["output"], layers["output"])
    assert torch.equal(layers["dropout1"], layers["residual1"]), "the network as it is used"


@pytest.mark.parametrize("loss", ["cross_entropy", "mse", "hinge"])
def test_the_answer_is_a_probability_for_each_class(loss):
    for classes in (2, 3):
        spec = specification({"kind": "conv", "channels": 2}, **{"training.loss": loss})
        learner = CnnLearner(spec, coloured(classes=classes), CPU)
        inputs, _ = learner.batch("test")
        likely = learner.likely(learner.walk(inputs)[-1])
        assert likely.shape == (20, classes)
        torch.testing.assert_close(likely.sum(1), torch.ones(20))
        assert torch.equal(likely.argmax(1), learner.answers("test"))


def test_two_classes_are_learnt_through_a_single_output(double):
    spec = specification({"kind": "conv", "channels": 4}, {"kind": "global_pool"})
    learner = CnnLearner(spec, coloured(), CPU)
    assert learner.stages[-1].shape == (1,)
    for step in range(60):
        learner.step(0, 40, 0.5, step)
    assert learner.evaluate("test")["accuracy"] == 1.0


def test_one_picture_of_one_place_can_be_normalised():
    learner = learner_of({"kind": "global_pool"}, {"kind": "batch_norm"}, **{"training.batch_size": 1})
    learner.step(0, 1, 0.1, 0)
    assert torch.isfinite(learner.flat).all()


def test_muon_is_refused_without_a_hidden_matrix():
    with pytest.raises(Refused, match="Muon needs at least one convolution or fully connected block"):
        specification({"kind": "pool"}, **{"training.optimizer": {"kind": "muon"}})


def test_every_kind_of_block_stands_as_it_starts_in_a_list():
    for kind in BLOCKS:
        spec = experiment({"data": {"kind": "digits8"}, "model": {"family": "cnn", "blocks": [{"kind": kind}]}})
        assert CnnLearner(spec, spec.data.load(), CPU).evaluate("test")["loss"] > 0


def test_the_first_preset_reads_nine_of_ten_digits_after_five_epochs_as_its_line_says():
    run = start(TOPICS.load("cnn").first.experiment)
    while run.epoch < 5:
        advance(run, steps=1)
    assert run.learner.evaluate("test")["accuracy"] > 0.9
