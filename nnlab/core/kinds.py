"""Parts that come in several kinds: how one is picked from its registry, and the two kinds of part that training has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from pydantic import BaseModel, BeforeValidator

from nnlab.core.errors import Problem, UnknownName
from nnlab.core.fields import Spec
from nnlab.core.registry import Registry
from nnlab.core.sentences import refusing


class OptimizerSpec(Spec):
    """What can be chosen about an optimiser beside its learning rate; `kind` names it in the registry."""

    kind: str


class ScheduleSpec(Spec):
    """How the learning rate changes over epochs; `kind` names it in the registry."""

    kind: str

    def factor(self, epoch: int) -> float:
        """The learning rate of `epoch` (0, 1, …) divided by the one that was set."""
        raise NotImplementedError


@dataclass(frozen=True)
class pick:
    """A validator that turns a mapping into the registered class that its `tag` names; controls read off it what there is."""

    registry: Registry
    tag: str

    def __call__(self, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        try:
            cls = self.registry.load(value.get(self.tag))
        except UnknownName as error:
            raise refusing(Problem("", error.message)) from None
        return cls.model_validate(value)


def picked(cls: type[BaseModel], name: str) -> pick | None:
    """How the field `name`, or each item of the list there, is picked among several kinds; None where there is one kind."""
    field = cls.model_fields[name]
    item = get_args(field.annotation)[:1] if get_origin(field.annotation) is tuple else ()
    marks = [*field.metadata, *(mark for one in item for mark in getattr(one, "__metadata__", ()))]
    return next((m.func for m in marks if isinstance(m, BeforeValidator) and isinstance(m.func, pick)), None)
