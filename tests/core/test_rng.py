"""Random streams: one for each name, the same everywhere, none sharing numbers."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nnlab.core.rng import seed_of, stream

seeds = st.integers(0, 2**31 - 1)


@given(seeds, st.text(max_size=10), st.integers(0, 10**6))
def test_a_stream_is_a_pure_function_of_its_names(seed, name, epoch):
    assert seed_of(seed, name, epoch) == seed_of(seed, name, epoch)
    assert np.array_equal(stream(seed, name).random(3), stream(seed, name).random(3))


@given(seeds, st.text(max_size=10))
def test_a_seed_suits_torch_and_numpy(seed, name):
    assert 0 <= seed_of(seed, name) < 2**63


def test_different_names_epochs_and_seeds_give_different_streams():
    keys = [seed_of(s, name, epoch) for s in range(20) for name in ("order", "weights", "split") for epoch in range(20)]
    assert len(set(keys)) == len(keys)


def test_nobody_seeds_the_process():
    np.random.seed(1)
    before = np.random.get_state()[1].copy()
    stream(0, "order").random(100)
    assert np.array_equal(np.random.get_state()[1], before)


def test_the_numbers_are_the_same_in_another_process():
    code = "from nnlab.core.rng import seed_of; print(seed_of(7, 'order', 3))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(out.stdout) == seed_of(7, "order", 3)


def test_the_numbers_stay_those_that_shared_links_rely_on():
    assert seed_of(0, "order", 0) == 3068321467330554126
    assert stream(0, "circle").integers(0, 10**6, 3).tolist() == [458250, 12962, 326989]
