"""The same network in plain torch, trained by autograd and torch.optim in float64 on the same batches: equal weights after 20 updates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from nnlab.train.run import Run, advance, start
from tests.families.by_hand import by_hand, pictures
from tests.families.cnn.networks import network, specification, with_weights

pytestmark = [
    pytest.mark.usefixtures("double"),
    pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel"),
]

SIMPLE = [{"kind": "conv", "channels": 4}, {"kind": "pool"}, {"kind": "conv", "channels": 6}, {"kind": "pool"}]
NETWORKS: dict[str, list[dict[str, Any]]] = {
    "linear": [],
    "simple": SIMPLE,
    "every activation": [
        {"kind": "conv", "channels": 3, "kernel": 4, "activation": "gelu"},
        {"kind": "conv", "channels": 3, "stride": 2, "padding": "1", "activation": "tanh"},
        {"kind": "conv", "channels": 3, "dilation": 2, "stride": 2, "activation": "leaky_relu"},
        {"kind": "dense", "units": 7, "activation": "sigmoid"},
        {"kind": "dense", "units": 5, "activation": "linear"},
    ],
    "residual": [
        {"kind": "residual", "channels": 4},
        {"kind": "residual", "channels": 4, "norm": False},
        {"kind": "residual", "channels": 6, "stride": 2, "activation": "tanh"},
        {"kind": "global_pool"},
    ],
    "norms": [
        {"kind": "conv", "channels": 4, "activation": "linear"},
        {"kind": "batch_norm", "activation": "relu"},
        {"kind": "pool", "mode": "average", "size": 3, "stride": 2},
        {"kind": "dense", "units": 8, "activation": "tanh"},
        {"kind": "batch_norm"},
    ],
    "dropout": [*SIMPLE, {"kind": "dropout", "rate": 0.4}, {"kind": "dense", "units": 9}, {"kind": "dropout"}],
}
OPTIMISERS: dict[str, float] = {"sgd": 0.1, "momentum": 0.03, "adam": 0.01}


def oracle(run: Run, **settings: Any) -> Any:
    """The network by hand, at the start of `run`."""
    spec: Any = run.experiment.model
    learner: Any = run.learner
    module = network(spec.blocks, run.experiment.data.form, run.data.answer.outputs)
    # Dropout draws in the order of the memory, so both have it alike; without it that makes no difference.
    return with_weights(module, learner.module).to(memory_format=torch.channels_last)


def trained(run: Run, module: Any, *, steps: int = 20, loss: Any = F.cross_entropy) -> None:
    """Both, for so many updates."""
    advance(run, steps=steps)
    inputs, targets = pictures(run, "train")
    examples = inputs.contiguous(memory_format=torch.channels_last), targets
    groups = [("training", list(module.parameters()))]
    by_hand(run, module, examples, steps=steps, loss=loss, groups=groups)


def assert_same(run: Run, module: Any, atol: float = 1e-9) -> None:
    learner: Any = run.learner
    for (name, mine), theirs in zip(learner.module.named_parameters(), module.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=0, atol=atol, msg=lambda text, name=name: f"{name}: {text}")


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("kind", OPTIMISERS)
def test_it_is_trained_as_by_hand(kind, name):
    rate = {"training.optimizer": {"kind": kind}, "training.learning_rate": OPTIMISERS[kind]}
    run = start(specification(*NETWORKS[name], **rate))
    module = oracle(run)
    first = run.learner.flat.clone()
    trained(run, module)
    assert (run.learner.flat - first).abs().max() > 1e-3
    # A bias before a batch norm has no gradient but rounding, which Adam divides by its own size.
    loose = kind == "adam" and name in ("norms", "residual")
    assert_same(run, module, 1e-6 if loose else 1e-9)
    for split in ("train", "test"):
        inputs, targets = pictures(run, split)
        with torch.no_grad():
            z = module(inputs)
        found = run.learner.evaluate(split)  # type: ignore[arg-type]
        assert found["loss"] == pytest.approx(float(F.cross_entropy(z, targets)), abs=1e-6)
        assert found["accuracy"] == pytest.approx(float((z.argmax(1) == targets).double().mean()))


def test_penalties_decay_and_clipping_reach_weights_and_not_biases():
    changes = {"training.l1": 0.01, "training.l2": 0.1, "training.weight_decay": 0.05, "training.clip_norm": 0.2}
    run = start(specification(*NETWORKS["norms"], **changes))
    module = oracle(run)
    trained(run, module)
    assert_same(run, module)


@pytest.mark.parametrize("loss", ["mse", "mae", "huber", "hinge"])
def test_the_other_losses_are_torchs(loss):
    run = start(specification(*SIMPLE, **{"training.loss": loss}))
    module = oracle(run)
    functions = {"mse": F.mse_loss, "mae": F.l1_loss, "huber": F.huber_loss}

    def by_name(z: Tensor, targets: Tensor) -> Tensor:
        if loss == "hinge":
            return F.multi_margin_loss(z, targets)
        return functions[loss](torch.tanh(z), F.one_hot(targets, 10).double() * 2 - 1)

    trained(run, module, loss=by_name)
    assert_same(run, module)


def test_running_statistics_are_torchs():
    run = start(specification(*NETWORKS["norms"]))
    module = oracle(run)
    trained(run, module)
    state = run.learner.state()
    np.testing.assert_allclose(state["buffer.batch_norm1.norm.running_mean"], module[1][0].running_mean, atol=1e-9)
    np.testing.assert_allclose(state["buffer.batch_norm2.norm.running_var"], module[4][0].running_var, atol=1e-9)


def test_muon_moves_each_kernel_as_one_row_a_channel():
    changes = {"training.optimizer": {"kind": "muon"}, "training.learning_rate": 0.01}
    run = start(specification({"kind": "conv", "channels": 4}, {"kind": "conv", "channels": 6}, **changes))
    module = oracle(run)
    kernels = [p for p in module.parameters() if p.dim() == 4]
    rows = [torch.nn.Parameter(k.detach().flatten(1)) for k in kernels]
    others = [p for p in module.parameters() if p.dim() < 4]
    matrices = [p for p in others if p.dim() == 2]
    from nnlab.optim.muon import lr_ratio, orthogonalise

    rest = torch.optim.AdamW(
        [
            {"params": matrices, "weight_decay": 0.0},
            {"params": [p for p in others if p.dim() < 2], "weight_decay": 0.0},
        ],
        lr=0.01,
    )
    velocity = [torch.zeros_like(r) for r in rows]
    from tests.families.by_hand import batches

    inputs, targets = pictures(run, "train")
    for _, _, _, chosen in batches(run, 10):
        module.zero_grad()
        F.cross_entropy(module(inputs[chosen]), targets[chosen]).backward()
        for kernel, speed in zip(kernels, velocity, strict=True):
            gradient = kernel.grad.flatten(1)
            speed.lerp_(gradient, 0.05)
            direction = orthogonalise(torch.lerp(gradient, speed, 0.95), 5)
            kernel.data.add_(direction.view(kernel.shape), alpha=-0.01 * lr_ratio(*gradient.shape))
        rest.step()
    advance(run, steps=10)
    assert_same(run, module, 1e-8)
