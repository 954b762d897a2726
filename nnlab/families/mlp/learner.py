"""The multilayer perceptron in training: plain networks by hand-written backpropagation, the others through autograd."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import torch
from torch import Tensor

from nnlab.core.experiment import Experiment
from nnlab.core.records import Array, Examples, Split
from nnlab.families.arrays import copied, numbers
from nnlab.families.learner import ALL, Learner, Rows
from nnlab.families.losses import Loss, loss_of
from nnlab.families.mlp import stack
from nnlab.families.mlp.activations import ACTIVATIONS
from nnlab.families.mlp.engine import PlainEngine
from nnlab.families.mlp.examples import Batches, Engine, OnDevice, Part
from nnlab.families.mlp.inference import Inference
from nnlab.families.mlp.init import draw
from nnlab.families.mlp.layout import (
    bias_of,
    blocks_of,
    end_of,
    gain_and_shift,
    hidden_matrices,
    norms_of,
    weight_mask,
    weight_of,
)
from nnlab.families.mlp.module import EPS, MLPModule, ModuleEngine
from nnlab.families.mlp.painter import Painter
from nnlab.families.mlp.spec import MLP
from nnlab.families.readings import Objective
from nnlab.optim.penalties import Penalties
from nnlab.optim.rules import FlatParameters, rule

PART = 2e8  # operations of one call into training: some five milliseconds of plain kernels


def build(experiment: Experiment, data: Examples, device: torch.device) -> MLPLearner:
    """A fresh network of `experiment` with its initial weights, on `device`."""
    return MLPLearner(experiment, data, device)


class MLPLearner(Learner):
    """See `Learner`. `dtype` is float32 except where a test wants to compare equations rather than rounding."""

    def __init__(
        self, experiment: Experiment, data: Examples, device: torch.device, *, dtype: torch.dtype = torch.float32
    ) -> None:
        self.device, self._dtype = device, dtype
        self.experiment, self.data = experiment, data
        self._describe()
        self.norms = norms_of(self._spec, self.blocks)
        size = end_of(self.blocks) + sum(2 * n.units for n in self.norms)
        self.flat, self.grad = (torch.zeros(size, dtype=dtype, device=device) for _ in range(2))
        self.mask = weight_mask(self.flat, self.blocks)
        self.running = torch.zeros(2, sum(n.units for n in self.norms), dtype=dtype, device=device)
        self.running[1] = 1
        draw(self.flat, self._spec, blocks=self.blocks, norms=self.norms, seed=experiment.seed)
        self._new_rule()
        self._load()
        self._compile()
        self._configure()

    # What is trained, and on what

    def set(self, experiment: Experiment, data: Examples) -> None:
        old, old_data = self.experiment, self.data
        shapes = [(b.fan_in, b.fan_out) for b in self.blocks]
        self.experiment, self.data = experiment, data
        self._describe()
        if [(b.fan_in, b.fan_out) for b in self.blocks] != shapes or self._spec.norm != old.model.norm:  # type: ignore[attr-defined]
            self.experiment, self.data = old, old_data
            self._describe()
            raise ValueError(
                "Features, layers, norm and outputs must stay as they are; got others. Build a new learner."
            )
        if old.training.optimizer.kind != experiment.training.optimizer.kind:
            self._new_rule()
        reload = data is not old_data or experiment.training.loss != old.training.loss
        if reload:
            self._load(self._examples.order)
        if reload or experiment.model != old.model:
            self._compile()
        self._configure()

    def _describe(self) -> None:
        """What follows from the experiment and the kind of data alone."""
        spec, answer = self.experiment.model, self.data.answer
        if not isinstance(spec, MLP):
            raise TypeError(f"The model must be an MLP; got {type(spec).__name__}.")
        self._spec = spec
        self._loss: Loss = loss_of(self.experiment, answer)
        self.blocks = blocks_of(spec, answer.outputs, self._loss.squash)
        plain = spec.norm == "none" and not spec.skip
        share = 1 if plain else 1 / 3  # autograd takes three times as long for the same operations
        self.part = max(1, int(PART * share // (6 * sum(b.fan_in * b.fan_out for b in self.blocks))))

    def _new_rule(self) -> None:
        training = self.experiment.training
        parameters = FlatParameters(self.flat, self.grad, self.mask, hidden_matrices(self.blocks))
        self._rule = rule(training.optimizer, parameters, training.weight_decay)

    def _load(self, order: Tensor | None = None) -> None:
        """Examples onto the device; the epoch's order stays where the number of examples does."""
        names, loss = self._spec.features, self._loss
        self._examples = OnDevice(self.data, names, loss=loss, device=self.device, dtype=self._dtype)
        self.n_train = self._examples.n_train
        if order is not None and len(order) == self.n_train:
            self._examples.shuffle(order)

    def _compile(self) -> None:
        """Engines for the present model, loss and data."""
        # Without norm and skips a network is plain whenever it is only looked at, whatever its dropout.
        self._looks_plain = self._spec.norm == "none" and not self._spec.skip
        self._engine: Engine = self._make(self.grad, train=True)
        self._whole: Engine | None = None  # as it is evaluated
        self._parted: Engine | None = None  # for parts of a batch
        self._swept: tuple[Split, stack.Sweep] | None = None
        self._batches = Batches(self._examples, self._engine)
        module = None if self._looks_plain else self._module(train=False)
        shortly = self._looks_plain and self._dtype == torch.float32
        names: dict[str, Any] = {"blocks": self.blocks, "names": self._spec.features}
        self.painter = Painter(self.flat, **names, loss=self._loss) if shortly else None
        self._inference = Inference(self.flat, **names, module=module)

    def _configure(self) -> None:
        """Penalties and settings of the rule; the rule's memory stays."""
        training = self.experiment.training
        self._penalties = Penalties(self.flat, self.mask, l1=training.l1, l2=training.l2, clip_norm=training.clip_norm)
        self._rule.set(training.optimizer, training.weight_decay)

    def _module(self, *, train: bool) -> MLPModule:
        module = MLPModule(self._spec, self.flat, blocks=self.blocks, norms=self.norms, running=self.running)
        return module.train(train)

    def _make(self, grad: Tensor, *, train: bool) -> Engine:
        if self._looks_plain and not (train and self._spec.dropout):
            return PlainEngine(self.flat, grad, blocks=self.blocks, loss=self._loss)
        module, seed = self._module(train=train), self.experiment.seed
        return ModuleEngine(module, grad, norms=self.norms, loss=self._loss, seed=seed)

    # Steps

    def shuffle(self, order: Tensor, epoch: int = 0) -> None:
        self._examples.shuffle(order)

    def step(self, start: int, stop: int, lr: float, step: int) -> None:
        self.steps(start, stop, batch=max(1, stop - start), lr=lr, step=step, count=1)

    def steps(self, start: int, stop_at: int, *, batch: int, lr: float, step: int, count: int) -> tuple[int, int]:
        plain = isinstance(self._engine, PlainEngine)
        with torch.inference_mode() if plain else torch.enable_grad():
            return self._steps(start, min(stop_at, self.n_train), batch=batch, lr=lr, step=step, count=count)

    def _steps(self, start: int, stop_at: int, *, batch: int, lr: float, step: int, count: int) -> tuple[int, int]:
        gradient, at, update = self._engine.gradient, self._batches.at, self._rule.update
        penalise, grad = (self._penalties.apply if self._penalties else None), self.grad
        done = 0
        while done < count and start < stop_at:
            stop = min(start + batch, stop_at)
            gradient(at(start, stop), step + done)
            if penalise:
                penalise(grad)
            update(lr)
            start, done = stop, done + 1
        return done, start

    def accumulate(self, start: int, stop: int, *, share: float, step: int, first: bool, move: int = 0) -> None:
        total = self.grad if not first else self.grad.zero_()
        if self._parted is None:
            self._parted = self._make(torch.zeros_like(self.flat), train=True)
        engine: Any = self._parted
        plain = isinstance(engine, PlainEngine)
        with torch.inference_mode() if plain else torch.enable_grad():
            part = engine.batch(*self._examples.slice(start, stop))
            engine.gradient(part, step, 0 if first else start)  # the first part is what the phases show
        total.add_(engine.grad, alpha=share)

    @torch.no_grad()
    def update(self, lr: float, step: int, move: int = 0) -> None:
        if self._penalties:
            self._penalties.apply(self.grad)
        self._rule.update(lr)

    @torch.no_grad()
    def phase(self, name: str, start: int, stop: int, lr: float, step: int) -> dict[str, Array]:
        stop = min(stop, self.n_train)
        if stop <= start:
            return {}
        batch, engine = self._batches.at(start, stop), self._engine
        match name:
            case "forward":
                engine.forward(batch, step)
                return self._forward_numbers(*engine.traced(batch))
            case "loss":
                losses = engine.loss(batch)
                return {"losses": numbers(losses), "loss": numbers(losses.mean().view(1))}
            case "backward":
                engine.backward(batch)
                return {"grad": numbers(self.grad)}
            case _:
                before = self.flat.clone()
                self.update(lr, step)
                return {"delta": numbers(self.flat - before)}

    def _forward_numbers(self, sums: list[Tensor], units: list[Tensor]) -> dict[str, Array]:
        squash = self.blocks[-1].activation
        last = torch.softmax(sums[-1], 0) if squash == "softmax" else ACTIVATIONS[squash].function(sums[-1])
        outputs = [*units[1:], last]
        return {
            "z": numbers(torch.cat([z[:, 0] for z in sums])),
            "a": numbers(torch.cat([a[:, 0] for a in outputs])),
            "a_mean": numbers(torch.cat([a.mean(1) for a in outputs])),
        }

    # What is read from the network

    @torch.no_grad()
    def evaluate(self, split: Split, rows: Rows = ALL) -> dict[str, float]:
        given, targets = self._examples.part(split, rows)
        if not len(given):
            return {}
        z, aims = self._inference.output(given), targets.t()
        loss = self._loss.mean(z, aims).item()
        if self.data.answer.kind == "number":
            return {"loss": loss}
        right = torch.eq(z > 0, aims > 0) if len(z) == 1 else torch.eq(z.argmax(0), aims.argmax(0))
        return {"loss": loss, "accuracy": right.sum().item() / len(given)}

    @torch.no_grad()
    def answers(self, split: Split, rows: Rows = ALL) -> Tensor:
        """The class (n,) that each of some examples is taken for."""
        z = self._inference.output(self._examples.part(split, rows).rows)
        return (z[0] > 0).long() if len(z) == 1 else z.argmax(0)

    @torch.no_grad()
    def outputs(self, points: Tensor) -> Tensor:
        return self._loss.shown(self._inference.output(self._inference.rows(points), pictured=True))

    def activations(self, points: Tensor) -> list[Tensor]:
        return self._inference.layers(self._inference.rows(points))

    def normalisation(self, layer: int, unit: int, inputs: Tensor) -> tuple[float, float, float, float]:
        """Mean, deviation, gain and shift of a hidden unit: of its layer's sums at `inputs`, or of the batches so far.

        Layers count from 1. 0, 1, 1, 0 where nothing is normalised.
        """
        if layer > len(self.norms):
            return 0.0, 1.0, 1.0, 0.0
        norm, block = self.norms[layer - 1], self.blocks[layer - 1]
        gain, shift = gain_and_shift(self.flat, norm)
        if self._spec.norm == "batch":
            mean, variance = self.running[:, sum(n.units for n in self.norms[: layer - 1]) + unit]
        else:
            z = weight_of(self.flat, block) @ inputs + bias_of(self.flat, block)
            variance, mean = torch.var_mean(z, correction=0)
        return float(mean), float((variance + EPS).sqrt()), float(gain[unit]), float(shift[unit])

    def portion(self, split: Split) -> tuple[int, int]:
        sweep = self._sweep(split)
        return sweep.size, sweep.tile

    @torch.no_grad()
    def losses_at(self, weights: Tensor, split: Split, *, group: int | None = None, rows: Rows = ALL) -> Tensor:
        if not self.count(split):
            return weights.new_full((len(weights),), torch.nan)
        sweep, n = self._sweep(split), self.count(split)
        start, stop = rows.indices(n)[:2] if isinstance(rows, slice) else (0, 0)
        tiled = start < stop and start % sweep.tile == 0 and (stop % sweep.tile == 0 or stop == n)
        if not tiled:
            return super().losses_at(weights, split, group=group, rows=rows)
        tiles = range(start // sweep.tile, -(-stop // sweep.tile))
        found = weights.new_zeros(len(weights))
        for tile in tiles:
            share = min(sweep.tile, stop - tile * sweep.tile) / (stop - start)
            found += share * torch.cat([sweep.losses(part, tile) for part in torch.split(weights, sweep.size)])
        return found

    def _sweep(self, split: Split) -> stack.Sweep:
        """Buffers for many networks on the examples of `split`; those of one split are kept."""
        if self._swept is None or self._swept[0] != split:
            rows, targets = self._examples.part(split)
            shape: dict[str, Any] = {"blocks": self.blocks, "norms": self.norms, "running": self.running}
            self._swept = split, stack.Sweep(self._spec, rows, targets, loss=self._loss, **shape)
        return self._swept[1]

    def objective(self, *, group: int | None = None) -> Objective:
        known, answers = (t.double() for t in self._examples.train)
        mask, l2, loss, spec = self.mask.double(), self.experiment.training.l2, self._loss, self._spec
        shape: dict[str, Any] = {"blocks": self.blocks, "norms": self.norms, "running": self.running.double()}

        def objective(weights: Tensor, rows: Rows = ALL) -> Tensor:
            inputs, targets = known[rows][:, :-1].t(), answers[rows]
            z = stack.outputs(spec, weights.unsqueeze(0), inputs, **shape)
            penalty = l2 / 2 * (mask * weights * weights).sum()
            return len(targets) / max(1, len(answers)) * (stack.losses(z, targets, loss).squeeze(0) + penalty)

        return objective

    def gradient(self, rows: Rows = ALL) -> Tensor:
        given = self._examples.part("train", rows)
        total = self._gradient(given).clone() if len(given.rows) else torch.zeros_like(self.flat)
        self._penalties.add(total)
        return total

    def example_gradient(self, rows: Tensor) -> Tensor:
        total, train = torch.zeros_like(self.flat), self._examples.train
        for row in torch.split(rows, 1):
            gradient = self._gradient(Part(train.rows[row], train.targets[row]))
            total.addcmul_(gradient, gradient, value=1 / len(rows))
        return total.sqrt_()

    def _gradient(self, given: Part) -> Tensor:
        """The data loss's gradient over some examples, in a buffer of its own."""
        if self._whole is None:
            self._whole = self._make(torch.zeros_like(self.flat), train=False)
        engine: Any = self._whole
        with torch.set_grad_enabled(isinstance(engine, ModuleEngine)):
            engine.gradient(engine.batch(given.rows[:, :-1], given.targets), 0)
        found: Tensor = engine.grad
        return found

    # State and facts

    def state(self) -> dict[str, Array]:
        found = {"flat": copied(self.flat)} | {f"rule.{k}": v for k, v in self._rule.state().items()}
        return found | {"running": copied(self.running)} if self._spec.norm == "batch" else found

    @torch.no_grad()
    def restore(self, state: Mapping[str, Array]) -> None:
        self.flat.copy_(torch.tensor(state["flat"]))
        if self._spec.norm == "batch":
            self.running.copy_(torch.tensor(state["running"]))
        self._rule.restore({k.removeprefix("rule."): v for k, v in state.items() if k.startswith("rule.")})

    def flops(self) -> int:
        batch = min(self.experiment.training.batch_size, self.n_train)
        products = [b.fan_in * b.fan_out for b in self.blocks]
        return 2 * batch * (3 * sum(products) - products[0])

    def facts(self) -> dict[str, Any]:
        return {
            "parameters": self.flat.numel(),
            "flops": self.flops(),
            "features": list(self._spec.features),
            "blocks": [asdict(b) for b in self.blocks],
            "norms": [asdict(n) for n in self.norms],
        }
