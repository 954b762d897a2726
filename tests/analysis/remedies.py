"""Runs as a page has them: measured after each epoch, and changed by the button of a finding."""

from __future__ import annotations

import math

from nnlab.analysis.diagnosis.finding import Finding
from nnlab.core.experiment import patch
from nnlab.train.run import advance, change, recover, reset, settling
from nnlab.train.updates import Run

COMMANDS = {"recover": recover, "reset": reset, "": lambda run: None}


def watched(run: Run, epochs: int) -> None:
    """So many epochs, fewer where the run ends."""
    end = run.epoch + epochs
    while run.epoch < end and not run.stopped:
        run.look = math.inf  # by the clock a busy machine would measure more often, and find other things
        advance(run, epochs=1)
        for _ in settling(run):
            pass


def cure(run: Run, finding: Finding) -> None:
    """What the button does."""
    COMMANDS[finding.command](run)
    change(run, patch(run.experiment, finding.remedy))
