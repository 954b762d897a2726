"""Real worker processes with an engine that needs no torch."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from nnlab.core.experiment import experiment, patch
from nnlab.live.pool.pool import Pool
from nnlab.live.pool.starters import Forked
from nnlab.live.server.hub import Hub
from tests.live.pool.eyes import Eye

TOY = "tests.live.pool.toy_engine"
SPEC = experiment({"data": {"kind": "circle", "samples": 100}, "model": {"family": "mlp"}})


@pytest.fixture
def toys() -> Iterator[Hub]:
    """A hub with one worker that runs `toy_engine`."""
    if sys.platform == "win32":
        pytest.skip("Windows cannot fork")
    hub = Hub(1, pool=partial(Pool, starter=Forked(TOY)))
    hub.start()
    yield hub
    hub.stop()


@pytest.fixture
def toy(toys: Hub) -> Callable[..., Eye]:
    """Opens a run that does what its seed says, and looks at it."""

    def opened(seed: int = 0, owner: str = "ann", **more: Any) -> Eye:
        run = toys.open(patch(SPEC, {"seed": seed, **more}), owner)
        run.play(True)
        return Eye(toys, run)

    return opened
