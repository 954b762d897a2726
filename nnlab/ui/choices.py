"""Which widget shows a field, in which steps: read off the field's declaration. Draws nothing."""

from __future__ import annotations

import functools
import inspect
import math
from typing import Literal

from pydantic import BaseModel

from nnlab.core.fields import Control, controls
from nnlab.core.registry import Registry

Kind = Literal["toggle", "select", "pills", "text", "slider", "log", "batch", "number", "rows", "part", "none"]

WIDE = 500  # upper / lower from which equal steps are useless and a slider goes by ratios
STEPS = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)  # rungs of a logarithmic slider in each power of ten


@functools.cache
def fields_of(spec: type[BaseModel], *, own_first: bool = False) -> tuple[Control, ...]:
    """The fields of `spec` as declared; `own_first` puts what a kind adds before what it shares with the others."""
    own = inspect.get_annotations(spec) if own_first else {}
    return tuple(sorted(controls(spec), key=lambda control: control.name not in own))


def kind_of(control: Control) -> Kind:
    """The sort of widget for a field."""
    if control.param.widget == "none":
        return "none"
    if control.kind == "list":
        return "pills" if control.param.choices else "rows"
    simple: dict[str, Kind] = {"bool": "toggle", "choice": "select", "text": "text", "spec": "part"}
    if control.kind in simple:
        return simple[control.kind]
    lower, upper = control.lower, control.upper
    if control.param.widget == "batch":
        return "batch"
    if control.param.widget == "number" or control.default is None or lower is None or upper is None:
        return "number"
    if control.param.log or (lower > 0 and upper / lower >= WIDE):
        return "log"
    steps = (upper - lower) / step_of(control)
    # A slider whose last step falls short of the upper bound could not reach it.
    return "slider" if abs(steps - round(steps)) < 1e-6 else "number"


def step_of(control: Control) -> float:
    """The declared step, else the power of ten that makes about a hundred steps and can show the default."""
    if control.param.step is not None:
        return control.param.step
    if control.kind == "int":
        return 1
    if control.lower is None or control.upper is None:
        return 0.01
    step = 10.0 ** math.floor(math.log10((control.upper - control.lower) / 100) + 1e-9)
    shown = f"{control.default:g}" if control.default else "0"
    digits = len(shown.partition(".")[2]) if "e" not in shown else 0
    return min(step, 10.0**-digits)


@functools.cache
def rungs(lower: float, upper: float, whole: bool) -> tuple[float, ...]:
    """1, 1.5, 2, 3, 5, 7 of each power of ten within the bounds, and the bounds themselves."""
    powers = range(math.floor(math.log10(lower)), math.ceil(math.log10(upper)) + 1)
    found = {float(f"{mantissa * 10.0**power:.3g}") for power in powers for mantissa in STEPS}
    inside = {round(v) if whole else v for v in found if lower <= v <= upper} | {lower, upper}
    return tuple(sorted(inside))


@functools.cache
def title(registry: Registry, name: str) -> str:
    """A kind's name on the screen."""
    declared: str = registry.load(name).title
    return declared or name.replace("_", " ").capitalize()


def label_of(control: Control) -> str:
    """Label and unit in one line."""
    return f"{control.param.label} ({control.param.unit})" if control.param.unit else control.param.label
