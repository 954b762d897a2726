"""The specification of a run, one frozen, validated value: controls, link, saved run and exported code come from it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, SerializeAsAny, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from nnlab.core.errors import Problem, Refused, UnknownName
from nnlab.core.fields import Param, Spec, param
from nnlab.core.records import Dataset, Task
from nnlab.core.registries import DATASETS, FAMILIES, OPTIMIZERS, SCHEDULES
from nnlab.core.registry import Registry
from nnlab.core.sentences import problems_of

Loss = Literal["cross_entropy", "mse", "mae", "huber", "hinge"]
LOSSES_OF: dict[str, tuple[str, ...]] = {
    "classification": ("cross_entropy", "mse", "mae", "huber", "hinge"),
    "regression": ("mse", "mae", "huber"),
    "descent": ("cross_entropy", "mse", "mae", "huber", "hinge"),  # the surface is the loss, so none of them is used
}


class DataSpec(Spec):
    """What can be chosen about a dataset; `kind` names it in the registry. `load()` makes its arrays."""

    kind: str

    @property
    def task(self) -> Task:
        """Whether the labels are classes or numbers."""
        return "classification"

    @property
    def classes(self) -> int:
        """Number of classes; 1 for regression."""
        return 2

    def load(self) -> Dataset:
        """The arrays: a pure function of this specification."""
        raise NotImplementedError


class ModelSpec(Spec):
    """What can be chosen about an architecture; `family` names it in the registry."""

    family: str
    tasks: ClassVar[tuple[Task, ...]] = ("classification", "regression")  # what it can do

    def check(self, data: DataSpec, training: Training) -> list[Problem]:
        """Problems of this model with that data and training; [] where they fit."""
        return []


class OptimizerSpec(Spec):
    """What can be chosen about an optimiser beside its learning rate; `kind` names it in the registry."""

    kind: str


class ScheduleSpec(Spec):
    """How the learning rate changes over epochs; `kind` names it in the registry."""

    kind: str

    def factor(self, epoch: int) -> float:
        """The learning rate of `epoch` (0, 1, …) divided by the one that was set."""
        raise NotImplementedError


def pick(registry: Registry, tag: str) -> Callable[[Any], Any]:
    """A validator that turns a mapping into the registered class that its `tag` names."""

    def picked(value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        try:
            cls = registry.load(value.get(tag))
        except UnknownName as error:
            raise PydanticCustomError("unknown_name", "{message}", {"message": str(error)}) from None
        return cls.model_validate(value)

    return picked


class Stop(Spec):
    """When a run stops by itself; 0 switches a rule off."""

    epochs: int = param(
        0,
        ge=0,
        le=1_000_000,
        label="Stop after",
        unit="epochs",
        live=True,
        widget="number",
        help="Stop after this many epochs; 0 goes on for ever.",
    )
    target_loss: float = param(
        0.0,
        ge=0,
        le=100,
        label="Target loss",
        live=True,
        widget="number",
        step=0.01,
        help="Stop once the test loss falls to this value; 0 is off.",
    )
    patience: int = param(
        0,
        ge=0,
        le=100_000,
        label="Patience",
        unit="epochs",
        live=True,
        widget="number",
        help="Early stopping: stop when the test loss has not improved for this many epochs; 0 is off.",
    )


class Training(Spec):
    """Loss, optimiser, learning rate, batches, penalties and the stop rule."""

    loss: Loss = param(
        "cross_entropy",
        label="Loss",
        live=True,
        choices=(
            ("cross_entropy", "Cross-entropy"),
            ("mse", "Mean squared error"),
            ("mae", "Mean absolute error"),
            ("huber", "Huber"),
            ("hinge", "Hinge"),
        ),
        help="The number that training makes small.",
    )
    optimizer: Annotated[SerializeAsAny[OptimizerSpec], BeforeValidator(pick(OPTIMIZERS, "kind"))] = param(
        {"kind": "sgd"},
        label="Optimiser",
        live=True,
        help="The rule that turns gradients into updates. A new one starts with fresh memory.",
        validate_default=True,
    )
    learning_rate: float = param(
        0.03,
        ge=1e-6,
        le=10,
        log=True,
        label="Learning rate",
        live=True,
        help="How far one update goes along the gradient.",
    )
    schedule: Annotated[SerializeAsAny[ScheduleSpec], BeforeValidator(pick(SCHEDULES, "kind"))] = param(
        {"kind": "constant"},
        label="Schedule",
        live=True,
        help="How the learning rate changes from epoch to epoch.",
        validate_default=True,
    )
    batch_size: int = param(
        10,
        ge=1,
        le=20_000,
        label="Batch size",
        unit="examples",
        live=True,
        widget="batch",
        help="Examples in one update: 1 is stochastic, all of them is batch gradient descent.",
    )
    l1: float = param(
        0.0,
        ge=0,
        le=10,
        label="L1 penalty",
        live=True,
        widget="number",
        step=0.001,
        help="Adds this times the sum of |weights| to the loss; drives weights to zero. Biases are left out.",
    )
    l2: float = param(
        0.0,
        ge=0,
        le=10,
        label="L2 penalty",
        live=True,
        widget="number",
        step=0.001,
        help="Adds half of this times the sum of squared weights to the loss. Biases are left out.",
    )
    weight_decay: float = param(
        0.0,
        ge=0,
        le=1,
        label="Weight decay",
        live=True,
        widget="number",
        step=0.001,
        help="Shrinks the weights at each update, as the optimiser defines it. Biases are left out.",
    )
    clip_norm: float = param(
        0.0,
        ge=0,
        le=100,
        label="Clip gradient norm",
        live=True,
        widget="number",
        step=0.1,
        help="Shortens the gradient to at most this length; 0 is off.",
    )
    stop: Stop = param(Stop(), label="Stop rule", live=True, help="When the run stops by itself.")


class Experiment(Spec):
    """Everything that determines a run: the same experiment gives the same numbers on a CPU."""

    version: Literal[1] = 1
    seed: int = param(
        0,
        ge=0,
        le=2**31 - 1,
        label="Seed of the weights",
        help="Draws the initial weights and the order of the batches.",
        widget="number",
    )
    data: Annotated[SerializeAsAny[DataSpec], BeforeValidator(pick(DATASETS, "kind"))]
    model: Annotated[SerializeAsAny[ModelSpec], BeforeValidator(pick(FAMILIES, "family"))]
    training: Training = Training()

    @model_validator(mode="after")
    def _parts_fit(self) -> Experiment:
        """Refuse parts that are right alone and wrong together."""
        allowed = LOSSES_OF[self.data.task]
        if self.data.task in self.model.tasks:
            problems = self.model.check(self.data, self.training)
        else:
            problems = [Problem("data.kind", _other_task(self.model, self.data))]
        if self.training.loss not in allowed:
            problems = [
                Problem(
                    "training.loss",
                    f"Loss must be one of {', '.join(allowed)} for {self.data.task}; got {self.training.loss}.",
                ),
                *problems,
            ]
        if problems:
            raise PydanticCustomError(
                "parts",
                "{message}",
                {
                    "message": " ".join(p.message for p in problems),
                    "problems": [(p.field, p.message) for p in problems],
                },
            )
        return self


def _other_task(model: ModelSpec, data: DataSpec) -> str:
    fit = " or ".join(model.tasks)
    return f"The data must be for {fit}, which is what {model.family!r} can do; got {data.kind!r} for {data.task}."


def experiment(value: Mapping[str, Any]) -> Experiment:
    """A validated experiment from plain values; raises `Refused` with all problems at once."""
    try:
        return Experiment.model_validate(value)
    except ValidationError as error:
        raise Refused(*problems_of(error)) from None
    except RecursionError:
        raise Refused.because("The experiment is nested too deeply.") from None


def plain(spec: Experiment) -> dict[str, Any]:
    """The experiment as JSON values, defaults left out (the tags `kind` and `family` have none, so they stay)."""
    return {"version": spec.version, **spec.model_dump(mode="json", exclude_defaults=True)}


def patch(spec: Experiment, changes: Mapping[str, Any]) -> Experiment:
    """`spec` with dotted fields replaced in order, such as {"training.learning_rate": 0.1}; raises `Refused`."""
    value = spec.model_dump(mode="json")
    replaced: list[str] = []  # a part given in this patch does not list its defaults yet, so any field may follow in it
    for path, new in changes.items():
        *parents, last = path.split(".")
        node: Any = value
        for key in parents:
            node = _inside(node, key)
        new_part = isinstance(node, dict) and any(path.startswith(f"{part}.") for part in replaced)
        if _inside(node, last) is _ABSENT and not new_part:
            raise Refused.because(f"There is no field {path[:60]!r}.", path[:60])
        node[int(last) if isinstance(node, list) else last] = _own(new)
        replaced.append(path)
    return experiment(value)


def _own(new: Any) -> Any:
    """A copy that later changes of the same patch may write into."""
    try:
        return copy.deepcopy(new)
    except RecursionError:
        raise Refused.because("The change is nested too deeply.") from None


_ABSENT = object()


def _inside(node: Any, key: str) -> Any:
    """The part `key` of a dumped specification: a field's name, or an index into a list such as the layers."""
    if isinstance(node, dict):
        return node.get(key, _ABSENT)
    if isinstance(node, list) and key.isdecimal() and len(key) < 6 and int(key) < len(node):
        return node[int(key)]
    return _ABSENT


def changed(old: Experiment, new: Experiment) -> tuple[str, ...]:
    """The dotted fields in which two experiments differ; a part of another kind counts as one field."""
    return tuple(_differences(old, new, ""))


def restarts(old: Experiment, new: Experiment) -> bool:
    """Whether going from `old` to `new` restarts the run from its initial weights."""
    if old.data.task != new.data.task or old.data.classes != new.data.classes:
        return True
    return any(not is_live(old, path) for path in changed(old, new))


def is_live(spec: Experiment, path: str) -> bool:
    """Whether the dotted field may change while a run goes on; a field inside a live part is live."""
    node: Any = spec
    for name in path.split("."):
        if isinstance(node, tuple):
            node = node[int(name)]
            continue
        shown = _param(type(node), name)
        if shown is not None and shown.live:
            return True
        node = getattr(node, name)
    return False


def _param(cls: type[Spec], name: str) -> Param | None:
    extra = cls.model_fields[name].json_schema_extra
    found = extra.get("param") if isinstance(extra, dict) else None
    return found if isinstance(found, Param) else None


def _differences(old: Spec, new: Spec, prefix: str) -> list[str]:
    found = []
    for name in type(old).model_fields:
        a, b = getattr(old, name), getattr(new, name)
        if a == b and (type(a) is type(b) or not isinstance(a, Spec)):
            continue
        path = f"{prefix}{name}"
        if isinstance(a, Spec) and type(a) is type(b):
            found += _differences(a, b, f"{path}.")
        elif _same_specs(a, b):
            for i, (one, other) in enumerate(zip(a, b, strict=True)):
                found += _differences(one, other, f"{path}.{i}.")
        else:
            found.append(path)
    return found


def _same_specs(a: Any, b: Any) -> bool:
    """Two lists of as many parts, such as the layers of a network: they are compared part by part."""
    return (
        isinstance(a, tuple)
        and isinstance(b, tuple)
        and len(a) == len(b) > 0
        and all(isinstance(one, Spec) and type(one) is type(other) for one, other in zip(a, b, strict=True))
    )
