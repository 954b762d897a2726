"""The engine's weights equal those of nn.Module + autograd + torch.optim on the same batches, for everything that can be chosen."""

from __future__ import annotations

import itertools

import pytest
import torch

from benchmarks.engine import apart, cases, difference, pair
from nnlab.core.parts import LOSSES_OF
from nnlab.core.registries import OPTIMIZERS
from nnlab.families.mlp.activations import ACTIVATIONS

# In float64 the comparison is one of equations and not of rounding.
DOUBLE, SINGLE = torch.float64, torch.float32
DATA = {"two classes": ("circle", "class", 2), "four": ("blobs", "class", 4), "regression": ("plane", "number", 1)}  # fmt: skip
MIX = [{"units": 5 - i % 2, "activation": a} for i, a in enumerate(ACTIVATIONS)]  # 8 layers, each activation once


def experiment_of(spec, data, **rest):
    """The spec with as many classes as the data has."""
    made = spec(data=DATA[data][0], **rest)
    classes = DATA[data][2]
    if data == "four":
        made = made.model_copy(update={"data": made.data.model_copy(update={"n_classes": classes})})
    return made


@pytest.mark.parametrize(
    ("activation", "data", "loss"),
    [(a, d, loss) for a, (d, (_, task, _)) in itertools.product(ACTIVATIONS, DATA.items()) for loss in LOSSES_OF[task]],
)
def test_every_activation_and_loss(activation, data, loss, spec, points):
    layers = [{"units": 4, "activation": activation}, {"units": 3, "activation": activation}]
    made = experiment_of(spec, data, model={"layers": layers}, loss=loss, learning_rate=0.05)
    assert difference(made, points(*DATA[data][1:]), dtype=DOUBLE, steps=30) < 1e-6


@pytest.mark.parametrize("kind", list(OPTIMIZERS))
@pytest.mark.parametrize(("data", "steps"), [("two classes", 200), ("four", 40)])
def test_every_optimiser(kind, data, steps, spec, points):
    made = experiment_of(spec, data, loss="huber", optimizer={"kind": kind}, learning_rate=0.005)
    assert difference(made, points(*DATA[data][1:]), dtype=DOUBLE, steps=steps) < 1e-6


@pytest.mark.parametrize("kind", ["sgd", "adam", "adamw", "lion", "muon"])
@pytest.mark.parametrize(
    "setting",
    [{"l1": 0.01}, {"l2": 0.1}, {"weight_decay": 0.1}, {"clip_norm": 0.05}, {"l1": 0.01, "l2": 0.1, "weight_decay": 0.05, "clip_norm": 0.2}],
    ids=lambda s: " ".join(s),
)  # fmt: skip
def test_penalties_decay_and_clipping(kind, setting, spec, points):
    made = spec(optimizer={"kind": kind}, learning_rate=0.01, **setting)
    assert difference(made, points(), dtype=DOUBLE, steps=40) < 1e-6


@pytest.mark.parametrize("batch", [1, 7, 250, 10_000])
def test_batches_of_any_size_with_a_partial_last_one(batch, spec, points):
    made = spec(batch_size=batch, learning_rate=0.05)
    assert difference(made, points(), dtype=DOUBLE, steps=60) < 1e-6


@pytest.mark.parametrize(
    "layers", [[], [{"units": 1, "activation": "tanh"}], MIX], ids=["none", "one unit", "eight mixed"]
)
def test_any_number_of_layers_and_mix_of_activations(layers, spec, points):
    assert difference(spec(model={"layers": layers}, learning_rate=0.03), points(), dtype=DOUBLE, steps=100) < 1e-6


@pytest.mark.parametrize(
    "model", [{"skip": True}, {"norm": "layer"}, {"norm": "batch"}, {"norm": "batch", "skip": True}], ids=str
)
@pytest.mark.parametrize("kind", ["sgd", "adam"])
@pytest.mark.parametrize("data", list(DATA))
def test_norms_and_skips_through_autograd(model, kind, data, spec, points):
    layers = [{"units": 4, "activation": a} for a in ("tanh", "gelu", "relu")]
    rest = {"loss": "mse", "optimizer": {"kind": kind}, "learning_rate": 0.01}
    made = experiment_of(spec, data, model={"layers": layers, **model}, **rest)
    assert difference(made, points(*DATA[data][1:]), dtype=DOUBLE, steps=30) < 1e-6


# In float32, as networks are trained: the engine calls the kernels of autograd and torch.optim in their order, so not a
# bit differs. Nothing less would do at 1e-6: two orders of the same sum part by more behind kinks, signs and small roots.


@pytest.mark.parametrize(("activation", "loss", "kind"), cases())
def test_float32_weights_are_equal_bit_by_bit(activation, loss, kind, points):
    assert difference(pair(activation, loss, kind), points(), dtype=SINGLE) == 0


@pytest.mark.parametrize("kind", list(OPTIMIZERS))
@pytest.mark.parametrize(
    ("data", "loss"), [(d, loss) for d in ("four", "regression") for loss in LOSSES_OF[DATA[d][1]]]
)
def test_so_are_those_of_more_classes_and_of_regression(kind, data, loss, spec, points):
    made = experiment_of(spec, data, loss=loss, optimizer={"kind": kind}, learning_rate=0.01)
    assert difference(made, points(*DATA[data][1:]), dtype=SINGLE, steps=60) == 0


@pytest.mark.parametrize("kind", list(OPTIMIZERS))
@pytest.mark.parametrize("setting", [{"weight_decay": 0.1}, {"batch_size": 1}, {"batch_size": 250}], ids=str)
def test_and_with_weight_decay_or_other_batches(kind, setting, spec, points):
    made = spec(optimizer={"kind": kind}, learning_rate=0.01, **setting)
    assert difference(made, points(), dtype=SINGLE, steps=100) == 0


@pytest.mark.parametrize("batch", [7, 30])
@pytest.mark.parametrize(
    "model",
    [{"features": ["x"]}, {"layers": []}, {"features": ["y"], "layers": MIX[:1]}, {"layers": MIX}]
    + [{"layers": [{"units": n, "activation": "tanh"} for n in units]} for units in ((1,), (1, 1), (4, 1, 5), (64, 64), (32,) * 8)],
    ids=lambda model: str([layer["units"] for layer in model.get("layers", "?") if layer != "?"]),
)  # fmt: skip
def test_and_for_every_shape(model, batch, spec, points):
    made = spec(model=model, batch_size=batch, optimizer={"kind": "adam"}, learning_rate=0.01)
    assert difference(made, points(), dtype=SINGLE, steps=60) == 0


@pytest.mark.parametrize("model", [{"skip": True}, {"norm": "layer"}, {"norm": "batch"}], ids=str)
@pytest.mark.parametrize("kind", ["sgd", "adam", "muon"])
def test_and_through_autograd(model, kind, spec, points):
    layers = [{"units": 4, "activation": a} for a in ("tanh", "gelu", "relu")]
    made = spec(model={"layers": layers, **model}, optimizer={"kind": kind}, learning_rate=0.01)
    assert difference(made, points(), dtype=SINGLE, steps=60) == 0


def test_torch_itself_parts_when_a_batch_comes_in_another_order(points):
    assert apart(pair("relu", "mae", "adam"), points()) > 1e-6
