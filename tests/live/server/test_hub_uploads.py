"""A link to a file that this server does not have leaves nothing behind in the hub."""

from __future__ import annotations

from typing import Any

import pytest

from nnlab.core.errors import Refused
from nnlab.core.experiment import experiment
from nnlab.live.server.hub import Hub


class NoPool:
    """A pool that takes every command and does nothing."""

    ready, pid, alive = True, 0, 1

    def __init__(self, *_: Any) -> None:
        self.workers = [self]

    def send(self, *_: Any) -> None:
        pass


def test_an_experiment_whose_uploaded_rows_are_gone_is_refused_and_takes_no_room() -> None:
    hub = Hub(1, pool=NoPool)  # type: ignore[arg-type]
    lost = {"kind": "upload", "digest": "0" * 64, "name": "gone.csv"}
    with pytest.raises(Refused, match="this server does not have"):
        hub.open(experiment({"data": lost, "model": {"family": "mlp"}}), "ann")
    assert hub.health()["runs"] == 0
