"""The loss landscape against the plain loop and the package loss-landscapes; the largest network; training meanwhile.

The reference is measured with the package itself where it can be imported (`pip install --no-deps loss-landscapes`, 3.0.6 works
with torch 2.13), else with its algorithm written out below: directions added in place, row by row, one evaluation a place.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Generator
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks import Row, reference, row
from benchmarks.speed import slowness
from nnlab.analysis.weights.landscape import landscape
from nnlab.analysis.weights.planes import Plane, random_plane
from nnlab.core.experiment import experiment
from nnlab.families.mlp.features import features
from nnlab.live.messages.kinds import HEAD, Kind
from nnlab.live.worker import engine
from nnlab.live.worker.child import child_process
from nnlab.live.worker.process import Host
from nnlab.train.run import Run, advance, start

SIDE = 51
FEATURES = ("x", "y", "x2", "y2", "xy", "sin_x", "sin_y", "cos_x", "cos_y", "r")
LARGEST = {
    "data": {"kind": "circle", "samples": 5000},
    "model": {"family": "mlp", "features": FEATURES, "layers": [{"units": 64, "activation": "tanh"}] * 8},
}
SMALL = {
    "data": {"kind": "circle", "samples": 1000},
    "model": {"family": "mlp", "layers": [{"units": 16, "activation": "tanh"}] * 2},
}
CLOCK = time.process_time  # a busy machine does not count
REPEATS = 5


def rows() -> list[Row]:
    """All bars of the landscape."""
    torch.set_num_threads(1)
    return [*_against_loops(), *_largest(), *_meanwhile()]


def _against_loops() -> list[Row]:
    """51 x 51 of [2-16-16-1] on 500 training points, best of alternating repeats."""
    run = start(experiment(SMALL))
    advance(run, steps=500)
    plane: dict[str, Any] = {}
    exact = random_plane(run.learner.flat.double().numpy(), run.learner.blocks, seed=0)

    def ours() -> None:
        plane.update(_finished(landscape(run, {"plane": "random", "resolution": SIDE})))

    ours()
    module, inputs, targets = _plain(run)
    found: list[float] = []
    package, name = _package(module, inputs, targets)
    calls: tuple[Callable[[], Any], ...] = (
        ours,
        lambda: found.extend(_loop(module, inputs, targets, exact=exact, axes=plane["axes"])),
        package,
    )
    best = [float("inf")] * 3
    for _ in range(7):
        found.clear()
        for i, call in enumerate(calls):
            began = CLOCK()
            call()
            best[i] = min(best[i], CLOCK() - began)
    apart = float(np.abs(np.reshape(found, (SIDE, SIDE)) - plane["landscape"]).max())
    how = f"{SIDE} x {SIDE}, [2-16-16-1], 500 points, one thread, processor time, best of 7 in turn"
    return [
        row("Landscape against the plain loop", best[1] / best[0], unit="times", bar="≥ 4", how=f"{best[1]:.3f} s / {best[0]:.3f} s; {how}"),
        row("Landscape against loss-landscapes", best[2] / best[0], unit="times", bar="≥ 2", how=f"{best[2]:.3f} s ({name}) / {best[0]:.3f} s; {how}"),
        row("Landscape, largest difference from the plain loop", 1e6 * apart, unit="millionths", bar="≤ 10", how="of the loss, float32 against float32"),
    ]  # fmt: skip


def _plain(run: Run) -> tuple[nn.Module, torch.Tensor, torch.Tensor]:
    """The same network as a torch module, with the training points and labels."""
    spec: Any = run.experiment.model
    module = reference.network(spec, run.data.answer.outputs, flat=run.learner.flat, blocks=run.learner.blocks)
    chosen = ~run.data.is_test
    inputs = features(torch.tensor(run.data.inputs[chosen]), spec.features).t().contiguous()
    return module, inputs, torch.tensor(run.data.targets[chosen]).unsqueeze(1)


@torch.no_grad()
def _loop(module: nn.Module, inputs: torch.Tensor, targets: torch.Tensor, *, exact: Plane, axes: Any) -> list[float]:
    """What everybody writes first: set the weights of a place, take the loss, next place (as Li et al.'s own code does)."""
    parameters = list(module.parameters())
    origin, first, second = (_split(module, torch.tensor(v).float()) for v in (exact.origin, exact.first, exact.second))
    loss, found = nn.BCEWithLogitsLoss(), []
    for b in axes[1].tolist():
        for a in axes[0].tolist():
            for p, o, u, v in zip(parameters, origin, first, second, strict=True):
                p.copy_(o + a * u + b * v)
            found.append(loss(module(inputs), targets).item())
    for p, o in zip(parameters, origin, strict=True):
        p.copy_(o)
    return found


def _split(module: nn.Module, flat: torch.Tensor) -> list[torch.Tensor]:
    """Our flat vector (each unit's weights, then its bias) in the shapes of the module's parameters."""
    found, at = [], 0
    for layer in reference.linears(module):
        size = layer.out_features * (layer.in_features + 1)
        folded = flat[at : at + size].view(layer.out_features, -1)
        found += [folded[:, :-1].clone(), folded[:, -1].clone()]
        at += size
    return found


def _package(module: nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> tuple[Callable[[], Any], str]:
    """One random filter-normalised plane by loss-landscapes, or by its algorithm where it is not installed."""
    loss = nn.BCEWithLogitsLoss()
    try:
        library = importlib.import_module("loss_landscapes")
        metric = importlib.import_module("loss_landscapes.metrics").Loss(loss, inputs, targets)
    except ImportError:
        return lambda: _in_place(module, lambda: loss(module(inputs), targets).item()), "its algorithm, written out"

    @torch.no_grad()  # it edits parameters in place, which torch refuses otherwise
    def plane() -> Any:
        return library.random_plane(module, metric, 1, SIDE, "filter", deepcopy_model=True)

    return plane, "the package, 3.0.6"


@torch.no_grad()
def _in_place(module: nn.Module, metric: Callable[[], float]) -> list[list[float]]:
    """`random_plane` of loss-landscapes 3.0.6: walk the grid like a plough, adding a direction in place at each step."""
    parameters = list(module.parameters())
    kept = [p.clone() for p in parameters]
    directions = []
    for _ in range(2):
        direction = [torch.rand_like(p) for p in parameters]
        for d, p in zip(direction, parameters, strict=True):
            for i in range(len(p)):
                d[i] *= p[i].norm() / d[i].norm().clamp_min(1e-12)
        directions.append([d / SIDE for d in direction])
    found = []
    for i in range(SIDE):
        column = []
        for _ in range(SIDE):
            for p, d in zip(parameters, directions[1], strict=True):
                p.add_(d if i % 2 == 0 else -d)
            column.append(metric())
        found.append(column)
        for p, d in zip(parameters, directions[0], strict=True):
            p.add_(d)
    for p, old in zip(parameters, kept, strict=True):
        p.copy_(old)
    return found


def _largest() -> list[Row]:
    """31 x 31 of 8 x 64 with ten features on 5,000 points, half of which train."""
    run = start(experiment(LARGEST))
    advance(run, steps=50)
    exact = random_plane(run.learner.flat.double().numpy(), run.learner.blocks, seed=0)
    study = landscape(run, {"plane": "random", "resolution": 31})
    slices: list[float] = []
    began = CLOCK()
    found = _finished(study, slices)
    took = CLOCK() - began
    module, inputs, targets = _plain(run)
    began = CLOCK()
    losses = _loop(module, inputs, targets, exact=exact, axes=found["axes"][:, ::5])
    share = (found["landscape"].size + 2 * len(found["path"])) / len(
        losses
    )  # of the places that the plain loop has seen
    plain = (CLOCK() - began) * share
    how = f"10-64x8-1, 5,000 points (2,500 train), one thread, processor time, {len(slices)} words of progress"
    return [
        row("Landscape of the largest network, against the plain loop", plain / took, unit="times", bar="≥ 1", how=f"{plain:.2f} s / {took:.2f} s; {how}"),
        row("Landscape of the largest network", took, unit="s", bar="≤ 3", how=how, slower=slowness()),
        row("Landscape of the largest network, its longest slice", 1e3 * float(np.percentile(slices, 99)), unit="ms", bar="≤ 20", how="99th percentile, processor time; no call may hold a worker longer"),
    ]  # fmt: skip


def _finished(study: Generator[float, None, dict[str, Any]], slices: list[float] | None = None) -> dict[str, Any]:
    while True:
        began = CLOCK()
        try:
            next(study)
        except StopIteration as stop:
            return dict(stop.value)
        if slices is not None:
            slices.append(CLOCK() - began)


def _meanwhile() -> list[Row]:
    """What a landscape takes beside training, and what training keeps of its rate, through the worker's own scheduler."""
    found = []
    child_process.allowed = engine.forks
    # The small one is computed in slices between the updates, which leave it about a quarter; the largest one in a child process.
    for name, value, bar in (("small", SMALL, "≤ 7"), ("largest", LARGEST, "≤ 2")):
        seen = _beside(value)
        how = (
            "updates for each second of the worker's processor time, which the page's frames (weights, boundary; 60 Hz) share; "
            f"by the clock {seen['clock']:.2f}; median of {REPEATS} turns"
        )
        title = f"Training rate while the landscape is computed, {name} network"
        found.append(row(title, seen["kept"], unit="of 1", bar="≥ 0.6", how=how))
        how = (
            f"31 x 31, plane of the path, by the clock: {seen['beside']:.2f} s while it trains at full speed / "
            f"{seen['alone']:.2f} s while it is paused, in turn; medians of {REPEATS}"
        )
        title = f"Landscape beside training, {name} network, against a paused run"
        found.append(row(title, seen["beside"] / seen["alone"], unit="times", bar=bar, how=how))
    return found


def _beside(value: dict[str, Any]) -> dict[str, float]:
    """Shares of the training rate that are "kept" by processor time and by the "clock"; seconds of answers "beside" and "alone"."""
    said: list[bytes] = []
    host = Host(engine, said.append)
    opening = {"experiment": value, "attachment": None, "checkpoint": None, "version": 0, "speed": 0.0, "playing": True}
    host.do([("open", 1, opening | {"held": False, "folder": "", "offers": ("weights", "boundary"), "options": {}})])
    run = host.runs[1].run
    _drive(host, until=lambda spent: spent > 1.0)
    training, studied, beside, alone = [], [], [], []
    for i in range(REPEATS):
        before = run.step
        spent, clock = _drive(host, until=lambda spent: spent > 1.0)
        training.append(((run.step - before) / spent, (run.step - before) / clock))
        before = run.step
        spent, clock = _answered(host, 2 * i)
        studied.append(((run.step - before) / spent, (run.step - before) / clock))
        beside.append(clock)
        host.do([("play", 1, False)])
        alone.append(_answered(host, 2 * i + 1)[1])
        host.do([("play", 1, True)])
    if not any(HEAD.unpack(m[: HEAD.size])[0] == Kind.ANSWER and b'"landscape"' in m for m in said):
        raise RuntimeError("The worker has not answered with a landscape.")
    kept, clock = np.median(studied, 0) / np.median(training, 0)
    return {"kept": kept, "clock": clock, "beside": float(np.median(beside)), "alone": float(np.median(alone))}


def _answered(host: Host, number: int) -> tuple[float, float]:
    """Both times from asking for a landscape to its answer."""
    host.do([("ask", 1, 7, number, "landscape", {"plane": "path", "resolution": 31})])
    return _drive(host, until=lambda spent: not host.runs[1].jobs)


def _drive(host: Host, *, until: Callable[[float], bool]) -> tuple[float, float]:
    """Turns of the worker, a viewer's credit always there, until `until` (given the processor time); both times they took."""
    began, clock = CLOCK(), time.perf_counter()
    while not until(CLOCK() - began):
        host.do([("want", 1)])
        wait = host.turn()
        if wait:
            time.sleep(min(wait, 0.002))
    return CLOCK() - began, time.perf_counter() - clock


if __name__ == "__main__":
    for line in rows():
        print(line)
