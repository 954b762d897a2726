"""A damaged experiment that passes for a valid one trains like any other."""

from __future__ import annotations

import math

from hypothesis import HealthCheck, assume, given, settings

from nnlab.core.errors import NnlabError, Refused
from nnlab.core.experiment import experiment
from nnlab.train import run
from tests.strategies import damaged


@given(damaged())
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
def test_what_is_accepted_takes_three_updates_or_says_why_not(value):
    try:
        spec = experiment(value)
    except Refused:
        assume(False)
        return
    try:
        one = run.start(spec)
    except NnlabError as error:
        assert str(error).endswith(".")
        return
    assert run.advance(one, steps=3) <= 3
    assert one.step <= 3 and math.isfinite(one.step)
