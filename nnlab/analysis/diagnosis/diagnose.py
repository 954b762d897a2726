"""What is wrong with a run, if anything: measured, in a sentence with its numbers, with a remedy that one click applies.

Every rule has a threshold to speak up and a softer one to fall silent, so that a sentence near the threshold does not flicker.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from nnlab.analysis.descent.findings import who_left
from nnlab.analysis.diagnosis.finding import Finding
from nnlab.analysis.diagnosis.symptoms import Symptoms, symptoms
from nnlab.train.updates import Run

MOST = 2  # findings at once
FIRST_STEP = 20  # updates before most rules have something to go by
SHARE = 20  # the diagnosis takes at most a twentieth of the time


@dataclass
class _Past:
    """What was found last, until when it holds, and for which state."""

    found: tuple[Finding, ...] = ()
    place: tuple[object, ...] = ()
    until: float = 0.0


SMALLER: tuple[dict[str, Any], str] = ({"model.init_scale": 1.0}, "Restart with smaller weights")
USUAL_RATE = 0.03
USUAL_MOVE = 5e-3  # of the weights' length in one update, early in training
Rule = Callable[[Run, Symptoms, bool], Finding | None]
_PAST: WeakKeyDictionary[Run, _Past] = WeakKeyDictionary()


def diagnose(run: Run, *, share: float = SHARE) -> tuple[Finding, ...]:
    """At most two findings, the most important first; () for a healthy run.

    The last answer stands for `share` times as long as it took, so that large networks are not held up.
    """
    past = _PAST.setdefault(run, _Past())
    place = (run.step, run.diverged, id(run.learner), run.timeline.seen, id(run.experiment))
    now = time.perf_counter()
    if past.place and past.place[2] != id(run.learner):  # another network: what was said about the last one is void
        past = _PAST[run] = _Past()
    if place == past.place or (now < past.until and not run.diverged):
        return past.found
    past.found = _find(run, {f.code for f in past.found})
    past.place = place
    past.until = now + share * (time.perf_counter() - now)
    return past.found


def _find(run: Run, active: set[str]) -> tuple[Finding, ...]:
    if run.diverged:
        return (_diverged(run),)
    if run.n == 0 or not len(run.history):
        return ()
    if run.dataset.task == "descent":
        return who_left(run)[:MOST]
    measured = symptoms(run)
    found: list[Finding] = []
    for code, rule in RULES.items():
        if code in {"vanishing", "saturated", "slow"} and any(f.code in {"dead", "vanishing"} for f in found):
            continue  # it would only be what follows from that
        finding = rule(run, measured, code in active)
        if finding is not None:
            found.append(finding)
    return tuple(found[:MOST])


def _diverged(run: Run) -> Finding:
    training = run.experiment.training
    sentence = (
        f"Training diverged: after {run.step:,} updates the weights or the loss are no longer numbers. "
        f"The learning rate is {training.learning_rate:g}; step {run.good:,} was the last good one."
    )
    if _oversized(run):
        return Finding("diverged", sentence, *SMALLER)
    lower = _round(min(training.learning_rate / 10, USUAL_RATE))
    remedy, label = {"training.learning_rate": lower}, f"Back to step {run.good:,}, learning rate {lower:g}"
    # Such a rate is not the cause alone, and where targets are numbers the gradient grows with the error.
    steep = training.learning_rate <= 0.1 or run.dataset.task == "regression"
    if steep and not training.clip_norm:
        return Finding("diverged", sentence, remedy | {"training.clip_norm": 1.0}, f"{label}, gradient clipped at 1")
    return Finding("diverged", sentence, remedy, label)


def _exploding(run: Run, seen: Symptoms, active: bool) -> Finding | None:
    """A gradient far longer than anything a learning rate is made for."""
    largest = float(seen.norms.max())
    if not np.isfinite(largest) or largest < (30 if active else 100) or run.experiment.training.clip_norm:
        return None
    layer = _name(run, int(seen.norms.argmax()))
    sentence = f"Exploding gradients: the gradient of {layer} has length {largest:.3g}; below 10 is usual."
    remedy = SMALLER if _oversized(run) else ({"training.clip_norm": 1.0}, "Clip the gradient at length 1")
    return Finding("exploding", sentence, *remedy)


def _dead(run: Run, seen: Symptoms, active: bool) -> Finding | None:
    """ReLU units that are zero on every training point: no gradient passes, so they stay so."""
    units = np.array([b.fan_out for b in run.learner.blocks[:-1]])
    relu = np.isfinite(seen.silent)
    if not relu.any():
        return None
    count, total = round(float((seen.silent * units)[relu].sum())), int(units[relu].sum())
    gone = bool((seen.silent[relu] == 1).any())
    if not gone and (seen.learnt or count < 2 or count / total < (0.2 if active else 0.3)):
        return None
    which = f"{count} of {total} ReLU neurons give" if count > 1 else f"1 of {total} ReLU neurons gives"
    sentence = f"Dead neurons: {which} zero on every training point, so no gradient reaches them."
    if run.experiment.training.learning_rate > 10 * USUAL_RATE:  # it killed them; what is left has grown beyond repair
        init = "xavier" if getattr(run.experiment.model, "init", "") == "he" else "he"
        label = f"Restart with {init.capitalize()} weights and learning rate {USUAL_RATE:g}"
        return Finding("dead", sentence, {"model.init": init, "training.learning_rate": USUAL_RATE}, label)
    changes = {f"model.layers.{i}.activation": "leaky_relu" for i in np.flatnonzero(relu)}
    return Finding("dead", sentence, changes, "Change ReLU to leaky ReLU")


def _vanishing(run: Run, seen: Symptoms, active: bool) -> Finding | None:
    """Of one example's gradient a tiny part comes back to the first layer, while there is something left to learn."""
    first, last = float(seen.signal[0]), float(seen.signal[-1])
    limit = 3e-3 if active else 1e-3
    if len(seen.signal) < 2 or seen.learnt or run.step < 1 or not first <= limit * max(last, 1e-6):
        return None
    model = run.experiment.model
    says = f"one example's gradient has length {first:.2g} in the first layer and {last:.2g} in the last"
    if getattr(model, "init", "") == "zeros" or getattr(model, "init_scale", 1) == 0:
        remedy, label = {"model.init": "xavier", "model.init_scale": 1.0}, "Restart with Xavier weights"
        return Finding("vanishing", f"No gradient passes weights that are zero: {says}.", remedy, label)
    bounded = [i for i, b in enumerate(run.learner.blocks[:-1]) if b.activation in ("sigmoid", "tanh")]
    if not bounded:
        return Finding("vanishing", f"Vanishing gradients: {says}.", {"model.norm": "layer"}, "Restart with layer norm")
    changes: dict[str, Any] = {f"model.layers.{i}.activation": "relu" for i in bounded}
    return Finding(
        "vanishing", f"Vanishing gradients: {says}.", changes | {"model.init": "he"}, "Restart with ReLU and He weights"
    )


def _saturated(run: Run, seen: Symptoms, active: bool) -> Finding | None:
    """Most tanh or sigmoid units of a layer have no slope on most points, and the task is not learnt."""
    shares = np.nan_to_num(seen.flat)
    if not len(shares) or seen.learnt or run.step < FIRST_STEP or shares.max() < (0.4 if active else 0.5):
        return None
    layer = int(shares.argmax())
    block = run.learner.blocks[layer]
    count = round(float(shares[layer]) * block.fan_out)
    sentence = (
        f"Saturated neurons: {count} of {block.fan_out} {block.activation} neurons of {_name(run, layer)} have almost no "
        f"slope on 90 % of the training points, and the loss is still {seen.train_loss:.3g}."
    )
    if _oversized(run):
        return Finding("saturated", sentence, *SMALLER)
    changes = {f"model.layers.{i}.activation": "leaky_relu" for i in np.flatnonzero(shares >= 0.4)}
    return Finding("saturated", sentence, changes, "Change them to leaky ReLU")


def _overfitting(run: Run, seen: Symptoms, active: bool) -> Finding | None:
    """The test loss has been rising while the training loss fell, and stands clearly above it."""
    rows = seen.rows[np.isfinite(seen.rows[:, 3])]
    if len(rows) < 20:
        return None
    width = 5  # a moving mean: single epochs are noisy
    test, train = _smooth(rows[:, 3], width), _smooth(rows[:, 2], width)
    if test[-1] < 0.95 * test[-max(5, len(test) // 10)]:  # it is getting better
        return None
    best = int(test.argmin())
    risen, gap = test[-1] / max(test[best], 1e-9), test[-1] - train[-1]
    soft = 0.5 if active else 1.0
    if best > len(test) - 5 or risen < 1 + 0.15 * soft or gap < 0.5 * soft * test[-1] or train[-1] > train[best]:
        return None
    epoch = rows[best + width // 2, 1]
    held = run.experiment.training.l2
    l2 = 0.003 if held == 0 else _round(min(held * 3, 0.3))
    return Finding(
        "overfitting",
        f"Overfitting: the test loss has risen from {test[best]:.3g} in epoch {epoch:.0f} to {test[-1]:.3g}, "
        f"and the training loss is {train[-1]:.3g}.",
        {"training.l2": l2},
        f"Set the L2 penalty to {l2:g}",
    )


def _slow(run: Run, seen: Symptoms, active: bool) -> Finding | None:
    """Updates are a tiny part of the weights and the loss barely falls, though there is a gradient to follow."""
    largest = float(seen.norms.max())
    if seen.learnt or run.step < 5 * FIRST_STEP or not seen.moved > 0 or largest < 1e-2:
        return None
    if seen.moved > (2e-4 if active else 1e-4) or seen.fall > (0.04 if active else 0.02):
        return None
    rate = run.experiment.training.learning_rate
    factor = 10.0 ** min(4, max(1, round(math.log10(USUAL_MOVE / seen.moved))))
    higher = max(_round(min(rate * factor, 0.1)), _round(min(rate * 10, 10)))
    return Finding(
        "slow",
        f"Learning rate too small: one update moves the weights by {seen.moved:.2g} of their length, and the training "
        f"loss fell by only {max(0.0, seen.fall):.1%} over the last {run.step - run.step // 2:,} updates.",
        {"training.learning_rate": higher},
        f"Set the learning rate to {higher:g}",
    )


# In order of importance: what stops learning altogether comes first.
RULES: dict[str, Rule] = {
    "exploding": _exploding,
    "dead": _dead,
    "vanishing": _vanishing,
    "saturated": _saturated,
    "overfitting": _overfitting,
    "slow": _slow,
}


def _oversized(run: Run) -> bool:
    """Whether the initial weights were made larger than their rule draws them."""
    return float(getattr(run.experiment.model, "init_scale", 1.0)) > 1


def _name(run: Run, layer: int) -> str:
    """A layer's name in a sentence."""
    return "the output layer" if layer == len(run.learner.blocks) - 1 else f"layer {layer + 1}"


def _smooth(values: Any, width: int) -> Any:
    return np.convolve(values, np.ones(width) / width, mode="valid")


def _round(value: float) -> float:
    """To one significant digit, for a number on a button."""
    return float(f"{value:.0e}")
