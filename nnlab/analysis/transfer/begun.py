"""What is shown while the networks learn: how the source was learned, and how far each layer has gone since."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnlab.analysis.analysis import Analysis
from nnlab.core.records import Array
from nnlab.families.transfer.learner import TransferLearner


def begun(learner: Any, options: dict[str, Any]) -> dict[str, Array]:
    """ "transfer_source" (2,) float32: updates on the source so far, and how many there are to be. "transfer_curve" (points, 2): updates,
    and the accuracy on test pictures of the source after them. "transfer_drift" (networks, stages with weights) float32: the
    distance of a stage's weights from where they began, as part of their size there.
    """
    drift = learner.drift()
    return {
        "transfer_source": np.array([learner.done, learner.spec.source_updates], np.float32),
        "transfer_curve": np.asarray(learner.curve, np.float32).reshape(-1, 2),
        "transfer_drift": np.array([drift[name] for name in learner.module.plans], np.float32),
    }


BEGUN = Analysis(begun, ("transfer_source", "transfer_curve", "transfer_drift"), TransferLearner, every_s=0.1)
