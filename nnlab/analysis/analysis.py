"""What an analysis declares: what it reads of a learner, which arrays it gives, and how often it is worth its cost.

Offers follow from it: a learner is offered every analysis whose protocol it has. Computing never draws.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any

from nnlab.core.errors import Refused
from nnlab.core.records import Array, Quantised
from nnlab.core.registries import ANALYSES, STUDIES
from nnlab.core.say import say
from nnlab.families.learner import Learner

Arrays = Mapping[str, Array | Quantised]
Result = Arrays | Generator[Any, None, Arrays]  # a generator where it takes longer than a few milliseconds
COSTLY_S = 0.1
ONCE = math.inf  # it depends on structure and data alone: its arrays come with the scene
ON_REQUEST = -1.0  # only on request


def finished(work: Generator[Any, None, Arrays]) -> Arrays:
    """The arrays of an analysis in slices, run to its end."""
    while True:
        try:
            next(work)
        except StopIteration as stop:
            arrays: Arrays = stop.value
            return arrays


def told(work: Generator[None, None, Any], share: float) -> Generator[float, None, Any]:
    """What `work` returns; each of its slices is one of a study, which is done to this share."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value
        yield share


def always(learner: Any) -> bool:
    """Any learner that has the protocol."""
    return True


@dataclass(frozen=True)
class Analysis:
    """`compute(learner, options)` gives `arrays`; `reads` is the protocol or class that the learner must have.

    `every_s`: seconds between two while a run plays; 0 = in every frame, `ONCE` and `ON_REQUEST` as above. `when`: what else must
    hold. Options are its own, by name; one is always there: "whole", whether no later frame brings the rest.
    """

    compute: Callable[[Any, dict[str, Any]], Result]
    arrays: tuple[str, ...]
    reads: type = Learner
    every_s: float = 0.0
    when: Callable[[Any], bool] = always

    def offered(self, learner: Learner) -> bool:
        """Whether `learner` can be asked."""
        return isinstance(learner, self.reads) and self.when(learner)

    def asked(self, learner: Learner, options: dict[str, Any]) -> Result:
        """A record on request; raises `Refused` where the learner cannot be asked."""
        if not self.offered(learner):
            raise Refused.because(say("This model cannot show this."))
        return self.compute(learner, {**options, "whole": True})


@dataclass(frozen=True)
class OnRequest:
    """What is computed of a run on request, in slices: `compute(run, options)` is a generator of progress (0…1).

    `reads` and `when` as of an analysis.
    """

    compute: Callable[[Any, Mapping[str, Any]], Generator[float, None, Mapping[str, Any]]]
    reads: type = Learner
    when: Callable[[Any], bool] = always

    def offered(self, learner: Learner) -> bool:
        """Whether a run of `learner` can be asked."""
        return isinstance(learner, self.reads) and self.when(learner)

    def __call__(self, run: Any, options: Mapping[str, Any]) -> Generator[float, None, Mapping[str, Any]]:
        """The study begun; raises `Refused` where the run cannot be asked."""
        if not self.offered(run.learner):
            raise Refused.because(say("This model cannot show this."))
        return self.compute(run, options)


def has_loss(learner: Any) -> bool:
    """Whether there is a loss of its training examples; where there are none, the study says so."""
    return not learner.count("train") or "loss" in learner.evaluate("train", slice(0, 1))


def offers(learner: Learner) -> tuple[str, ...]:
    """The names of all analyses that `learner` can be asked."""
    return tuple(name for name in ANALYSES if ANALYSES.load(name).offered(learner))


def studies(learner: Learner) -> tuple[str, ...]:
    """The names of all studies that a run of `learner` can be asked."""
    return tuple(name for name in STUDIES if STUDIES.load(name).offered(learner))
