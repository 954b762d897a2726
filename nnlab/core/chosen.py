"""What one analysis, study or view is told: small JSON values by name. It comes from browsers and from links, so it is judged here."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import AfterValidator

MOST = 2_000  # characters as JSON
MOST_NAME = 60
DEPTH = 6


def _small(value: dict[str, Any]) -> dict[str, Any]:
    if _deep(value, DEPTH):
        raise ValueError(f"at most {DEPTH} levels deep")
    if len(json.dumps(value, allow_nan=False)) > MOST:
        raise ValueError(f"at most {MOST:,} characters")
    return value


def _deep(value: Any, levels: int) -> bool:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return levels == 0 or any(_deep(one, levels - 1) for one in inside)


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > MOST_NAME:
        raise ValueError(f"at most {MOST_NAME} characters")
    return value


# An analysis judges the values themselves; arrays join them where a message brings some.
Chosen = Annotated[dict[Annotated[str, AfterValidator(_text)], Any], AfterValidator(_small)]
