"""The numbers that say how well a run does, declared once: history, player, curves and stop rules read the declaration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nnlab.core.forms import Target
from nnlab.core.records import SPLITS, Split

Better = Literal["lower", "higher", ""]
WORDS: dict[Split, str] = {"train": "Training", "test": "Test"}


@dataclass(frozen=True)
class Metric:
    """One number of a run.

    `kind`: what a learner's `evaluate` calls it, and what shares an axis of the curves. `split`: of which examples it is the
    mean; "" where it is no mean over examples, so that the learner's `gauges` give it by its name. `better`: which way is
    good; "" where neither is. `unit` is "" or "%" (a share, 0…1). `key`: what `evaluate` calls it instead of `kind`, where several
    are measured alike, such as the accuracy of each of several networks; its label names its curve then.
    """

    name: str
    label: str
    split: Split | Literal[""]
    kind: str
    better: Better
    unit: Literal["", "%"] = ""
    key: str = ""

    @property
    def measured_as(self) -> str:
        """What the learner calls its value: `evaluate` where there is a split, else `gauges`."""
        return self.key or self.kind if self.split else self.name


def means(kind: str, label: str, better: Better, unit: Literal["", "%"] = "") -> tuple[Metric, ...]:
    """The metric `kind` over the training and over the test examples."""
    return tuple(Metric(f"{split}_{kind}", f"{WORDS[split]} {label}", split, kind, better, unit) for split in SPLITS)


LOSS = means("loss", "loss", "lower")
ACCURACY = means("accuracy", "accuracy", "higher", "%")


def usual(target: Target) -> tuple[Metric, ...]:
    """The loss, and for classes the accuracy."""
    return (*LOSS, *ACCURACY) if target == "class" else LOSS


def watched(metrics: tuple[Metric, ...], *, tested: bool) -> Metric:
    """The metric that stop rules and "last good step" look at: the first with a good side, of the test examples if `tested`."""
    sided = [m for m in metrics if m.better]
    held_out = [m for m in sided if m.split == "test"]
    return (held_out if tested and held_out else [m for m in sided if m.split != "test"] or list(metrics))[0]
