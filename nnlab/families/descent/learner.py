"""Optimisers on one surface: each has its own place (x, y) and its own update rule; the gradient is the formula's, by autograd.

The places lie in one flat vector, so that all gradients come from one pass over the formula. A gradient's noise is a pure
function of (seed, racer, step), so that every step of the past is repeated exactly. Two numbers a racer are quicker on the
processor than on any accelerator, in float64, and so they stay there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from torch import Tensor

from nnlab.core.experiment import Experiment
from nnlab.core.records import Array, Examples, Split
from nnlab.core.rng import stream
from nnlab.families.descent.spec import Race, surface_of
from nnlab.families.descent.trail import Trail
from nnlab.families.learner import ALL, Group, Learner, Rows
from nnlab.families.readings import Objective
from nnlab.optim.penalties import CLIP_EPS
from nnlab.optim.phases import Place, Update, update
from nnlab.optim.rules import FlatParameters, Rule, rule
from nnlab.surfaces.surface import Surface

FAR = 3.0  # times the domain's half width from its middle: a racer beyond has left the surface
NEAR = 1e-3  # distance to a minimum that counts as having arrived
NEVER = -1
CPU = torch.device("cpu")


def build(experiment: Experiment, data: Examples, device: torch.device) -> RaceLearner:
    """The racers of `experiment` at their start; `device` is not used."""
    return RaceLearner(experiment, data)


class RaceLearner(Learner):
    """See `Learner`. `left` and `arrived` (racers,) are the steps at which a racer left the surface or came to a minimum."""

    def __init__(self, experiment: Experiment, data: Examples, *, dtype: torch.dtype = torch.float64) -> None:
        self.device = CPU
        self._take(experiment, data)
        start = torch.tensor(self.spec.start(self.surface), dtype=dtype)
        self.flat = start.repeat(len(self.spec.racers))
        self.grad = torch.zeros_like(self.flat)
        self._mask = torch.ones(2, dtype=dtype)
        self.rules = [self._rule(i) for i in range(len(self.spec.racers))]
        self.left, self.arrived = (np.full(len(self.rules), NEVER, np.int64) for _ in range(2))
        self.n_train = 1
        self.updates = 0
        self.trail = Trail(len(self.rules))
        self._arrive(0)

    # The racers and the surface

    def set(self, experiment: Experiment, data: Examples) -> None:
        new = experiment.model
        kinds = [type(r.optimizer) for r in new.racers] if isinstance(new, Race) else []
        if kinds != [type(r.optimizer) for r in self.spec.racers] or experiment.data != self.experiment.data:
            raise ValueError("Surface and racers must stay as they are; got others. Build a new learner.")
        self._take(experiment, data)
        for made, racer in zip(self.rules, self.spec.racers, strict=True):
            made.set(racer.optimizer, racer.weight_decay)

    def _take(self, experiment: Experiment, data: Examples) -> None:
        if not isinstance(experiment.model, Race):
            raise TypeError(f"The model must be a Race; got {type(experiment.model).__name__}.")
        self.experiment, self.data = experiment, data
        self.spec: Race = experiment.model
        self.surface: Surface = surface_of(experiment.data)
        self._formula = self.surface.formula
        self._minima = np.array([m[:2] for m in self.surface.minima]).reshape(-1, 2)

    def _rule(self, i: int) -> Rule:
        racer = self.spec.racers[i]
        part = slice(2 * i, 2 * i + 2)
        return rule(racer.optimizer, FlatParameters(self.flat[part], self.grad[part], self._mask), racer.weight_decay)

    @property
    def places(self) -> Array:
        """(racers, 2) float64, a copy."""
        found: Array = self.flat.numpy().reshape(-1, 2).copy()
        return found

    @property
    def groups(self) -> tuple[Group, ...]:
        names = (racer.optimizer.kind for racer in self.spec.racers)
        return tuple(Group(name, slice(2 * i, 2 * i + 2), f"model.racers.{i}") for i, name in enumerate(names))

    def group_lr(self, group: int, lr: float) -> float:
        return self.lr(group, self.updates)

    def lr(self, i: int, step: int) -> float:
        """The learning rate of a racer in force at `step`."""
        racer = self.spec.racers[i]
        return racer.learning_rate * racer.schedule.factor(step)

    def noise(self, i: int, step: int) -> Array:
        """What is added to the racer's gradient (2,) at `step`."""
        return noise(self.experiment.seed, i, step=step) * self.sigma(i)

    def sigma(self, i: int) -> float:
        """Standard deviation of the noise in a racer's gradient."""
        own = self.spec.racers[i].noise
        return self.surface.noise if own is None else own

    # Steps

    def shuffle(self, order: Tensor, epoch: int = 0) -> None:
        """There is a single example, so there is nothing to shuffle."""

    def step(self, start: int, stop: int, lr: float, step: int) -> None:
        """One update of every racer at its own learning rate; `lr` is not used."""
        self._gradient(step)
        self._update(step)

    def phase(self, name: str, start: int, stop: int, lr: float, step: int) -> dict[str, Array]:
        match name:
            case "forward":
                heights = self.heights().astype(np.float32)
                return {"z": heights, "a": heights, "a_mean": heights}
            case "loss":
                losses = self.heights().astype(np.float32)
                return {"losses": losses, "loss": losses.min(keepdims=True)}
            case "backward":
                self._gradient(step)
                return {"grad": self.grad.numpy().astype(np.float32)}
            case _:
                before = self.flat.clone()
                self._update(step)
                return {"delta": (self.flat - before).numpy().astype(np.float32)}

    def _gradient(self, step: int) -> None:
        """The surface's gradient at every place, and the noise of this step on it."""
        self.grad.copy_(self.slopes(self.flat))
        for i in range(len(self.rules)):
            part = self.grad[2 * i : 2 * i + 2]
            if self.sigma(i):
                part.add_(torch.from_numpy(self.noise(i, step)))
            part.mul_(self._shortened(i, part))

    def _shortened(self, i: int, gradient: Tensor) -> Tensor:
        """What a racer's gradient is multiplied by, so that it is no longer than its clip norm allows."""
        most = self.spec.racers[i].clip_norm
        return (most / (gradient.norm() + CLIP_EPS)).clamp(max=1.0) if most else torch.ones((), dtype=gradient.dtype)

    def slopes(self, flat: Tensor) -> Tensor:
        """The gradient of the formula at places (2 n,), flat like them."""
        with torch.enable_grad():
            places = flat.detach().view(-1, 2).requires_grad_()
            value = self._formula.evaluate({"x": places[:, 0], "y": places[:, 1]}, torch)
            if not value.requires_grad:  # a formula without x and y, or of steps alone, is flat
                return torch.zeros_like(flat)
            (found,) = torch.autograd.grad(value.sum(), places)
        return found.reshape(-1)

    def _update(self, step: int) -> None:
        before = self.flat.clone()
        for i, made in enumerate(self.rules):
            if self.left[i] == NEVER:
                made.update(self.lr(i, step))
        self._stop_those_that_left(before, step)
        self.updates = step + 1
        self._arrive(step + 1)

    def _stop_those_that_left(self, before: Tensor, step: int) -> None:
        """A racer that is far away, or whose position is not a number, stays where it was last on the surface."""
        x_min, x_max, y_min, y_max = self.surface.domain
        middle, half = np.array([x_min + x_max, y_min + y_max]) / 2, np.array([x_max - x_min, y_max - y_min]) / 2
        gone = ~(np.abs(self.places - middle) <= FAR * half).all(1)  # NaN is gone too
        for i in np.flatnonzero(gone):
            self.flat[2 * i : 2 * i + 2] = before[2 * i : 2 * i + 2]
            if self.left[i] == NEVER:
                self.left[i] = step + 1
                self.rules[i] = self._rule(int(i))  # fresh: what it remembers may be infinite

    def _arrive(self, step: int) -> None:
        """Record the positions at `step`, and which racers have reached a minimum."""
        places = self.places
        self.trail.add(step, places, self.heights())
        near = (self.distances() <= NEAR) & (self.arrived == NEVER) & (self.left == NEVER)
        self.arrived[near] = step

    # What is read

    def heights(self) -> Array:
        """f at every racer's place, (racers,) float64."""
        x, y = self.places.T
        return np.asarray(self._formula.evaluate({"x": x, "y": y}), np.float64)

    def distances(self) -> Array:
        """From every racer to the nearest known minimum, (racers,); infinite where none is known."""
        if not len(self._minima):
            return np.full(len(self.rules), np.inf)
        gaps = np.linalg.norm(self.places[:, None] - self._minima[None], axis=2)
        return np.asarray(gaps.min(1))

    def next_update(self, i: int, step: int | None = None) -> tuple[Array, Update]:
        """The gradient (2,) that racer `i` has next, noise included, and its update written out; nothing is changed."""
        step = self.updates if step is None else step
        part = slice(2 * i, 2 * i + 2)
        gradient = self.slopes(self.flat[part]).numpy().astype(np.float64)
        if self.sigma(i):
            gradient = gradient + self.noise(i, step)
        gradient = gradient * self._shortened(i, torch.from_numpy(gradient)).numpy()
        racer = self.spec.racers[i]
        place = Place(
            values=self.places[i],
            grad=gradient,
            mask=np.ones(2),
            memory=self.rules[i].state(),
            lr=self.lr(i, step),
            weight_decay=racer.weight_decay,
        )
        return gradient, update(racer.optimizer, place)

    def evaluate(self, split: Split, rows: Rows = ALL) -> dict[str, float]:
        """The lowest height of all racers; there are no test examples."""
        return {"loss": float(np.min(self.heights()))} if split == "train" else {}

    def losses_at(self, weights: Tensor, split: Split, *, group: int | None = None, rows: Rows = ALL) -> Tensor:
        """The lowest height at places of one racer (k, 2), or of all (k, 2 racers); there is nothing to test on."""
        if split == "test":
            return torch.full_like(weights[:, 0], torch.nan)
        return self._heights_at(weights.reshape(-1, 2)).view(len(weights), -1).amin(1)

    def portion(self, split: Split) -> tuple[int, int]:
        return 4096, 1

    def objective(self, *, group: int | None = None) -> Objective:
        return lambda weights, rows=ALL: self._heights_at(weights.view(-1, 2)).amin()

    def hessians(self, places: Array | None = None) -> Array:
        """The formula's second derivatives (k, 2, 2) float64 at `places` (k, 2), every racer's own where none are given."""
        with torch.enable_grad():
            at = torch.tensor(self.places if places is None else places, dtype=torch.float64, requires_grad=True)
            zero = 0 * at.sum()  # so that a formula that is straight or flat has derivatives too
            (slopes,) = torch.autograd.grad(self._heights_at(at).sum() + zero, at, create_graph=True)
            rows = [torch.autograd.grad(slopes[:, k].sum() + zero, at, retain_graph=True)[0] for k in (0, 1)]
        found: Array = torch.stack(rows, 1).numpy()
        return found

    def _heights_at(self, points: Tensor) -> Tensor:
        found: Tensor = self._formula.evaluate({"x": points[:, 0], "y": points[:, 1]}, torch)
        return found

    def gradient(self, rows: Rows = ALL) -> Tensor:
        return self.slopes(self.flat)

    # State and facts

    def state(self) -> dict[str, Array]:
        found = {"flat": self.flat.numpy().copy(), "left": self.left.copy(), "arrived": self.arrived.copy()}
        found["updates"] = np.array([self.updates], np.int64)
        for i, made in enumerate(self.rules):
            found |= {f"{i}.{name}": array for name, array in made.state().items()}
        return found | self.trail.state()

    def restore(self, state: Mapping[str, Array]) -> None:
        self.flat.copy_(torch.tensor(state["flat"]))
        self.left, self.arrived = state["left"].copy(), state["arrived"].copy()
        self.updates = int(state["updates"][0])
        for i, made in enumerate(self.rules):
            mine = f"{i}."
            made.restore({k.removeprefix(mine): v for k, v in state.items() if k.startswith(mine)})
        self.trail.restore(state)

    def flops(self) -> int:
        """An estimate: the formula's operations forward and twice back, and some thirty for a rule of two numbers."""
        return len(self.rules) * (3 * self.surface.expression.count("x") * 10 + 60)

    def facts(self) -> dict[str, Any]:
        surface = asdict(self.surface)
        surface["start"] = self.spec.start(self.surface)
        return {
            "parameters": self.flat.numel(),
            "flops": self.flops(),
            "features": ["x", "y"],
            "blocks": [],
            "surface": surface,
            "racers": [self._facts_of(i) for i in range(len(self.rules))],
        }

    def _facts_of(self, i: int) -> dict[str, Any]:
        """A racer for the screen: its settings, and the sentences about the parts of its update."""
        racer = self.spec.racers[i]
        _, written = self.next_update(i)
        words = {"parts": written.parts, "quantities": written.quantities}
        return {
            "kind": racer.optimizer.kind,
            "name": racer.optimizer.title or racer.optimizer.kind.replace("_", " ").capitalize(),
            "settings": racer.optimizer.model_dump(exclude={"kind"}),
            "learning_rate": racer.learning_rate,
            "schedule": racer.schedule.kind,
            "noise": self.sigma(i),
            "colour": racer.colour,
            **{part: [{"name": t.name, "sentence": t.sentence} for t in terms] for part, terms in words.items()},
        }


def noise(seed: int, racer: int, *, step: int) -> Array:
    """Standard normal numbers (2,) for one gradient."""
    found: Array = stream(seed, "noise", racer, step).standard_normal(2)
    return found
