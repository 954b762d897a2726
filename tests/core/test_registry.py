"""A registry costs nothing until asked, loads every line it has, and answers a wrong name with the nearest one."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

from nnlab.core.errors import UnknownName
from nnlab.core.registries import DATASETS, FAMILIES, OPTIMIZERS, SCHEDULES
from nnlab.core.registry import Registry


def test_a_name_leads_to_its_object():
    fruit = Registry("fruit", {"join": "os.path:join"})
    import os

    assert fruit.load("join") is os.path.join
    assert ("join" in fruit, "split" in fruit, len(fruit), list(fruit)) == (True, False, 1, ["join"])


@pytest.mark.parametrize(("name", "hint"), [("circel", "did you mean 'circle'?"), ("zzz", "known: arms, blobs,")])
def test_an_unknown_name_is_answered_with_known_ones(name, hint):
    with pytest.raises(UnknownName, match="There is no dataset") as error:
        DATASETS.load(name)
    assert hint in str(error.value)


@pytest.mark.parametrize("name", [None, 3, [], {}, "", "x" * 10_000, "__import__"], ids=lambda n: str(n)[:12])
def test_whatever_is_no_name_is_refused_in_a_short_sentence(name):
    with pytest.raises(UnknownName) as error:
        DATASETS.load(name)
    assert len(str(error.value)) < 400


@pytest.mark.parametrize("registry", [DATASETS, FAMILIES, OPTIMIZERS, SCHEDULES], ids=lambda r: r.what)
def test_every_line_leads_to_something_with_its_name_as_tag(registry):
    for name in registry:
        fields = registry.load(name).model_fields
        tag = fields["family" if registry is FAMILIES else "kind"]
        assert tag.annotation.__args__ == (name,)


def test_importing_the_registries_imports_nothing_that_they_name():
    code = "import sys, nnlab.core.registries; print([m for m in sys.modules if m.startswith('nnlab.')])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    known = ("errors", "paths", "plugins", "registries", "registry", "say")
    assert sorted(ast.literal_eval(out.stdout)) == ["nnlab.core", *(f"nnlab.core.{name}" for name in known)]
