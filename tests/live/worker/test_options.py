"""Options of analyses and studies come from browsers: whatever they hold, the answer is a record or a sentence."""

from __future__ import annotations

import functools
import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nnlab.analysis.analysis import ON_REQUEST, offers
from nnlab.core.errors import NnlabError
from nnlab.core.registries import ANALYSES, FAMILIES, STUDIES
from nnlab.live.worker import engine
from tests.live.worker.bench import Bench, opening

KEYS = (
    *("focus", "neuron", "at", "layer", "units", "zoom", "across", "racer", "window", "rows", "columns", "activation"),
    *("init", "scale", "seed", "plane", "resolution", "extent", "split", "member", "from", "to", "to_member", "count"),
    *("changes", "weights", "param", "whole"),
)
numbers = st.integers(-3, 12) | st.sampled_from([10**9, 2**53, 10**40, -(10**40)]) | st.floats()
pairs = st.lists(numbers | st.text(max_size=3) | st.none() | st.booleans(), max_size=4)
arrays = hnp.arrays(
    st.sampled_from([np.uint8, np.int32, np.float32, np.float64]),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
)
words = st.sampled_from(["tanh", "he", "xavier", "path", "random", "train", "test", "b", "w2", ""]) | st.text(
    max_size=6
)
values = numbers | pairs | arrays | words | st.none() | st.booleans() | st.dictionaries(words, numbers, max_size=2)
options = st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=6), values, max_size=4)


@functools.cache
def started(family: str) -> Any:
    run = engine.start(engine.known(FAMILIES.load(family).example(), None))
    engine.advance(run, steps=3)
    return run


def finish(found: Any, slices: int = 3) -> None:
    """A record, or the first slices of one that takes several."""
    if not isinstance(found, dict):
        list(itertools.islice(found, slices))


@pytest.mark.parametrize("family", list(FAMILIES))
@pytest.mark.parametrize("name", [*ANALYSES, *STUDIES])
@settings(max_examples=25)
@given(chosen=options)
def test_no_options_do_more_than_be_refused(family: str, name: str, chosen: dict[str, Any]) -> None:
    try:
        finish(engine.answer(started(family), name, chosen))
    except NnlabError as error:
        assert 0 < len(str(error)) < 2_000


@pytest.mark.parametrize("family", list(FAMILIES))
@settings(max_examples=25)
@given(data=st.data())
def test_no_options_of_what_is_watched_take_a_view_or_the_run_away(family: str, data: st.DataObject) -> None:
    """A view shows something usual instead; one that cannot be shown says so once and the others stay."""
    run = started(family)
    offered = [name for name in offers(run.learner) if ANALYSES.load(name).every_s != ON_REQUEST]
    chosen = {
        name: data.draw(options) for name in data.draw(st.lists(st.sampled_from(offered), max_size=3, unique=True))
    }
    failed = []
    for name in offered:
        try:
            _, slow, _ = engine.begin(run.learner, [name], chosen, whole=True)
            for work in slow.values():
                finish(work)
        except NnlabError:
            failed.append(name)
    assert set(failed) <= set(chosen)


def test_a_view_with_impossible_options_is_refused_in_a_sentence_and_its_neighbours_are_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    bench = Bench()
    race = engine.known(FAMILIES.load("race").example(), None)
    bench.do("open", 1, opening(race, offers=("race", "race_step"), options={"race_step": {"racer": "all"}}))
    _, shown = bench.frame()
    assert "race" in shown and "race_step" not in shown
    (told,) = bench.texts()
    assert told["code"] == "notice.view_failed" and told["values"]["name"] == "race step"
    assert told["values"]["reason"] == "The racer must be a number from 0 to 2; got 'all'."
    assert capsys.readouterr().err == ""
    bench.do("watch", 1, ("race", "race_step"), {"race_step": {"racer": 1}})
    assert bench.frame()[1]["race_step"][0] == 1
