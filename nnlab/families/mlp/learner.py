"""The multilayer perceptron in training: plain networks by hand-written backpropagation, the others through autograd."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import torch
from torch import Tensor

from nnlab.core.experiment import Experiment
from nnlab.core.records import Array, Dataset
from nnlab.families.learner import Learner, Phase, Split
from nnlab.families.mlp.activations import ACTIVATIONS
from nnlab.families.mlp.engine import Batch, PlainEngine, trace
from nnlab.families.mlp.features import features
from nnlab.families.mlp.init import draw
from nnlab.families.mlp.layout import blocks_of, end_of, hidden_matrices, norms_of, weight_mask
from nnlab.families.mlp.losses import LOSSES, Loss
from nnlab.families.mlp.module import Batch as ModuleBatch
from nnlab.families.mlp.module import MLPModule, ModuleEngine
from nnlab.families.mlp.spec import MLP
from nnlab.optim.penalties import Penalties
from nnlab.optim.rules import FlatParameters, rule

WINDOW = 256  # batches whose views are prepared at once
CHUNK = 1024  # examples at once in the gradient of the whole training set
THUMBNAILS = 32  # units of a layer up to which maps are drawn inside them
FEW_MAPS = 48  # maps in all up to which each is 25 x 25; beyond, 20 x 20

Engine = PlainEngine | ModuleEngine


def build(experiment: Experiment, dataset: Dataset, device: torch.device) -> MLPLearner:
    """A fresh network of `experiment` with its initial weights, on `device`."""
    return MLPLearner(experiment, dataset, device)


class MLPLearner(Learner):
    """See `Learner`. `dtype` is float32 except where a test wants to compare equations rather than rounding."""

    def __init__(
        self, experiment: Experiment, dataset: Dataset, device: torch.device, *, dtype: torch.dtype = torch.float32
    ) -> None:
        self.device, self._dtype = device, dtype
        self.experiment, self.dataset = experiment, dataset
        self._describe()
        self.norms = norms_of(self._spec, self.blocks)
        size = end_of(self.blocks) + sum(2 * n.units for n in self.norms)
        self.flat, self.grad = (torch.zeros(size, dtype=dtype, device=device) for _ in range(2))
        self.mask = weight_mask(self.flat, self.blocks)
        self.running = torch.zeros(2, sum(n.units for n in self.norms), dtype=dtype, device=device)
        self.running[1] = 1
        draw(self.flat, self._spec, blocks=self.blocks, norms=self.norms, seed=experiment.seed)
        training = experiment.training
        parameters = FlatParameters(self.flat, self.grad, self.mask, hidden_matrices(self.blocks))
        self._rule = rule(training.optimizer, parameters, training.weight_decay)
        self._order = torch.empty(0, dtype=torch.int64, device=device)
        self._remembered: list[tuple[Tensor, int, Tensor]] = []
        self._load()
        self._compile()
        self._configure()

    # What is trained, and on what

    def set(self, experiment: Experiment, dataset: Dataset) -> None:
        old, old_data, blocks = self.experiment, self.dataset, self.blocks
        self.experiment, self.dataset = experiment, dataset
        self._describe()
        if [(b.fan_in, b.fan_out) for b in self.blocks] != [(b.fan_in, b.fan_out) for b in blocks]:
            self.experiment, self.dataset = old, old_data
            self._describe()
            raise ValueError("Layers, features and outputs must stay as they are; got others. Build a new learner.")
        if old.training.optimizer.kind != experiment.training.optimizer.kind:
            self._rule = rule(experiment.training.optimizer, self._rule.parameters, experiment.training.weight_decay)
        reload = dataset is not old_data or experiment.training.loss != old.training.loss
        if reload:
            self._load()
        if reload or experiment.model != old.model:
            self._compile()
        self._configure()

    def _describe(self) -> None:
        """What follows from the experiment alone."""
        spec = self.experiment.model
        if not isinstance(spec, MLP):
            raise TypeError(f"The model must be an MLP; got {type(spec).__name__}.")
        self._spec = spec
        dataset = self.dataset
        self._loss: Loss = LOSSES[self.experiment.training.loss](dataset.task, dataset.n_outputs)
        self.blocks = blocks_of(spec, dataset.n_outputs, self._loss.squash)
        self._by_hand = spec.norm == "none" and not spec.skip  # whatever the dropout, once it is off
        self.offers = _offers(dataset)

    def _load(self) -> None:
        """Data, features and targets onto the device, training examples as rows with a last column of ones."""
        self._split: dict[str, tuple[Tensor, Tensor]] = {}
        for name, chosen in (("train", ~self.dataset.is_test), ("test", self.dataset.is_test)):
            points = torch.tensor(self.dataset.x[chosen], dtype=self._dtype, device=self.device).view(-1, 2)
            labels = torch.tensor(self.dataset.y[chosen], dtype=self._dtype, device=self.device)
            self._split[name] = (features(points, self._spec.features), self._loss.targets(labels))
        inputs, targets = self._split["train"]
        self.n_train = len(targets)
        self._rows = torch.cat([inputs.t(), torch.ones_like(inputs[:1]).t()], 1)
        self._targets = targets
        self._order_rows, self._order_targets = torch.empty_like(self._rows), torch.empty_like(targets)
        if len(self._order) != self.n_train:
            self._order = torch.arange(self.n_train, device=self.device)
        self._gather()

    def _compile(self) -> None:
        """The engine for the present model, loss and data."""
        self._engine: Engine = self._make(self.grad, train=True)
        self._whole: Engine | None = None
        self._views: dict[tuple[int, int], Batch | ModuleBatch] = {}

    def _configure(self) -> None:
        """Penalties and settings of the rule; the rule's memory stays."""
        training = self.experiment.training
        self._penalties = Penalties(self.flat, self.mask, l1=training.l1, l2=training.l2, clip_norm=training.clip_norm)
        self._rule.set(training.optimizer, training.weight_decay)

    def _make(self, grad: Tensor, *, train: bool) -> Engine:
        if self._by_hand and not (train and self._spec.dropout):
            return PlainEngine(self.flat, grad, blocks=self.blocks, loss=self._loss)
        module = MLPModule(self._spec, self.flat, blocks=self.blocks, norms=self.norms, running=self.running)
        module.train(train)
        return ModuleEngine(module, grad, norms=self.norms, loss=self._loss, seed=self.experiment.seed)

    # Steps

    def shuffle(self, order: Tensor) -> None:
        self._order = order.to(self.device)
        self._gather()

    def _gather(self) -> None:
        with torch.no_grad():
            torch.index_select(self._rows, 0, self._order, out=self._order_rows)
            torch.index_select(self._targets, 0, self._order, out=self._order_targets)

    def _batch(self, start: int, stop: int) -> Any:
        found = self._views.get((start, stop))
        return found if found is not None else self._prepare(start, stop)

    @torch.inference_mode(False)
    def _prepare(self, start: int, stop: int) -> Any:
        """Views of this batch and the next ones of its size, for `WINDOW` batches."""
        if len(self._views) >= WINDOW:
            self._views.clear()
        size = stop - start
        for first in range(start, min(self.n_train, start + size * (WINDOW - len(self._views))), size):
            last = min(first + size, self.n_train)
            rows, targets = self._order_rows[first:last], self._order_targets[first:last]
            self._views[first, last] = self._engine.batch(rows, targets)
        return self._views[start, stop]

    def step(self, start: int, stop: int, lr: float, step: int) -> None:
        self.steps(start, stop, batch=max(1, stop - start), lr=lr, step=step, count=1)

    def steps(self, start: int, stop_at: int, *, batch: int, lr: float, step: int, count: int) -> tuple[int, int]:
        if isinstance(self._engine, PlainEngine):
            with torch.inference_mode():
                return self._steps(start, stop_at, batch=batch, lr=lr, step=step, count=count)
        with torch.enable_grad():
            return self._steps(start, stop_at, batch=batch, lr=lr, step=step, count=count)

    def _steps(self, start: int, stop_at: int, *, batch: int, lr: float, step: int, count: int) -> tuple[int, int]:
        gradient, prepared, update = self._engine.gradient, self._batch, self._rule.update
        penalise, grad = (self._penalties.apply if self._penalties else None), self.grad
        stop_at = min(stop_at, self.n_train)
        done = 0
        while done < count and start < stop_at:
            stop = min(start + batch, stop_at)
            gradient(prepared(start, stop), step + done)
            if penalise:
                penalise(grad)
            update(lr)
            start, done = stop, done + 1
        return done, start

    def phase(self, name: Phase, start: int, stop: int, lr: float, step: int) -> dict[str, Array]:
        stop = min(stop, self.n_train)
        if stop <= start:
            return {}
        batch, engine = self._batch(start, stop), self._engine
        with torch.no_grad():
            match name:
                case "forward":
                    engine.forward(batch, step)
                    return self._forward_numbers(*engine.traced(batch))
                case "loss":
                    losses = engine.loss(batch)
                    return {"losses": _array(losses), "loss": _array(losses.mean().view(1))}
                case "backward":
                    engine.backward(batch)
                    if self._penalties:
                        self._penalties.apply(self.grad)
                    return {"grad": _array(self.grad)}
                case "update":
                    before = self.flat.clone()
                    self._rule.update(lr)
                    return {"delta": _array(self.flat - before)}

    def _forward_numbers(self, sums: list[Tensor], units: list[Tensor]) -> dict[str, Array]:
        squashed = _squash(sums[-1], self.blocks[-1].activation)
        outputs = [*units[1:], squashed]
        return {
            "z": _array(torch.cat([z[:, 0] for z in sums])),
            "a": _array(torch.cat([a[:, 0] for a in outputs])),
            "a_mean": _array(torch.cat([a.mean(1) for a in outputs])),
        }

    # What is read from the network

    @torch.inference_mode()
    def evaluate(self, split: Split) -> dict[str, float]:
        inputs, targets = self._split[split]
        if not len(targets):
            return {}
        z, aims = self._trace(inputs)[0][-1], targets.t()
        loss = self._loss.mean(z, aims)
        if self.dataset.task == "regression":
            return {"loss": float(loss)}
        right = (z > 0) == (aims > 0.5) if len(z) == 1 else z.argmax(0) == aims.argmax(0)
        both = torch.stack([loss, right.to(loss.dtype).mean()]).tolist()
        return {"loss": both[0], "accuracy": both[1]}

    @torch.no_grad()
    def outputs(self, points: Tensor) -> Tensor:
        return self._loss.shown(self._trace(self._features(points))[0][-1])

    @torch.no_grad()
    def activations(self, points: Tensor) -> list[Tensor]:
        sums, units = self._trace(self._features(points))
        return [*units, sums[-1]]

    def _trace(self, inputs: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """z and a of every layer in evaluation mode, each (units, n); the inputs come first among the latter."""
        if self._by_hand:
            return trace(self.flat, self.blocks, inputs)
        sums: list[Tensor] = []
        units = [inputs.t()]
        output = self._evaluating().module(units[0], None, sums, units)
        return [z.t() for z in (*sums, output)], [a.t() for a in units]

    def _features(self, points: Tensor) -> Tensor:
        """Features (k, n) of `points`; those of the last few tensors are remembered, for a grid comes every frame."""
        version = -1 if points.is_inference() else points._version
        for seen, then, found in self._remembered:
            if seen is points and then == version >= 0:
                return found
        found = features(points.to(self.device, self._dtype), self._spec.features)
        if version >= 0:
            self._remembered = [(points, version, found), *self._remembered[:3]]
        return found

    def full_gradient(self) -> Tensor:
        total = torch.zeros_like(self.flat)
        if not self.n_train:
            return total
        engine = self._evaluating()
        with torch.set_grad_enabled(isinstance(engine, ModuleEngine)):
            for rows, targets in self._chunks():
                engine.gradient(engine.batch(rows, targets), 0)
                total.add_(engine.grad, alpha=len(rows) / self.n_train)
        self._penalties.add(total)
        return total

    def _chunks(self) -> Iterator[tuple[Tensor, Tensor]]:
        return zip(torch.split(self._rows, CHUNK), torch.split(self._targets, CHUNK), strict=True)

    @torch.inference_mode(False)
    def _evaluating(self) -> Any:
        """The engine that takes the network as it is evaluated: no dropout, running statistics.

        Like `_prepare` it leaves inference mode, or its buffers could not be written outside of it later.
        """
        if self._whole is None:
            self._whole = self._make(torch.zeros_like(self.flat), train=False)
        return self._whole

    # State and facts

    def state(self) -> dict[str, Array]:
        found = {"flat": _copy(self.flat)} | {f"rule.{k}": v for k, v in self._rule.state().items()}
        return found | {"running": _copy(self.running)} if self._spec.norm == "batch" else found

    def restore(self, state: Mapping[str, Array]) -> None:
        with torch.no_grad():
            self.flat.copy_(torch.tensor(state["flat"]))
            if self._spec.norm == "batch":
                self.running.copy_(torch.tensor(state["running"]))
            self._rule.restore({k.removeprefix("rule."): v for k, v in state.items() if k.startswith("rule.")})

    def flops(self) -> int:
        batch = min(self.experiment.training.batch_size, self.n_train)
        products = [b.fan_in * b.fan_out for b in self.blocks]
        return 2 * batch * (3 * sum(products) - products[0])

    def facts(self) -> dict[str, Any]:
        maps = sum(b.fan_out for b in self.blocks)
        return {
            "parameters": self.flat.numel(),
            "flops": self.flops(),
            "features": list(self._spec.features),
            "blocks": [asdict(b) for b in self.blocks],
            "norms": [asdict(n) for n in self.norms],
            "n_outputs": self.dataset.n_outputs,
            "thumbnails": all(layer.units <= THUMBNAILS for layer in self._spec.layers),
            "thumb_side": 25 if maps <= FEW_MAPS else 20,
            "plain": self._spec.plain,
        }


def _offers(dataset: Dataset) -> frozenset[str]:
    found = {
        "boundary",
        "neurons",
        "weights",
        "gradients",
        "histograms",
        "gradient_norms",
        "warp",
        "surface",
        "formula",
    }
    return frozenset(found | {"confusion"} if dataset.task == "classification" else found)


def _squash(z: Tensor, name: str) -> Tensor:
    return torch.softmax(z, 0) if name == "softmax" else ACTIVATIONS[name].function(z)


def _array(tensor: Tensor) -> Array:
    array: Array = tensor.detach().to(torch.float32).cpu().numpy().copy()
    return array


def _copy(tensor: Tensor) -> Array:
    array: Array = tensor.detach().cpu().numpy().copy()
    return array
