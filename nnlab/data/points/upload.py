"""An uploaded CSV file. The specification holds only a digest, so that links stay short; the rows are attached to it."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from nnlab.core import attachments
from nnlab.core.errors import Refused
from nnlab.core.fields import param
from nnlab.core.forms import Answer, Target
from nnlab.core.records import Examples
from nnlab.core.say import say
from nnlab.data.points.spec import PlaneSpec, split
from nnlab.data.tables.read import shortened
from nnlab.data.tables.rows import MAX_CLASSES, Rows

MAX_FILE_NAME = 80


class Upload(PlaneSpec):
    """Points of an uploaded file. Before there is one, and with `digest` "", a legal dataset of 0 rows."""

    title: ClassVar[str] = "CSV file"
    listed: ClassVar[bool] = False  # it comes with a file
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
    def target(self) -> Target:
        """Numbers where there is one class only."""
        return "class" if self.n_classes > 1 else "number"

    @property
    def classes(self) -> int:
        """As in the file."""
        return self.n_classes

    def base(self) -> Examples:
        """The file's points; its own column `split` counts more than `train_share`."""
        if not self.digest:
            nothing = np.zeros((0, 3), np.float32)
            answer = Answer(self.target, self.classes)
            return Examples(nothing[:, :2], nothing[:, 0], np.zeros(0, bool), np.arange(0), answer=answer)
        found = self._rows()
        if found.answer.classes != self.n_classes:
            reason = "data.n_classes must be {allowed}, as in the uploaded file; got {got}."
            raise Refused.because(say(reason, allowed=found.answer.classes, got=self.n_classes), "data.n_classes")
        n = len(found.targets)
        is_test = split(n, self.train_share, self.seed) if found.is_test is None else found.is_test
        return Examples(found.inputs, found.targets, is_test, np.arange(n), form=found.form, answer=found.answer)

    def attachment(self) -> tuple[str, Rows] | None:
        """The rows; none before there is a file."""
        return (self.digest, self._rows()) if self.digest else None

    def _rows(self) -> Rows:
        found = attachments.held(self.digest)
        if not isinstance(found, Rows):
            raise Refused.because(say("The uploaded file must be a table; got something else."), "data.digest")
        return found


def keep(rows: Rows, *, name: str = "") -> Upload:
    """Put `rows` into this process's store and give the specification that names them."""
    digest = attachments.keep(rows)
    return Upload(kind="upload", digest=digest, name=shortened(name, MAX_FILE_NAME), n_classes=rows.answer.classes)
