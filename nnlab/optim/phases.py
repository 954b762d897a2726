"""One update of each rule written out for teaching: its parts, which add up to the update, and the quantities behind them.

The parts are displacements of the parameters, so that arrows drawn one after another end where the rule ends: what is left
of earlier updates, what the gradient adds, weight decay. Rules that divide by a running size of the gradient have that
division in every part. numpy in float64, independent of `rules`; a test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlab.core.kinds import OptimizerSpec
from nnlab.optim.muon import COEFFICIENTS, EPS, REST, lr_ratio
from nnlab.optim.rules import Matrix

Vector = NDArray[np.float64]
SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@dataclass(frozen=True)
class Term:
    """A named array (n,) with the sentence that explains it."""

    name: str
    sentence: str
    array: Vector


@dataclass(frozen=True)
class Update:
    """`parts` add up to the change of the parameters; `quantities` are what they were computed from."""

    parts: tuple[Term, ...]
    quantities: tuple[Term, ...] = ()

    @property
    def total(self) -> Vector:
        """The whole update (n,)."""
        total: Vector = np.sum([part.array for part in self.parts], axis=0)
        return total


@dataclass(frozen=True)
class Place:
    """Where an update starts: values, gradient and mask of weights (n,), the rule's memory by name, and the settings."""

    values: Vector
    grad: Vector
    mask: Vector
    memory: Mapping[str, Any]
    lr: float
    weight_decay: float = 0.0
    matrices: tuple[Matrix, ...] = ()


def update(spec: OptimizerSpec, place: Place) -> Update:
    """The update of `spec` at `place`, phase by phase; `place.memory` is what `Rule.state()` gave before it."""
    return PHASES[spec.kind](spec, place)


def _coupled(place: Place) -> Vector:
    """The gradient with weight decay inside, as the rules before AdamW have it."""
    return place.grad + place.weight_decay * place.mask * place.values


def _decoupled(place: Place) -> tuple[Term, ...]:
    if not place.weight_decay:
        return ()
    shrink = -place.lr * place.weight_decay * place.mask * place.values
    return (Term("decay", "Weight decay pulls each weight a little towards zero.", shrink),)


def _pull(place: Place) -> tuple[Term, ...]:
    """Minus lr times the gradient, and the decay of the rules that add it to the gradient."""
    pull = Term("gradient", "A step against the gradient, scaled by the learning rate.", -place.lr * place.grad)
    return (pull, *_decoupled(place))


def _sgd(spec: Any, place: Place) -> Update:
    return Update(_pull(place))


def _momentum(spec: Any, place: Place) -> Update:
    velocity = place.memory["velocity"]
    kept = Term("momentum", "What is left of the velocity of earlier updates.", -place.lr * spec.momentum * velocity)
    speed = Term(
        "velocity",
        "The sum of all gradients so far; older ones count less.",
        spec.momentum * velocity + _coupled(place),
    )
    return Update((kept, *_pull(place)), (speed,))


def _nesterov(spec: Any, place: Place) -> Update:
    mu, velocity, gradient = spec.momentum, place.memory["velocity"], _coupled(place)
    kept = Term("momentum", "What is left of the velocity of earlier updates.", -place.lr * mu * mu * velocity)
    ahead = Term(
        "ahead",
        "The gradient again: Nesterov uses the velocity that it has after this update.",
        -place.lr * mu * gradient,
    )
    speed = Term("velocity", "The sum of all gradients so far; older ones count less.", mu * velocity + gradient)
    return Update((kept, *_pull(place), ahead), (speed,))


def _scaled(spec: Any, place: Place, *, squares: Vector, words: str) -> Update:
    """Each parameter's step divided by the root of its own squares: gradient, and decay where there is some."""
    step = -place.lr / (np.sqrt(squares) + spec.eps)
    parts = [Term("gradient", "A step against the gradient, divided by its usual size.", step * place.grad)]
    if place.weight_decay:
        shrink = step * place.weight_decay * place.mask * place.values
        parts.append(Term("decay", "Weight decay, divided in the same way.", shrink))
    return Update(tuple(parts), (Term("squares", words, squares),))


def _adagrad(spec: Any, place: Place) -> Update:
    squares = place.memory["squares"] + _coupled(place) ** 2
    return _scaled(spec, place, squares=squares, words="The sum of all squared gradients so far.")


def _rmsprop(spec: Any, place: Place) -> Update:
    squares = spec.alpha * place.memory["squares"] + (1 - spec.alpha) * _coupled(place) ** 2
    return _scaled(spec, place, squares=squares, words="The running average of squared gradients.")


def _adam(spec: Any, place: Place, *, decoupled: bool = False) -> Update:
    t, b1, b2 = float(place.memory["t"]) + 1, spec.beta1, spec.beta2
    gradient = place.grad if decoupled else _coupled(place)
    mean = b1 * place.memory["mean"] + (1 - b1) * gradient
    squares = b2 * place.memory["squares"] + (1 - b2) * gradient**2
    step = -place.lr / (1 - b1**t) / (np.sqrt(squares / (1 - b2**t)) + spec.eps)
    kept = Term(
        "momentum", "The average of earlier gradients, divided by their size.", step * b1 * place.memory["mean"]
    )
    pull = Term(
        "gradient", "This gradient's share of the average, divided in the same way.", step * (1 - b1) * gradient
    )
    quantities = (
        Term("mean", "The running average of gradients.", mean),
        Term("squares", "The running average of squared gradients.", squares),
    )
    return Update((kept, pull, *(_decoupled(place) if decoupled else ())), quantities)


def _lion(spec: Any, place: Place) -> Update:
    mean = place.memory["mean"]
    blend = spec.beta1 * mean + (1 - spec.beta1) * place.grad
    step = Term("sign", "Every parameter moves by the learning rate, up or down.", -place.lr * np.sign(blend))
    quantities = (
        Term("blend", "Momentum and gradient mixed: only its sign counts.", blend),
        Term("mean", "The momentum that is kept.", spec.beta2 * mean + (1 - spec.beta2) * place.grad),
    )
    return Update((step, *_decoupled(place)), quantities)


def _muon(spec: Any, place: Place) -> Update:
    """Hidden matrices by Newton-Schulz, everything else by AdamW. Terms of one half are zero on the other, quantities NaN."""
    rest = {k.removeprefix("rest."): v for k, v in place.memory.items() if k.startswith("rest.")}
    adam = _adam(REST, replace(place, memory=rest), decoupled=True)
    if not place.matrices:
        return adam
    inside, moved, iterates = _orthogonal_steps(spec, place)
    parts = [
        Term("muon", "The momentum matrix: its directions stay, its lengths become nearly equal.", moved),
    ]
    own = [p for p in adam.parts if p.name != "decay"]
    parts += [Term(f"adamw {p.name}", f"Everything else, by AdamW. {p.sentence}", p.array * ~inside) for p in own]
    quantities = [Term(name, sentence, np.where(inside, array, np.nan)) for name, sentence, array in iterates]
    quantities += [Term(q.name, q.sentence, np.where(inside, np.nan, q.array)) for q in adam.quantities]
    return Update((*parts, *_decoupled(place)), tuple(quantities))


def _orthogonal_steps(spec: Any, place: Place) -> tuple[NDArray[np.bool_], Vector, list[tuple[str, str, Vector]]]:
    """The hidden matrices: where they lie, their displacement and the intermediate results, each (n,)."""
    mu, old = spec.momentum, place.memory["velocity"]
    velocity = mu * old + (1 - mu) * place.grad
    blend = (1 - mu) * place.grad + mu * velocity
    inside = np.zeros(place.values.shape, bool)
    moved = np.zeros_like(blend)
    seen = [np.zeros_like(blend) for _ in range(spec.ns_steps + 1)]
    for matrix in place.matrices:
        index = matrix.start + np.arange(matrix.rows)[:, None] * matrix.stride + np.arange(matrix.columns)
        step = -place.lr * lr_ratio(matrix.rows, matrix.columns)
        inside[index] = True
        for kept, iterate in zip(seen, _newton_schulz(blend[index], spec.ns_steps), strict=True):
            kept[index] = iterate
        moved[index] = step * seen[-1][index]
    found = [
        ("velocity", "Hidden matrices: the running average of gradients.", velocity),
        ("blend", "Velocity and gradient mixed once more: the matrix to make orthogonal.", blend),
        ("scaled", "That matrix divided by its norm, so that it stretches no vector.", seen[0]),
    ]
    words = "Each Newton–Schulz step draws the singular values closer to 1 and keeps the directions."
    found += [(f"turned{str(i).translate(SUBSCRIPT)}", words, array) for i, array in enumerate(seen[1:], start=1)]
    return inside, moved, found


def _newton_schulz(matrix: Vector, steps: int) -> list[Vector]:
    """The scaled matrix and what each step makes of it, as `muon.orthogonalise` does."""
    a, b, c = COEFFICIENTS
    wide = len(matrix) <= len(matrix.T)
    x = matrix if wide else matrix.T
    found = [x / max(float(np.linalg.norm(x)), EPS)]
    for _ in range(steps):
        x = found[-1]
        gram = x @ x.T
        found.append(a * x + (b * gram + c * gram @ gram) @ x)
    return found if wide else [x.T for x in found]


PHASES: dict[str, Callable[[Any, Place], Update]] = {
    "sgd": _sgd,
    "momentum": _momentum,
    "nesterov": _nesterov,
    "adagrad": _adagrad,
    "rmsprop": _rmsprop,
    "adam": _adam,
    "adamw": partial(_adam, decoupled=True),
    "lion": _lion,
    "muon": _muon,
}
