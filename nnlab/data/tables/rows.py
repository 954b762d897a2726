"""From a table's columns to points of the plane: two features scaled into it, and a label that is a class or a number."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnlab.core.errors import Refused
from nnlab.core.forms import AS_IS, Answer, Points, Scale
from nnlab.core.say import say
from nnlab.data.tables.read import Table, number, read_table, shortened, unique_names

MAX_CLASSES = 5
REACH = 5.0  # features fill [-5, 5], as TensorFlow Playground's data do
SPLIT = {"train": False, "test": True}
Labels = Literal["auto", "classes", "numbers"]
Values = NDArray[np.float64]
_LABEL_NAMES = re.compile(r"label|class|classes|target|species|category|kind|type", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Rows:
    """An uploaded table as a run needs it: what travels to a worker. `is_test` is None where the file has no split."""

    inputs: NDArray[np.float32]
    targets: NDArray[np.float32]
    form: Points
    answer: Answer
    is_test: NDArray[np.bool_] | None = None

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the arrays and everything beside them, in hexadecimal: the name of these rows in a link."""
        found = hashlib.sha256(json.dumps([asdict(self.form), asdict(self.answer)]).encode())
        for array in (self.inputs, self.targets, self.is_test):
            found.update(b"-" if array is None else np.ascontiguousarray(array).tobytes())
        return found.hexdigest()

    @property
    def n_bytes(self) -> int:
        """Memory of the arrays."""
        return self.inputs.nbytes + self.targets.nbytes + (0 if self.is_test is None else self.is_test.nbytes)


class Columns(NamedTuple):
    """Which columns of a file are used."""

    x: str
    y: str
    label: str


def read_csv(
    data: bytes, *, x: str | None = None, y: str | None = None, label: str | None = None, labels: Labels = "auto"
) -> Rows:
    """The rows of a CSV file; columns that are not named are guessed. Raises `Refused` with one sentence."""
    table = read_table(data)
    guessed = guess(table)
    return read(table, Columns(x or guessed.x, y or guessed.y, label or guessed.label), labels=labels)


def guess(table: Table) -> Columns:
    """The label by its name, else the last column that is no number, else the last; features are the first numbers."""
    names = [name for name in table.names if not _is_split(table, name)]
    if len(names) < 3:
        reason = "The file must have two columns of numbers and one of labels; it has only {names}."
        raise Refused.because(say(reason, names=", ".join(table.names)))
    named = [name for name in names if _LABEL_NAMES.fullmatch(name)]
    words = [name for name in names if not table.is_numeric(name)]
    # With three columns the order says it, so that one bad cell is reported and not taken for a label.
    label = named[0] if named else names[-1] if len(names) == 3 or not words else words[-1]
    features = [name for name in names if name != label]
    numeric = [name for name in features if name not in words]
    first, second = (numeric if len(numeric) > 1 else features)[:2]
    return Columns(first, second, label)


def read(table: Table, columns: Columns, *, labels: Labels = "auto") -> Rows:
    """The rows of chosen columns; raises `Refused` where a feature is no number or a label no class."""
    if len(set(columns)) < 3:
        reason = "The columns for x, y and label must be three different ones; got {names}."
        raise Refused.because(say(reason, names=", ".join(columns)))
    x = np.array([table.numbers(columns.x), table.numbers(columns.y)]).T
    is_test = _split_column(table)
    # What nnlab wrote itself lies in the plane already and must come back where it was.
    ours = is_test is not None and columns == ("x", "y", "label") and bool(np.abs(x).max() <= Points().limit)
    scales = (AS_IS, AS_IS) if ours else (_scale(x[:, 0], REACH), _scale(x[:, 1], REACH))
    plane = np.stack([_into(scale, x[:, i]) for i, scale in enumerate(scales)], axis=1).astype(np.float32)
    form = Points(axis_names=columns[:2], axis_scales=scales)
    if labels == "numbers" or (labels == "auto" and _looks_like_numbers(table, columns.label)):
        target = np.array(table.numbers(columns.label))
        scale = AS_IS if ours and np.abs(target).max() <= 2 else _scale(target, 1.0)
        answer = Answer("number", 1, name=columns.label, scale=scale)
        return Rows(plane, _into(scale, target).astype(np.float32), form, answer, is_test)
    names, index = _classes(table, columns.label)
    answer = Answer("class", len(names), names, columns.label)
    return Rows(plane, index.astype(np.float32), form, answer, is_test)


def _classes(table: Table, name: str) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Class names in order (by value where they are numbers) and each row's class index."""
    cells = table.column(name)
    for cell, row in zip(cells, table.rows, strict=True):
        if not cell:
            raise Refused.because(say("Row {row}: {name} must be a label; got an empty cell.", row=row, name=name))
    distinct = set(cells)
    if len(distinct) == 1:
        reason = "{name} must hold at least two classes; every row says {label!r}."
        raise Refused.because(say(reason, name=name, label=shortened(cells[0])))
    if len(distinct) > MAX_CLASSES:
        reason = (
            "{name} must hold at most {most} classes; got {got} different labels. Choose another label column, or predict it "
            "as a number."
        )
        raise Refused.because(say(reason, name=name, most=MAX_CLASSES, got=len(distinct)))
    values = {cell: number(cell, table.comma) for cell in distinct}
    ordered = sorted(distinct, key=lambda cell: (values[cell] is None, values[cell] or 0.0, cell))
    place = {cell: i for i, cell in enumerate(ordered)}
    return unique_names(ordered), np.array([place[cell] for cell in cells])


def _looks_like_numbers(table: Table, name: str) -> bool:
    """Numbers with a fraction, or more different ones than there can be classes."""
    if not table.is_numeric(name):
        return False
    values = set(table.numbers(name))
    return len(values) > MAX_CLASSES or any(value != int(value) for value in values)


def _is_split(table: Table, name: str) -> bool:
    return name.lower() == "split" and set(table.column(name)) <= SPLIT.keys()


def _split_column(table: Table) -> NDArray[np.bool_] | None:
    for name in table.names:
        if _is_split(table, name):
            return np.array([SPLIT[cell] for cell in table.column(name)])
    return None


def _scale(values: Values, reach: float) -> Scale:
    """Smallest and largest value at -reach and reach; a constant column stays in the middle."""
    low, high = float(values.min()), float(values.max())
    half = (high - low) / 2
    return Scale(offset=(low + high) / 2, factor=half / reach if half > 1e-30 else 1.0)


def _into(scale: Scale, values: Values) -> Values:
    return (values - scale.offset) / scale.factor
