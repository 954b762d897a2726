"""Seeds for named streams of random numbers, so that data, initial weights and batches never share one.

A stream is a pure function of (seed, names): nobody seeds the process, and a snapshot of a run needs no generator
state.
"""

from __future__ import annotations

import zlib

import numpy as np


def seed_of(seed: int, *names: str | int) -> int:
    """A 63-bit seed for the stream `names` of `seed`; the same on every machine and Python version."""
    keys = [n if isinstance(n, int) else zlib.crc32(n.encode()) for n in names]
    high, low = np.random.SeedSequence([seed, *keys]).generate_state(2, np.uint32)
    return (int(high) << 31) ^ int(low)


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """numpy's generator for the stream `names` of `seed`."""
    return np.random.default_rng(seed_of(seed, *names))
