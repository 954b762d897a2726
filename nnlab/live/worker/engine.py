"""The doors from a worker process into training and analysis: the only file of live/ (with worker.py's setting) that needs torch."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import astuple
from typing import Any

import numpy as np
import torch

from nnlab.analysis.diagnosis.diagnose import diagnose
from nnlab.analysis.probe import probe
from nnlab.analysis.weights.twin import shape
from nnlab.core.experiment import Experiment, experiment
from nnlab.core.records import Array, Quantised
from nnlab.core.registries import ANALYSES, DATASETS, FAMILIES, LEARNERS, OPTIMIZERS, SCHEDULES, STUDIES
from nnlab.data.points.upload import register
from nnlab.families.mlp.pictured import sigmoid_is_faster
from nnlab.live.worker.child import possible
from nnlab.train.run import (
    Run,
    advance,
    change,
    checkpoint,
    edit,
    measure,
    proceed,
    recover,
    reset,
    resume,
    seek,
    start,
    step_by,
)

__all__ = [
    "Run",
    "advance",
    "answer",
    "change",
    "checkpoint",
    "edit",
    "findings",
    "forks",
    "known",
    "measure",
    "opened",
    "preload",
    "probe",
    "proceed",
    "recover",
    "reset",
    "resume",
    "scene",
    "seek",
    "start",
    "step_by",
]  # fmt: skip

MAX_HISTORY = 1_500  # rows of the curves that a scene carries
FEATURE_SIDE = 25  # pixels of a feature's map


def preload() -> None:
    """Load everything a run may need and take one thread; called once, before workers are forked."""
    torch.set_num_threads(1)
    for registry in (DATASETS, FAMILIES, LEARNERS, OPTIMIZERS, SCHEDULES, ANALYSES, STUDIES):
        for name in registry:
            try:
                registry.load(name)
            except ImportError:  # one that is broken costs its own runs only
                continue
    sigmoid_is_faster()  # measured now, before a run waits for it


def forks() -> bool:
    """Whether a long computation may go on in a child process: not with an accelerator, whose driver does not survive it."""
    return possible() and not torch.accelerator.is_available()


def opened(value: Mapping[str, Any], rows: tuple[str, Any] | None, saved: Mapping[str, Any] | None) -> Run:
    """A run of the plain experiment `value`, from its beginning or from a checkpoint; `rows` belong to an upload."""
    spec = known(value, rows)
    return start(spec) if saved is None else resume(spec, saved)


def known(value: Mapping[str, Any], rows: tuple[str, Any] | None) -> Experiment:
    """The experiment of plain values, its uploaded rows registered in this process first."""
    if rows is not None:
        register(*rows)
    return experiment(value)


def scene(run: Run) -> tuple[dict[str, Any], dict[str, Array | Quantised]]:
    """What the screen needs once: facts of the network, the points and the curves so far."""
    data = run.dataset
    header = {
        "experiment": run.experiment.model_dump(mode="json"),
        "task": data.task,
        "classes": data.n_classes,
        "limit": data.limit,
        "axis_names": list(data.axis_names),
        "class_names": list(data.class_names),
        "axis_scales": [list(astuple(scale)) for scale in data.axis_scales],
        "target_name": data.target_name,
        "target_scale": list(astuple(data.target_scale)),
        "facts": run.learner.facts(),
        "shape": shape(run),
    }
    points = np.column_stack((data.x, data.y, data.is_test)).astype(np.float32)
    arrays: dict[str, Array | Quantised] = {
        "history": run.history.rows[-MAX_HISTORY:],
        "points": points,
        "ids": data.ids,
        "feature_maps": feature_maps(run),
    }
    return header, arrays


def feature_maps(run: Run) -> Array:
    """(k, 25, 25) uint8: each feature over the plane, row 0 = y_min, -1…1 as 0…255; larger ones divided by their 98th percentile."""
    side = torch.linspace(-run.dataset.limit, run.dataset.limit, FEATURE_SIDE, device=run.learner.device)
    y, x = torch.meshgrid(side, side, indexing="ij")
    with torch.inference_mode():
        values = run.learner.activations(torch.stack((x.flatten(), y.flatten()), 1))[0].float().cpu().numpy()
    scale = np.maximum(np.percentile(np.abs(values), 98, axis=1, keepdims=True), 1e-6)
    levels: Array = (np.clip(values / scale, -1, 1) * 127.5 + 127.5).round().astype(np.uint8)
    return levels.reshape(-1, FEATURE_SIDE, FEATURE_SIDE)


def findings(run: Run) -> list[dict[str, Any]]:
    """The diagnosis as JSON values."""
    return [{"code": f.code, "sentence": f.sentence, "label": f.label, "remedy": dict(f.remedy)} for f in diagnose(run)]


def answer(run: Run, name: str, options: Mapping[str, Any], kept: bytes | None = None) -> Any:
    """What the study or analysis `name` returns: a dict of arrays, or a generator that yields its progress and returns one.

    `kept` is the run that the options name: as "of" it is asked about instead, as "against" its weights are the other end.
    """
    options = dict(options)
    if kept is not None:
        saved = pickle.loads(kept)
        if options.pop("of", None) is not None:
            run = resume(known(saved["experiment"], None), saved["checkpoint"])
        elif options.pop("against", None) is not None:
            options["weights"] = saved["checkpoint"]["state"]["flat"]
    if name in STUDIES:
        return STUDIES.load(name)(run, options)
    return ANALYSES.load(name)(run.learner, options)
