"""A parameter is declared once: default, bounds, unit, label, help and whether it may change while a run goes on."""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticKnownError

from nnlab.core.errors import Problem
from nnlab.core.say import say
from nnlab.core.sentences import refusing

Widget = Literal["auto", "slider", "number", "select", "text", "toggle", "batch", "none"]
MAX_FIELDS = 50  # more than any part has


class Spec(BaseModel):
    """Base of every part of an experiment: frozen, no unknown fields, no NaN, no infinity."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    title: ClassVar[str] = ""  # the name on the screen where the name in the registry does not read well
    control_order: ClassVar[tuple[str, ...]] = ()  # of its controls, where it is not that of the declarations

    @model_validator(mode="before")
    @classmethod
    def _not_flooded(cls, value: Any) -> Any:
        """Refuse thousands of unknown fields as one problem: naming each would take longer than a frame."""
        if isinstance(value, Mapping) and len(value) > MAX_FIELDS:
            reason = say(
                "A part of an experiment must have at most {most} fields; got {got}.", most=MAX_FIELDS, got=len(value)
            )
            raise refusing(Problem("", reason))
        return value


@dataclass(frozen=True)
class Param:
    """What a control shows about a field; its values are in `unit`."""

    label: str
    help: str
    unit: str = ""
    live: bool = False
    widget: Widget = "auto"
    step: float | None = None
    log: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    empty: str = ""  # what a field without a value means, in a few words


@dataclass(frozen=True)
class named:
    """A validator of a text that must be one of some names; controls read off it which there are, a registry's anew each time."""

    names: Iterable[str]
    more: tuple[str, ...] = ()

    def __call__(self, value: str) -> str:
        if value in self.names or value in self.more:
            return value
        *others, last = (repr(name) for name in (*self.names, *self.more))
        raise PydanticKnownError("literal_error", {"expected": f"{', '.join(others)} or {last}"})


@dataclass(frozen=True)
class Control:
    """A field as `ui/` draws it. `kind` is one of bool, int, float, choice, text, spec, list."""

    name: str
    kind: str
    default: Any
    lower: float | None
    upper: float | None
    choices: tuple[str, ...]
    param: Param

    def caption(self, choice: str) -> str:
        """The words shown for `choice`."""
        return dict(self.param.choices).get(choice, choice.replace("_", " ").capitalize())


def param(default: Any, *, label: str, help: str, **more: Any) -> Any:
    """A pydantic field that also carries its `Param`.

    `more` takes the keys of `Param` (unit, live, widget, step, log, choices, empty) and pydantic's bounds
    (ge, gt, le, lt, min_length, max_length, pattern).
    """
    shown = {k: more.pop(k) for k in ("unit", "live", "widget", "step", "log", "choices", "empty") if k in more}
    return Field(default, json_schema_extra={"param": Param(label=label, help=help, **shown)}, **more)  # type: ignore[dict-item]


def controls(spec: type[BaseModel]) -> tuple[Control, ...]:
    """The fields of `spec` that carry a `Param`, in the order of their declaration."""
    found = []
    for name, field in spec.model_fields.items():
        extra = field.json_schema_extra
        if not isinstance(extra, dict) or not isinstance(extra.get("param"), Param):
            continue
        bounds = {
            k: v for m in field.metadata for k in ("ge", "gt", "le", "lt") if (v := getattr(m, k, None)) is not None
        }
        kind, choices = _kind(field.annotation)
        names = next((m.func for m in field.metadata if isinstance(getattr(m, "func", None), named)), None)
        if names is not None:
            kind, choices = "choice", (*names.names, *names.more)
        found.append(
            Control(
                name=name,
                kind=kind,
                default=field.get_default(call_default_factory=True),
                lower=bounds.get("ge", bounds.get("gt")),
                upper=bounds.get("le", bounds.get("lt")),
                choices=choices,
                param=extra["param"],  # type: ignore[arg-type]
            )
        )
    order = getattr(spec, "control_order", ()) or [control.name for control in found]
    return tuple(sorted(found, key=lambda control: order.index(control.name)))


def _kind(annotation: Any) -> tuple[str, tuple[str, ...]]:
    if get_origin(annotation) in (Union, types.UnionType):
        annotation = next(a for a in get_args(annotation) if a is not type(None))
    if get_origin(annotation) is Literal:
        return "choice", tuple(get_args(annotation))
    for kind, cls in (("bool", bool), ("int", int), ("float", float), ("text", str)):
        if annotation is cls:
            return kind, ()
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "spec", ()
    return "list", ()
