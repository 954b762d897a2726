"""The finding of a race: which racer has left the surface, and the learning rate with which it would have stayed.

On a quadratic with largest curvature l, descent stays below a rate of 2 / l, and with momentum mu below 2 (1 + mu) / l (Polyak
1964). Near a minimum every smooth surface is such a quadratic, so the curvature there is what the sentence tells.
"""

from __future__ import annotations

import numpy as np

from nnlab.analysis.diagnosis.finding import Finding, Remedy, Rule, found
from nnlab.analysis.diagnosis.symptoms import Symptoms
from nnlab.families.descent.learner import NEVER, RaceLearner
from nnlab.families.descent.spec import usual_rate
from nnlab.train.updates import Run

SMALLER = 3.0  # times smaller, where even the usual rate is no smaller


def left(run: Run, seen: Symptoms, active: bool) -> Finding | None:
    """The racer that has left last."""
    made = run.learner
    if not isinstance(made, RaceLearner) or (made.left == NEVER).all():
        return None
    i = int(np.argmax(made.left))
    racer = made.spec.racers[i]
    kind, rate = racer.optimizer.kind, racer.learning_rate
    limit, usual = stable_below(made, i), usual_rate(kind, made.surface)
    lower = usual if usual < rate else float(f"{rate / SMALLER:.1e}")
    return found(
        "left",
        Remedy({f"model.racers.{i}.learning_rate": lower}, "restart_rate", "reset"),
        name=_label(made, i),
        steps=int(made.left[i]),
        rate=rate,
        limit=limit if limit is not None and rate > limit else None,
    )


LEFT = Rule("left", left, applies=lambda run: isinstance(run.learner, RaceLearner))


def _label(made: RaceLearner, i: int) -> str:
    """The optimiser's name as the screen has it: with a number where several are of one kind."""
    kinds = [racer.optimizer.kind for racer in made.spec.racers]
    name = made.spec.racers[i].optimizer.title or kinds[i].capitalize()
    return name if kinds.count(kinds[i]) == 1 else f"{name} {kinds[: i + 1].count(kinds[i])}"


def stable_below(made: RaceLearner, i: int) -> float | None:
    """The learning rate above which this racer cannot stay at the nearest minimum; None where there is no such rule."""
    racer = made.spec.racers[i]
    if racer.optimizer.kind not in ("sgd", "momentum") or not made.surface.minima:
        return None
    gaps = [np.hypot(*(np.array(m[:2]) - made.places[i])) for m in made.surface.minima]
    nearest = np.array(made.surface.minima[int(np.argmin(gaps))][:2])
    largest = float(np.linalg.eigvalsh(made.hessians(nearest[None]))[0, -1])
    return 2 * (1 + getattr(racer.optimizer, "momentum", 0.0)) / largest if largest > 0 else None
