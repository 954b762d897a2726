"""The exceptions of nnlab on one page; every message is a sentence that may be shown to a student as it is.

Messages are made by `say`, so that they can be translated where they are shown; mypy refuses a plain string.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nnlab.core.say import Said


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a specification: the dotted `field` it concerns and a sentence.

    `instead`: the values by path that, together with the edit that was refused, make the nearest possible experiment.
    """

    field: str
    message: Said
    instead: Mapping[str, Any] | None = dataclasses.field(default=None, compare=False)


class NnlabError(Exception):
    """Base of all errors that nnlab raises on purpose."""


class Refused(NnlabError):
    """A specification, link, file or command that cannot be accepted, with all its problems at once."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__(" ".join(p.message for p in problems))

    @classmethod
    def because(cls, message: Said, field: str = "") -> Refused:
        """A refusal with the single problem `message`."""
        return cls(Problem(field, message))


class UnknownName(NnlabError):
    """A name that no registry line holds; the message names the nearest known one."""

    def __init__(self, message: Said) -> None:
        self.message = message
        super().__init__(message)


class Busy(NnlabError):
    """More runs than allowed. `place` is the position in the queue, 1 = next."""

    def __init__(self, message: Said, place: int = 1) -> None:
        self.place = place
        super().__init__(message)
