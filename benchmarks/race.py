"""Optimisers on surfaces: paths against torch.optim, the learning-rate map, and the race in a real browser."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page

from benchmarks import Row, real_app, row
from benchmarks.reference import PaperLion
from benchmarks.torch_optimizers import torch_optimizers
from nnlab.analysis.descent.lr_map import lr_map
from nnlab.core.experiment import experiment
from nnlab.core.links import to_link
from nnlab.core.registries import OPTIMIZERS, SURFACES
from nnlab.families.descent.spec import Racer, usual_rate
from nnlab.surfaces.surface import Surface
from nnlab.train.run import advance, start

STEPS = 500
WATCH_S = 4.0
WINDOWS = 4
SIX = ("sgd", "momentum", "nesterov", "rmsprop", "adam", "lion")
BETWEEN = ("ravine", "saddle", "rosenbrock", "styblinski_tang")  # bends, minima and a long valley


def rows() -> list[Row]:
    """All bars of the page."""
    found = [paths(), learning_rate_map()]
    with real_app.running() as app, real_app.chromium() as browser:
        found += frames(browser, app.url)
    return found


def race_of(surface: str, kinds: tuple[str, ...]) -> dict[str, Any]:
    """Plain values of a race at usual rates."""
    known = SURFACES.load(surface)
    racers = [{"optimizer": {"kind": k}, "learning_rate": usual_rate(k, known)} for k in kinds]
    return {"data": {"kind": "surface", "surface": surface}, "model": {"family": "race", "racers": racers}}


def torch_path(racer: Racer, surface: Surface, *, steps: int) -> NDArray[np.float64]:
    """The same way down by torch.optim and autograd, float64: places (steps, 2). Lion, which torch has not, by its paper."""
    place = torch.nn.Parameter(torch.tensor(surface.start, dtype=torch.float64))
    spec, lr = racer.optimizer, racer.learning_rate
    optimisers: list[torch.optim.Optimizer]
    if spec.kind == "lion":
        optimisers = [PaperLion([{"params": [place]}], lr, beta1=spec.beta1, beta2=spec.beta2)]  # type: ignore[attr-defined]
    elif spec.kind == "muon":  # matrices by Muon, everything else by AdamW; a place is no matrix
        optimisers = [torch.optim.AdamW([place], lr=lr, weight_decay=0.0)]
    else:
        optimisers = torch_optimizers(spec, weights=[place], others=[], lr=lr)
    found = np.empty((steps, 2))
    for step in range(steps):
        place.grad = None
        surface.value(place[0], place[1], torch).backward()
        if racer.clip_norm:
            torch.nn.utils.clip_grad_norm_([place], racer.clip_norm)
        for optimiser in optimisers:
            optimiser.step()
        found[step] = place.detach().numpy()
    return found


def paths() -> Row:
    """The largest distance between our path and torch.optim's, over every optimiser on four surfaces."""
    worst = 0.0
    for surface in BETWEEN:
        for kind in OPTIMIZERS:
            run = start(experiment(race_of(surface, (kind,))))
            expected = torch_path(run.learner.spec.racers[0], SURFACES.load(surface), steps=STEPS)  # type: ignore[attr-defined]
            for step in range(STEPS):
                advance(run, steps=1)
                worst = max(worst, float(np.abs(run.learner.flat.numpy() - expected[step]).max()))
    how = f"every optimiser on {len(BETWEEN)} surfaces, {STEPS} steps, float64, largest difference at any step"
    return row("Optimisers' paths: distance from torch.optim", worst / 1e-6, unit="millionths", bar="≤ 1", how=how)


def learning_rate_map() -> Row:
    """24 x 24 cells of 200 steps, the slowest optimiser."""
    run = start(experiment(race_of("rosenbrock", SIX)))
    slowest = 0.0
    for i in range(len(SIX)):
        began = time.perf_counter()
        for _ in lr_map(run, {"racer": i}):
            pass
        slowest = max(slowest, time.perf_counter() - began)
    how = f"the slowest of {', '.join(SIX)} on Rosenbrock, one thread"
    return row("Learning-rate map, 24×24 of 200 steps", slowest, unit="s", bar="≤ 2", how=how)


def frames(browser: Browser, url: str) -> list[Row]:
    """Six optimisers at full speed, then at 60 steps a second, with the views of the first screen."""
    value = race_of("rosenbrock", SIX)
    found = []
    for name, speed in (("full speed", 0), ("60 steps a second", 60)):
        page = browser.new_context(viewport={"width": 1440, "height": 1000}).new_page()
        page.goto(f"{url}/optimisers?s={to_link(experiment(value))}")
        page.wait_for_function("window.nnlab && nnlab.frame && nnlab.frame.arrays.race", timeout=60_000)
        page.evaluate(f"nnlab.send('speed', {speed}), nnlab.send('play', true)")
        page.wait_for_function("nnlab.playing")
        page.evaluate("window.ticks = 0; (function tick() { window.ticks++; requestAnimationFrame(tick); })()")
        time.sleep(2)
        drawn, ticks = max(_window(page) for _ in range(WINDOWS))
        cost = float(np.mean(page.evaluate("nnlab.costs")))
        page.context.close()
        how = (
            f"headless Chromium, 1440×1000, software rendering, best of {WINDOWS} windows of {WATCH_S:g} s; in that window "
            f"the browser itself ticked {ticks:.0f} times a second; a frame costs {cost:.1f} ms of JavaScript"
        )
        found.append(row(f"Race of 6 optimisers, {name}", drawn, unit="frames/s", bar="≥ 25", how=how))
    return found


def _window(page: Page) -> tuple[float, float]:
    """Frames drawn and animation frames a second, over some seconds."""
    before, began = page.evaluate("[nnlab.drawn, window.ticks]"), time.monotonic()
    time.sleep(WATCH_S)
    after, took = page.evaluate("[nnlab.drawn, window.ticks]"), time.monotonic() - began
    return (after[0] - before[0]) / took, (after[1] - before[1]) / took
