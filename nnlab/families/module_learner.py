"""What all families share whose model is a torch module: such a family is a specification and a module.

A subclass gives `make`; it overrides `encode`, `criterion` or `scores` where its inputs or answers are of another kind, `groups`
where several descents move its parameters, and `moves`, `phases` and `accumulate` where these take turns, such as players of a GAN.
"""

from __future__ import annotations

import copy
from abc import abstractmethod
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nnlab.core.experiment import Experiment, at
from nnlab.core.records import SPLITS, Array, Examples, Split
from nnlab.core.training import Descent
from nnlab.families import functional
from nnlab.families.arrays import copied, numbers
from nnlab.families.cost import NOTHING, Cost, counted
from nnlab.families.flat import flatten, seeded
from nnlab.families.learner import ALL, Group, Learner, Rows
from nnlab.families.losses import loss_of
from nnlab.families.readings import Objective
from nnlab.optim.penalties import Penalties
from nnlab.optim.rules import FlatParameters, Rule, rule

MOST_COSTS = 64
# With fewer examples in a part, or more parameters, a second derivative of one example in float64 takes longer than some 5 ms.
FEW, MANY = 20, 200_000
_COSTS: dict[tuple[Any, ...], Cost] = {}  # counting takes a while, and a run is opened again and again


class ModuleLearner(Learner):
    """See `Learner`. `dtype` is float32 except where a test wants to compare equations rather than rounding."""

    def __init__(
        self, experiment: Experiment, data: Examples, device: torch.device, *, dtype: torch.dtype = torch.float32
    ) -> None:
        self.device, self.dtype, self.experiment, self.data = device, dtype, experiment, data
        with seeded(experiment.seed, "weights"):
            self.module = self.make().to(device, dtype)
        self._flat = flatten(self.module)
        self.flat, self.grad, self.mask = self._flat.values, self._flat.grad, self._flat.mask
        self.blocks = tuple(replace(block, title=self.titled(block.name)) for block in self._flat.blocks)
        self._output = self.flat
        # Autograd takes a recurrent layer's second derivatives kernel by kernel: 50 ms for one sequence of 32 steps.
        layers = [layer for layer in self.module.modules() if isinstance(layer, nn.RNNBase)]
        self.by_differences = bool(layers) and all(layer.mode != "RNN_RELU" for layer in layers)
        self.epoch = 0
        self._load()
        self.rules = [self._rule(g) for g in self.groups]
        self._configure()
        self._price()

    # ---- what a family gives -----------------------------------------------------------------------------------------
    @abstractmethod
    def make(self) -> nn.Module:
        """The module with its initial weights, drawn from torch's own generator, which is seeded meanwhile."""

    def titled(self, layer: str) -> str:
        """What the page calls a layer of the module, by its name there such as "conv1"; "": by its number."""
        return ""

    def encode(self, inputs: Tensor) -> Tensor:
        """Inputs as they lie in the data (n, …) -> as the module takes them."""
        if inputs.dtype == torch.uint8:
            return inputs.to(self.dtype).div_(255)
        return inputs.to(self.dtype) if inputs.is_floating_point() else inputs

    def prepared(self, inputs: Tensor, step: int, start: int) -> Tensor:
        """What an update learns from instead of a batch's own inputs (n, …), such as augmented ones.

        `step` is the update and `start` where the batch, or its part, begins in the epoch: random numbers are a function of these.
        """
        return inputs

    def criterion(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """The loss of each example (n,), without penalties, from what the module answers."""
        if self.data.answer.kind == "sequence":
            return (
                F.cross_entropy(outputs.flatten(0, 1), targets.flatten(), reduction="none")
                .view(len(targets), -1)
                .mean(1)
            )
        return self._loss.values(outputs.flatten(1).t(), self._loss.targets(targets).t())

    def scores(self, outputs: Tensor, targets: Tensor) -> dict[str, Tensor]:
        """Beside "loss", the other metrics of each example (n,) by their kind."""
        if self.data.answer.kind != "class":
            return {}
        return {"accuracy": taken(outputs) == targets.long()}

    # ---- what is trained, and on what --------------------------------------------------------------------------------
    def set(self, experiment: Experiment, data: Examples) -> None:
        made = {self._moved(g): r for g, r in zip(self.groups, self.rules, strict=True)}
        new_data, self.experiment, self.data = data is not self.data, experiment, data
        if new_data:
            self._load()
        self.rules = [made.get(self._moved(g)) or self._rule(g) for g in self.groups]
        self._configure()
        self._price()

    def _price(self) -> None:
        self._cost = self.cost()
        self.part = self._cost.part
        large = self.part < FEW or self.flat.numel() > MANY
        self.single = large and not self.by_differences  # differences need all digits

    def _moved(self, group: Group) -> tuple[Any, ...]:
        """What a rule is made for; as long as it stays, the rule keeps its memory."""
        return group.name, group.part.start, group.part.stop, type(self.descent(group).optimizer)

    def descent(self, group: Group) -> Descent:
        """The settings that move a group."""
        found = at(self.experiment, group.path)
        if not isinstance(found, Descent):
            raise TypeError(f"A group's path must lead to a Descent; got {type(found).__name__} at {group.path!r}.")
        return found

    def group_lr(self, group: int, lr: float) -> float:
        """Of a group with a descent of its own, its own rate and schedule."""
        own = self.groups[group]
        if own.path == "training":
            return lr
        descent = self.descent(own)
        return descent.learning_rate * descent.schedule.factor(self.epoch)

    def _rule(self, group: Group) -> Rule:
        part, descent = group.part, self.descent(group)
        parameters = FlatParameters(self.flat[part], self.grad[part], self.mask[part], self._flat.matrices(part))
        return rule(descent.optimizer, parameters, descent.weight_decay)

    def _configure(self) -> None:
        training = self.experiment.training
        self._loss = loss_of(self.experiment, self.data.answer)
        self._penalties = []
        for made, group in zip(self.rules, self.groups, strict=True):
            descent, part = self.descent(group), group.part
            made.set(descent.optimizer, descent.weight_decay)
            sizes = {"l1": training.l1, "l2": training.l2, "clip_norm": descent.clip_norm}
            self._penalties.append(Penalties(self.flat[part], self.mask[part], **sizes))

    def _load(self) -> None:
        """The examples of both splits onto the device, as they are: pictures stay bytes until they are needed."""
        self._parts: dict[Split, tuple[Tensor, Tensor]] = {}
        for split in SPLITS:
            inputs, targets = (torch.as_tensor(array, device=self.device) for array in self.data.parts[split])
            self._parts[split] = inputs, targets.to(self.dtype) if targets.is_floating_point() else targets
        self._order = torch.arange(self.count("train"), device=self.device)

    def batch(self, split: Split, rows: Rows = ALL) -> tuple[Tensor, Tensor]:
        """Some examples as the module takes them, and their targets: where it is asked for the input itself, that."""
        inputs, targets = self._parts[split]
        encoded = self.encode(inputs[rows])
        return encoded, encoded if self.data.answer.kind == "itself" else targets[rows]

    def examples(self, split: Split) -> tuple[Tensor, Tensor]:
        """All of them."""
        return self.batch(split)

    # ---- updates -----------------------------------------------------------------------------------------------------
    def shuffle(self, order: Tensor, epoch: int = 0) -> None:
        self._order, self.epoch = order.to(self.device), epoch

    def step(self, start: int, stop: int, lr: float, step: int) -> None:
        for move in range(len(self.moves)):
            for first in range(start, stop, self.part):
                last, begins = min(first + self.part, stop), first == start
                share = (last - first) / (stop - start)
                self.accumulate(first, last, share=share, step=step, first=begins, move=move)
            self.update(lr, step, move)

    def accumulate(self, start: int, stop: int, *, share: float, step: int, first: bool, move: int = 0) -> None:
        self._forward(start, stop, step)
        with torch.enable_grad():
            loss = self._losses.mean()
            self.add_gradient(loss if share == 1 else loss * share, first=first)

    @contextmanager
    def learning(self, step: int, *names: str | int) -> Iterator[None]:
        """Training mode with the random numbers of an update: around every forward pass of one."""
        self._mode(train=True)
        with seeded(self.experiment.seed, "step", step, *names), torch.enable_grad():
            yield

    def _forward(self, start: int, stop: int, step: int) -> None:
        inputs, targets = self.batch("train", self._order[start:stop])
        with self.learning(step, start):
            self._output = self.module(self.prepared(inputs, step, start))
            self._losses = self.criterion(self._output, targets)

    def add_gradient(self, loss: Tensor, *, first: bool, group: int | None = None) -> None:
        """Add the gradient of a scalar by the parameters of a group, or of all, to `grad`; of those `first` forgets what was there."""
        within = self.place(group)
        own = slice(*(bisect_left(self._flat.starts, at) for at in (within.start, within.stop)))
        found = torch.autograd.grad(loss, self._flat.parameters[own], allow_unused=True)
        known = [(old, new) for old, new in zip(self._flat.gradients[own], found, strict=True) if new is not None]
        places, values = [old for old, _ in known], [new for _, new in known]
        with torch.no_grad():
            if first and len(known) < len(found):
                self.grad[within].zero_()
            (torch._foreach_copy_ if first else torch._foreach_add_)(places, values)

    @torch.no_grad()
    def update(self, lr: float, step: int, move: int = 0) -> None:
        """Of all groups; where there are several moves, of the group with the number of the move."""
        for i, group in enumerate(self.groups):
            if len(self.moves) == 1 or i == move:
                self._penalties[i].apply(self.grad[group.part])
                self.rules[i].update(self.group_lr(i, lr))

    @torch.no_grad()
    def phase(self, name: str, start: int, stop: int, lr: float, step: int) -> dict[str, Array]:
        for move, (gradient, change) in enumerate(self.moves):
            if name == gradient:
                if len(self.moves) == 1:  # what forward has left is still there
                    with torch.enable_grad():
                        self.add_gradient(self._losses.mean(), first=True)
                else:
                    self.accumulate(start, stop, share=1.0, step=step, first=True, move=move)
                return {"grad": numbers(self.grad)}
            if name == change:
                before = self.flat.clone()
                self.update(lr, step, move)
                return {"delta": numbers(self.flat - before)}
        if name == "forward":
            self._forward(start, stop, step)
            return {"outputs": numbers(self._output[:1])}
        return {"losses": numbers(self._losses), "loss": numbers(self._losses.mean().view(1))}

    # ---- what is read ------------------------------------------------------------------------------------------------
    def _mode(self, *, train: bool) -> None:
        if self.module.training is not train:
            self.module.train(train)

    @contextmanager
    def used(self) -> Iterator[None]:
        """The model as it is evaluated; where it draws random numbers even so, they are the same ones each time."""
        self._mode(train=False)
        with seeded(self.experiment.seed, "used"):
            yield

    @torch.inference_mode()
    def evaluate(self, split: Split, rows: Rows = ALL) -> dict[str, float]:
        inputs, targets = self.batch(split, rows)
        if not len(inputs):
            return {}
        with self.used():
            outputs = self.module(inputs)
            found = {"loss": self.criterion(outputs, targets), **self.scores(outputs, targets)}
        return {name: float(value.double().mean()) for name, value in found.items()}

    @torch.inference_mode()
    def answers(self, split: Split, rows: Rows = ALL) -> Tensor:
        """The class (n,) that each of some examples is taken for."""
        with self.used():
            return taken(self.module(self.batch(split, rows)[0]))

    def gradient(self, rows: Rows = ALL) -> Tensor:
        inputs, targets = self.batch("train", rows)
        found = torch.zeros_like(self.flat)
        if len(inputs):
            with self.used(), torch.enable_grad():
                loss = self.criterion(self.module(inputs), targets).mean()
                parts = torch.autograd.grad(loss, self._flat.parameters, allow_unused=True)
            for view, part in zip(self._flat.views(found), parts, strict=True):
                if part is not None:
                    view.copy_(part)
        for i, group in enumerate(self.groups):
            self._penalties[i].add(found[group.part])
        return found

    def objective(self, *, group: int | None = None) -> Objective:
        within, l2 = self.place(group), self.experiment.training.l2
        data = functional.objective(self.module, self.flat, criterion=self.criterion)
        mask, kept = self.mask[within].clone(), self.flat.detach().clone()

        def loss(weights: Tensor, rows: Rows = ALL) -> Tensor:
            flat = weights
            if len(weights) < len(kept):
                first, last = kept[: within.start].to(weights), kept[within.stop :].to(weights)
                flat = torch.cat([first, weights, last])
            inputs, targets = self.batch("train", rows)
            penalty = l2 / 2 * torch.dot(mask.to(weights) * weights, weights) if l2 else 0.0
            with self.used():
                return len(inputs) / max(1, self.count("train")) * (data(flat, inputs, targets) + penalty)

        return loss

    # ---- state and facts ---------------------------------------------------------------------------------------------
    def state(self) -> dict[str, Array]:
        found = {"flat": copied(self.flat)} | {f"buffer.{n}": copied(b) for n, b in self.module.named_buffers()}
        for i, made in enumerate(self.rules):
            found |= {f"{i}.{name}": array for name, array in made.state().items()}
        return found

    @torch.no_grad()
    def restore(self, state: Mapping[str, Array]) -> None:
        self.flat.copy_(torch.tensor(state["flat"]))
        for name, buffer in self.module.named_buffers():
            buffer.copy_(torch.tensor(state[f"buffer.{name}"]))
        for i, made in enumerate(self.rules):
            mine = f"{i}."
            made.restore({k.removeprefix(mine): v for k, v in state.items() if k.startswith(mine)})

    def cost(self) -> Cost:
        """What an update costs; a family with updates of its own says so itself."""
        split: Split = "train" if self.count("train") else "test"
        examples, experiment = self.count(split), self.experiment
        key = type(self), experiment.model, experiment.training.loss, self.data.form, self.data.answer
        if not examples:
            return NOTHING
        if key not in _COSTS:
            if len(_COSTS) == MOST_COSTS:
                del _COSTS[next(iter(_COSTS))]
            module = copy.deepcopy(self.module).train()  # its running statistics are its own

            def update(n: int) -> object:
                inputs, targets = self.batch(split, torch.arange(n, device=self.device) % examples)
                loss = self.criterion(module(self.prepared(inputs, 0, 0)), targets).mean()
                trained = [p for p in module.parameters() if p.requires_grad]
                return torch.autograd.grad(loss, trained, allow_unused=True)

            with seeded(self.experiment.seed, "cost"), torch.enable_grad():
                _COSTS[key] = counted(update)
        return _COSTS[key]

    def flops(self) -> int:
        batch = max(1, min(self.experiment.training.batch_size, self.count("train")))
        return round(max(self._cost.operations, 6.0 * self.flat.numel()) * batch)

    def facts(self) -> dict[str, Any]:
        return {"parameters": self.flat.numel(), "flops": self.flops(), "blocks": [asdict(b) for b in self.blocks]}


def taken(outputs: Tensor) -> Tensor:
    """The class of each answer: of a single output, which side of 0."""
    return (outputs[:, 0] > 0).long() if outputs.shape[1] == 1 else outputs.argmax(1)
