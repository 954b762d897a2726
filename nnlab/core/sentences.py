"""What pydantic found wrong with a specification, as sentences that may be shown to a student."""

from __future__ import annotations

import reprlib
from typing import Any

from pydantic import ValidationError

from nnlab.core.errors import Problem

MAX_PROBLEMS = 20  # a hostile value may have thousands, which nobody reads


def problems_of(error: ValidationError) -> list[Problem]:
    """Every problem that pydantic found, as sentences; a hostile value may have thousands."""
    found = []
    for line in error.errors(include_url=False)[:MAX_PROBLEMS]:
        field = ".".join(str(part) for part in line["loc"])
        context = line.get("ctx", {})
        if "problems" in context:
            found += [Problem(*pair) for pair in context["problems"]]
        else:
            found.append(Problem(field, _sentence(field, line)))
    if error.error_count() > MAX_PROBLEMS:
        found.append(Problem("", f"{error.error_count() - MAX_PROBLEMS} more fields are wrong."))
    return found


def _shown(value: Any) -> str:
    """A refused value in a few characters; a hostile one may be huge, deep or, as an integer, too long to print."""
    try:
        return reprlib.repr(value)[:60]
    except (ValueError, RecursionError):
        return f"a value that is too long to show ({type(value).__name__})"


def _sentence(field: str, line: Any) -> str:
    """The line as "`<what>` must be `<allowed>`; got `<value>`."."""
    got = _shown(line["input"])
    name = field or "The experiment"
    kind, context = line["type"], line.get("ctx", {})
    if kind == "unknown_name":
        return f"{name}: {context['message']}"
    if kind == "refused":
        return str(context["message"])
    if kind == "extra_forbidden":
        return f"{name} is not a field of this experiment."
    if kind == "missing":
        return f"{name} is missing."
    if (
        " should have " in line["msg"]
    ):  # "String should have at most 80 characters", "Tuple should have at least 1 item after …"
        size = line["msg"].partition(" should have ")[2].partition(" after validation")[0]
        return f"{name} must have {size}; got {got}."
    message = line["msg"].removeprefix("Value error, ").removeprefix("Input should be ").removeprefix("Input should ")
    return f"{name} must be {message}; got {got}."
