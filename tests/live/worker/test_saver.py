"""When checkpoints are sent: in a rhythm, at once where a run rests, and never more than the pipe should carry."""

from __future__ import annotations

import itertools
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from nnlab.live.messages import checkpoint
from nnlab.live.messages.kinds import Kind
from nnlab.live.worker import saver
from nnlab.live.worker.saver import EVERY_S, HURRIED_S, LONGEST_S, Saver
from tests.live.worker.fake import Clock

PIPE = 2**20  # bytes a second and run
THREE_S = 3.0  # of training may be lost at most


class Desk:
    """A saver on a pretended clock; taking a state costs `cost_s`."""

    def __init__(self, patch: pytest.MonkeyPatch, folder: Path, *, size: int = 1_000, cost_s: float = 0.0) -> None:
        self.clock, self.size, self.cost_s, self.step = Clock(), size, cost_s, 0
        patch.setattr(saver, "time", SimpleNamespace(thread_time=self.clock))
        self.sent: list[tuple[float, int, bytes]] = []
        self.saver = Saver(self._post, self.clock)
        self.saver.use(str(folder), 7)
        self.began = self.clock.now

    def _post(self, kind: Kind, viewer: int, message: bytes) -> None:
        assert (kind, viewer) == (Kind.CHECKPOINT, 0)
        self.sent.append((self.clock.now, self.step, message))

    def take(self) -> dict[str, Any]:
        self.clock.spend(self.cost_s)
        return {"step": self.step, "state": np.zeros(self.size, np.uint8)}

    def go(self, seconds: float, *, every_s: float = 0.004, now: bool = False) -> None:
        """A slice of training after the other, or a weight that is dragged (`now`)."""
        until = self.clock.now + seconds
        while self.clock.now < until:
            self.clock.spend(every_s)
            self.step += 1
            self.saver.changed = True
            self.saver.save(self.take, now=now)

    @property
    def rate(self) -> float:
        return sum(len(message) for *_, message in self.sent) / (self.clock.now - self.began)


def test_a_run_that_trains_is_saved_about_once_a_second(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    desk = Desk(monkeypatch, tmp_path)
    desk.go(20.0)
    assert 19 <= len(desk.sent) <= 21


@pytest.mark.parametrize(("cost_s", "every_s"), [(0.001, EVERY_S), (0.03, 1.5), (0.2, LONGEST_S)])
def test_a_costly_one_is_saved_less_often_but_never_so_that_three_seconds_are_lost(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cost_s: float, every_s: float
) -> None:
    desk = Desk(monkeypatch, tmp_path, cost_s=cost_s)
    desk.go(40.0)
    gaps = np.diff([at for at, *_ in desk.sent])[1:]
    assert gaps == pytest.approx(every_s, rel=0.05)
    assert max(gaps) < THREE_S


@pytest.mark.parametrize("size", [1_000, 30_000, 250_000, 3_000_000])
@pytest.mark.parametrize("now", [False, True])
def test_no_more_than_a_megabyte_a_second_goes_through_the_pipe(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, size: int, now: bool
) -> None:
    desk = Desk(monkeypatch, tmp_path, size=size, cost_s=size / 1e9)
    desk.go(4.0, every_s=1 / 120, now=now)  # a weight that is dragged: 120 times a second
    assert desk.rate <= 1.1 * PIPE
    assert len(desk.sent) >= 3


def test_what_a_hand_has_done_is_saved_at_once_and_what_had_to_wait_soon_after(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    desk = Desk(monkeypatch, tmp_path, size=200_000)
    desk.go(0.5, every_s=1 / 60, now=True)
    assert desk.sent[0][1] == 1
    assert desk.sent[-1][1] < desk.step and desk.saver.changed
    assert not desk.saver.late()
    desk.clock.spend(1.0)
    assert desk.saver.late()
    desk.saver.save(desk.take, now=True)
    assert desk.sent[-1][1] == desk.step and not desk.saver.late()


def test_nothing_is_saved_twice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    desk = Desk(monkeypatch, tmp_path)
    desk.go(0.01)
    for _ in range(5):
        desk.clock.spend(10)
        desk.saver.save(desk.take, now=True)
    assert len(desk.sent) == 2  # the first, and what came after it


def test_large_ones_take_turns_in_two_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    desk = Desk(monkeypatch, tmp_path, size=1_000_000, cost_s=0.001)
    desk.go(5.0)
    names = [message[1:].decode() for *_, message in desk.sent]
    assert all(one != other for one, other in itertools.pairwise(names))
    assert {Path(name).name for name in names} == {"run-7-0", "run-7-1"}
    (_, before, older), (_, last, newest) = desk.sent[-2:]
    assert [checkpoint.unpacked(message)["step"] for message in (older, newest)] == [before, last]


def test_a_large_one_is_hurried_twice_a_second_at_most(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    desk = Desk(monkeypatch, tmp_path, size=1_000_000, cost_s=0.05)
    desk.go(10.0, now=True)
    gaps = np.diff([at for at, *_ in desk.sent])[1:]
    assert min(gaps) >= HURRIED_S
    assert len(desk.sent) > 10


def test_where_there_is_no_room_for_a_file_the_run_goes_on_and_it_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk(monkeypatch, tmp_path / "gone", size=1_000_000)
    desk.go(3.5)
    assert desk.sent == []
    assert 3 <= capsys.readouterr().err.count("could not be written") <= 4, "once a second"
    (tmp_path / "gone").mkdir()
    desk.go(1.5)
    assert checkpoint.unpacked(desk.sent[-1][2])["step"] > 0
