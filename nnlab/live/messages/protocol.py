"""Every command that a browser may send over the live socket, declared once: name, argument, bounds. No torch.

A message is JSON `[name, argument]` of at most `MAX_MESSAGE` characters; or, where arrays belong to it (a drawing, a picture, a
text), bytes as `wire.pack` makes them, of at most `MAX_BYTES`, with the header {"command": [name, argument]}; for `watch` they are named
"analysis.option", for `ask` as the option. `parse` answers hostile input with `Refused` and a sentence, never with another exception. What a command does is written in the hub and in the
worker's hosted runs.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from nnlab.core.chosen import Chosen
from nnlab.core.errors import Problem, Refused
from nnlab.core.records import Array
from nnlab.core.registries import ANALYSES, STUDIES
from nnlab.core.say import Told, say, translated
from nnlab.core.sentences import problems_of
from nnlab.live.messages import wire

MAX_MESSAGE = 65_536  # characters of one message
MAX_BYTES = 4 * 2**20  # of one with arrays: a text of a megabyte and a few pictures
MAX_ARRAYS = 16
MAX_NAME = 120  # characters of an array's name
COMMANDS_A_SECOND = 240.0  # a second and viewer, acknowledgements included; beyond it reading slows down
BURST = 480.0  # commands that may come at once
COMMAND = 16_384  # bytes that count as one command: who sends more waits longer
SAFE = 2**53  # largest whole number that JavaScript counts to

Count = Annotated[int, Field(ge=0, le=SAFE, strict=True)]
Number = Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1, max_length=60)]


class _Argument(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def _known(name: str) -> str:
    if name not in ANALYSES:
        raise ValueError(f"one of {', '.join(ANALYSES)}")
    return name


def _askable(name: str) -> str:
    if name not in ANALYSES and name not in STUDIES:
        raise ValueError(f"one of {', '.join((*ANALYSES, *STUDIES))}")
    return name


Analysis = Annotated[Name, AfterValidator(_known)]
Askable = Annotated[Name, AfterValidator(_askable)]


class Watch(_Argument):
    """What this viewer wants in its frames."""

    offers: Annotated[tuple[Analysis, ...], Field(max_length=32)] = ()
    options: Annotated[dict[Analysis, Chosen], Field(max_length=32)] = {}  # by analysis


class Step(_Argument):
    """Some epochs, batches or phases forth or back; a playing run pauses first."""

    unit: Literal["epoch", "batch", "phase"]
    n: Annotated[int, Field(ge=-1_000, le=1_000, strict=True)] = 1


class Set(_Argument):
    """Changed fields of the experiment by their dotted paths. Frames whose `version` is at least this one show them."""

    changes: Annotated[dict[Annotated[str, Field(max_length=200)], Any], Field(min_length=1, max_length=50)]
    version: Count = 0


class Edit(_Argument):
    """One weight or bias by its place in the flat vector."""

    index: Annotated[int, Field(ge=0, le=100_000_000, strict=True)]
    value: Number


class Point(_Argument):
    """A point moved, added or removed by mouse; or a drawing, which is its class and its bits, put among the examples or taken away."""

    op: Literal["move", "add", "remove", "draw", "undraw"]
    id: Annotated[int, Field(ge=0, le=10_000_000, strict=True)] | None = None
    x: Number | None = None
    y: Number | None = None
    label: Number | None = None
    bits: Annotated[str, Field(max_length=200)] | None = None
    version: Count = 0


class Ask(_Argument):
    """A record that takes longer than a frame; its answers carry `id`."""

    id: Annotated[int, Field(ge=0, le=SAFE, strict=True)] | Name
    name: Askable
    options: Chosen = {}  # "of" and "against" name kept runs


ARGUMENTS: dict[str, TypeAdapter[Any]] = {
    "ack": TypeAdapter(Count),
    "watch": TypeAdapter(Watch),
    "play": TypeAdapter(Annotated[bool, Field(strict=True)]),
    "step": TypeAdapter(Step),
    "seek": TypeAdapter(Count),
    "branch": TypeAdapter(Count),  # to the end of a course that was left, by its number
    "reset": TypeAdapter(None),
    "speed": TypeAdapter(Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]),
    "set": TypeAdapter(Set),
    "edit": TypeAdapter(Edit),
    "point": TypeAdapter(Point),
    "recover": TypeAdapter(None),
    "undo": TypeAdapter(None),  # the last change of the experiment
    "redo": TypeAdapter(None),
    "ask": TypeAdapter(Ask),
    "forget": TypeAdapter(None),  # all kept runs
    "cancel": TypeAdapter(Annotated[int, Field(ge=0, le=SAFE, strict=True)] | Name),
}


@dataclass(frozen=True)
class Command:
    """A command that passed; `argument` is a plain value or one of the models above, `arrays` what came with it."""

    name: str
    argument: Any
    arrays: Mapping[str, Array] = field(default_factory=dict)


def parse(message: str | bytes) -> Command:
    """The command that `message` holds; raises `Refused` with a sentence where it holds none."""
    if isinstance(message, bytes):
        return _parse_packed(message)
    if len(message) > MAX_MESSAGE:
        raise Refused.because(
            say("A message must be at most {most} characters; got {got}.", most=MAX_MESSAGE, got=len(message))
        )
    try:
        return _command(json.loads(message, parse_constant=wire.no_constant))
    except (ValueError, RecursionError):
        raise Refused.because(say("A message must be JSON such as [name, argument]; got something else.")) from None


def _parse_packed(message: bytes) -> Command:
    """A command with arrays."""
    if len(message) > MAX_BYTES:
        reason = say(
            "A message with arrays must be at most {most:,} bytes; got {got:,}.", most=MAX_BYTES, got=len(message)
        )
        raise Refused.because(reason)
    try:
        value, arrays = _unpacked(message)
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError, struct.error):
        raise Refused.because(say("A message with arrays must be whole; got a damaged one.")) from None
    if len(arrays) > MAX_ARRAYS:
        raise Refused.because(
            say("A message must have at most {most} arrays; got {got}.", most=MAX_ARRAYS, got=len(arrays))
        )
    command = replace(_command(value), arrays=arrays)
    if command.name == "watch":
        for name in arrays:
            _known_array(name)
    return command


def _unpacked(message: bytes) -> tuple[Any, dict[str, Array]]:
    """The command and its arrays; raises many things where the message is damaged."""
    if wire.is_compressed(message) or struct.unpack_from("<I", message)[0] > MAX_MESSAGE:
        raise ValueError  # a small message could hold a large one, and reading a long header would block the others
    header, arrays = wire.unpack(message)
    if not all(isinstance(name, str) and len(name) <= MAX_NAME for name in arrays):
        raise ValueError
    return header["command"], arrays


def _known_array(name: str) -> None:
    analysis, _, option = name.partition(".")
    if analysis not in ANALYSES or not option:
        reason = 'An array to watch must be named "analysis.option"; got {got!r}.'
        raise Refused.because(say(reason, got=name[:40]), "watch")


def _command(value: Any) -> Command:
    if not (isinstance(value, list) and 1 <= len(value) <= 2 and isinstance(value[0], str)):
        raise Refused.because(say("A message must be a list [name, argument]; got something else."))
    name = value[0]
    if name not in ARGUMENTS:
        reason = "A command must be one of {allowed}; got {got!r}."
        raise Refused.because(say(reason, allowed=", ".join(ARGUMENTS), got=name[:40]))
    try:
        return Command(name, ARGUMENTS[name].validate_python(value[1] if len(value) == 2 else None))
    except ValidationError as error:
        raise Refused(*problems_of(error, noun=say("command"), path=name)) from None
    except (ValueError, RecursionError):
        raise Refused.because(say("The argument of {name!r} is nested too deeply.", name=name), name) from None


def notice(said: Told | str, *, level: Literal["info", "warning", "error"] = "info", stay: bool = False) -> str:
    """The JSON text of a sentence for the person at the screen; one that stays is there until another takes its place."""
    return json.dumps({"type": "notice", "level": level, "stay": stay, **spoken(said)})


def spoken(said: Told | str) -> dict[str, Any]:
    """A sentence as JSON values: its code and numbers, or the text where it has none."""
    return said.plain() if isinstance(said, Told) else {"text": translated(said)}


def refusal(problems: tuple[Problem, ...]) -> str:
    """The JSON text that answers a refused command: field and sentence of each problem."""
    shown = [[p.field[:200], translated(p.message)[:500]] for p in problems[:20]]
    return json.dumps({"type": "refused", "problems": shown})


def edited(experiment: Mapping[str, Any], *, version: int, returned: bool = False) -> str:
    """The JSON text that tells every viewer of an accepted change.

    `returned`: the run's history led past a change, so that pages do not know of it yet.
    """
    return json.dumps({"type": "experiment", "version": version, "experiment": experiment, "returned": returned})
