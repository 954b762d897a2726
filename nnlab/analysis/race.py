"""A race of optimisers for the screen: where everybody is and was, the surface's heights, and one update written out."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from nnlab.core.errors import Refused
from nnlab.core.records import Array
from nnlab.families.learner import Learner
from nnlab.families.race.learner import RaceLearner
from nnlab.optim.rules import FlatParameters, rule

SIDES = (15, 201)  # of the grid of heights
UNKNOWN = -1.0  # a distance where no minimum is known


def race(learner: Learner, options: dict[str, Any]) -> dict[str, Array]:
    """The racers now, and the way they came.

    "race" (racers, 8): x, y, height, distance to the nearest known minimum (-1: none is known), step at which it left the
    surface and step at which it came within 1e-3 of a minimum (-1: not yet), learning rate in force, length of the gradient.
    "race_trail" (n, racers, 3): x, y, height at the steps "race_steps" (n,).
    """
    made = racing(learner)
    racers = range(len(made.rules))
    distances = made.distances()
    slopes = made.full_gradient().numpy().reshape(-1, 2)
    columns = (
        *made.places.T,
        made.heights(),
        np.where(np.isfinite(distances), distances, UNKNOWN),
        made.left,
        made.arrived,
        [made.lr(i, made.updates) for i in racers],
        np.linalg.norm(slopes, axis=1),
    )
    steps, rows = made.trail.all()
    return {"race": np.stack(columns, 1).astype(np.float32), "race_trail": rows, "race_steps": steps}


def race_step(learner: Learner, options: dict[str, Any]) -> dict[str, Array]:
    """The next update of the racer `options["racer"]`, phase by phase, as `optim.phases` writes it out.

    "race_step" (9,): racer, x, y, gradient x and y (noise included), learning rate, update x and y, and the largest
    difference to what the optimiser itself then does. "race_parts" (p, 2): displacements that add up to the update.
    "race_quantities" (q, 2): the optimiser's memory. "race_before" (q, 2): the memory as it was.
    """
    made = racing(learner)
    i = racer_of(made, options)
    gradient, written = made.next_update(i)
    lr = made.lr(i, made.updates)
    residual = np.abs(_true_update(made, i, gradient, lr=lr) - written.total).max()
    memory = made.rules[i].state()
    before = [memory.get(q.name, memory.get(f"rest.{q.name}", np.zeros(2))) for q in written.quantities]
    return {
        "race_step": np.array([i, *made.places[i], *gradient, lr, *written.total, residual], np.float32),
        "race_parts": np.array([p.array for p in written.parts], np.float32),
        "race_quantities": np.array([q.array for q in written.quantities], np.float32).reshape(-1, 2),
        "race_before": np.array(before, np.float32).reshape(-1, 2),
    }


def race_grid(learner: Learner, options: dict[str, Any]) -> dict[str, Array]:
    """ "race_grid" (r, r): heights over the surface's domain, row 0 = y_min, r = `options["resolution"]` (15…201)."""
    made = racing(learner)
    side = options.get("resolution", 121)
    low, high = SIDES
    if isinstance(side, bool) or not isinstance(side, int) or not low <= side <= high:
        raise Refused.because(f"The resolution must be a whole number from {low} to {high}; got {str(side)[:20]}.")
    x_min, x_max, y_min, y_max = made.surface.domain
    x, y = np.meshgrid(np.linspace(x_min, x_max, side), np.linspace(y_min, y_max, side))
    return {"race_grid": np.broadcast_to(made.surface.value(x, y), x.shape).astype(np.float32)}


def _true_update(made: RaceLearner, i: int, gradient: Array, *, lr: float) -> Array:
    """What the racer's own rule does with that gradient, on a copy."""
    racer, start = made.spec.racers[i], made.places[i]
    values = torch.tensor(start, dtype=made.flat.dtype)
    parameters = FlatParameters(values, torch.tensor(gradient, dtype=values.dtype), torch.ones_like(values))
    copy = rule(racer.optimizer, parameters, racer.weight_decay)
    copy.restore(made.rules[i].state())
    copy.update(lr)
    found: Array = values.numpy() - start
    return found


def racing(learner: Learner) -> RaceLearner:
    if not isinstance(learner, RaceLearner):
        raise Refused.because("Only optimisers on a surface race; open the page of the optimisers.")
    return learner


def racer_of(made: RaceLearner, options: dict[str, Any]) -> int:
    i, most = options.get("racer", 0), len(made.rules) - 1
    if isinstance(i, bool) or not isinstance(i, int) or i < 0:
        raise Refused.because(f"The racer must be a number from 0 to {most}; got {str(i)[:20]!r}.")
    return min(i, most)  # one that was taken away while it was looked at
