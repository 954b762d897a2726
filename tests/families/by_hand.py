"""Networks and the loop that every tutorial has, written by hand with torch.optim: what a module family is held against."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from benchmarks.reference import PaperLion
from benchmarks.torch_optimizers import torch_optimizers
from nnlab.core.experiment import Experiment, at, experiment, patch
from nnlab.core.registries import FAMILIES
from nnlab.core.rng import seed_of
from nnlab.core.training import Descent
from nnlab.train.run import Run
from tests.synthetic import Letter


def spec_of(family: str, **changes: Any) -> Experiment:
    """The example of a family, with dotted fields replaced."""
    return patch(experiment(FAMILIES.load(family).example()), changes)


def conv(spec: Any) -> nn.Sequential:
    """The network of `Conv`, its weights drawn from the stream that every run draws them from."""
    torch.manual_seed(seed_of(spec.seed, "weights"))
    c = spec.model.channels
    return nn.Sequential(
        nn.Conv2d(1, c, 3),
        nn.BatchNorm2d(c),
        nn.Tanh(),
        nn.Flatten(),
        nn.Dropout(spec.model.dropout),
        nn.Linear(c * 36, 3),
    ).double()


def perceptron(spec: Any) -> nn.Sequential:
    torch.manual_seed(seed_of(spec.seed, "weights"))
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 12), nn.Tanh(), nn.Linear(12, 3)).double()


def letter(spec: Any) -> nn.Module:
    torch.manual_seed(seed_of(spec.seed, "weights"))
    return Letter().double()


def optimisers(descent: Descent, parameters: list[Tensor], last: Tensor) -> list[Optimizer]:
    """torch's for a descent: decay reaches what has two dimensions or more; the network's last matrix is no hidden one."""
    weights = [p for p in parameters if p.dim() > 1]
    others = [p for p in parameters if p.dim() <= 1]
    lr, decay = descent.learning_rate, descent.weight_decay
    if descent.optimizer.kind == "lion":
        settings = descent.optimizer.model_dump(exclude={"kind"})
        return [PaperLion([{"params": weights, "weight_decay": decay}, {"params": others}], lr, **settings)]
    hidden = [w for w in weights if w is not last]
    return torch_optimizers(descent.optimizer, weights=weights, others=others, hidden=hidden, lr=lr, weight_decay=decay)


def batches(run: Run, steps: int) -> Iterator[tuple[int, int, int, Tensor]]:
    """Update, epoch, place in the epoch and examples of each batch, by the documented stream of orders."""
    n, size, step, epoch = run.n, run.batch_size, 0, 0
    while step < steps:
        generator = torch.Generator().manual_seed(seed_of(run.experiment.seed, "order", epoch))
        order = torch.randperm(n, generator=generator)
        for first in range(0, n, size):
            if step < steps:
                yield step, epoch, first, order[first : first + size]
                step += 1
        epoch += 1


def pictures(run: Run, split: str) -> tuple[Tensor, Tensor]:
    """Inputs 0…1 and classes."""
    rows = run.data.rows(split)  # type: ignore[arg-type]
    return torch.tensor(run.data.inputs[rows]).double() / 255, torch.tensor(run.data.targets[rows]).long()


Loss = Callable[[Tensor, Tensor], Tensor]


def by_hand(
    run: Run,
    module: nn.Module,
    examples: tuple[Tensor, Tensor],
    *,
    steps: int,
    loss: Loss,
    groups: list[tuple[str, list[Tensor]]],
) -> nn.Module:
    """The loop that every tutorial has, with random numbers from the stream of each step."""
    spec, (inputs, targets) = run.experiment, examples
    weights = [p for p in module.parameters() if p.dim() > 1]
    moved = [(at(spec, path), own, optimisers(at(spec, path), own, weights[-1])) for path, own in groups]
    for step, epoch, first, rows in batches(run, steps):
        module.train().zero_grad()
        torch.manual_seed(seed_of(spec.seed, "step", step, first))
        penalty = sum(spec.training.l1 * w.abs().sum() + spec.training.l2 / 2 * w.square().sum() for w in weights)
        (loss(module(inputs[rows]), targets[rows]) + penalty).backward()
        for descent, parameters, optimisers_ in moved:
            if descent.clip_norm:
                nn.utils.clip_grad_norm_(parameters, descent.clip_norm)
            for optimiser in optimisers_:
                for group in optimiser.param_groups:
                    group["lr"] = descent.learning_rate * descent.schedule.factor(epoch)
                optimiser.step()
    return module.eval()


def flat(module: nn.Module) -> Tensor:
    return torch.cat([p.detach().flatten() for p in module.parameters()])


def arrays(run: Run) -> dict[str, bytes]:
    return {name: np.asarray(value).tobytes() for name, value in run.learner.state().items()}
