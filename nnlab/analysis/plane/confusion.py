"""Which classes are taken for which."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from nnlab.core.records import Array
from nnlab.families.learner import Learner


def confusion(learner: Learner, options: dict[str, Any]) -> dict[str, Array]:
    """ "confusion" (2, C, C) float32 counts: of training and of test points; rows true, columns predicted."""
    data, classes = learner.dataset, learner.dataset.n_classes
    points = torch.tensor(data.x, dtype=learner.flat.dtype, device=learner.device)
    with torch.no_grad():
        shown = learner.outputs(points)
    taken = (shown[:, 0] > 0).long() if shown.shape[1] == 1 else shown.argmax(1)
    cell = data.y.astype(np.int64) * classes + taken.cpu().numpy()
    found = np.empty((2, classes, classes), np.float32)
    for i, chosen in enumerate((~data.is_test, data.is_test)):
        found[i] = np.bincount(cell[chosen], minlength=classes * classes).reshape(classes, classes)
    return {"confusion": found}
