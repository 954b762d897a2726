"""Random experiments for hypothesis: valid ones over everything registered, and hostile values that look like one.

`experiments()` gives plain dicts that `nnlab.core.experiment.experiment` accepts, whatever the registries hold: values come
from the bounds that each field declares. `hostile()` gives dicts (and other JSON) that may be anything.
"""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from nnlab.core.fields import Control, Spec, controls
from nnlab.core.forms import Points, Target
from nnlab.core.parts import LOSSES_OF
from nnlab.core.registries import DATASETS, FAMILIES, OPTIMIZERS, SCHEDULES
from nnlab.core.registry import Registry
from nnlab.core.training import Stop, Training

FORMULAS = ("0", "x", "2*sin(x)", "x^2/4 - 3", "abs(x) - 2", "exp(-x^2)", "max(x, -1)", "floor(x)", "1/x")
NO_FORMULAS = ("", "x +", "foo(x)", "log(x)", "9**9**9", "lambda: 0", "__import__('os')", "(" * 150, "x" * 300, "1/0")

coordinates = st.floats(-6, 6).map(lambda v: round(v, 3))
moved = st.lists(st.tuples(st.integers(0, 600), coordinates, coordinates).map(list), max_size=4)
removed = st.lists(st.integers(0, 600), max_size=4)
added = st.lists(st.tuples(coordinates, coordinates, st.sampled_from([0.0, 1.0, -0.5])).map(list), max_size=4)


def value_of(control: Control) -> SearchStrategy[Any]:
    """A value within the bounds that the field declares."""
    by_name: dict[str, SearchStrategy[Any]] = {
        "moved": moved,
        "removed": removed,
        "added": added,
        "f": st.sampled_from(FORMULAS),
        "digest": st.just(""),
        "name": st.text(max_size=20),
    }
    if control.name in by_name:
        return by_name[control.name]
    lower, upper = control.lower, control.upper
    if control.kind == "bool":
        return st.booleans()
    if control.kind == "choice":
        return st.sampled_from(control.choices)
    if control.kind == "int" and lower is not None and upper is not None:
        return st.integers(int(lower), int(upper))
    if control.kind == "float" and lower is not None and upper is not None:
        return st.floats(lower, upper)
    return st.just(control.default)


@st.composite
def parts(draw: DrawFn, /, cls: type[Spec], **fixed: Any) -> dict[str, Any]:
    """Plain values for a random selection of the fields of `cls` that have a control; `fixed` ones are as given."""
    chosen = [c for c in controls(cls) if c.name not in fixed and c.kind != "spec" and draw(st.booleans())]
    return fixed | {c.name: draw(value_of(c)) for c in chosen}


@st.composite
def registered(draw: DrawFn, /, registry: Registry, tag: str, **fixed: Any) -> dict[str, Any]:
    """Plain values of any part that `registry` holds."""
    name = draw(st.sampled_from(sorted(registry)))
    values: dict[str, Any] = draw(parts(registry.load(name), **{tag: name}, **fixed))
    return values


def datasets(**fixed: Any) -> SearchStrategy[dict[str, Any]]:
    """Plain values of any dataset that holds points."""
    return registered(DATASETS, "kind", **fixed).filter(
        lambda data: isinstance(DATASETS.load(data["kind"]).model_validate(data).form, Points)
    )


@st.composite
def races(draw: DrawFn) -> dict[str, Any]:
    """A valid race of optimisers as plain values: any registered surface, up to three racers."""
    data = draw(parts(DATASETS.load("surface"), kind="surface"))
    racer = {c.name: c for c in controls(type(FAMILIES.load("race").model_validate({"family": "race"}).racers[0]))}
    racers = [
        {
            "optimizer": draw(registered(OPTIMIZERS, "kind")),
            "schedule": draw(registered(SCHEDULES, "kind")),
            **{name: draw(value_of(racer[name])) for name in ("learning_rate", "noise", "clip_norm", "colour")},
        }
        for _ in range(draw(st.integers(1, 3)))
    ]
    return {"version": 1, "data": data, "model": {"family": "race", "racers": racers}}


def _any_data(model: dict[str, Any]) -> bool:
    """Whether the family takes any points, as networks do."""
    return "layers" in FAMILIES.load(model["family"]).model_fields


@st.composite
def models(draw: DrawFn, /, max_layers: int = 3, max_units: int = 8) -> dict[str, Any]:
    """Plain values of any family; the layers are small so that a run over them stays quick."""
    values: dict[str, Any] = draw(registered(FAMILIES, "family").filter(_any_data))
    if values["family"] == "mlp":
        cls = FAMILIES.load("mlp")
        by_name = {c.name: c for c in controls(cls)}
        layer = type(by_name["layers"].default[0])
        widths = st.integers(1, max_units)
        one = widths.flatmap(lambda units: parts(layer, units=units))
        values["layers"] = draw(st.lists(one, max_size=max_layers))
        names = [name for name, _ in by_name["features"].param.choices]
        values["features"] = draw(st.lists(st.sampled_from(names), min_size=1, max_size=4, unique=True))
    return values


@st.composite
def trainings(draw: DrawFn, /, target: Target = "class", hidden: bool = True) -> dict[str, Any]:
    """Plain values of a training that fits what is asked; without hidden layers not by Muon."""
    values: dict[str, Any] = draw(parts(Training, loss=draw(st.sampled_from(LOSSES_OF[target]))))
    values["optimizer"] = draw(registered(OPTIMIZERS, "kind").filter(lambda o: hidden or o["kind"] != "muon"))
    values["schedule"] = draw(registered(SCHEDULES, "kind"))
    values["stop"] = draw(parts(Stop))
    return values


@st.composite
def experiments(draw: DrawFn, /, max_layers: int = 3, max_units: int = 8) -> dict[str, Any]:
    """A valid experiment as plain values: any dataset, model and training."""
    data = draw(datasets())
    target = DATASETS.load(data["kind"]).model_validate(data).target
    model = draw(models(max_layers, max_units))
    training = draw(trainings(target, hidden=bool(model.get("layers", True))))
    return {"version": 1, "seed": draw(st.integers(0, 2**31 - 1)), "data": data, "model": model, "training": training}


leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(10**25), 10**25)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from((*NO_FORMULAS, "nan", "1e999", "circle", "mlp", 10**400, -0.0, 1e308, "\ud800", "\x00"))
)
json_values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


@st.composite
def damaged(draw: DrawFn) -> dict[str, Any]:
    """A valid experiment with one to three fields replaced, dropped or invented somewhere inside."""
    value = copy.deepcopy(draw(experiments()))
    for _ in range(draw(st.integers(1, 3))):
        node: Any = value
        while isinstance(node, dict) and node:
            key = draw(st.sampled_from(sorted(node)))
            inside = node[key]
            if isinstance(inside, list) and inside and isinstance(inside[0], dict) and draw(st.booleans()):
                inside = inside[0]
            if isinstance(inside, dict) and draw(st.booleans()):
                node = inside
                continue
            _damage(draw, node, key)
            break
    return value


def _damage(draw: DrawFn, /, node: dict[str, Any], key: str) -> None:
    what = draw(st.sampled_from(("replace", "drop", "invent")))
    if what == "drop":
        del node[key]
    else:
        node[key if what == "replace" else draw(st.text(max_size=10))] = draw(json_values)


def hostile() -> SearchStrategy[Any]:
    """Anything that somebody may send for an experiment: damaged ones, and JSON that never was one."""
    return (
        damaged()
        | json_values
        | st.dictionaries(st.sampled_from(("version", "seed", "data", "model", "training")), json_values)
    )
