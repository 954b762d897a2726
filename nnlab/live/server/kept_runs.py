"""Runs that people keep for comparison: on the server, by name, a few for each person, whatever their size."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from nnlab.core.errors import Refused
from nnlab.core.experiment import experiment
from nnlab.core.say import say

MOST = 6  # of one person; beyond it the oldest goes
MOST_BYTES = 256 * 2**20  # of all people together; beyond it the oldest of all go
OPTIONS = ("of", "against")  # of a request: it is about a kept run, or about this run beside it


@dataclass(frozen=True)
class Kept:
    """A run as it stood: `body` is what its worker pickled, `told` what a browser may know of it, as JSON values."""

    name: str
    owner: str
    told: Mapping[str, Any]
    body: bytes

    def attachment(self) -> tuple[str, Any] | None:
        """What its data need beside the experiment; None where that is nothing, or has left this server.

        The worker may still have it; where it has not, it answers so.
        """
        with suppress(Refused):
            return experiment(self.told["experiment"]).data.attachment()
        return None


class KeptRuns:
    """All kept runs of a server, the oldest first. Guarded by the hub's lock."""

    def __init__(self, *, most: int = MOST, most_bytes: int = MOST_BYTES) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._all: list[Kept] = []
        self._numbers: dict[str, int] = {}  # of the newest of each owner

    def add(self, owner: str, told: Mapping[str, Any], body: bytes) -> Kept:
        """Keep a run; the oldest are dropped if there are too many."""
        number = self._numbers[owner] = self._numbers.get(owner, 0) + 1
        new = Kept(f"kept {number}", owner, told, body)
        self._all.append(new)
        mine = self.of(owner)
        for old in mine[: max(0, len(mine) - self._most)]:
            self._all.remove(old)
        while len(self._all) > 1 and sum(len(one.body) for one in self._all) > self._most_bytes:
            del self._all[0]
        return new

    def of(self, owner: str) -> list[Kept]:
        """What one person has kept."""
        return [one for one in self._all if one.owner == owner]

    def forget(self, owner: str) -> None:
        """All that one person has kept."""
        self._all = [one for one in self._all if one.owner != owner]
        self._numbers.pop(owner, None)

    def named(self, owner: str, options: Mapping[str, Any]) -> Kept | None:
        """The kept run that a request names in one of `OPTIONS`; None where it names none."""
        wanted = next((options[name] for name in OPTIONS if name in options), None)
        if wanted is None:
            return None
        for one in self.of(owner):
            if one.name == wanted:
                return one
        reason = "A kept run must be one that is still there; got {got!r}. Keep it again."
        raise Refused.because(say(reason, got=str(wanted)[:40]), "ask")

    def message(self, owner: str) -> str:
        """The JSON text that tells a browser what its person has kept."""
        return json.dumps({"type": "kept", "all": [{"name": one.name, **one.told} for one in self.of(owner)]})
