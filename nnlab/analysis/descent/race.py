"""A race of optimisers for the screen: positions and paths of the racers, the surface's heights, and one update written out."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from nnlab.analysis.analysis import COSTLY_S, ON_REQUEST, Analysis
from nnlab.analysis.options import whole
from nnlab.analysis.weights.hessian import RHO
from nnlab.core.errors import Refused
from nnlab.core.records import Array
from nnlab.core.say import say
from nnlab.families.descent.learner import RaceLearner
from nnlab.families.learner import Learner
from nnlab.optim.rules import FlatParameters, rule

SIDES = (8, 201)  # of the grid of heights
WINDOW = 1e4  # furthest border of the grid
AROUND = 41  # side of the grid around one update
ROOM = 1.3  # the window's half side in lengths of the update
UNKNOWN = -1.0  # a distance where no minimum is known


def race(learner: Learner, options: dict[str, Any]) -> dict[str, Array]:
    """The racers now, and their paths.

    "race" (racers, 8): x, y, height, distance to the nearest known minimum (-1: none is known), step at which it left the
    surface and step at which it came within 1e-3 of a minimum (-1: not yet), learning rate in force, length of the gradient.
    "race_trail" (n, racers, 3): x, y, height at the steps "race_steps" (n,).
    """
    made = racing(learner)
    racers = range(len(made.rules))
    distances = made.distances()
    slopes = made.gradient().numpy().reshape(-1, 2)
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
    "race_quantities" (q, 2): the optimiser's memory. "race_before" (q, 2): the memory as it was. "race_around" (41, 41): heights
    above the racer's own in a square; "race_window" (3,): its middle as seen from the racer, and half its side.
    """
    made = racing(learner)
    i = racer_of(made, options)
    gradient, written = made.next_update(i)
    lr = made.lr(i, made.updates)
    residual = np.abs(_true_update(made, i, gradient, lr=lr) - written.total).max()
    memory = made.rules[i].state()
    before = [memory.get(q.name, memory.get(f"rest.{q.name}", np.zeros(2))) for q in written.quantities]
    corners = np.cumsum([np.zeros(2), *(p.array for p in written.parts)], 0)
    middle = made.places[i] + (corners.min(0) + corners.max(0)) / 2
    half = max(float(np.ptp(corners, axis=0).max()), 1e-6) * ROOM
    return {
        "race_step": np.array([i, *made.places[i], *gradient, lr, *written.total, residual], np.float32),
        "race_parts": np.array([p.array for p in written.parts], np.float32),
        "race_quantities": np.array([q.array for q in written.quantities], np.float32).reshape(-1, 2),
        "race_before": np.array(before, np.float32).reshape(-1, 2),
        "race_around": _relative(made, middle, half=half, place=made.places[i]),
        "race_window": np.array([*(middle - made.places[i]), half], np.float32),
    }


def _relative(made: RaceLearner, middle: Array, *, half: float, place: Array) -> Array:
    """Heights (AROUND, AROUND) of the square around `middle`, above that of `place`: small differences survive float32."""
    line = np.linspace(-half, half, AROUND)
    x, y = np.meshgrid(middle[0] + line, middle[1] + line)
    here = made.surface.value(*(np.full(1, v) for v in place))
    found: Array = (np.broadcast_to(made.surface.value(x, y), x.shape) - here).astype(np.float32)
    return found


def race_grid(learner: Learner, options: dict[str, Any]) -> dict[str, Array]:
    """Heights on a grid of points, the borders of the window included: "race_grid" (rows, columns), row 0 = y_min.

    Options: "window" [x_min, x_max, y_min, y_max] (the surface's domain), "columns" and "rows" 8…201 (121).
    """
    made = racing(learner)
    rows, columns = (whole(options, name, 121, SIDES) for name in ("rows", "columns"))
    x_min, x_max, y_min, y_max = _window(options.get("window", made.surface.domain))
    x, y = np.meshgrid(np.linspace(x_min, x_max, columns), np.linspace(y_min, y_max, rows))
    with np.errstate(over="ignore"):
        return {"race_grid": np.broadcast_to(made.surface.value(x, y), x.shape).astype(np.float32)}


def race_curvature(learner: Learner, options: dict[str, Any]) -> dict[str, Array]:
    """How the surface curves under every racer, "race_curvature" (racers, 7).

    Largest and smallest eigenvalue of the Hessian, 2 / largest (infinite where nothing curves up), sharpness (the rise of f
    one step of `RHO` up its gradient), learning rate in force, and the direction (x, y) of the largest curvature.
    """
    made = racing(learner)
    values, vectors = np.linalg.eigh(np.nan_to_num(made.hessians(), posinf=0.0, neginf=0.0))
    largest = values[:, 1]
    slopes = made.gradient().numpy().reshape(-1, 2)
    lengths = np.linalg.norm(slopes, axis=1, keepdims=True)
    above = made.places + RHO * slopes / np.where(lengths > 0, lengths, 1)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        columns = (
            largest,
            values[:, 0],
            np.where(largest > 0, 2 / largest, np.inf),
            made.surface.value(*above.T) - made.heights(),
            [made.lr(i, made.updates) for i in range(len(made.rules))],
            *vectors[:, :, 1].T,
        )
    return {"race_curvature": np.stack(columns, 1).astype(np.float32)}


def _window(window: Any) -> tuple[float, float, float, float]:
    try:
        x_min, x_max, y_min, y_max = (float(v) for v in window)
    except (TypeError, ValueError):
        x_min = x_max = y_min = y_max = 0.0
    if not (-WINDOW <= x_min < x_max <= WINDOW and -WINDOW <= y_min < y_max <= WINDOW):
        reason = "The window must be x_min < x_max, y_min < y_max, from {low:g} to {high:g}; got {got}."
        raise Refused.because(say(reason, low=-WINDOW, high=WINDOW, got=str(window)[:60]))
    return x_min, x_max, y_min, y_max


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
        raise Refused.because(say("Only optimisers on a surface race; open the page Optimisers."))
    return learner


def racer_of(made: RaceLearner, options: dict[str, Any]) -> int:
    i, most = options.get("racer", 0), len(made.rules) - 1
    if isinstance(i, bool) or not isinstance(i, int) or i < 0:
        raise Refused.because(
            say("The racer must be a number from 0 to {most}; got {got!r}.", most=most, got=str(i)[:20])
        )
    return min(i, most)  # one that was taken away while it was looked at


RACE = Analysis(race, ("race", "race_trail", "race_steps"), RaceLearner)
RACE_STEP = Analysis(
    race_step,
    ("race_step", "race_parts", "race_quantities", "race_before", "race_around", "race_window"),
    RaceLearner,
)
RACE_GRID = Analysis(race_grid, ("race_grid",), RaceLearner, ON_REQUEST)
RACE_CURVATURE = Analysis(race_curvature, ("race_curvature",), RaceLearner, COSTLY_S)
