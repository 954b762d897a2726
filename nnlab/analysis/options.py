"""The options of analyses and studies as they come from a browser: what is not allowed is refused in a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from nnlab.core.errors import Refused
from nnlab.core.say import say

Options = Mapping[str, Any]


def number(options: Options, name: str, default: float, bounds: tuple[float, float]) -> float:
    """The option `name`, `default` where it is not given."""
    value, (low, high) = options.get(name, default), bounds
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        told = "The {name} must be from {low:g} to {high:g}; got {got}."
        raise Refused.because(say(told, name=name, low=low, high=high, got=str(value)[:20]), name)
    return value


def whole(options: Options, name: str, default: int, bounds: tuple[int, int]) -> int:
    """A number without a fraction."""
    value, (low, high) = options.get(name, default), bounds
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        told = "The {name} must be a whole number from {low:g} to {high:g}; got {got}."
        raise Refused.because(say(told, name=name, low=low, high=high, got=str(value)[:20]), name)
    return value


def choice(options: Options, name: str, allowed: Iterable[str], default: str) -> str:
    """One of the names `allowed`."""
    known, value = tuple(allowed), options.get(name, default)
    if not isinstance(value, str) or value not in known:
        *others, last = known
        told = "The {name} must be {others} or {last}; got {got!r}."
        raise Refused.because(say(told, name=name, others=", ".join(others), last=last, got=str(value)[:20]), name)
    return value
