"""What a diagnosis says: a code with measured numbers, and a change of the experiment that one click applies."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any

from nnlab.analysis.diagnosis.symptoms import Symptoms
from nnlab.core.experiment import at
from nnlab.core.say import Told, tell
from nnlab.core.training import Descent
from nnlab.train.updates import Run


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: `told` holds its code and numbers, `remedy` a patch, `label` what its button says.

    `command`: what the button tells the run first, such as to go back to the last good step.
    """

    told: Told
    remedy: Mapping[str, Any] = field(default_factory=dict)
    label: Told | None = None
    command: str = ""

    @property
    def code(self) -> str:
        """Which rule has found it."""
        return self.told.code

    def plain(self) -> dict[str, Any]:
        """As JSON values; the words are the browser's."""
        label = None if self.label is None else self.label.plain()
        return {**self.told.plain(), "remedy": dict(self.remedy), "label": label, "command": self.command}


@dataclass(frozen=True)
class Remedy:
    """Changed fields of the experiment by their paths, the code of what the button says, and a command to the run first."""

    changes: Mapping[str, Any]
    label: str
    command: str = ""


Slices = Generator[None, None, Finding | None]


def found(code: str, remedy: Remedy, /, **numbers: Any) -> Finding:
    """The finding `code` with its numbers. The button's words may read these, and the remedy's values by their last names."""
    named = {path.rpartition(".")[2]: value for path, value in remedy.changes.items()}
    return Finding(tell(code, **numbers), remedy.changes, tell(remedy.label, **{**numbers, **named}), remedy.command)


def rounded(value: float) -> float:
    """To one significant digit, for a number on a button."""
    return float(f"{value:.0e}")


def always(run: Run) -> bool:
    """Any run."""
    return True


@dataclass(frozen=True)
class Rule:
    """`check(run, symptoms, active)` finds something or nothing; `active`: whether it was found the last time. What takes long
    for it, such as a remedy that is tried, is done in slices: then it is a generator that returns what it finds.

    Every rule has a threshold to speak up and a softer one to fall silent, so that a finding near the threshold does not
    flicker. `needs`: the symptoms that it looks at. `after`: codes of which it would only be a consequence. `applies`: the
    runs that it can say something about. `certain`: it follows from what was chosen alone, so it is asked for the cause of a
    divergence, too.
    """

    code: str
    check: Callable[[Run, Symptoms, bool], Finding | Slices | None]
    needs: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    applies: Callable[[Run], bool] = always
    certain: bool = False


def fastest(run: Run) -> tuple[str, Descent]:
    """The descent with the highest learning rate, and where it lies in the experiment."""
    found = {group.path: at(run.experiment, group.path) for group in run.learner.groups}
    return max(found.items(), key=lambda one: one[1].learning_rate)


def layered(run: Run) -> bool:
    """A run whose model has layers, and a loss to bring down."""
    return bool(run.learner.blocks) and "train_loss" in run.history.names


def layer_of(run: Run, layer: int) -> dict[str, Any]:
    """A layer for a sentence: its number from 1 and its name, number 0 for the output layer; and its title, "" where it has none."""
    blocks = run.learner.blocks
    own = blocks[layer]
    return {"layer": 0 if layer == len(blocks) - 1 else layer + 1, "name": own.name, "title": own.title}
