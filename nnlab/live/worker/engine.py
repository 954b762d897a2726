"""The doors from a worker process into training and analysis: the only file of live/ (with worker.py's setting) that needs torch."""

from __future__ import annotations

import logging
import pickle
import threading
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import torch

from nnlab.analysis.analysis import ONCE, Analysis, offers, studies
from nnlab.analysis.diagnosis.diagnose import diagnosing as find
from nnlab.analysis.diagnosis.diagnose import due as undiagnosed
from nnlab.analysis.probe import begin, probe
from nnlab.analysis.weights.twin import shape
from nnlab.core import attachments
from nnlab.core.errors import NnlabError
from nnlab.core.experiment import Experiment, experiment, plain, restarts
from nnlab.core.records import Array, Quantised
from nnlab.core.registries import ANALYSES, CHARTS, REGISTRIES, STUDIES, TOPICS, VIEWS
from nnlab.live.worker.child import possible
from nnlab.live.worker.scenes import data_of
from nnlab.train.loading import Loading, to_load
from nnlab.train.run import (
    Run,
    advance,
    change,
    edit,
    proceed,
    recover,
    reset,
    resume,
    returning,
    seeking,
    settling,
    start,
)
from nnlab.train.run import checkpoint as saved
from nnlab.train.run import measure as measure_now
from nnlab.train.run import stepping as step

__all__ = [
    "Run",
    "advance",
    "answer",
    "begin",
    "branch_end",
    "change",
    "checkpoint",
    "constant",
    "diagnosing",
    "edit",
    "every_s",
    "forks",
    "header",
    "inexact",
    "known",
    "least_history",
    "limit_history",
    "loading",
    "measure",
    "opened",
    "preload",
    "probe",
    "proceed",
    "recover",
    "reset",
    "resume",
    "returning",
    "scene",
    "seeking",
    "start",
    "stepping",
    "undiagnosed",
    "whole",
]  # fmt: skip

LOG = logging.getLogger(__name__)
MAX_HISTORY = 1_500  # rows of the curves that a scene carries


def preload() -> None:
    """Load everything a run may need and take one thread; called once, before workers are forked."""
    torch.set_num_threads(1)
    for registry in REGISTRIES.values():
        if registry in (CHARTS, TOPICS, VIEWS):  # a worker draws nothing
            continue
        for name in registry:
            try:
                registry.load(name)
            except Exception:  # a broken one is offered to no run, and the others go on
                LOG.exception("The %s %s cannot be loaded; it is left out.", registry.what, name)
                registry.leave_out(name)


def forks() -> bool:
    """Whether a long computation may go on in a child process: not beside a thread that loads, whose locks would stay shut,
    and not with an accelerator, whose driver does not survive it."""
    return possible() and threading.active_count() == 1 and not torch.accelerator.is_available()


def loading(
    run: Run | None, *, experiment: Mapping[str, Any], attachment: tuple[str, Any] | None, **_: Any
) -> Loading | None:
    """What loads the examples of a plain experiment for `run`; None where it has them, or they are few."""
    try:
        spec = known(experiment, attachment).data
    except NnlabError:  # raised where it is opened
        return None
    return None if run is not None and run.experiment.data == spec else to_load(spec)


def opened(value: Mapping[str, Any], attachment: tuple[str, Any] | None, state: Mapping[str, Any] | None) -> Run:
    """A run of the plain experiment `value`, from its beginning or from a `checkpoint`; raises ValueError for another's."""
    spec = known(value, attachment)
    if state is None:
        return start(spec)
    if restarts(experiment(state["experiment"]), spec):
        raise ValueError("The checkpoint must be one of this network; got another's.")
    return resume(spec, state)


def stepping(run: Run, unit: Any, n: int) -> Any:
    """So many epochs, batches or phases forth or back, one after the other, so that each is shown."""
    numbers = {}
    for _ in range(abs(n)):
        numbers = yield from step(run, unit, 1 if n > 0 else -1)
    return numbers


def checkpoint(run: Run) -> dict[str, Any]:
    """The run as numpy arrays and JSON values, with what it is a run of."""
    return {"experiment": plain(run.experiment), **saved(run)}


def branch_end(run: Run, number: int) -> int | None:
    """The step where a course that was left ends; None where there is none of this number, or none any more."""
    branch = run.branches.find(number, run.timeline)
    return None if branch is None else branch.last


def known(value: Mapping[str, Any], attachment: tuple[str, Any] | None) -> Experiment:
    """The experiment of plain values; what is attached to it is registered in this process first."""
    if attachment is not None:
        attachments.register(*attachment)
    return experiment(value)


def limit_history(run: Run, most_bytes: int) -> None:
    """At most so many bytes for the run's history, and never more than its size allows."""
    run.limit_history(most_bytes)


def least_history(run: Run) -> int:
    """Bytes of its history that stay in any case."""
    return run.least_history


# ---- what is shown ---------------------------------------------------------------------------------------------------
def every_s(name: str) -> float:
    """How often an analysis is worth its cost, in seconds; see `Analysis`."""
    analysis: Analysis = ANALYSES.load(name)
    return analysis.every_s


def header(run: Run) -> dict[str, Any]:
    """Where the run stands, for a frame. "stale": the metrics are of a step before this one.

    "course": how often it went over to another course, and from where; "branches": those that it left, where there are some.
    """
    branches = run.branches.told(run.timeline)
    return {
        "step": run.step,
        "epoch": run.epoch,
        "batch": run.batch,
        "batches": run.batches,
        "phase": run.phase,
        "lr": run.lr,
        "metrics": run.metrics,
        "sampled": run.evaluation.sampled,
        "stale": run.stale,
        "stopped": None if run.stopped is None else run.stopped.plain(),
        "span": list(run.span),
        **({"course": [run.course, run.branches.left_at]} if run.course else {}),
        **({"branches": branches} if branches else {}),
    }


def measure(run: Run) -> None:
    """The metrics at the present weights, where that is one slice; else `whole` brings them."""
    if run.evaluation.quick:
        measure_now(run)


def inexact(run: Run) -> bool:
    """Whether the metrics are those of samples, or out of date."""
    return bool(run.evaluation.sampled) or (run.stale and not run.evaluation.quick)


def whole(run: Run) -> Any:
    """The exact metrics, in slices."""
    return settling(run)


def scene(run: Run) -> tuple[dict[str, Any], dict[str, Array | Quantised]]:
    """What the screen needs once: facts of the model, the examples and the curves so far; beside it what is `constant`."""
    learner, offered = run.learner, offers(run.learner)
    data, arrays = data_of(run.data)
    header = {
        "experiment": run.experiment.model_dump(mode="json"),
        **data,
        "facts": learner.facts(),
        "offers": {name: list(ANALYSES.load(name).arrays) for name in offered}
        | {name: [] for name in studies(learner)},
        "metrics": [asdict(metric) for metric in learner.metrics],
        "phases": list(learner.phases),
        "groups": [{"name": group.name, "path": group.path} for group in learner.groups],
        "pass_name": run.experiment.model.pass_name,
        "shape": shape(run),
    }
    return header, {"history": run.history.rows[-MAX_HISTORY:], **arrays}


def constant(run: Run) -> tuple[str, ...]:
    """The analyses whose arrays come with the scene."""
    return tuple(name for name in offers(run.learner) if every_s(name) == ONCE)


def diagnosing(run: Run) -> Any:
    """The diagnosis as JSON values, in slices."""
    found = yield from find(run)
    return [finding.plain() for finding in found]


def answer(
    run: Run, name: str, options: Mapping[str, Any], kept: tuple[bytes, tuple[str, Any] | None] | None = None
) -> Any:
    """What the study or analysis `name` returns: a dict of arrays, or a generator that yields its progress and returns one.

    `kept` is the run that the options name, with what is attached to its experiment, for it may come from another process: as
    "of" it is asked about instead, as "against" its weights are the other end.
    """
    options = dict(options)
    if kept is not None:
        body, attachment = kept
        saved = pickle.loads(body)
        if options.pop("of", None) is not None:
            run = resume(known(saved["experiment"], attachment), saved["checkpoint"])
        elif options.pop("against", None) is not None:
            options["weights"] = saved["checkpoint"]["state"]["flat"]
    if name in STUDIES:
        return STUDIES.load(name)(run, options)
    return ANALYSES.load(name).asked(run.learner, options)
