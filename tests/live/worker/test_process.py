"""A worker's body: commands in batches, memory shared among its runs, a beat also where there is nothing to do."""

from __future__ import annotations

import gc
import pickle
import threading
import weakref
from collections.abc import Callable, Iterator
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from nnlab.core.errors import Refused
from nnlab.core.experiment import experiment, patch, plain
from nnlab.live.messages.beat import SIZE, Beat
from nnlab.live.messages.kinds import HEAD, Kind
from nnlab.live.worker import process
from nnlab.live.worker.process import HISTORY, coalesced, serve
from nnlab.train.timeline import LARGE_LIMIT, LIMIT
from tests.live.worker.bench import SPEC, Bench, opening, stand_in
from tests.live.worker.fake import Clock, Engine, FakeRun, Laboratory
from tests.waiting import PATIENCE_S, until

MB = 2**20


# ---- histories ---------------------------------------------------------------------------------------------------------
def limits(bench: Bench) -> list[int]:
    return [hosted.run.timeline.limit for hosted in bench.host.runs.values()]


def test_all_histories_of_a_worker_together_stay_within_half_a_gigabyte(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "HISTORY", 60 * MB)  # of which two runs of a small network have as much as they may
    bench = Bench()
    assert HISTORY == 512 * MB
    for count in (1, 2, 3, 6):
        for key in range(1, count + 1):
            if key not in bench.host.runs:
                bench.do("open", key, opening())
        assert limits(bench) == [min(LIMIT, 60 * MB // count)] * count
    for key in (6, 5, 4, 3):
        bench.do("close", key)
    assert limits(bench) == [LIMIT] * 2, "what one leaves the others get"


def test_what_runs_really_hold_is_within_their_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "HISTORY", 300_000)
    bench = Bench()
    bench.do("open", 1, opening(playing=True))
    bench.until(lambda: bench.hosted().run.timeline.nbytes > 150_000)
    for key in (2, 3):
        bench.do("open", key, opening(playing=True))
        bench.until(lambda key=key: bench.hosted(key).run.epoch > 200)  # type: ignore[misc]
        held = [hosted.run.timeline.nbytes for hosted in bench.host.runs.values()]
        assert max(held) <= 300_000 / key
    assert all(len(hosted.run.timeline.snapshots) > 10 for hosted in bench.host.runs.values())


def test_small_runs_make_room_for_the_one_snapshot_of_a_large_one_and_what_has_no_room_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench()
    bench.do("open", 1, opening())
    small = bench.hosted().run.least_history
    wide = patch(SPEC, {"model.layers": [{"units": 8}] * 6})
    bench.do("open", 2, opening(wide))
    large = bench.hosted(2).run.least_history
    assert large > 3 * small
    monkeypatch.setattr(process, "HISTORY", 2 * large + small)

    bench.do("open", 3, opening(wide))
    assert limits(bench) == [small] * 3, "each large one keeps a snapshot, however small its share"
    assert sum(hosted.run.timeline.nbytes for hosted in bench.host.runs.values()) <= process.HISTORY
    bench.do("open", 4, opening(wide))
    assert 4 not in bench.host.runs
    assert "Choose a smaller network" in bench.states(4)[-1]["closed"]
    assert sorted(bench.host.runs) == [1, 2, 3] and limits(bench) == [small] * 3, "the others go on as before"

    bench.do("change", 1, {"experiment": plain(wide), "attachment": None, "version": 1})
    assert sorted(bench.host.runs) == [2, 3]
    assert "Choose a smaller network" in bench.states(1)[-1]["closed"]
    bench.do("open", 4, opening())
    assert sorted(bench.host.runs) == [2, 3, 4]


def test_a_run_whose_network_has_changed_is_bounded_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "HISTORY", 10 * MB)
    bench = Bench()
    for key in (1, 2):
        bench.do("open", key, opening())
    new = patch(SPEC, {"model.layers": [{"units": 8}]})
    bench.do("change", 1, {"experiment": plain(new), "attachment": None, "version": 1})
    assert limits(bench) == [5 * MB] * 2
    bench.do("reset", 2)
    assert limits(bench) == [5 * MB] * 2


def test_the_size_of_a_network_says_how_much_it_may_have_at_most() -> None:
    assert (LIMIT, LARGE_LIMIT) == (24 * MB, 96 * MB)


def test_commands_that_change_no_history_do_not_look_at_any(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = [FakeRun("one"), FakeRun("other")]
    lab = Laboratory(monkeypatch, *runs)
    for run in runs:
        lab.open(run.name)
    before = [run.calls["limit_history"] for run in runs]
    for op, arguments in (("want", ()), ("play", (False,)), ("seek", (3,)), ("watch", ((), {})), ("hold", (True,))):
        lab.do(op, "one", *arguments)
    assert [run.calls["limit_history"] for run in runs] == before


@pytest.mark.parametrize("doing", [("play", True), ("step", "batch", 10_000), ("seek", 3), ("ask", 7, 1, "twin", {})])
def test_a_closed_run_is_freed_at_once_whatever_it_was_doing(doing: tuple[Any, ...]) -> None:
    bench = Bench()
    bench.do("open", 1, opening(playing=True))
    bench.until(lambda: bench.hosted().run.step > 20)
    bench.frame()
    op, *arguments = doing
    gc.collect()
    gc.disable()  # histories are large: they cannot wait for the collector
    try:
        bench.do(op, 1, *arguments)
        for _ in range(3):
            bench.host.turn()
        hosted, run = weakref.ref(bench.hosted()), weakref.ref(bench.hosted().run)
        bench.do("close", 1)
        assert hosted() is None and run() is None
    finally:
        gc.enable()


# ---- commands ----------------------------------------------------------------------------------------------------------
def test_the_newest_of_several_changes_in_one_batch_is_applied_alone() -> None:
    a, b, c, x = ({"experiment": name, "attachment": None} for name in "abcx")
    commands = [
        ("change", 1, a),
        ("want", 1),
        ("change", 2, x),
        ("change", 1, b),
        ("play", 1, True),
        ("change", 1, c),
    ]
    assert coalesced(commands) == [
        ("want", 1),
        ("change", 2, x),
        ("change", 1, b),
        ("play", 1, True),
        ("change", 1, c),
    ]


def test_what_a_change_brought_along_is_not_lost_with_it() -> None:
    rows = ("digest", object())
    commands = [
        ("change", 1, {"experiment": "a", "attachment": rows}),
        *[("change", 1, {"experiment": name, "attachment": None}) for name in "bc"],
    ]
    assert coalesced(commands) == [("change", 1, {"experiment": "c", "attachment": rows})]


def test_a_run_that_cannot_be_opened_is_not_there_and_the_hub_hears_why(capsys: pytest.CaptureFixture[str]) -> None:
    bench = Bench()
    lost = {"kind": "upload", "digest": "0" * 64, "name": "gone.csv"}
    bench.do("open", 1, opening(experiment({"data": lost, "model": {"family": "mlp"}})))
    (state,) = bench.states()
    assert "this server does not have" in state["closed"]
    assert not bench.host.runs
    assert "Traceback" not in capsys.readouterr().err, "it was refused on purpose"
    for op, arguments in (("play", (True,)), ("want", ()), ("refresh", (3,))):
        bench.do(op, 1, *arguments)
    assert bench.host.turn() is None


@pytest.mark.parametrize("what", ["gone", "damaged", "of another network"])
def test_from_a_checkpoint_that_is_of_no_use_a_run_begins_again(
    what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bench = Bench()
    if what == "of another network":  # the worker died before it could save what a change had made of it
        bench.do("open", 2, opening(patch(SPEC, {"model.layers": [{"units": 6}]}), folder=str(tmp_path)))
        bench.do("step", 2, "batch", 3)
        bench.until(lambda: bench.hosted(2).run.step == 3)
        saved = bench.of(Kind.CHECKPOINT, 2)[-1]
    else:
        (tmp_path / "run-1-0").write_bytes(b"half of it")
        saved = b"F" + str(tmp_path / ("run-1-0" if what == "damaged" else "nothing")).encode()
    bench.do("open", 1, opening(checkpoint=saved, playing=True, folder=str(tmp_path)))
    header, _ = bench.frame()
    assert header["restarted"] and header["step"] < 3
    assert not bench.states() and "Traceback" in capsys.readouterr().err
    assert bench.of(Kind.CHECKPOINT), "a new one is on its way at once"
    bench.until(lambda: bench.hosted().run.step > 10)


def test_what_fails_without_a_checkpoint_too_is_closed_once(capsys: pytest.CaptureFixture[str]) -> None:
    bench = Bench(stand_in(opened=lambda *_: 1 / 0))
    bench.do("open", 1, opening(checkpoint=b"I" + pickle.dumps({})))
    (state,) = bench.states()
    told = {"code": "notice.run_failed", "values": {"reason": "ZeroDivisionError: division by zero"}}
    assert state["closed"] == told and not bench.host.runs
    assert "ZeroDivisionError" in capsys.readouterr().err


@pytest.mark.parametrize("error", [RuntimeError("out of luck"), Refused.because("The seed must be lucky; got 13.")])
def test_a_change_that_fails_closes_the_run_for_the_hub_has_the_other_experiment_already(
    error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    def change(run: Any, new: Any) -> bool:
        raise error

    bench = Bench(stand_in(change=change))
    bench.do("open", 1, opening(playing=True))
    bench.do("open", 2, opening(playing=True))
    new = patch(SPEC, {"model.layers": [{"units": 5}]})
    bench.do("change", 1, {"experiment": plain(new), "attachment": None, "version": 1})
    failed = {"code": "notice.run_failed", "values": {"reason": "RuntimeError: out of luck"}}
    assert bench.states(1)[-1] == {"closed": str(error) if isinstance(error, Refused) else failed}
    assert list(bench.host.runs) == [2] and not bench.texts(1)
    bench.until(lambda: bench.hosted(2).run.step > 10)
    assert ("RuntimeError" in capsys.readouterr().err) == isinstance(error, RuntimeError)
    bench.do("open", 1, opening(new))
    assert bench.frame()[0]["step"] == 0, "the hub may open it again"


# ---- the beat ----------------------------------------------------------------------------------------------------------
@pytest.fixture
def idle(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Connection, Beat]]:
    """A worker's loop in a thread, with nothing to do."""
    monkeypatch.setattr(process, "IDLE_S", 0.02)
    here, there = Pipe()
    beat = Beat(bytearray(SIZE))
    engine = Engine(Clock(), {"one": FakeRun("one"), "other": FakeRun("other")})
    thread = threading.Thread(target=serve, args=(there, engine, beat))
    thread.start()
    yield here, beat
    here.close()
    thread.join(PATIENCE_S)
    there.close()
    assert not thread.is_alive(), "it leaves when the other end is closed"


def test_a_worker_that_has_nothing_to_do_beats(idle: tuple[Connection, Beat]) -> None:
    _, beat = idle
    count, run = beat.read()
    assert run == 0
    until(lambda: beat.read()[0] > count + 3)


def test_a_worker_with_a_paused_run_beats_and_works_on_none(idle: tuple[Connection, Beat]) -> None:
    here, beat = idle
    state = {"playing": False, "held": False, "speed": 0.0, "version": 0, "checkpoint": None, "attachment": None}
    opening = {"experiment": {"name": "one"}, "folder": "", "offers": (), "options": {}, **state}
    here.send_bytes(pickle.dumps(("open", 7, opening)))
    until(lambda: here.poll())
    count, _ = beat.read()
    until(lambda: beat.read()[0] > count + 3)
    assert beat.read()[1] == 0


def test_every_slice_says_whose_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = [FakeRun("one"), FakeRun("other")]
    lab = Laboratory(monkeypatch, *runs)
    seen: dict[str, set[int]] = {}

    def note(kind: str, do: Callable[..., Any]) -> Callable[..., Any]:
        def noting(run: FakeRun, *args: Any, **more: Any) -> Any:
            seen.setdefault(f"{kind} {run.name}", set()).add(lab.host._beat.read()[1])
            return do(run, *args, **more)

        return noting

    for name in ("advance", "header", "checkpoint"):
        setattr(lab.engine, name, note(name, getattr(lab.engine, name)))
    monkeypatch.setattr(
        lab.engine, "opened", lambda value, *_: note("open", lambda run: run)(lab.engine.runs[value["name"]])
    )
    for run in runs:
        lab.open(run.name, folder="somewhere")
    lab.go(1.0)
    assert seen == {
        f"{kind} {name}": {key}
        for kind in ("open", "advance", "header", "checkpoint")
        for key, name in ((1, "one"), (2, "other"))
    }


def test_a_request_is_work_of_its_run() -> None:
    bench = Bench()
    seen = set()

    def answer(run: Any, name: str, options: Any) -> Any:
        seen.add(bench.host._beat.read()[1])
        return {}

    bench.host._engine.answer, before = answer, bench.host._engine.answer  # type: ignore[attr-defined]
    try:
        bench.do("open", 9, opening())
        bench.do("ask", 9, 1, 1, "formula", {})
        bench.until(lambda: bool(bench.answers(9)))
    finally:
        bench.host._engine.answer = before  # type: ignore[attr-defined]
    assert seen == {9}
    assert bench.host._beat.read()[0] > 2


def test_messages_begin_with_kind_run_and_viewer() -> None:
    assert HEAD.size == 9 and HEAD.unpack(HEAD.pack(Kind.ANSWER, 3, 5)) == (6, 3, 5)
