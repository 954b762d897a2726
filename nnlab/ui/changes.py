"""Changes that touch more than one field: another kind of data or optimiser, more or fewer layers."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any, get_args

import streamlit as st

from nnlab.core.errors import Refused
from nnlab.core.experiment import Experiment, at, experiment
from nnlab.core.fields import Control, Spec, controls
from nnlab.core.forms import TARGET_NAMES
from nnlab.core.kinds import OptimizerSpec, pick
from nnlab.core.parts import DataSpec
from nnlab.core.registries import DATASETS
from nnlab.core.training import Training
from nnlab.ui import echo, messages
from nnlab.ui.session import Session


def choose(session: Session, path: str, choices: pick, key: str) -> None:
    """The kind at `path` was picked: fields that both kinds have keep their values, a loss that no longer fits changes."""
    kind = st.session_state[key]
    if echo.doubted(key, lambda: choose(session, path, choices, key)):
        return
    try:
        new, notes = with_kind(session.now(), path, choices, kind)
        session.change(new, path)
    except Refused as refused:
        session.refuse(f"{path}.{choices.tag}", kind, refused)
        return
    session.notes += notes


def with_kind(old: Experiment, path: str, choices: pick, kind: str) -> tuple[Experiment, list[str]]:
    """`old` with another kind of part at `path`, and sentences about what else had to change.

    Only what was set is kept: the usual training share of one dataset is not what another starts with.
    """
    cls, tag = choices.registry.load(kind), choices.tag
    before: Spec = at(old, path)
    set_ones = before.model_dump(mode="json", exclude_defaults=True)
    kept = {
        k: v for k, v in set_ones.items() if k in cls.model_fields and k not in (tag, *getattr(before, "edits", ()))
    }
    return with_part(old, path, {tag: kind, **_valid(cls, kept, {tag: kind})})


def with_part(old: Experiment, path: str, part: dict[str, Any]) -> tuple[Experiment, list[str]]:
    """`old` with `part` at `path`; where it is data, a loss that does not fit is changed, and that is said."""
    dump: dict[str, Any] = old.model_dump(mode="json")
    node, last = _parent(dump, path)
    edits = getattr(at(old, path), "edits", ())
    node[last], before = part, node[last]
    notes = [messages.LEFT_BEHIND] if any(before.get(name) and not part.get(name) for name in edits) else []
    data = DATASETS.load(part["kind"]).model_validate(part) if path == "data" else old.data
    loss, fitting = dump["training"]["loss"], old.model.losses_for(data)
    if fitting and loss not in fitting:
        dump["training"]["loss"] = fitting[0]
        notes.append(_other_loss(loss, fitting[0], TARGET_NAMES[data.target]))
    return experiment(dump), notes


@functools.cache
def _usual(cls: type[Spec], tag: str, kind: str) -> Spec | None:
    """A part of that kind as it starts; None where it cannot start by itself."""
    try:
        return cls.model_validate({tag: kind})
    except ValueError:
        return None


def offered(spec: Experiment, path: str, choices: pick) -> list[str]:
    """The kinds that can stand at `path` beside the rest of the experiment, and the one that does."""
    now = getattr(at(spec, path), choices.tag)
    return [kind for kind in choices.registry if kind == now or _fits(spec, path, choices, kind)]


def _fits(spec: Experiment, path: str, choices: pick, kind: str) -> bool:
    cls = choices.registry.load(kind)
    part = _usual(cls, choices.tag, kind)
    if part is None or not getattr(cls, "listed", True):
        return False
    if isinstance(part, DataSpec):
        return not spec.model.fits(part) and not spec.model.check(part, spec.training)
    if isinstance(part, OptimizerSpec) and path == "training.optimizer":
        return not spec.model.check(spec.data, spec.training.model_copy(update={"optimizer": part}))
    return True


def narrowed(spec: Experiment, path: str, control: Control) -> Control:
    """The control with those choices only that fit the rest of the experiment."""
    if path != "training.loss":
        return control
    return replace(control, choices=spec.model.losses_for(spec.data))


def _valid(cls: type[Spec], kept: dict[str, Any], start: dict[str, Any]) -> dict[str, Any]:
    """Those of the `kept` values that the new kind accepts; its own defaults stand for the others."""
    try:
        cls.model_validate({**start, **kept})
        return kept
    except ValueError:
        pass
    fine = {}
    for name, value in kept.items():
        try:
            cls.model_validate({**start, name: value})
        except ValueError:
            continue
        fine[name] = value
    return fine


def _other_loss(old: str, new: str, task: str) -> str:
    caption = next(c.caption for c in controls(Training) if c.name == "loss")
    return messages.OTHER_LOSS.format(old=caption(old), new=caption(new).lower(), task=task)


def _parent(dump: dict[str, Any], path: str) -> tuple[dict[str, Any], str]:
    *parents, last = path.split(".")
    node: Any = dump
    for name in parents:
        node = node[int(name)] if isinstance(node, list) else node[name]
    return node, last


def length(spec: Experiment, path: str) -> tuple[type[Spec], int, int]:
    """What a list at `path` holds, and how few and how many of them."""
    parent, _, last = path.rpartition(".")
    info = type(at(spec, parent)).model_fields[last]
    bounds = {
        k: v for m in info.metadata for k in ("min_length", "max_length") if (v := getattr(m, k, None)) is not None
    }
    return get_args(info.annotation)[0], bounds.get("min_length", 0), bounds["max_length"]


def resize(session: Session, path: str, key: str, item: type[Spec]) -> None:
    """More or fewer layers: those that stay keep their values, new ones are like the last."""
    wanted = int(st.session_state[key])
    if echo.doubted(key, lambda: resize(session, path, key, item)):
        return
    rows = [one.model_dump(mode="json") for one in at(session.now(), path)][:wanted]
    start = rows[-1] if rows else item().model_dump(mode="json")
    session.edit(path, rows + [start] * (wanted - len(rows)), label="Hidden layers")
