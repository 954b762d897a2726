"""The learning-rate map: where 200 updates end for every pair of learning rate and momentum, all in one tensor.

Each cell repeats the racer's run exactly - start, schedule, noise, weight decay - with another learning rate and another value
of the setting that says how much of the past is kept (momentum, beta 1, smoothing). The rules are those of `optim.rules`, with
a learning rate and a setting for each cell; a test holds both equal.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from nnlab.analysis.analysis import OnRequest
from nnlab.analysis.descent.race import racer_of, racing
from nnlab.core.errors import Refused
from nnlab.core.fields import controls
from nnlab.core.records import Array
from nnlab.core.say import say
from nnlab.families.descent.learner import FAR, RaceLearner
from nnlab.families.descent.spec import usual_rate
from nnlab.optim.penalties import CLIP_EPS
from nnlab.optim.specs import Nesterov
from nnlab.train.updates import Run

SIDE = 24
STEPS = 200
SPAN = 100.0  # learning rates from the usual one / SPAN to the usual one * SPAN
LEAST_NESTEROV = next(c.lower or 0.0 for c in controls(Nesterov) if c.name == "momentum")
TELL = 8  # steps between two reports of the progress

Study = Generator[float, None, dict[str, Array]]


@dataclass(frozen=True)
class Axis:
    """The setting down the side of the map: its field, its label and `SIDE` values."""

    field: str
    label: str
    values: Array


def axis_of(kind: str) -> Axis:
    """What is varied beside the learning rate; what is kept of the past goes from nothing to 0.99, dense near 1."""
    kept = np.round(1 - np.logspace(0, -2, SIDE), 4)
    match kind:
        case "sgd" | "momentum":
            return Axis("momentum", "momentum", kept)
        case "nesterov":
            return Axis("momentum", "momentum", np.maximum(kept, LEAST_NESTEROV))
        case "adam" | "adamw" | "lion":
            return Axis("beta1", "beta 1", kept)
        case "rmsprop":
            return Axis("alpha", "smoothing", kept)
        case "adagrad":
            return Axis("eps", "epsilon", np.array([float(f"{e:.2e}") for e in np.logspace(-10, -1, SIDE)]))
    reason = "On a surface, Muon is the same as AdamW; draw the map of AdamW instead."
    raise Refused.because(say(reason))


def rates_of(kind: str, made: RaceLearner) -> Array:
    """The learning rates along the bottom, three digits each, within what the controls allow."""
    usual = usual_rate(kind, made.surface)
    low, high = max(1e-6, usual / SPAN), min(10.0, usual * SPAN)
    return np.array([float(f"{r:.2e}") for r in np.geomspace(low, high, SIDE)])


def lr_map(run: Run, options: Mapping[str, Any]) -> Study:
    """Where racer `options["racer"]` would be after 200 steps, for 24 learning rates times 24 values of its other setting.

    "lr_map" (24, 24): height above the lowest known minimum (above the lowest cell where none is known), NaN where it left
    the surface; row 0 = the smallest setting. "lr_rates" (24,), "lr_settings" (24,), "lr_best" (2,) row and column.
    """
    made = racing(run.learner)
    i = racer_of(made, dict(options))
    kind = made.spec.racers[i].optimizer.kind
    axis, rates = axis_of(kind), rates_of(kind, made)
    heights = yield from _race(made, i, rates, axis)
    floor = min((m[2] for m in made.surface.minima), default=float(np.nanmin(heights, initial=np.inf)))
    above = np.maximum(heights - floor, 0.0) if np.isfinite(floor) else heights
    best = np.unravel_index(np.argmin(np.nan_to_num(above, nan=np.inf)), above.shape)
    return {
        "lr_map": above,
        "lr_rates": rates,
        "lr_settings": axis.values,
        "lr_best": np.array(best, np.int32),
    }


def _race(made: RaceLearner, i: int, rates: Array, axis: Axis) -> Generator[float, None, Array]:
    """Heights (SIDE, SIDE) float64 where the cells end, NaN for those that left."""
    racer = made.spec.racers[i]
    kind = racer.optimizer.kind
    settings = {name: value for name, value in racer.optimizer.model_dump().items() if name != "kind"}
    column = torch.tensor(axis.values, dtype=torch.float64).repeat_interleave(SIDE).unsqueeze(1)
    rate = torch.tensor(rates, dtype=torch.float64).repeat(SIDE).unsqueeze(1)
    move = MOVES[kind](settings | {axis.field: column})
    places = torch.tensor(made.spec.start(made.surface), dtype=torch.float64).repeat(SIDE * SIDE, 1)
    gone = torch.zeros(SIDE * SIDE, 1, dtype=torch.bool)
    decay = racer.weight_decay
    for step in range(STEPS):
        gradient = made.slopes(places.view(-1)).view(-1, 2)
        if made.sigma(i):
            gradient = gradient + torch.from_numpy(made.noise(i, step))
        if racer.clip_norm:
            lengths = gradient.norm(dim=1, keepdim=True)
            gradient = gradient * (racer.clip_norm / (lengths + CLIP_EPS)).clamp(max=1.0)
        lr = rate * racer.schedule.factor(step)
        with torch.inference_mode():
            if decay and kind not in DECOUPLED:
                gradient = gradient + decay * places
            shrunk = places * (1 - lr * decay) if decay and kind in DECOUPLED else places
            moved = shrunk + move(gradient, lr, step + 1)
            gone |= ~_inside(moved, made)
            places = torch.where(gone, places, moved)
        places = places.clone()  # autograd takes no tensor of the inference mode
        if step % TELL == TELL - 1:
            yield (step + 1) / STEPS
    x, y = places.numpy().T
    heights = np.broadcast_to(made.surface.value(x, y), x.shape)
    return np.where(gone.numpy()[:, 0], np.nan, heights).reshape(SIDE, SIDE)


def _inside(places: Tensor, made: RaceLearner) -> Tensor:
    """(cells, 1): which of them are still near the surface; NaN is not."""
    x_min, x_max, y_min, y_max = made.surface.domain
    middle = torch.tensor([(x_min + x_max) / 2, (y_min + y_max) / 2], dtype=places.dtype)
    half = torch.tensor([(x_max - x_min) / 2, (y_max - y_min) / 2], dtype=places.dtype)
    return ((places - middle).abs() <= FAR * half).all(1, keepdim=True)


Move = Callable[[Tensor, Tensor, int], Tensor]
DECOUPLED = ("adamw", "lion")


def _setting(settings: Mapping[str, Any], name: str) -> Tensor:
    """One value for all cells, or a column with one for each."""
    return torch.as_tensor(settings[name], dtype=torch.float64)


def _momentum(settings: Mapping[str, Any], *, ahead: bool = False) -> Move:
    mu, velocity = _setting(settings, "momentum"), torch.zeros(())

    def move(g: Tensor, lr: Tensor, t: int) -> Tensor:
        nonlocal velocity
        velocity = mu * velocity + g
        return -lr * (g + mu * velocity) if ahead else -lr * velocity

    return move


def _adagrad(settings: Mapping[str, Any]) -> Move:
    eps, squares = _setting(settings, "eps"), torch.zeros(())

    def move(g: Tensor, lr: Tensor, t: int) -> Tensor:
        nonlocal squares
        squares = squares + g * g
        return -lr * g / (squares.sqrt() + eps)

    return move


def _rmsprop(settings: Mapping[str, Any]) -> Move:
    alpha, eps, squares = _setting(settings, "alpha"), _setting(settings, "eps"), torch.zeros(())

    def move(g: Tensor, lr: Tensor, t: int) -> Tensor:
        nonlocal squares
        squares = alpha * squares + (1 - alpha) * g * g
        return -lr * g / (squares.sqrt() + eps)

    return move


def _adam(settings: Mapping[str, Any]) -> Move:
    b1, b2, eps = (_setting(settings, name) for name in ("beta1", "beta2", "eps"))
    mean, squares = torch.zeros(()), torch.zeros(())

    def move(g: Tensor, lr: Tensor, t: int) -> Tensor:
        nonlocal mean, squares
        mean = b1 * mean + (1 - b1) * g
        squares = b2 * squares + (1 - b2) * g * g
        return -lr / (1 - b1**t) * mean / ((squares / (1 - b2**t)).sqrt() + eps)

    return move


def _lion(settings: Mapping[str, Any]) -> Move:
    b1, b2, mean = _setting(settings, "beta1"), _setting(settings, "beta2"), torch.zeros(())

    def move(g: Tensor, lr: Tensor, t: int) -> Tensor:
        nonlocal mean
        step = -lr * torch.sign(b1 * mean + (1 - b1) * g)
        mean = b2 * mean + (1 - b2) * g
        return step

    return move


# SGD is drawn as momentum: its own row is the lowest one, without any.
MOVES: dict[str, Callable[[Mapping[str, Any]], Move]] = {
    "sgd": _momentum,
    "momentum": _momentum,
    "nesterov": lambda settings: _momentum(settings, ahead=True),
    "adagrad": _adagrad,
    "rmsprop": _rmsprop,
    "adam": _adam,
    "adamw": _adam,
    "lion": _lion,
}


LR_MAP = OnRequest(lr_map, RaceLearner)
