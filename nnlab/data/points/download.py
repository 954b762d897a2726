"""A dataset as CSV, an uploaded one in its file's own units; `nnlab.data.tables.rows.read_csv` reads it back."""

from __future__ import annotations

import csv
import io
import math

import numpy as np

from nnlab.core.records import AS_IS, Dataset, Scale
from nnlab.data.points.spec import Values

HEADER = ("x", "y", "label", "split")


def to_csv(dataset: Dataset) -> str:
    """One line a point: two features, label (the class's name or index, or the target) and train or test."""
    real = _has_real_units(dataset)
    header = (*dataset.axis_names, dataset.target_name, "split") if real else HEADER
    x, y = (_texts(dataset.x[:, i], scale) for i, scale in enumerate(dataset.axis_scales))
    if dataset.task == "regression":
        labels = _texts(dataset.y, dataset.target_scale if real else AS_IS)
    else:
        names = dataset.class_names or tuple(str(i) for i in range(dataset.n_classes))
        labels = [names[int(label)] for label in dataset.y]
    splits = np.where(dataset.is_test, "test", "train").tolist()
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(zip(x, y, labels, splits, strict=True))
    return file.getvalue()


def _has_real_units(dataset: Dataset) -> bool:
    return dataset.axis_names != ("x", "y") or dataset.axis_scales != (AS_IS, AS_IS)


def _texts(values: np.ndarray[tuple[int, ...], np.dtype[np.float32]], scale: Scale) -> list[str]:
    """The shortest text that reads back as the same float32; in real units a millionth of the plane's own."""
    if scale == AS_IS:
        return [str(value) for value in values]
    real: Values = scale.real(values.astype(np.float64))
    decimals = 6 - math.floor(math.log10(scale.factor))
    return [f"{round(value, decimals):.15g}" for value in real.tolist()]
