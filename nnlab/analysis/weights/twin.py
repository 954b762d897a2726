"""Runs to compare with: this one as it stands now, or its twin, which is trained for as long with one setting changed.

A study may return "keep" beside its arrays: a run as plain values, which the worker takes out and the server keeps by a name
(`live/server/kept_runs.py`), so that networks of any size are compared without travelling through the browser.
"""

from __future__ import annotations

import json
import time
from collections.abc import Generator, Mapping
from typing import Any

import numpy as np

from nnlab.analysis.analysis import OnRequest
from nnlab.analysis.weights.landscape import present
from nnlab.core.errors import Refused
from nnlab.core.experiment import patch
from nnlab.core.metrics import LOSS
from nnlab.core.say import say
from nnlab.train.run import Run, advance, checkpoint, measure, settling, start

Keeping = Generator[float, None, dict[str, Any]]
SLICE_S = 0.004
LONGEST_S = 60.0  # of processor time; a twin that takes longer is kept as it is then


def keep(run: Run, options: Mapping[str, Any]) -> Keeping:
    """The run as it stands. Returns "step" (1,) and "keep"."""
    yield 0.0
    if run.stale and run.evaluation.quick:
        measure(run)
    return _kept(run)


def twin(run: Run, options: Mapping[str, Any]) -> Keeping:
    """The same network from its start with other settings, for as many updates as this run has made.

    Options: "changes", dotted fields of the experiment and their values. Returns "step" (1,) and "keep".
    """
    changes = options.get("changes")
    if not isinstance(changes, dict) or not changes:
        reason = "The changes must be fields of the experiment and values; got {got}."
        raise Refused.because(say(reason, got=str(changes)[:40]))
    wanted, other = run.step, start(patch(run.experiment, changes))
    yield 0.0
    spent_s = (
        0.0  # slice by slice: others work in between, and a child process that goes on with it has a clock of its own
    )
    while other.step < wanted and not other.stopped and spent_s < LONGEST_S:
        began = time.thread_time()
        advance(other, SLICE_S, steps=wanted - other.step)
        spent_s += time.thread_time() - began
        yield min(0.99, other.step / wanted)
    for _ in settling(other):
        yield 0.99
    return _kept(other)


def _kept(run: Run) -> dict[str, Any]:
    """The run as plain values, with its training loss as last measured."""
    present(run)  # refuses weights that are no longer numbers
    loss = run.metrics.get(LOSS[0].name, np.nan)
    told = {
        "experiment": run.experiment.model_dump(mode="json"),
        "checkpoint": checkpoint(run),
        "shape": shape(run),
        "step": run.step,
        "loss": float(loss) if np.isfinite(loss) else None,  # JSON knows no infinity
    }
    return {"step": np.array([run.step], np.int32), "keep": told}


def shape(run: Run) -> str:
    """Runs of the same shape have weights that mean the same: a line can be drawn between them."""
    blocks = [(b.name, b.fan_in, b.fan_out, b.activation) for b in run.learner.blocks]
    names = run.learner.facts().get("features", [])
    members = len(run.learner.groups)
    return json.dumps([run.experiment.model.family, run.learner.flat.numel(), members, blocks, names])


KEEP = OnRequest(keep)
TWIN = OnRequest(twin)
