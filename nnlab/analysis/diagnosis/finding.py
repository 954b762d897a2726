"""What a diagnosis says: a sentence with measured numbers, and a change of the experiment that one click applies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: a sentence with measured numbers, and a patch of the experiment with its button's label.

    For code "diverged" the button also goes back to the last good step first, for "left" it starts the run again.
    """

    code: str
    sentence: str
    remedy: dict[str, Any] = field(default_factory=dict)
    label: str = ""
