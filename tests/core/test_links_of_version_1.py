"""Links that were shared before open as they did: the same experiment, on a page that shows it.

`links_of_version_1.json` was written by the code of commit 4894881: a link of every preset of its five pages, one with edited points,
and beside each the whole experiment, defaults included, that it stood for.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nnlab.core.fields import Spec
from nnlab.core.links import USUAL, from_link, look_of
from nnlab.core.registries import TOPICS
from nnlab.ui.topic import topic_of

OLD = json.loads((Path(__file__).parent / "links_of_version_1.json").read_text(encoding="utf-8"))
every = pytest.mark.parametrize("old", OLD, ids=[f"{old['page']}: {old['preset']}" for old in OLD])


def differences(then: Any, now: Any, spec: Any, path: str = "") -> list[str]:
    """Where an experiment is not what it was; a field that is new must be as if nobody had set it."""
    if isinstance(then, dict):
        found = [
            line for name in then for line in differences(then[name], now[name], getattr(spec, name), f"{path}.{name}")
        ]
        fields = type(spec).model_fields if isinstance(spec, Spec) else {}
        return found + [
            f"{path}.{name} is new" for name in now.keys() - then.keys() if getattr(spec, name) != fields[name].default
        ]
    if isinstance(then, list) and then and isinstance(then[0], dict):
        pairs = zip(then, now, spec, strict=True)
        return [line for i, (a, b, one) in enumerate(pairs) for line in differences(a, b, one, f"{path}.{i}")]
    return [] if then == now else [f"{path} was {then}, is {now}"]


def test_there_is_a_link_of_every_page_and_of_twenty_presets_at_least():
    assert {old["page"] for old in OLD} == {"playground", "one_neuron", "backpropagation", "optimisers", "landscape"}
    assert len(OLD) >= 20


@every
def test_it_opens_the_same_experiment(old):
    spec = from_link(old["link"])
    assert differences(old["experiment"], spec.model_dump(mode="json"), spec) == []
    assert look_of(old["link"]) == USUAL


@every
def test_a_page_shows_it_and_the_page_that_it_was_made_on_does_too(old):
    spec = from_link(old["link"])
    found = topic_of(spec)
    assert found is not None and found.can_show(spec)
    assert TOPICS.load(old["page"]).can_show(spec)


def test_the_comparison_notices_a_change_of_value_and_of_default():
    spec = from_link(OLD[0]["link"])
    then = json.loads(json.dumps(OLD[0]["experiment"]))
    then["training"]["batch_size"] = 11
    del then["training"]["learning_rate"]
    now = spec.model_dump(mode="json")
    assert differences(then, now, spec) == [".training.batch_size was 11, is 10"]
    changed = spec.model_copy(update={"training": spec.training.model_copy(update={"learning_rate": 0.5})})
    assert ".training.learning_rate is new" in differences(then, changed.model_dump(mode="json"), changed)
