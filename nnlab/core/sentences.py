"""What pydantic found wrong with a specification or a command, as sentences that may be shown to a student."""

from __future__ import annotations

import reprlib
from typing import Any

import numpy as np
from pydantic import ValidationError
from pydantic_core import PydanticCustomError, PydanticKnownError

from nnlab.core.errors import Problem
from nnlab.core.say import Said, say

MAX_PROBLEMS = 20  # a hostile value may have thousands, which nobody reads
MAX_NAME = 60  # characters of one part of a path
PREFIXES = ("Value error, ", "Input should be ", "Input should ")


def refusing(*problems: Problem) -> PydanticCustomError:
    """What a validator raises for these problems; the field of a problem is "" where it is the validated one."""
    message = " ".join(p.message for p in problems)
    context = {"message": message, "problems": [(p.field, p.message, p.instead) for p in problems]}
    return PydanticCustomError("refused", "{message}", context)


def problems_of(error: ValidationError, *, noun: Said, path: str = "") -> list[Problem]:
    """Every problem that pydantic found, as sentences; `noun` is what was validated, `path` where it lies."""
    found = []
    for line in error.errors(include_url=False)[:MAX_PROBLEMS]:
        field = ".".join([*([path] if path else []), *(str(part)[:MAX_NAME] for part in line["loc"])])
        refused = line.get("ctx", {}).get("problems")
        if refused is None:
            found.append(Problem(field, _sentence(field, line, noun)))
        else:
            found += [Problem(own or field, message, instead) for own, message, instead in refused]
    if error.error_count() > MAX_PROBLEMS:
        found.append(Problem("", say("{more} more fields are wrong.", more=error.error_count() - MAX_PROBLEMS)))
    return found


def _shown(value: Any) -> str:
    """A refused value in a few characters; a hostile one may be huge, deep or, as an integer, too long to print."""
    try:
        return reprlib.repr(value)[:60]
    except (ValueError, RecursionError):
        return say("a value that is too long to show ({kind})", kind=type(value).__name__)


def _sentence(field: str, line: Any, noun: Said) -> Said:
    """The line as "`<what>` must be `<allowed>`; got `<value>`."."""
    what, got = field or say("The {noun}", noun=noun), _shown(line["input"])
    if line["type"] == "extra_forbidden":
        return say("{what} is not a field of this {noun}.", what=what, noun=noun)
    if line["type"] == "missing":
        return say("{what} is missing.", what=what)
    template, values = _template(line)
    if (
        " should have " in template
    ):  # "Tuple should have at least {min_length} item{expected_plural} after validation, …"
        size = template.partition(" should have ")[2].partition(" after validation")[0]
        return say("{what} must have " + size + "; got {got}.", **{**values, "what": what, "got": got})
    allowed = template
    for prefix in PREFIXES:
        allowed = allowed.removeprefix(prefix)
    return say("{what} must be " + allowed + "; got {got}.", **{**values, "what": what, "got": got})


def _template(line: Any) -> tuple[str, dict[str, Any]]:
    """pydantic's own template of a message and its values, for catalogues; the message itself where there is none."""
    context = line.get("ctx") or {}
    try:
        template = PydanticKnownError(line["type"], context).message_template
    except (KeyError, TypeError, ValueError):
        return "{allowed}", {"allowed": line["msg"]}
    values = {name: _plain(value) for name, value in context.items()}
    most = context.get("max_length", context.get("min_length"))
    return template, {**values, "expected_plural": "" if most == 1 else "s"}


def _plain(value: Any) -> Any:
    """A value as pydantic writes it: a bound as 0.000001 or 10, not 1e-06 or 10.0; an error by what it says."""
    if isinstance(value, float):
        return np.format_float_positional(value, trim="-")
    return str(value) if isinstance(value, Exception) else value
