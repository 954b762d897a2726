"""Changes that touch more than one field: another kind of data or optimiser, more or fewer layers."""

from __future__ import annotations

import functools
from typing import Any, get_args

import streamlit as st

from nnlab.core.errors import Refused
from nnlab.core.experiment import Experiment, experiment
from nnlab.core.fields import Spec, controls
from nnlab.core.parts import LOSSES_OF
from nnlab.core.registries import DATASETS
from nnlab.core.registry import Registry
from nnlab.core.training import Training
from nnlab.ui import echo, messages
from nnlab.ui.session import EDITS, Session


def choose(session: Session, path: str, registry: Registry, tag: str, key: str) -> None:
    """The kind at `path` was picked: fields that both kinds have keep their values, a loss that no longer fits changes."""
    kind = st.session_state[key]
    if echo.doubted(key, lambda: choose(session, path, registry, tag, key)):
        return
    try:
        new, notes = with_kind(session.now(), path, registry, tag=tag, kind=kind)
        session.change(new)
    except Refused as refused:
        session.refuse(f"{path}.{tag}", kind, refused)
        return
    session.refused = {p: r for p, r in session.refused.items() if not p.startswith(f"{path}.")}
    session.notes += notes


def with_kind(old: Experiment, path: str, registry: Registry, *, tag: str, kind: str) -> tuple[Experiment, list[str]]:
    """`old` with another kind of part at `path`, and sentences about what else had to change.

    Only what was set is kept: the usual training share of one dataset is not what another starts with.
    """
    cls = registry.load(kind)
    before: Spec = at(old, path)
    set_ones = before.model_dump(mode="json", exclude_defaults=True)
    kept = {k: v for k, v in set_ones.items() if k in cls.model_fields and k not in (tag, *EDITS)}
    return with_part(old, path, {tag: kind, **_valid(cls, kept, {tag: kind})})


def with_part(old: Experiment, path: str, part: dict[str, Any]) -> tuple[Experiment, list[str]]:
    """`old` with `part` at `path`; where it is data, a loss that does not fit is changed, and that is said."""
    dump: dict[str, Any] = old.model_dump(mode="json")
    node, last = _parent(dump, path)
    node[last], before = part, node[last]
    notes = [messages.LEFT_BEHIND] if any(before.get(name) and not part.get(name) for name in EDITS) else []
    task = DATASETS.load(part["kind"]).model_validate(part).task if path == "data" else old.data.task
    loss = dump["training"]["loss"]
    if loss not in LOSSES_OF[task]:
        dump["training"]["loss"] = LOSSES_OF[task][0]
        notes.append(_other_loss(loss, LOSSES_OF[task][0], task))
    return experiment(dump), notes


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


def at(spec: Experiment, path: str) -> Any:
    """What lies at the dotted `path`; a number in it is the place in a list."""
    return functools.reduce(_inside, path.split("."), spec)


def _inside(part: Any, name: str) -> Any:
    return part[int(name)] if isinstance(part, tuple) else getattr(part, name)


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
