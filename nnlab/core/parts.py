"""What can be chosen about data and about models: the bases of every dataset and of every family."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from nnlab.core.errors import Problem, Refused
from nnlab.core.fields import Spec
from nnlab.core.forms import TARGET_NAMES, Form, Points, Target
from nnlab.core.metrics import Metric, usual
from nnlab.core.records import Examples
from nnlab.core.say import Said, say
from nnlab.core.training import Training

# Which losses can be taken of an answer; the first is what another kind of answer starts with.
LOSSES_OF: Mapping[Target, tuple[str, ...]] = {
    "class": ("cross_entropy", "mse", "mae", "huber", "hinge"),
    "number": ("mse", "mae", "huber"),
    "sequence": ("cross_entropy",),
    "itself": ("mse", "mae", "huber", "cross_entropy"),
}


class DataSpec(Spec):
    """What can be chosen about a dataset; `kind` names it in the registry. `load()` makes its arrays.

    Form, target and sizes are told without loading: the server draws controls from them and never loads a picture set.
    """

    kind: str
    edits: ClassVar[tuple[str, ...]] = ()  # the fields that hold what a person has edited by hand
    downloads: ClassVar[str] = ""  # the kind of file that `download` gives, such as "csv"; "" for none
    told_by: ClassVar[tuple[str, ...]] = ()  # the fields that, beside the kind, say which examples a preset speaks of
    listed: ClassVar[bool] = True  # whether lists of datasets show it

    @property
    def form(self) -> Form:
        """What one input is; what only the arrays know, such as the names of a file's columns, is left out."""
        return Points()

    @property
    def target(self) -> Target:
        """What is asked about an input."""
        return "class"

    @property
    def classes(self) -> int:
        """Number of classes; 1 where the target is no class."""
        return 2

    def sizes(self) -> tuple[int, int]:
        """How many training and test examples there are."""
        raise NotImplementedError

    def load(self) -> Examples:
        """The arrays: a pure function of this specification."""
        raise NotImplementedError

    def edited(self, op: str, **values: Any) -> Self:
        """The data after an edit by hand, such as a point that was moved; raises `Refused`."""
        raise Refused.because(say("The examples of this dataset cannot be edited."))

    def download(self) -> str | bytes:
        """The contents of a file with all examples."""
        raise NotImplementedError

    def attachment(self) -> tuple[str, Any] | None:
        """What a process must hold before it can `load`: a digest and the object; None where the specification is enough.

        Raises `Refused` where it is not in this process (any more). See `core.attachments`.
        """
        return None


class ModelSpec(Spec):
    """What can be chosen about an architecture; `family` names it in the registry."""

    family: str
    forms: ClassVar[tuple[str, ...]] = (Points.name,)  # the forms of inputs that it takes
    targets: ClassVar[tuple[Target, ...]] = ("class", "number")  # what it can be asked
    losses: ClassVar[Mapping[Target, tuple[str, ...]]] = LOSSES_OF  # () or nothing: its objective is its own
    told_by: ClassVar[tuple[str, ...]] = ()  # the fields that say which network a preset speaks of
    pass_name: ClassVar[str] = "epoch"  # what one pass through the data is called: "step" where there are no examples

    def fits(self, data: DataSpec) -> Said:
        """Why it cannot learn from `data`, in a sentence; "" where it can."""
        if data.form.name not in self.forms:
            return say(
                "The data must be {allowed}, which is what {family} takes; got {got}.",
                allowed=" or ".join(self.forms),
                family=self.title or type(self).__name__,
                got=data.form.name,
            )
        if data.target not in self.targets:
            return say(
                "The data must ask for {allowed}, which is what {family} can answer; got {got}.",
                allowed=" or ".join(TARGET_NAMES[target] for target in self.targets),
                family=self.title or type(self).__name__,
                got=TARGET_NAMES[data.target],
            )
        return say("")

    def losses_for(self, data: DataSpec) -> tuple[str, ...]:
        """The losses that it can be trained with on `data`; () where its objective is its own."""
        return tuple(self.losses.get(data.target, ()))

    def metrics(self, data: DataSpec) -> tuple[Metric, ...]:
        """The numbers that say how well it does."""
        return usual(data.target)

    def check(self, data: DataSpec, training: Training) -> list[Problem]:
        """Problems of this model with that data and training, beyond what `fits` says; [] where there are none."""
        return []

    @classmethod
    def example(cls) -> dict[str, Any]:
        """A small experiment with this model, as plain values: what contract tests run on."""
        raise NotImplementedError

    @classmethod
    def largest(cls) -> dict[str, Any]:
        """The experiment whose single steps cost most, as plain values: what bounds of work are measured on."""
        raise NotImplementedError
