"""What a scene tells of the examples: their form and answer as JSON values, and as many of them as can be drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np

from nnlab.core.forms import Pictures, Points
from nnlab.core.records import Array, Examples

SHOWN = 64  # examples of a form that is not drawn as a whole


def data_of(data: Examples) -> tuple[dict[str, Any], dict[str, Array]]:
    """The header: "form", "answer", "counts"; the arrays: "ids" and what the form draws."""
    header = {
        "form": {"name": data.form.name, **asdict(data.form)},
        "answer": {**asdict(data.answer), "outputs": data.answer.outputs},
        "counts": {"train": data.count("train"), "test": data.count("test")},
    }
    drawn = DRAWN.get(type(data.form), _first)
    return header, drawn(data)


def _points(data: Examples) -> dict[str, Array]:
    """ "points" (n, 4): x, y, target (0 where there is none), is_test; "ids" (n,): all of them."""
    targets = data.targets if data.targets.size else np.zeros(len(data))
    points = np.column_stack((data.inputs, targets, data.is_test)).astype(np.float32)
    return {"points": points, "ids": data.ids}


def _pictures(data: Examples) -> dict[str, Array]:
    """ "pictures" (m, channels, height, width) uint8 of some training examples, and what `_first` gives."""
    chosen = _some(data)
    pictures = data.inputs[chosen]
    if pictures.dtype != np.uint8:
        pictures = (np.clip(pictures, 0, 1) * 255).round().astype(np.uint8)
    return {"pictures": pictures, **_labels(data, chosen)}


def _first(data: Examples) -> dict[str, Array]:
    """ "inputs" (m, …) of some training examples, and their labels."""
    chosen = _some(data)
    return {"inputs": data.inputs[chosen], **_labels(data, chosen)}


def _labels(data: Examples, chosen: Array) -> dict[str, Array]:
    targets = data.targets[chosen]
    return {"ids": data.ids[chosen], **({"targets": targets} if targets.size else {})}


def _some(data: Examples) -> Array:
    """Rows of training examples, evenly chosen."""
    rows = np.flatnonzero(data.rows("train"))
    found: Array = rows[np.arange(min(SHOWN, len(rows))) * len(rows) // max(1, min(SHOWN, len(rows)))]
    return found


DRAWN: dict[type, Callable[[Examples], dict[str, Array]]] = {Points: _points, Pictures: _pictures}
