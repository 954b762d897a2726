"""One neuron in training, and beside it the neurons that it is compared with: other rules, other losses, other batch sizes.

All of them are rows of one small matrix; row `lead` is the run's own neuron, its `flat` = (w1, w2, b) or (w, b). In float64 on
the CPU: an accelerator gains nothing on three numbers, and the cycle of a perceptron is visible only if sums are exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nnlab.core.experiment import Experiment
from nnlab.core.records import Array, Examples, Split
from nnlab.families.learner import ALL, Block, Learner, Rows
from nnlab.families.neuron.memory import Tally, Trace
from nnlab.families.neuron.slopes import SLOPES, Slope, sigmoid
from nnlab.families.neuron.smooth import objective
from nnlab.families.neuron.spec import Neuron
from nnlab.families.readings import Objective
from nnlab.optim.penalties import CLIP_EPS
from nnlab.optim.rules import FlatParameters, rule

Values = NDArray[np.float64]
RULES = ("perceptron", "delta", "logistic")
LOSSES = {"mse": "sigmoid_mse", "cross_entropy": "sigmoid_ce"}
NOWHERE = -1e300  # where no neuron stands: what is known of the weights before the first step
GRAIN = 1000.0  # points are moved by hand in thousandths (data/edits.py)
FAR = 1e9  # a neuron that is only compared is stopped here: it has diverged, but the run has not
AT_ONCE = 300_000  # pairs of a neuron and an example: a few milliseconds


def build(experiment: Experiment, data: Examples, device: torch.device) -> NeuronLearner:
    """A fresh neuron of `experiment` at its initial weights."""
    return NeuronLearner(experiment, data)


class NeuronLearner(Learner):
    """See `Learner`. `rows` names the slope of each neuron; `weights` is (rows, inputs + 1), the bias last."""

    def __init__(self, experiment: Experiment, data: Examples) -> None:
        self.device = torch.device("cpu")
        self.experiment, self.data = experiment, data
        self._describe()
        spec = self.spec
        start = [spec.w1, spec.b if spec.bias else 0.0] if self.inputs == 1 else [spec.w1, spec.w2, spec.b * spec.bias]
        self.weights = np.tile(np.array(start), (len(self.rows), 1))
        self._gradients, self._gathered = np.zeros_like(self.weights), np.zeros_like(self.weights)
        self._counts = np.zeros(len(self.rows), np.int64)
        self.trace, self.tally = Trace(self.weights.size), Tally(self.inputs + 1)
        self._follow()
        self._known = np.empty(0)  # unknown as yet: the first step takes the weights as they are
        self.seen = 0
        self._configure()
        self._load()

    # ---- what is trained, and on what --------------------------------------------------------------------------------
    def _describe(self) -> None:
        spec = self.experiment.model
        if not isinstance(spec, Neuron):
            raise TypeError(f"The model must be a Neuron; got {type(spec).__name__}.")
        self.spec = spec
        loss = self.experiment.training.loss
        self.rows: tuple[str, ...]
        if spec.unit == "perceptron":
            self.rows, self.lead = RULES, RULES.index(spec.rule)
        elif spec.unit == "sigmoid":
            self.rows, self.lead = tuple(LOSSES.values()), list(LOSSES).index(loss)
        else:
            self.rows, self.lead = (loss,) * (3 if spec.race else 1), 0
        self.inputs = 1 if spec.unit == "linear" else 2
        activation = {"perceptron": "step", "linear": "linear", "sigmoid": "sigmoid"}[spec.unit]
        n = self.inputs
        self.blocks = (Block("neuron", n, 1, 0, n + 1, n, 1, activation),)

    def _follow(self) -> None:
        """`flat` and `grad` are the lead's row, and its optimiser works on them."""
        self.flat = torch.from_numpy(self.weights)[self.lead]
        self.grad = torch.from_numpy(self._gradients)[self.lead]
        self.mask = torch.ones_like(self.flat)
        self.mask[-1] = 0
        training = self.experiment.training
        self._rule = rule(training.optimizer, FlatParameters(self.flat, self.grad, self.mask), training.weight_decay)

    def set(self, experiment: Experiment, data: Examples) -> None:
        old, kept = self.experiment, self.flat.clone()
        self.experiment = experiment
        new_data, self.data = data is not self.data, data
        rows, lead = self.rows, self.lead
        self._describe()
        training = experiment.training
        if lead != self.lead or old.training.optimizer.kind != training.optimizer.kind:
            self._follow()
        if lead != self.lead or rows != self.rows:
            self.flat.copy_(kept)  # the others restart from the weights of the leading one
            self._known = np.empty(0)
        if new_data:
            self._load()
        if new_data or old.model != experiment.model:
            self._known = np.empty(0)
        self._configure()

    def _configure(self) -> None:
        training = self.experiment.training
        self._rule.set(training.optimizer, training.weight_decay)
        self._plain = training.optimizer.kind == "sgd" and not training.weight_decay
        self._penalties = (training.l1, training.l2, training.clip_norm)
        self._sizes = np.ones(len(self.rows), np.int64)
        if self.spec.unit == "linear" and self.spec.race:
            self._sizes = np.array([1, self.spec.mini, np.iinfo(np.int64).max])

    def _load(self) -> None:
        """Inputs with a column of ones (zeros without a bias), and the targets of the lead's slope."""
        data = self.data
        x = data.inputs[:, : self.inputs].astype(np.float64)
        train = ~data.is_test
        self.shift, self.spread = np.zeros(self.inputs), np.ones(self.inputs)
        if self.spec.scaled and train.any():
            self.shift, self.spread = x[train].mean(0), x[train].std(0)
            self.spread[self.spread < 1e-9] = 1.0
        grid = np.rint(x * GRAIN) / GRAIN
        on_grid = self.spec.unit == "perceptron" and bool((np.abs(grid - x) < 1e-6).all())
        self.tally.grain = GRAIN if on_grid else 1.0
        x = grid if on_grid else x
        low = self._slope().low
        y = data.targets.astype(np.float64) if low is None else np.where(data.targets > 0.5, 1.0, low)
        rows = self._with_bias(x)
        self.parts: dict[str, tuple[Values, Values]] = {
            "train": (rows[train], y[train]),
            "test": (rows[~train], y[~train]),
        }
        self.ids = data.ids[train]
        self.n_train = len(self.ids)
        self._order = np.arange(self.n_train)

    def _with_bias(self, x: Values) -> Values:
        column = np.ones((len(x), 1)) if self.spec.bias else np.zeros((len(x), 1))
        return np.concatenate([(x - self.shift) / self.spread, column], 1)

    def _slope(self) -> Slope:
        return SLOPES[self.rows[self.lead]]

    # ---- steps -------------------------------------------------------------------------------------------------------
    def shuffle(self, order: Tensor, epoch: int = 0) -> None:
        fixed = self.spec.unit == "perceptron" and self.spec.order == "fixed"
        self._order = np.arange(self.n_train) if fixed else order.numpy()

    def step(self, start: int, stop: int, lr: float, step: int) -> None:
        with np.errstate(over="ignore", invalid="ignore"):
            self._gradient(start, stop, lr)
            self._update(start, stop, lr)

    def _gradient(self, start: int, stop: int, lr: float) -> None:
        """The gradient of every row on examples order[start:stop], each with its own slope, into `_gradients`."""
        if not np.array_equal(self.weights[self.lead], self._known):
            self._begin(start, lr)
        chosen = self._order[start:stop]
        x, t = self.parts["train"][0][chosen], self.parts["train"][1][chosen]
        z = self.weights @ x.T  # (rows, batch)
        for row, name in enumerate(self.rows):
            self._gradients[row] = SLOPES[name].slope(z[row], t) @ x
        self._gradients /= len(chosen)
        self._penalise(self._gradients, self.weights)
        self._z = z

    def _penalise(self, gradients: Values, weights: Values) -> None:
        l1, l2, clip = self._penalties
        if l1 or l2:
            gradients[:, :-1] += l1 * np.sign(weights[:, :-1]) + l2 * weights[:, :-1]
        if clip:
            length = np.linalg.norm(gradients, axis=1, keepdims=True)
            gradients *= np.minimum(1.0, clip / (length + CLIP_EPS))

    def _begin(self, start: int, lr: float) -> None:
        """All rows start from the lead's weights: at the beginning, and whenever points or weights were changed."""
        self.weights[:] = self.weights[self.lead]
        self._gathered[:], self._counts[:], self.seen = 0, 0, 0
        self.trace.clear(self.weights)
        self.tally.begin(self.weights[0], lr, inside=start > 0)

    @torch.no_grad()
    def _update(self, start: int, stop: int, lr: float) -> None:
        if self.spec.unit == "perceptron":
            self._one_point(start, lr)
        elif self.spec.race and len(self.rows) == 3:
            self._race(stop, lr)
        elif self._plain:
            self.weights -= lr * self._gradients
        else:
            self._rule.update(lr)
        if self.spec.unit == "perceptron" and stop == self.n_train and self.spec.order == "fixed":
            self.tally.end_pass()
        if not self.spec.bias:
            self.weights[:, -1] = 0.0
        if len(self.rows) > 1:
            rest = np.arange(len(self.rows)) != self.lead
            self.weights[rest] = np.nan_to_num(self.weights[rest], nan=FAR).clip(-FAR, FAR)
        self.seen += stop - start
        self.trace.add(self.seen, self.weights)
        self._known = self.weights[self.lead].copy()

    def _one_point(self, start: int, lr: float) -> None:
        """Rosenblatt's rule through exact sums, the other two rules as gradients; the table follows the lead."""
        row = self._order[start]
        x, t = self.parts["train"][0][row], self.parts["train"][1][row]
        tally, wrong = self.tally, t * self._z[0, 0] <= 0
        self.weights[1:] -= lr * self._gradients[1:]
        if lr != tally.unit[0]:  # sums and bound are in units of the learning rate, so they begin again with it
            tally.begin(self.weights[0], lr, inside=start > 0)
        if wrong:
            self.weights[0] = tally.wrong(t * x)
            tally.keep(self.weights[0], self.right_with(self.weights[0]))
        else:
            tally.right()
        z = float(self._z[self.lead, 0])
        moved = wrong if self.lead == 0 else bool(np.any(self._gradients[self.lead]))
        tally.note((float(self.ids[row]), x[0], x[1], t, z, float(moved), *self.weights[self.lead]))

    def right_with(self, weights: Values) -> int:
        """Training points on their right side of `weights`."""
        x, t = self.parts["train"]
        return int(((x @ weights) * t > 0).sum())

    def _race(self, stop: int, lr: float) -> None:
        """Every row gathers the gradients of single examples and moves by their mean when it has as many as it wants."""
        self._gathered += self._gradients
        self._counts += 1
        due = (self._counts >= self._sizes) | (stop == self.n_train)
        self.weights[due] -= lr * self._gathered[due] / self._counts[due, None]
        self._gathered[due], self._counts[due] = 0, 0
        # The next example's gradient is taken where each neuron stands, so waiting rows stay put.

    @torch.no_grad()
    def phase(self, name: str, start: int, stop: int, lr: float, step: int) -> dict[str, Array]:
        stop = min(stop, self.n_train)
        if stop <= start:
            return {}
        chosen = self._order[start:stop]
        x, t = self.parts["train"][0][chosen], self.parts["train"][1][chosen]
        z = x @ self.weights[self.lead]
        match name:
            case "forward":
                a = self._answer(z)
                return {"z": _numbers(z[:1]), "a": _numbers(a[:1]), "a_mean": _numbers(a.mean(keepdims=True))}
            case "loss":
                losses = self._slope().cost(z, t)
                return {"losses": _numbers(losses), "loss": _numbers(losses.mean(keepdims=True))}
            case "backward":
                with np.errstate(over="ignore", invalid="ignore"):
                    self._gradient(start, stop, lr)
                return {"grad": _numbers(self._gradients[self.lead])}
            case _:
                before = self.weights[self.lead].copy()
                with np.errstate(over="ignore", invalid="ignore"):
                    self._update(start, stop, lr)
                return {"delta": _numbers(self.weights[self.lead] - before)}

    # ---- what is read from it ----------------------------------------------------------------------------------------
    def _some(self, split: Split, rows: Rows) -> tuple[Values, Values]:
        """Inputs and targets of some examples; numpy would take a tensor of one place for a number."""
        chosen = rows if isinstance(rows, slice) else rows.numpy()
        x, t = self.parts[split]
        return x[chosen], t[chosen]

    def _answer(self, z: Values) -> Values:
        if self.spec.unit == "sigmoid":
            return sigmoid(z)
        return np.sign(z) if self.spec.unit == "perceptron" else z

    def evaluate(self, split: Split, rows: Rows = ALL) -> dict[str, float]:
        x, t = self._some(split, rows)
        if not len(t):
            return {}
        with np.errstate(
            over="ignore", invalid="ignore"
        ):  # weights that are no longer numbers are a state, not a fault
            z, slope = x @ self.weights[self.lead], self._slope()
            found = {"loss": float(slope.cost(z, t).mean())}
        if slope.low is not None:
            found["accuracy"] = float(
                ((z > 0) == (t > 0)).mean() if self.spec.unit != "perceptron" else (z * t > 0).mean()
            )
        return found

    def answers(self, split: Split, rows: Rows = ALL) -> Tensor:
        """The class (n,) that each of some examples is taken for."""
        return torch.from_numpy(self._some(split, rows)[0] @ self.weights[self.lead] > 0).long()

    def losses_at(self, weights: Tensor, split: Split, *, group: int | None = None, rows: Rows = ALL) -> Tensor:
        return torch.from_numpy(self.costs(weights.double().numpy(), split, rows=rows))

    def costs(self, weights: Values, split: Split = "train", *, row: int | None = None, rows: Rows = ALL) -> Values:
        """Mean cost (k,) of some examples at each of `weights` (k, inputs + 1), by the slope of the lead or another row."""
        x, t = self._some(split, rows)
        if not len(t):
            return np.full(len(weights), np.nan)
        slope = SLOPES[self.rows[self.lead if row is None else row]]
        with np.errstate(over="ignore", invalid="ignore"):
            found: Values = slope.cost(weights @ x.T, t).mean(1)
        return found

    def portion(self, split: Split) -> tuple[int, int]:
        n = max(1, self.count(split))
        return max(1, min(4096, AT_ONCE // n)), n

    def objective(self, *, group: int | None = None) -> Objective:
        x, t = (torch.from_numpy(rows) for rows in self.parts["train"])
        return objective(self.rows[self.lead], x, t, l2=self.experiment.training.l2, mask=self.mask)

    def outputs(self, points: Tensor) -> Tensor:
        z = self._weighted(points)
        if self.spec.unit == "sigmoid":
            return torch.tanh(z / 2)  # 2 sigmoid(z) - 1
        return torch.sign(z) if self.spec.unit == "perceptron" else z

    def activations(self, points: Tensor) -> list[Tensor]:
        x = self._with_bias(points.double().numpy()[:, : self.inputs])[:, :-1]
        return [torch.from_numpy(x.T.copy()), self._weighted(points).t()]

    def _weighted(self, points: Tensor) -> Tensor:
        x = self._with_bias(points.double().numpy()[:, : self.inputs])
        return torch.from_numpy(x @ self.weights[self.lead]).unsqueeze(1)

    def gradient(self, rows: Rows = ALL) -> Tensor:
        x, t = self._some("train", rows)
        if not len(t):
            return torch.zeros_like(self.flat)
        l1, l2, _ = self._penalties
        w = self.weights[self.lead]
        with np.errstate(over="ignore", invalid="ignore"):
            found = self._slope().slope(x @ w, t) @ x / len(t)
        found[:-1] += l1 * np.sign(w[:-1]) + l2 * w[:-1]
        return torch.from_numpy(found)

    # ---- state and facts ---------------------------------------------------------------------------------------------
    def state(self) -> dict[str, Array]:
        found = {"flat": self.weights[self.lead].copy(), "rows": self.weights.copy(), "gathered": self._gathered.copy()}
        known = self._known if len(self._known) else np.full(self.inputs + 1, NOWHERE)
        found |= {"known": known.copy(), "counts": self._counts.copy(), "seen": np.array([self.seen])}
        found |= {"trace": self.trace.plain(), "trace.counts": self.trace.counts.copy()}
        return found | self.tally.state() | {f"rule.{k}": v for k, v in self._rule.state().items()}

    @torch.no_grad()
    def restore(self, state: Mapping[str, Array]) -> None:
        self.weights[:], self.weights[self.lead] = state["rows"], state["flat"]
        self._known, self._gathered[:], self._counts[:] = state["known"].copy(), state["gathered"], state["counts"]
        self.seen = int(state["seen"][0])
        self.trace.values[:], self.trace.counts[:] = state["trace"], state["trace.counts"]
        self.tally.restore(state)
        self._rule.restore({k.removeprefix("rule."): v for k, v in state.items() if k.startswith("rule.")})

    def flops(self) -> int:
        return 4 * self.weights.size * max(1, min(self.experiment.training.batch_size, self.n_train))

    def facts(self) -> dict[str, Any]:
        return {
            "parameters": self.inputs + 1,
            "flops": self.flops(),
            "features": ["x", "y"][: self.inputs],
            "blocks": [asdict(b) for b in self.blocks],
            "rows": list(self.rows),
            "lead": self.lead,
            "shift": self.shift.tolist(),
            "spread": self.spread.tolist(),
        }


def _numbers(values: Values) -> Array:
    return values.astype(np.float32)
