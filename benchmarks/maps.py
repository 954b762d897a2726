"""What drawing all neurons costs, against TensorFlow Playground and against the plain way in torch; and the training rate."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import torch

from benchmarks import Row, reference, row
from benchmarks.speed import drawing, slowness
from nnlab.analysis.plane import units
from nnlab.analysis.shared import shared
from nnlab.core.experiment import experiment
from nnlab.families.mlp.activations import ACTIVATIONS
from nnlab.train.run import Run, advance, start

# TensorFlow Playground's own update of all heat maps in ms, as the issue that set these bars gives it.
PLAYGROUND_MS = {"default": 4.5, "6x8": 49.0}
PLAYGROUND_EPOCHS_S = {
    "default": 60.0,
    "6x8": 20.0,
}  # the same source: one epoch a frame, and what the large one reaches
BAR_MS = {"default": 0.2, "6x8": 1.0}
BAR_RATE = {"default": 10, "6x8": 15}
HOOKS = "nn.Sequential with forward hooks, each neuron converted by itself, in the same run"
LAYERS = {"default": (4, 2), "6x8": (8,) * 6}
BAR_HOOKS = {"gelu": 1.5, "silu": 1.5}  # both ways call the same kernel, which takes most of their time; else 1.8


def rows() -> list[Row]:
    """Maps of the default and the 6 x 8 network, and how fast they train without a page."""
    torch.set_num_threads(1)
    found = []
    for name in LAYERS:
        run = _run(name)
        fast, plain = _alternating(partial(_maps, run), _hooked(run))
        how = "all hidden and output units, 100 x 100, uint8, one thread; best of alternating repeats"
        found += [
            row(
                f"Maps of all neurons, {name}",
                fast,
                unit="ms",
                bar=f"≤ {BAR_MS[name]}",
                how=how,
                slower=slowness(),
            ),
            row(
                f"Maps of all neurons, {name}, against TensorFlow Playground",
                PLAYGROUND_MS[name] / fast,
                unit="times",
                bar="≥ 20",
                how=f"{PLAYGROUND_MS[name]} ms, measured elsewhere / {how}",
                slower=slowness(),
            ),
            row(
                f"Maps of all neurons, {name}, against module hooks",
                plain / fast,
                unit="times",
                bar="≥ 2",
                how=f"{HOOKS}; best of alternating repeats",
            ),
            _rate(name),
        ]
    return found + _activations()


def _activations() -> list[Row]:
    """The large network with each activation in turn."""
    runs = {name: _run("6x8", name) for name in ACTIVATIONS}
    times = _alternating(*(call for run in runs.values() for call in (partial(_maps, run), _hooked(run))))
    pairs = zip(times[::2], times[1::2], strict=True)
    return [
        row(
            f"Maps of all neurons, 6x8, {name}, against module hooks",
            plain / fast,
            unit="times",
            bar=f"≥ {BAR_HOOKS.get(name, 1.8)}",
            how=f"{plain:.2f} ms / {fast:.2f} ms; {HOOKS}; best of alternating repeats",
        )
        for name, (fast, plain) in zip(runs, pairs, strict=True)
    ]


def _run(name: str, activation: str = "tanh") -> Run:
    """TensorFlow Playground's default task with this network, a little trained."""
    layers = [{"units": n, "activation": activation} for n in LAYERS[name]]
    value = {"data": {"kind": "circle"}, "model": {"family": "mlp", "layers": layers}, "training": {"batch_size": 10}}
    run = start(experiment(value))
    advance(run, epochs=20)
    return run


def _maps(run: Run) -> None:
    with shared(run.learner):
        units.maps(run.learner)


def _hooked(run: Run) -> Callable[[], None]:
    """The usual way, for a network of these layers."""
    blocks = run.learner.blocks
    return drawing((block.fan_in, block.fan_out, reference.ACTIVATIONS[block.activation]()) for block in blocks)


def _alternating(*calls: Callable[[], None]) -> list[float]:
    """Best of thirty short repeats of each, in turn, in ms: what the machine does beside hits all alike."""
    best = [float("inf")] * len(calls)
    for _ in range(30):
        for i, call in enumerate(calls):
            call()
            began = time.perf_counter()
            for _ in range(20):
                call()
            best[i] = min(best[i], (time.perf_counter() - began) / 20 * 1e3)
    return best


def _rate(name: str) -> Row:
    """Epochs a second of processor time through `advance`, in slices of a frame, with the curves measured as on the page.

    Processor time, so that a busy machine does not count: the rate on the page itself is measured by benchmarks/browser.py.
    """
    run, best = _run(name), 0.0
    for _ in range(8):
        began, epoch = time.process_time(), run.epoch
        while time.process_time() - began < 0.25:
            advance(run, 0.014)
        best = max(best, (run.epoch - epoch) / (time.process_time() - began))
    return row(
        f"Training rate without a page, {name}, against TensorFlow Playground",
        best / PLAYGROUND_EPOCHS_S[name],
        unit="times",
        bar=f"≥ {BAR_RATE[name]}",
        how=f"{best:.0f} epochs a second of processor time (circle, 250 training points, batches of 10) / {PLAYGROUND_EPOCHS_S[name]:g}",
        slower=slowness(),
    )
