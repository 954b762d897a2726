"""The specification of a run, one frozen, validated value: controls, link, saved run and exported code come from it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, SerializeAsAny, ValidationError, model_validator

from nnlab.core.errors import Problem, Refused
from nnlab.core.fields import Param, Spec, param
from nnlab.core.kinds import pick
from nnlab.core.parts import DataSpec, ModelSpec
from nnlab.core.registries import DATASETS, FAMILIES
from nnlab.core.say import say
from nnlab.core.sentences import problems_of, refusing
from nnlab.core.training import Training


class Experiment(Spec):
    """Everything that determines a run: the same experiment gives the same numbers on a CPU."""

    version: Literal[1] = 1
    seed: int = param(
        0,
        ge=0,
        le=2**31 - 1,
        label="Seed of the weights",
        help="Another seed gives other initial weights and another order of the batches.",
        widget="number",
    )
    data: Annotated[SerializeAsAny[DataSpec], BeforeValidator(pick(DATASETS, "kind"))]
    model: Annotated[SerializeAsAny[ModelSpec], BeforeValidator(pick(FAMILIES, "family"))]
    training: Training = Training()

    @model_validator(mode="after")
    def _parts_fit(self) -> Experiment:
        """Refuse parts that are valid alone but do not fit together."""
        problems = problems_between(self.data, self.model, self.training)
        if problems:
            raise refusing(*problems)
        return self


def problems_between(data: DataSpec, model: ModelSpec, training: Training) -> list[Problem]:
    """What is wrong with parts that are valid alone; [] if they fit."""
    misfit = model.fits(data)
    if misfit:
        return [Problem("data.kind", misfit)]
    allowed, loss = model.losses_for(data), training.loss
    problems = model.check(data, training)
    if allowed and loss not in allowed:
        reason = say("Loss must be one of {allowed} for this data; got {loss}.", allowed=", ".join(allowed), loss=loss)
        problems = [Problem("training.loss", reason), *problems]
    return problems


def experiment(value: Mapping[str, Any]) -> Experiment:
    """A validated experiment from plain values; raises `Refused` with all problems at once."""
    try:
        return Experiment.model_validate(value)
    except ValidationError as error:
        raise Refused(*problems_of(error, noun=say("experiment"))) from None
    except RecursionError:
        raise Refused.because(say("The experiment is nested too deeply.")) from None


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
            raise Refused.because(say("There is no field {path!r}.", path=path[:60]), path[:60])
        node[int(last) if isinstance(node, list) else last] = _own(new)
        replaced.append(path)
    return experiment(value)


def _own(new: Any) -> Any:
    """A copy that later changes of the same patch may write into."""
    try:
        return copy.deepcopy(new)
    except RecursionError:
        raise Refused.because(say("The change is nested too deeply.")) from None


_ABSENT = object()


def _inside(node: Any, key: str) -> Any:
    """The part `key` of a dumped specification: a field's name, or an index into a list such as the layers."""
    if isinstance(node, dict):
        return node.get(key, _ABSENT)
    if isinstance(node, list) and key.isdecimal() and len(key) < 6 and int(key) < len(node):
        return node[int(key)]
    return _ABSENT


def at(spec: Spec, path: str) -> Any:
    """The value at the dotted `path`; a number in it is an index into a list."""
    node: Any = spec
    for name in path.split("."):
        node = node[int(name)] if isinstance(node, tuple) else getattr(node, name)
    return node


def changed(old: Experiment, new: Experiment) -> tuple[str, ...]:
    """The dotted fields in which two experiments differ; a part of another kind counts as one field."""
    return tuple(_differences(old, new, ""))


def restarts(old: Experiment, new: Experiment) -> bool:
    """Whether going from `old` to `new` restarts the run from its initial weights."""
    if _asks(old.data) != _asks(new.data):
        return True
    return any(not is_live(old, path) for path in changed(old, new))


def _asks(data: DataSpec) -> tuple[Any, ...]:
    """What a model's inputs and outputs depend on."""
    return data.form, data.target, data.classes


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
