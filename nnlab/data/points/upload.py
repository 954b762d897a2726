"""A person's own CSV file. The specification holds only a digest, so that links stay short; the rows lie in a store.

Every process has a store of its own: the page keeps the rows in the server's (`keep`), the hub asks for them
(`attachment`) and sends them along with the experiment, the worker puts them into its own (`register`).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import ClassVar, Literal

import numpy as np

from nnlab.core.errors import Refused
from nnlab.core.experiment import DataSpec
from nnlab.core.fields import param
from nnlab.core.records import Dataset, Task
from nnlab.data.points.spec import PlaneSpec, split
from nnlab.data.tables.read import shortened
from nnlab.data.tables.rows import MAX_CLASSES, Rows

MAX_FILE_NAME = 80
MAX_FILES = 200
MAX_STORE_BYTES = 50_000_000


class UploadStore:
    """Rows by digest; the least recently used leave first. All methods may be called from any thread."""

    def __init__(self, max_files: int = MAX_FILES, max_bytes: int = MAX_STORE_BYTES) -> None:
        self._max_files = max_files
        self._max_bytes = max_bytes
        self._rows: OrderedDict[str, Rows] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._rows)

    def put(self, rows: Rows) -> str:
        """Keep `rows` and return their digest."""
        digest = rows.digest
        with self._lock:
            self._rows[digest] = rows
            self._rows.move_to_end(digest)
            while len(self._rows) > 1 and (len(self._rows) > self._max_files or self._n_bytes() > self._max_bytes):
                self._rows.popitem(last=False)
        return digest

    def get(self, digest: str) -> Rows | None:
        """The rows of `digest`, or None where they never came or had to leave."""
        with self._lock:
            if digest in self._rows:
                self._rows.move_to_end(digest)
            return self._rows.get(digest)

    def _n_bytes(self) -> int:
        return sum(rows.n_bytes for rows in self._rows.values())


_STORE = UploadStore()


class Upload(PlaneSpec):
    """Points of an uploaded file. Before there is one, and with `digest` "", a legal dataset of 0 rows."""

    title: ClassVar[str] = "CSV file"
    kind: Literal["upload"]
    digest: str = param(
        "", label="File", widget="none", pattern="^([0-9a-f]{64})?$", help="SHA-256 of the uploaded rows."
    )
    name: str = param(
        "", label="Name of the file", widget="none", max_length=MAX_FILE_NAME, help="Shown above the data."
    )
    n_classes: int = param(
        2, ge=1, le=MAX_CLASSES, label="Classes", widget="none", help="Classes in the file; 1 where it holds numbers."
    )

    @property
    def task(self) -> Task:
        """Numbers where there is one class only."""
        return "classification" if self.n_classes > 1 else "regression"

    @property
    def classes(self) -> int:
        """As in the file."""
        return self.n_classes

    def base(self) -> Dataset:
        """The file's points; its own column `split` counts more than `train_share`."""
        if not self.digest:
            nothing = np.zeros((0, 3), np.float32)
            return Dataset(nothing[:, :2], nothing[:, 0], np.zeros(0, bool), np.arange(0), self.task, self.classes)
        found = rows(self.digest)
        if found.n_classes != self.n_classes:
            raise Refused.because(
                f"data.n_classes must be {found.n_classes}, as in the uploaded file; got {self.n_classes}.",
                "data.n_classes",
            )
        n = len(found.y)
        return Dataset(
            x=found.x,
            y=found.y,
            is_test=split(n, self.train_share, self.seed) if found.is_test is None else found.is_test,
            ids=np.arange(n),
            task=found.task,
            n_classes=found.n_classes,
            axis_names=found.axis_names,
            class_names=found.class_names,
            axis_scales=found.axis_scales,
            target_name=found.target_name,
            target_scale=found.target_scale,
        )


def keep(rows: Rows, *, name: str = "") -> Upload:
    """Put `rows` into this process's store and give the specification that names them."""
    return Upload(kind="upload", digest=_STORE.put(rows), name=shortened(name, MAX_FILE_NAME), n_classes=rows.n_classes)


def rows(digest: str) -> Rows:
    """The rows of `digest` in this process; raises `Refused` where they are not here."""
    found = _STORE.get(digest)
    if found is None:
        raise Refused.because(
            "This link uses an uploaded file that is not on this server (any more); upload the file again.",
            "data.digest",
        )
    return found


def register(digest: str, rows: Rows) -> None:
    """Take over rows that came from another process; raises `Refused` where they are not those of `digest`."""
    if rows.digest != digest:
        raise Refused.because("The uploaded rows were damaged on their way; upload the file again.", "data.digest")
    _STORE.put(rows)


def attachment(data: DataSpec) -> tuple[str, Rows] | None:
    """What a worker must `register` before it can load `data`: (digest, rows), or None for any other dataset."""
    if not isinstance(data, Upload) or not data.digest:
        return None
    return data.digest, rows(data.digest)
