"""A dataset as CSV, an uploaded one in its file's own units; `nnlab.data.tables.rows.read_csv` reads it back."""

from __future__ import annotations

import csv
import io
import math

import numpy as np
from numpy.typing import NDArray

from nnlab.core.forms import AS_IS, Scale
from nnlab.core.records import Examples

HEADER = ("x", "y", "label", "split")


def to_csv(data: Examples) -> str:
    """One line a point: two features, label (the class's name or index, or the target) and train or test."""
    form, answer = data.plane, data.answer
    real = form.axis_names != ("x", "y") or form.axis_scales != (AS_IS, AS_IS)
    header = (*form.axis_names, answer.name, "split") if real else HEADER
    x, y = (_texts(data.inputs[:, i], scale) for i, scale in enumerate(form.axis_scales))
    if answer.kind == "number":
        labels = _texts(data.targets, answer.scale if real else AS_IS)
    else:
        names = answer.class_names or tuple(str(i) for i in range(answer.classes))
        labels = [names[int(label)] for label in data.targets]
    splits = np.where(data.is_test, "test", "train").tolist()
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(zip(x, y, labels, splits, strict=True))
    return file.getvalue()


def _texts(values: np.ndarray[tuple[int, ...], np.dtype[np.float32]], scale: Scale) -> list[str]:
    """The shortest text that reads back as the same float32; in real units a millionth of the plane's own."""
    if scale == AS_IS:
        return [str(value) for value in values]
    real: NDArray[np.float64] = scale.real(values.astype(np.float64))
    decimals = 6 - math.floor(math.log10(scale.factor))
    return [f"{round(value, decimals):.15g}" for value in real.tolist()]
