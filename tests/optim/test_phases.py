"""The written-out phases of an update add up to what the rule does."""

from __future__ import annotations

import numpy as np
import pytest

from nnlab.core.registries import OPTIMIZERS
from nnlab.optim.phases import PHASES, Place, update


@pytest.mark.parametrize("decay", [0.0, 0.1])
@pytest.mark.parametrize("kind", list(OPTIMIZERS))
@pytest.mark.parametrize("before", [0, 1, 30])
def test_the_parts_add_up_to_the_update(kind, decay, before, rule_of, march, spec_of, slope, parameters):
    made = march(rule_of(kind, decay), steps=before)
    made.grad.copy_(slope(made.values, before))
    start = made.values.numpy().copy()
    place = Place(
        start, made.grad.numpy().copy(), made.mask.numpy(), made.state(), 0.01, decay, matrices=parameters.matrices
    )
    parts = update(spec_of(kind), place)
    made.update(0.01)
    # Muon's iteration runs in bfloat16, of 8 bits; the phases are written in full precision.
    tolerance = 1e-4 if kind == "muon" else 1e-9
    np.testing.assert_allclose(parts.total, made.values.numpy() - start, rtol=0, atol=tolerance)


@pytest.mark.parametrize("kind", list(OPTIMIZERS))
def test_every_part_is_explained_in_a_sentence(kind, rule_of, march, spec_of):
    made = march(rule_of(kind, 0.1), steps=3)
    place = Place(made.values.numpy(), made.grad.numpy(), made.mask.numpy(), made.state(), 0.01, 0.1)
    parts = update(spec_of(kind), place)
    sentences = [term.sentence for term in (*parts.parts, *parts.quantities)]
    assert all(s.endswith(".") and s[0].isupper() for s in sentences)
    assert len({term.name for term in parts.parts}) == len(parts.parts) >= 1


def test_every_optimiser_is_written_out():
    assert list(PHASES) == list(OPTIMIZERS)
