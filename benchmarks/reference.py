"""The usual way to train the same network: nn.Module, DataLoader, torch.optim, loss.item(). Speed and weights are held against it.

Nothing of the engine is used here but its initial weights: layers, losses and optimisers are torch's own (Lion, which
torch lacks, is written out from Chen et al. 2023, algorithm 2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import Optimizer
from torch.utils.data import DataLoader, RandomSampler, TensorDataset

from benchmarks.torch_optimizers import torch_optimizers
from nnlab.core.experiment import Experiment
from nnlab.core.records import Examples
from nnlab.families.learner import Block
from nnlab.families.mlp.spec import MLP

LossFunction = Callable[[Tensor, Tensor], Tensor]


class Sine(nn.Module):
    """sin z."""

    def forward(self, z: Tensor) -> Tensor:
        return torch.sin(z)


ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "gelu": nn.GELU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "silu": nn.SiLU,
    "sine": Sine,
    "linear": nn.Identity,
}


class Hidden(nn.Module):
    """One hidden layer: linear, norm, activation, dropout, skip."""

    def __init__(self, fan_in: int, units: int, *, activation: str, spec: MLP) -> None:
        super().__init__()
        self.linear = nn.Linear(fan_in, units)
        norms: dict[str, Callable[[], nn.Module]] = {
            "none": nn.Identity,
            "batch": lambda: nn.BatchNorm1d(units),
            "layer": lambda: nn.LayerNorm(units),
        }
        self.norm = norms[spec.norm]()
        self.activation = ACTIVATIONS[activation]()
        self.dropout = nn.Dropout(spec.dropout)
        self.skip = spec.skip and fan_in == units

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.dropout(self.activation(self.norm(self.linear(x))))
        return y + x if self.skip else y


def network(spec: MLP, n_outputs: int, *, flat: Tensor, blocks: Iterable[Block]) -> nn.Sequential:
    """The network of `spec` with the weights of `flat`, in its dtype; norms start at gain 1 and shift 0."""
    layers: list[nn.Module] = []
    width = len(spec.features)
    for layer in spec.layers:
        layers.append(Hidden(width, layer.units, activation=layer.activation, spec=spec))
        width = layer.units
    layers.append(nn.Linear(width, n_outputs))
    module = nn.Sequential(*layers).to(flat.dtype)
    with torch.no_grad():
        for linear, block in zip(linears(module), blocks, strict=True):
            values = flat[block.start : block.start + block.fan_out * block.stride].view(block.fan_out, block.stride)
            linear.weight.copy_(values[:, :-1])
            linear.bias.copy_(values[:, -1])
    return module


def linears(module: nn.Module) -> list[nn.Linear]:
    """The linear layers in order."""
    return [m for m in module.modules() if isinstance(m, nn.Linear)]


def flattened(module: nn.Module, *, gradient: bool = False) -> Tensor:
    """Weights and biases, or their gradients, in the order of the engine's flat vector: linear layers, then norms."""

    def of(parameter: Any) -> Tensor:
        found: Tensor = parameter.grad if gradient else parameter
        return found.detach()

    layers = [torch.cat([of(m.weight), of(m.bias).unsqueeze(1)], 1).flatten() for m in linears(module)]
    norms = [m for m in module.modules() if isinstance(m, nn.BatchNorm1d | nn.LayerNorm)]
    return torch.cat([*layers, *(torch.cat([of(m.weight), of(m.bias)]) for m in norms)])


def loss_function(name: str, data: Examples) -> LossFunction:
    """(outputs (n, n_outputs), labels (n,)) -> mean loss, by torch.nn.functional."""
    distances: dict[str, LossFunction] = {"mse": F.mse_loss, "mae": F.l1_loss, "huber": F.huber_loss}
    distance = distances.get(name)
    if data.answer.kind == "number" and distance:
        return lambda z, y: distance(z.squeeze(1), y)
    if data.answer.outputs == 1:
        if distance:
            return lambda z, y: distance(torch.tanh(z.squeeze(1)), 2 * y - 1)
        if name == "hinge":
            return lambda z, y: torch.clamp(1 - (2 * y - 1) * z.squeeze(1), min=0).mean()
        return lambda z, y: F.binary_cross_entropy_with_logits(z.squeeze(1), y)
    if distance:
        classes = data.answer.outputs
        return lambda z, y: distance(torch.tanh(z), 2 * F.one_hot(y.long(), classes).to(z.dtype) - 1)
    if name == "hinge":
        return lambda z, y: F.multi_margin_loss(z, y.long())
    return lambda z, y: F.cross_entropy(z, y.long())


class PaperLion(Optimizer):
    """Chen et al. 2023, algorithm 2, as its authors write it in torch (github.com/google/automl, lion_pytorch.py)."""

    def __init__(self, groups: list[dict[str, Any]], lr: float, *, beta1: float, beta2: float) -> None:
        super().__init__(groups, {"lr": lr, "beta1": beta1, "beta2": beta2, "weight_decay": 0.0})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for p in group["params"]:
                m, grad = self.state[p].setdefault("m", torch.zeros_like(p)), p.grad
                p.mul_(1 - group["lr"] * group["weight_decay"])
                update = m * group["beta1"] + grad * (1 - group["beta1"])
                p.add_(update.sign_(), alpha=-group["lr"])
                m.mul_(group["beta2"]).add_(grad, alpha=1 - group["beta2"])


def optimizers(experiment: Experiment, module: nn.Module) -> list[Optimizer]:
    """torch's optimisers for the experiment, decay on the weights of linear layers only."""
    training = experiment.training
    weights = [m.weight for m in linears(module)]
    others = [p for p in module.parameters() if not any(p is w for w in weights)]
    lr, decay = training.learning_rate, training.weight_decay
    if training.optimizer.kind == "lion":
        settings = training.optimizer.model_dump(exclude={"kind"})
        groups: list[dict[str, Any]] = [{"params": weights, "weight_decay": decay}, {"params": others}]
        return [PaperLion(groups, lr, **settings)]
    return torch_optimizers(
        training.optimizer, weights=weights, others=others, hidden=weights[:-1], lr=lr, weight_decay=decay
    )


def penalty(experiment: Experiment, module: nn.Module) -> Tensor | float:
    """l1 sum |w| + l2 / 2 sum w^2 over the weights."""
    l1, l2 = experiment.training.l1, experiment.training.l2
    if not (l1 or l2):
        return 0.0
    weights = [m.weight for m in linears(module)]
    return sum((l1 * w.abs().sum() + l2 / 2 * w.square().sum() for w in weights), torch.zeros(()))


def loader(x: Tensor, y: Tensor, *, batch: int, generator: torch.Generator) -> DataLoader[Any]:
    """Shuffled batches; the sampler's order of an epoch is torch.randperm(n, generator=generator)."""
    dataset = TensorDataset(x, y)
    return DataLoader(dataset, batch_size=batch, sampler=RandomSampler(dataset, generator=generator))


def epoch(
    module: nn.Module,
    batches: Iterable[Any],
    *,
    loss: LossFunction,
    optimisers: list[Optimizer],
    experiment: Experiment,
) -> float:
    """One epoch of the tutorial's loop; the mean of the batch losses."""
    total, count = 0.0, 0
    clip = experiment.training.clip_norm
    for x, y in batches:
        for optimiser in optimisers:
            optimiser.zero_grad()
        value = loss(module(x), y) + penalty(experiment, module)
        torch.autograd.backward(value)
        if clip:
            nn.utils.clip_grad_norm_(module.parameters(), clip)
        for optimiser in optimisers:
            optimiser.step()
        total, count = total + value.item(), count + 1
    return total / max(1, count)
