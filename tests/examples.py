"""What must hold for the examples of any dataset, whatever their form: contract tests ask it of everything registered."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nnlab.core.forms import Form, Pictures, Points, Ratings, Series, Surface, Table, Tokens
from nnlab.core.parts import DataSpec
from nnlab.core.records import Examples

ARRAYS = ("inputs", "targets", "is_test", "ids")


def same(a: Examples, b: Examples) -> bool:
    """Whether two datasets hold the same examples in the same order."""
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in ARRAYS)


def assert_whole(spec: DataSpec) -> Examples:
    """The arrays of a specification, after everything was asserted that holds for any dataset, an empty one too."""
    data = spec.load()
    n = len(data)
    assert all(len(getattr(data, name)) == n for name in ARRAYS)
    assert (data.is_test.dtype, data.ids.dtype) == (bool, np.int64)
    assert len(set(data.ids.tolist())) == n
    assert_inputs(data)
    assert_targets(data)
    assert_promises(spec, data)
    return data


def assert_promises(spec: DataSpec, data: Examples) -> None:
    """What the server is told without loading is what the arrays hold."""
    assert (data.answer.kind, data.answer.classes) == (spec.target, spec.classes)
    assert spec.sizes() == (data.count("train"), data.count("test"))
    assert shape(spec.form) == shape(data.form)


def shape(form: Form) -> Form:
    """The form without names and scales, which only the arrays of a file know."""
    if isinstance(form, Points):
        return Points(form.limit)
    if isinstance(form, Table | Series):
        return replace(form, columns=("",) * len(form.columns), scales=())
    return form


def assert_inputs(data: Examples) -> None:
    """Inputs are laid out as their form says."""
    inputs, form, n = data.inputs, data.form, len(data)
    match form:
        case Points() | Surface():
            assert (inputs.shape, inputs.dtype) == ((n, 2), np.float32)
            assert np.abs(inputs).max(initial=0) <= form.limit
        case Table():
            assert (inputs.shape, inputs.dtype) == ((n, len(form.columns)), np.float32)
        case Pictures():
            assert inputs.shape == (n, form.channels, form.height, form.width)
            assert inputs.dtype == np.uint8 or (inputs.min(initial=0) >= 0 and inputs.max(initial=0) <= 1)
        case Series():
            assert (inputs.shape, inputs.dtype) == ((n, form.length, len(form.columns)), np.float32)
        case Tokens():
            assert (inputs.shape, inputs.dtype) == ((n, form.length), np.int64)
            assert inputs.min(initial=0) >= 0 and inputs.max(initial=0) < len(form.vocabulary)
        case Ratings():
            assert (inputs.shape, inputs.dtype) == ((n, 2), np.int64)
            assert (inputs < [form.users, form.items]).all() and inputs.min(initial=0) >= 0
    assert np.isfinite(inputs).all()


def assert_targets(data: Examples) -> None:
    """Targets are what their answer says."""
    targets, answer, n = data.targets, data.answer, len(data)
    assert np.isfinite(targets).all()
    match answer.kind:
        case "class":
            assert answer.classes >= 2 and targets.shape == (n,)
            assert set(targets.tolist()) <= set(range(answer.classes))
            assert len(answer.class_names) in (0, answer.classes)
        case "number":
            assert (answer.classes, answer.outputs) == (1, 1)
            assert (targets.shape, targets.dtype) == ((n,), np.float32)
        case "sequence":
            assert targets.shape[:1] == (n,) and targets.ndim == 2
        case _:
            assert answer.classes == 1 and targets.shape == (n, 0)
