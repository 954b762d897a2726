"""The loss around the present weights: on a plane, with the run's path on it, and along the line between two sets of weights.

Studies are generators: they yield their progress (0…1) and return arrays, so that training goes on between their slices.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nnlab.analysis.analysis import OnRequest, has_loss
from nnlab.analysis.options import choice, number
from nnlab.analysis.weights.planes import Plane, Vector, drawing, planing, products
from nnlab.core.errors import Refused
from nnlab.core.records import SPLITS, Array, Split
from nnlab.core.say import say
from nnlab.families.learner import Block, Learner, Rows
from nnlab.families.sampling import sample
from nnlab.train.updates import Run

Study = Generator[float, None, dict[str, Array]]
RESOLUTIONS = (15, 101)
EXTENTS = (0.01, 100.0)
MARGIN = 0.25  # of the path's size, around it
MAX_PATH = 200  # places of the path that are drawn
MOST_NUMBERS = 2**21  # in all of them: more would hold up the frames
MOST_CALLS = 8  # for the loss of one network
LIVE = 4_000  # parameters up to which the browser is told how to place weights on the plane
LINE = (-0.25, 1.25, 61)


def landscape(run: Run, options: Mapping[str, Any]) -> Study:
    """The loss on a plane through the present weights.

    Options: "plane" "random" | "path", "resolution" 15…101, "extent" > 0 (random: half the side in filter norms; path:
    times the path's own size), "split" "train" | "test", "seed"; "member" 0…: which group, such as a racer; all without it.
    Returns "landscape" (r, r) float32, row 0 = lowest second coordinate; "axes" (2, r); "path" (m, 2), "path_steps" (m,),
    "path_loss" (m, 2): the true loss and the plane's loss below it; "explained" (2,); "filters" (1,): whether the directions
    are normalised filter by filter; "step" (1,); "here" (1,) the loss at the present weights; "examples" (2,): those that the losses were measured on, and all. Of networks with at most `LIVE` parameters also "origin" (n,) and "project" (2, n), rounded:
    the coordinates of any weights w are project (w - origin), so that a picture can follow the run without asking again.
    """
    resolution = int(number(options, "resolution", 31, RESOLUTIONS))
    extent = number(options, "extent", 1.0, EXTENTS)
    split, step = _split(run, options), run.step
    kind = choice(options, "plane", ("random", "path"), "random")
    member = member_of(run, options)
    origin = present(run, member)
    steps, path = weights_of(run, member)
    yield 0.0
    offsets = path - origin
    yield 0.0
    if kind == "path":
        gram = yield from products(offsets)
        plane = yield from planing(origin, offsets, gram)
    else:
        seed = int(number(options, "seed", 0, (0, 2**31 - 1)))
        plane = yield from drawing(origin, blocks_in(run.learner, member), seed=seed)
    yield 0.0
    project = plane.projection()
    yield 0.0
    trace = offsets @ project.T
    yield 0.0
    axes = _axes(trace if any(plane.explained) else None, resolution, extent)
    b, a = np.meshgrid(axes[1], axes[0], indexing="ij")
    places = np.concatenate([np.stack([a.ravel(), b.ravel()], 1), trace])
    share = len(places) / (len(places) + len(path))
    on_plane = yield from _on_plane(run.learner, plane, places, split=split, group=member, told=share)
    true = yield from _at(run.learner, lambda part: path[part], len(path), split=split, group=member, told=(share, 1.0))
    found = {
        "landscape": on_plane[: resolution**2].reshape(resolution, resolution),
        "axes": axes.astype(np.float32),
        "path": trace.astype(np.float32),
        "path_steps": steps,
        "path_loss": np.stack([true, on_plane[resolution**2 :]], 1),
        "explained": np.array(plane.explained, np.float32),
        "filters": np.array([plane.filters], np.int32),
        "step": np.array([step], np.int32),
        "here": true[-1:],
        "examples": measured(run.learner, split),
    }
    if len(origin) <= LIVE:
        found |= {"origin": origin.round(6), "project": project.round(6)}
    return found


def line(run: Run, options: Mapping[str, Any]) -> Study:
    """The loss on the straight line between two sets of weights, and the barrier between them.

    Options: "from", "to": steps of this run's past (the nearest kept before them), or "weights" (n_parameters,) of another run
    in place of "to". "member", "to_member" 0…: of which group, such as a racer; all without it. Both ends have one size.
    Returns "alpha" (61,), "train" and "test" (61,) losses, "barrier" (2,): the highest rise above the straight line
    between the ends' losses (Frankle et al. 2020), "ends" (2,) steps (-1 = other weights), "apart" (1,): how far the ends
    lie from each other, as a share of the mean of their lengths; "examples" (2,) as in `landscape`, of the training set.
    """
    member = member_of(run, options)
    start, first = _end(run, options, "from", 0, member)
    if "weights" in options:
        stop, last = -1, _given(run.learner, options["weights"], member)
    else:
        other = member_of(run, options, "to_member")
        stop, last = _end(run, options, "to", run.step, member if other is None else other)
    if first.shape != last.shape:
        reason = (
            "Both ends of a line must have the same number of parameters; got {first:,} and {last:,}. Choose two "
            "parts with the same layers."
        )
        raise Refused.because(say(reason, first=len(first), last=len(last)))
    alpha = np.linspace(*LINE)
    yield 0.0
    way = last - first
    lengths = (np.linalg.norm(first) + np.linalg.norm(last)) / 2
    found: dict[str, Array] = {
        "alpha": alpha.astype(np.float32),
        "ends": np.array([start, stop], np.int32),
        "apart": np.array([np.linalg.norm(way) / max(float(lengths), 1e-30)], np.float32),
    }
    yield 0.0
    barriers = []
    halves: dict[Split, tuple[float, float]] = {"train": (0.0, 0.5), "test": (0.5, 1.0)}
    for split, told in halves.items():
        found[split] = yield from _at(
            run.learner,
            lambda part: first + np.outer(alpha[part], way),
            len(alpha),
            split=split,
            group=member,
            told=told,
        )
        barriers.append(barrier(alpha, found[split]))
    found |= {"barrier": np.array(barriers, np.float32), "examples": measured(run.learner, "train")}
    return found


def barrier(alpha: Vector, losses: Array) -> float:
    """The highest rise of `losses` between alpha = 0 and 1 above the straight line between the losses there."""
    if not np.isfinite(losses).all():
        return float("nan")
    inside = (alpha >= 0) & (alpha <= 1)
    ends = np.interp([0, 1], alpha, losses)
    return float(np.max((losses - np.interp(alpha, [0, 1], ends))[inside]))


def member_of(run: Run, options: Mapping[str, Any], name: str = "member") -> int | None:
    """Which of the learner's groups is meant, None for all; if it was removed meanwhile, the last one."""
    if name not in options:
        return None
    return min(int(number(options, name, 0, (0, 1_000))), len(run.learner.groups) - 1)


def blocks_in(learner: Learner, member: int | None) -> tuple[Block, ...]:
    """The layers of a group, placed in its own weights."""
    part = learner.place(member)
    return tuple(
        replace(block, start=block.start - part.start)
        for block in learner.blocks
        if part.start <= block.start < part.stop
    )


def weights_of(run: Run, member: int | None = None) -> tuple[NDArray[np.int32], Vector]:
    """Steps (m,) and weights (m, n_parameters) of the run's past up to now, evenly thinned; the present ends it."""
    origin = present(run, member)
    part = run.learner.place(member)
    past = [s for s in run.timeline.snapshots if s.step < run.step]
    most = max(2, min(MAX_PATH, MOST_NUMBERS // len(origin)))
    if len(past) >= most:
        past = [past[i] for i in np.linspace(0, len(past) - 1, most - 1).astype(int)]
    past = [s for s in past if np.isfinite(s.state["flat"][part]).all()]
    steps = [*(s.step for s in past), run.step]
    return np.array(steps, np.int32), np.stack([*(s.state["flat"][part] for s in past), origin]).astype(np.float64)


def present(run: Run, member: int | None = None) -> Vector:
    """A group's weights now (n_parameters,) in float64; refused where they are no longer numbers."""
    found: Vector = run.learner.flat.detach().cpu().numpy()[run.learner.place(member)].astype(np.float64)
    return _finite(found)


def _finite(weights: Vector) -> Vector:
    if not np.isfinite(weights).all():
        reason = (
            "The weights must be numbers; some are infinite or not a number. Go back to the last good step "
            "and lower the learning rate."
        )
        raise Refused.because(say(reason))
    return weights


def examples(learner: Learner, split: Split) -> Rows:
    """Those that losses are measured on: all of them, or a sample where one network would take many calls."""
    return sample(learner, split, MOST_CALLS * 3 * learner.part)  # a forward pass costs a third of an update


def measured(learner: Learner, split: Split) -> Array:
    """How many `examples` there are, and how many in the split."""
    chosen, n = examples(learner, split), learner.count(split)
    return np.array([len(chosen) if isinstance(chosen, Tensor) else n, n], np.int32)


def _losses(
    learner: Learner,
    count: int,
    weights: Callable[[slice], Tensor],
    *,
    split: Split,
    group: int | None,
    told: tuple[float, float],
) -> Generator[float, None, Array]:
    """The mean data loss (count,) float32 at `weights(part)` of all parts, as many networks and examples at once as suit.

    Networks are formed where they are needed, a chunk at a time; progress goes from `told[0]` to `told[1]`.
    """
    size, rows = learner.portion(split)
    chosen = examples(learner, split)
    n = len(chosen) if isinstance(chosen, Tensor) else learner.count(split)
    found = np.full(count, np.nan if not n else 0.0)
    for at in range(0, count, size):
        chunk = slice(at, min(at + size, count))
        with torch.inference_mode():
            stack = weights(chunk)
        for first in range(0, n, rows):
            stop = min(first + rows, n)
            with torch.inference_mode():
                losses = learner.losses_at(
                    stack,
                    split,
                    group=group,
                    rows=chosen[first:stop] if isinstance(chosen, Tensor) else slice(first, stop),
                )
            found[chunk] += losses.double().cpu().numpy() * ((stop - first) / n)
            yield told[0] + (told[1] - told[0]) * (at + (chunk.stop - at) * stop / n) / count
    return found.astype(np.float32)


def _at(
    learner: Learner,
    weights: Callable[[slice], Vector],
    count: int,
    *,
    split: Split,
    group: int | None,
    told: tuple[float, float],
) -> Generator[float, None, Array]:
    """The mean data loss (count,) at `weights(part)` (k, n) of all parts."""

    def form(part: slice) -> Tensor:
        return torch.tensor(weights(part), dtype=learner.flat.dtype, device=learner.device)

    return (yield from _losses(learner, count, form, split=split, group=group, told=told))


def _on_plane(
    learner: Learner, plane: Plane, places: Vector, *, split: Split, group: int | None, told: float
) -> Generator[float, None, Array]:
    """The loss (k,) at `places` (k, 2) of the plane."""
    like: dict[str, Any] = {"dtype": learner.flat.dtype, "device": learner.device}
    origin, coordinates = torch.tensor(plane.origin, **like), torch.tensor(places, **like)
    yield 0.0
    basis = torch.empty(2, len(origin), **like)
    for row, direction in zip(basis, (plane.first, plane.second), strict=True):
        row.copy_(torch.from_numpy(direction))
    yield 0.0

    def form(part: slice) -> Tensor:
        return torch.addmm(origin, coordinates[part], basis)

    return (yield from _losses(learner, len(places), form, split=split, group=group, told=(0.0, told)))


def _axes(trace: Vector | None, resolution: int, extent: float) -> Vector:
    """Two axes (2, r): around the path, or [-extent, extent] with the present weights in the middle."""
    if trace is None:
        return np.stack([np.linspace(-extent, extent, resolution)] * 2)
    low, high = trace.min(0), trace.max(0)
    middle, half = (low + high) / 2, (high - low) / 2
    half = np.maximum(half, max(0.2 * float(half.max()), 1e-3)) * (1 + 2 * MARGIN) * extent
    return np.stack([np.linspace(m - h, m + h, resolution) for m, h in zip(middle, half, strict=True)])


def _end(run: Run, options: Mapping[str, Any], name: str, default: int, member: int | None) -> tuple[int, Vector]:
    step = int(number(options, name, default, (0, 2**53)))
    if step >= run.step:
        return run.step, present(run, member)
    found = run.timeline.before(step)
    return found.step, _finite(found.state["flat"][run.learner.place(member)].astype(np.float64))


def _given(learner: Learner, weights: Any, member: int | None) -> Vector:
    size = learner.flat.numel()
    found = weights.astype(np.float64) if isinstance(weights, np.ndarray) else np.empty(0)
    if found.shape != (size,):
        reason = (
            "The other weights must be {size:,} numbers, as many as this network has; got {got:,}. Keep a run whose "
            "network has the same shape."
        )
        raise Refused.because(say(reason, size=size, got=found.size))
    return _finite(found[learner.place(member)])


def _split(run: Run, options: Mapping[str, Any]) -> Split:
    found: Split = choice(options, "split", SPLITS, "train")  # type: ignore[assignment]
    if not run.learner.count(found):
        reason = "There must be {points} points to measure the loss on; got none. Choose the {other} loss."
        test, training = say("test"), say("training")
        points, other = (test, training) if found == "test" else (training, test)
        raise Refused.because(say(reason, points=points, other=other))
    return found


LANDSCAPE = OnRequest(landscape, when=has_loss)
LOSS_LINE = OnRequest(line, when=has_loss)
