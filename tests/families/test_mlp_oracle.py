"""The engine's weights are those of nn.Module + autograd + torch.optim on the same batches, for everything that can be chosen.

In float64 they are equal to 1e-9 and better: that tests the equations. In float32, as networks are trained, the engine must be as
near to the float64 result as torch itself; no bits are compared, because they depend on the processor (`benchmarks/accuracy.py`).
"""

from __future__ import annotations

import itertools
import statistics

import pytest

from benchmarks.accuracy import cases, difference, excess, gradient_excess, pair
from nnlab.core.parts import LOSSES_OF
from nnlab.core.registries import OPTIMIZERS
from nnlab.families.mlp.activations import ACTIVATIONS

EXACT = 1e-9  # largest difference of a weight in float64
NEAR = 2  # times torch's own distance from the float64 result: summing a batch in another order changes it by 1.15
DATA = {"two classes": ("circle", "class", 2), "four": ("blobs", "class", 4), "regression": ("plane", "number", 1)}  # fmt: skip
MIX = [{"units": 5 - i % 2, "activation": a} for i, a in enumerate(ACTIVATIONS)]  # 8 layers, each activation once

EVEN = [{"units": 4, "activation": a} for a in ("tanh", "gelu", "relu")]  # of one width, as a skip connection asks


def experiment_of(spec, data, **rest):
    """The spec with as many classes as the data has."""
    made = spec(data=DATA[data][0], **rest)
    classes = DATA[data][2]
    if data == "four":
        made = made.model_copy(update={"data": made.data.model_copy(update={"n_classes": classes})})
    return made


@pytest.mark.parametrize(
    ("activation", "data", "loss"),
    [
        (a, d, loss)
        for a, (d, (_, target, _)) in itertools.product(ACTIVATIONS, DATA.items())
        for loss in LOSSES_OF[target]
    ],
)
def test_every_activation_and_loss(activation, data, loss, spec, points):
    layers = [{"units": 4, "activation": activation}, {"units": 3, "activation": activation}]
    made = experiment_of(spec, data, model={"layers": layers}, loss=loss, learning_rate=0.05)
    assert difference(made, points(*DATA[data][1:]), steps=30) < EXACT


@pytest.mark.parametrize("kind", list(OPTIMIZERS))
@pytest.mark.parametrize(("data", "steps"), [("two classes", 200), ("four", 40)])
def test_every_optimiser(kind, data, steps, spec, points):
    made = experiment_of(spec, data, loss="huber", optimizer={"kind": kind}, learning_rate=0.005)
    assert difference(made, points(*DATA[data][1:]), steps=steps) < EXACT


@pytest.mark.parametrize("kind", ["sgd", "adam", "adamw", "lion", "muon"])
@pytest.mark.parametrize(
    "setting",
    [{"l1": 0.01}, {"l2": 0.1}, {"weight_decay": 0.1}, {"clip_norm": 0.05}, {"l1": 0.01, "l2": 0.1, "weight_decay": 0.05, "clip_norm": 0.2}],
    ids=lambda s: " ".join(s),
)  # fmt: skip
def test_penalties_decay_and_clipping(kind, setting, spec, points):
    made = spec(optimizer={"kind": kind}, learning_rate=0.01, **setting)
    assert difference(made, points(), steps=40) < EXACT


@pytest.mark.parametrize("batch", [1, 7, 250, 10_000])
def test_batches_of_any_size_with_a_partial_last_one(batch, spec, points):
    made = spec(batch_size=batch, learning_rate=0.05)
    assert difference(made, points(), steps=60) < EXACT


@pytest.mark.parametrize(
    "layers", [[], [{"units": 1, "activation": "tanh"}], MIX], ids=["none", "one unit", "eight mixed"]
)
def test_any_number_of_layers_and_mix_of_activations(layers, spec, points):
    assert difference(spec(model={"layers": layers}, learning_rate=0.03), points(), steps=100) < EXACT


@pytest.mark.parametrize(
    "model", [{"skip": True}, {"norm": "layer"}, {"norm": "batch"}, {"norm": "batch", "skip": True}], ids=str
)
@pytest.mark.parametrize("kind", ["sgd", "adam"])
@pytest.mark.parametrize("data", list(DATA))
def test_norms_and_skips_through_autograd(model, kind, data, spec, points):
    rest = {"loss": "mse", "optimizer": {"kind": kind}, "learning_rate": 0.01}
    made = experiment_of(spec, data, model={"layers": EVEN, **model}, **rest)
    assert difference(made, points(*DATA[data][1:]), steps=30) < EXACT


@pytest.mark.parametrize("data", list(DATA))
@pytest.mark.parametrize("activation", list(ACTIVATIONS))
def test_a_float32_gradient_is_as_near_to_the_exact_one_as_autograds(activation, data, points):
    _, target, classes = DATA[data]
    made = {loss: pair(activation, loss, "sgd", target=target, classes=classes) for loss in LOSSES_OF[target]}
    found = {loss: gradient_excess(spec, points(target, classes), steps=20) for loss, spec in made.items()}
    assert max(found.values()) < NEAR, found


@pytest.mark.parametrize("batch", [7, 30])
@pytest.mark.parametrize(
    "model",
    [{"features": ["x"]}, {"layers": []}, {"features": ["y"], "layers": MIX[:1]}, {"layers": MIX}]
    + [{"layers": [{"units": n, "activation": "tanh"} for n in units]} for units in ((1,), (1, 1), (4, 1, 5), (64, 64), (32,) * 8)]
    + [{"layers": EVEN, **extra} for extra in ({"norm": "layer"}, {"norm": "batch"}, {"skip": True})],
    ids=lambda model: " ".join(f"{key} {[layer['units'] for layer in value] if key == 'layers' else value}" for key, value in model.items()),
)  # fmt: skip
def test_so_is_that_of_every_shape_norm_and_skip(model, batch, spec, points):
    made = spec(model=model, batch_size=batch, learning_rate=0.01)
    assert gradient_excess(made, points(), steps=20) < NEAR


@pytest.mark.parametrize("kind", list(OPTIMIZERS))
def test_float32_runs_end_as_near_to_the_exact_weights_as_torchs_own(kind, points):
    found = [excess(pair(*case), points(), steps=20) for case in cases() if case[2] == kind]  # the benchmark has all
    assert len(found) >= 10 and statistics.median(found) < NEAR


@pytest.mark.parametrize(
    "setting", [{"weight_decay": 0.1}, {"l1": 0.01, "l2": 0.1, "clip_norm": 0.2}, {"batch_size": 1}], ids=str
)
def test_so_do_those_with_decay_penalties_clipping_and_single_examples(setting, spec, points):
    found = [
        excess(spec(optimizer={"kind": kind}, learning_rate=0.01, **setting), points(), steps=20) for kind in OPTIMIZERS
    ]
    assert statistics.median(found) < NEAR
