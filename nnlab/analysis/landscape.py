"""The loss around the present weights: on a plane, with the run's path on it, and along the line between two sets of weights.

Studies are generators: they yield their progress (0…1) and return arrays, so that training goes on between their slices.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from nnlab.analysis.planes import Plane, Vector, path_plane, random_plane
from nnlab.core.errors import Refused
from nnlab.core.records import Array
from nnlab.families.learner import Learner, Split
from nnlab.train.march import Run

Study = Generator[float, None, dict[str, Array]]
RESOLUTIONS = (15, 101)
EXTENTS = (0.01, 100.0)
MARGIN = 0.25  # of the path's size, around it
MAX_PATH = 200  # places of the path that are drawn
LINE = (-0.25, 1.25, 61)


def landscape(run: Run, options: Mapping[str, Any]) -> Study:
    """The loss on a plane through the present weights.

    Options: "plane" "random" | "path", "resolution" 15…101, "extent" > 0 (random: half the side in filter norms; path:
    times the path's own size), "split" "train" | "test", "seed".
    Returns "landscape" (r, r) float32, row 0 = lowest second coordinate; "axes" (2, r); "path" (m, 2), "path_steps" (m,),
    "path_loss" (m, 2): the true loss and the plane's loss below it; "explained" (2,); "step" (1,); "here" (1,) the loss
    at the present weights.
    """
    resolution = int(_number(options, "resolution", 31, RESOLUTIONS))
    extent = _number(options, "extent", 1.0, EXTENTS)
    split = _split(options)
    learner, step = run.learner, run.step
    origin = learner.flat.detach().cpu().numpy().astype(np.float64)
    steps, path = weights_of(run)
    if options.get("plane", "random") == "path":
        plane = path_plane(origin, path)
    else:
        plane = random_plane(origin, learner.blocks, seed=int(_number(options, "seed", 0, (0, 2**31 - 1))))
    trace = plane.coordinates(path)
    axes = _axes(trace if any(plane.explained) else None, resolution, extent)
    b, a = np.meshgrid(axes[1], axes[0], indexing="ij")
    total = resolution**2 + 2 * len(path) + 1
    grid = yield from _losses(learner, plane, a.ravel(), b.ravel(), split=split, done=0, total=total)
    below = yield from _losses(learner, plane, trace[:, 0], trace[:, 1], split=split, done=len(grid), total=total)
    true = at_weights(learner, path, split)
    return {
        "landscape": grid.reshape(resolution, resolution),
        "axes": axes.astype(np.float32),
        "path": trace.astype(np.float32),
        "path_steps": steps,
        "path_loss": np.stack([true, below], 1),
        "explained": np.array(plane.explained, np.float32),
        "step": np.array([step], np.int32),
        "here": at_weights(learner, origin[None], split),
    }


def line(run: Run, options: Mapping[str, Any]) -> Study:
    """The loss on the straight line between two sets of weights, and the barrier between them.

    Options: "from", "to": steps of this run's past, or "weights": the other end as a list of numbers.
    Returns "alpha" (61,), "train" and "test" (61,) losses, "barrier" (2,): the highest rise above the straight line
    between the ends' losses (Frankle et al. 2020), "ends" (2,) steps (-1 = other weights).
    """
    here = run.step
    start, first = _end(run, options, "from", 0)
    if "weights" in options:
        stop, last = -1, _given(run, options["weights"])
    else:
        stop, last = _end(run, options, "to", here)
    alpha = np.linspace(*LINE)
    weights = first + np.outer(alpha, last - first)
    found: dict[str, Array] = {"alpha": alpha.astype(np.float32), "ends": np.array([start, stop], np.int32)}
    barriers = []
    inside = (alpha >= 0) & (alpha <= 1)
    for i, split in enumerate(("train", "test")):
        found[split] = at_weights(run.learner, weights, split)
        yield (i + 1) / 2
        chord = np.interp(alpha, [0, 1], np.interp([0, 1], alpha, found[split]))
        barriers.append(float(np.max((found[split] - chord)[inside])) if np.isfinite(found[split]).all() else np.nan)
    found["barrier"] = np.array(barriers, np.float32)
    return found


def weights_of(run: Run) -> tuple[NDArray[np.int32], Vector]:
    """Steps (m,) and weights (m, n_parameters) of the run's past up to now, evenly thinned; the present ends it."""
    past = [s for s in run.timeline.snapshots if s.step < run.step and s.finite]
    if len(past) >= MAX_PATH:
        past = [past[i] for i in np.linspace(0, len(past) - 1, MAX_PATH - 1).astype(int)]
    steps = [*(s.step for s in past), run.step]
    flats = [*(s.state["flat"] for s in past), run.learner.flat.detach().cpu().numpy()]
    return np.array(steps, np.int32), np.stack(flats).astype(np.float64)


def at_weights(learner: Learner, weights: Vector, split: Split | str) -> Array:
    """The mean data loss (k,) float32 at each of `weights` (k, n_parameters)."""
    stack = torch.tensor(weights, dtype=learner.flat.dtype, device=learner.device)
    with torch.inference_mode():
        found: Array = learner.losses_at(stack, split).cpu().numpy().astype(np.float32)  # type: ignore[arg-type]
    return found


def _losses(
    learner: Learner, plane: Plane, a: Vector, b: Vector, *, split: Split, done: int, total: int
) -> Generator[float, None, Array]:
    size = learner.stack_size(split)
    found = np.empty(len(a), np.float32)
    # On a plane the weights are cheap to form where they are needed: origin + a u + b v, one chunk at a time.
    origin, first, second = (
        torch.tensor(v, dtype=learner.flat.dtype, device=learner.device)
        for v in (plane.origin, plane.first, plane.second)
    )
    basis = torch.stack([first, second])
    places = torch.tensor(np.stack([a, b], 1), dtype=learner.flat.dtype, device=learner.device)
    for at in range(0, len(a), size):
        with torch.inference_mode():
            stack = torch.addmm(origin, places[at : at + size], basis)
            found[at : at + size] = learner.losses_at(stack, split).cpu().numpy()
        yield (done + min(at + size, len(a))) / total
    return found


def _axes(trace: Vector | None, resolution: int, extent: float) -> Vector:
    """Two axes (2, r): around the path, or [-extent, extent] with the present weights in the middle."""
    if trace is None:
        return np.stack([np.linspace(-extent, extent, resolution)] * 2)
    low, high = trace.min(0), trace.max(0)
    middle, half = (low + high) / 2, (high - low) / 2
    half = np.maximum(half, max(0.2 * float(half.max()), 1e-3)) * (1 + 2 * MARGIN) * extent
    return np.stack([np.linspace(m - h, m + h, resolution) for m, h in zip(middle, half, strict=True)])


def _end(run: Run, options: Mapping[str, Any], name: str, default: int) -> tuple[int, Vector]:
    step = int(_number(options, name, default, (0, 2**53)))
    if step == run.step:
        return step, run.learner.flat.detach().cpu().numpy().astype(np.float64)
    found = run.timeline.before(step)
    return found.step, found.state["flat"].astype(np.float64)


def _given(run: Run, weights: Any) -> Vector:
    size = run.learner.flat.numel()
    try:
        found = np.asarray(weights, np.float64)
    except (TypeError, ValueError):
        found = np.empty(0)
    if found.shape != (size,) or not np.isfinite(found).all():
        raise Refused.because(
            f"The other weights must be {size} numbers, as many as this network has; got {found.size}. Keep weights of a "
            "network of the same shape."
        )
    return found


def _split(options: Mapping[str, Any]) -> Split:
    found = options.get("split", "train")
    if found not in ("train", "test"):
        raise Refused.because(f"The split must be train or test; got {str(found)[:20]!r}.")
    return found  # type: ignore[no-any-return]


def _number(options: Mapping[str, Any], name: str, default: float, bounds: tuple[float, float]) -> float:
    value = options.get(name, default)
    low, high = bounds
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise Refused.because(f"The {name} must be from {low:g} to {high:g}; got {str(value)[:20]}.", name)
    return value
