"""When a worker dies or a run cannot be opened: what goes on, what is closed with a sentence, and what opens it again."""

from __future__ import annotations

import json

import pytest

from nnlab.core import attachments
from nnlab.core.errors import Refused
from nnlab.core.experiment import experiment, patch, plain
from nnlab.data.points.upload import keep
from nnlab.data.tables.read import read_table
from nnlab.data.tables.rows import Columns, read
from nnlab.live.messages.kinds import Kind
from nnlab.live.server.hub import LOSSES, LOSSES_S, Hub, LiveRun
from tests.live.server.fakes import CIRCLE, Slot, command, make, texts, watched

FASTER = {"training.learning_rate": 0.5}


def lose(hub: Hub, worker: Slot, run: LiveRun | None = None) -> None:
    """The worker's process ends while it works on `run`."""
    hub._lost(worker, run.key if run else 0)  # type: ignore[arg-type]


def cannot_open(hub: Hub, run: LiveRun, why: str = "Width must be at most 64; got 65.") -> None:
    """What a worker says of a run that it cannot open."""
    hub._receive(run.worker, Kind.STATE, run.key, 0, json.dumps({"closed": why}).encode())


def opened(worker: Slot, run: LiveRun) -> int:
    """How often the worker was told to open `run`."""
    return sum(command[:2] == ("open", run.key) for command in worker.commands)


def test_runs_of_a_dead_worker_are_opened_again_from_their_checkpoint_and_others_are_left_alone() -> None:
    hub, _ = make(workers=2)
    run, viewer, worker = watched(hub)
    other = hub.open(CIRCLE, "bob")
    run.play(True)
    hub._receive(worker, Kind.CHECKPOINT, run.key, 0, b"saved")  # type: ignore[arg-type]
    texts(viewer), worker.commands.clear(), other.worker.commands.clear()  # type: ignore[attr-defined]
    lose(hub, worker)
    name, key, opening = worker.commands[0]
    assert (name, key, opening["checkpoint"], opening["playing"]) == ("open", run.key, b"saved", True)
    assert other.worker.commands == []  # type: ignore[attr-defined]
    (told,) = texts(viewer)
    assert (told["type"], told["code"]) == ("notice", "notice.restored")


def test_a_run_that_ends_its_process_again_is_closed_with_a_sentence_and_its_neighbours_go_on() -> None:
    hub, _ = make()
    run, viewer, worker = watched(hub)
    neighbour = hub.open(CIRCLE, "bob")
    beside = hub.attach(neighbour, lambda: None)
    for one in (run, neighbour):
        one.play(True)
    hub._receive(worker, Kind.CHECKPOINT, neighbour.key, 0, b"theirs")  # type: ignore[arg-type]
    for _ in range(LOSSES):
        texts(beside), worker.commands.clear()
        lose(hub, worker, run)
    assert run.closed is not None and not run.playing
    told = texts(viewer)[-1]
    assert (told["code"], told["level"], told["stay"]) == ("notice.crashed", "error", True)
    (again,) = [command for command in worker.commands if command[0] == "open"]
    assert (again[1], again[2]["checkpoint"], again[2]["playing"]) == (neighbour.key, b"theirs", True)
    assert [m["code"] for m in texts(beside) if m["type"] == "notice"] == ["notice.restored"]
    assert neighbour.closed is None


@pytest.mark.parametrize("how", ["lost", "lost again", "cannot open", "freed"])
def test_each_viewer_reads_that_its_requests_are_gone_also_one_that_reads_slowly(how: str) -> None:
    hub, _ = make()
    run, viewer, worker = watched(hub)
    viewers = [viewer, hub.attach(run, lambda: None)]
    texts(viewer), texts(viewers[1])
    command(hub, run, viewer, "ask", {"id": 1, "name": "surface"})
    progress = json.dumps({"type": "progress", "id": 1, "name": "surface", "share": 0.5}).encode()
    if how == "lost again":
        run.losses = [hub.clock()] * (LOSSES - 1)
    if how == "cannot open":
        cannot_open(hub, run)
    elif how == "freed":
        run.close()
    else:
        lose(hub, worker, run)
    for _ in range(500):
        hub._receive(worker, Kind.TEXT, run.key, 0, progress)  # type: ignore[arg-type]
    for one in viewers:
        notices = [(m.get("code"), m["stay"]) for m in texts(one) if m["type"] == "notice"]
        wanted = {
            "lost": "notice.restored",
            "lost again": "notice.crashed",
            "cannot open": None,
            "freed": "notice.gone",
        }
        assert notices == [(wanted[how], how in ("lost again", "cannot open"))]
        assert one.closed == (how == "freed"), "its socket is closed behind it"


def test_whoever_was_not_worked_on_is_never_blamed() -> None:
    hub, _ = make()
    run, _, worker = watched(hub)
    neighbour = hub.open(CIRCLE, "bob")
    for _ in range(5):
        lose(hub, worker, neighbour)
    assert neighbour.closed is not None and run.closed is None
    for _ in range(5):  # ended from outside, while nothing was worked on
        lose(hub, worker)
    assert run.closed is None and run.losses == []


def test_two_losses_long_apart_are_no_reason_to_close_a_run() -> None:
    hub, clock = make()
    run, _, worker = watched(hub)
    lose(hub, worker, run)
    clock.now += LOSSES_S + 1
    lose(hub, worker, run)
    assert run.closed is None
    clock.now += 1
    lose(hub, worker, run)
    assert run.closed is not None


def test_a_run_that_cannot_be_opened_is_closed_with_its_sentence_and_never_opened_again_by_itself() -> None:
    hub, clock = make()
    run, viewer, worker = watched(hub)
    texts(viewer)
    cannot_open(hub, run)
    (told,) = texts(viewer)
    assert (told["text"], told["level"], told["stay"]) == ("Width must be at most 64; got 65.", "error", True)
    before = opened(worker, run)
    for _ in range(3):
        lose(hub, worker, run)
        clock.now += 1
        hub.tick()
    command(hub, run, viewer, "play", True)
    command(hub, run, viewer, "step", {"unit": "batch"})
    assert opened(worker, run) == before
    assert not [c for c in worker.commands[worker.commands.index(("close", run.key)) + 1 :] if c[1] == run.key]
    assert run.closed is not None and not run.playing


def test_who_comes_later_reads_why_it_is_closed() -> None:
    hub, _ = make()
    run, _, _ = watched(hub)
    cannot_open(hub, run)
    late = hub.attach(run, lambda: None)
    (told,) = [m for m in texts(late) if m["type"] == "notice"]
    assert (told["text"], told["stay"]) == ("Width must be at most 64; got 65.", True)


def test_a_run_that_is_closed_by_an_error_says_so_by_its_code_and_a_reset_opens_what_the_page_shows() -> None:
    hub, _ = make()
    run, viewer, worker = watched(hub)
    run.change(patch(CIRCLE, {"model.layers": [{"units": 5}]}))
    texts(viewer)
    why = {"code": "notice.run_failed", "values": {"reason": "RuntimeError: out of luck"}}
    hub._receive(run.worker, Kind.STATE, run.key, 0, json.dumps({"closed": why}).encode())
    (told,) = texts(viewer)
    assert told == {"type": "notice", "level": "error", "stay": True, **why}
    command(hub, run, viewer, "reset")
    name, _, opening = worker.commands[-3]
    assert (name, opening["experiment"]) == ("open", plain(run.experiment))


@pytest.mark.parametrize("how", ["change", "set", "reset"])
def test_a_change_or_a_reset_opens_it_again_from_its_beginning_with_a_clean_sheet(how: str) -> None:
    hub, _ = make()
    run, viewer, worker = watched(hub)
    hub._receive(worker, Kind.CHECKPOINT, run.key, 0, b"what ended the process")  # type: ignore[arg-type]
    for _ in range(LOSSES):
        lose(hub, worker, run)
    texts(viewer), worker.commands.clear()
    if how == "change":
        run.change(patch(CIRCLE, FASTER))
    elif how == "set":
        command(hub, run, viewer, "set", {"changes": FASTER, "version": 3})
    else:
        command(hub, run, viewer, "reset")
    name, key, opening = worker.commands[0]
    assert (name, key, opening["checkpoint"]) == ("open", run.key, None)
    assert opening["experiment"] == plain(CIRCLE if how == "reset" else patch(CIRCLE, FASTER))
    assert opening["version"] == {"change": 1, "set": 3, "reset": 0}[how]
    assert run.closed is None
    (told,) = [m for m in texts(viewer) if m["type"] == "notice"]
    assert (told["text"], told["stay"]) == ("", True), "the sentence goes"
    lose(hub, worker, run)
    assert run.closed is None, "what was before does not count any more"


def test_a_closed_run_is_no_burden_and_goes_away_like_any_other() -> None:
    hub, clock = make()
    run, viewer, _ = watched(hub)
    cannot_open(hub, run)
    hub.detach(run, viewer)
    clock.now += 700
    hub.tick()
    assert hub.find(run.token, "ann") is None
    assert hub.health()["runs"] == 0


def test_a_run_whose_uploaded_file_has_left_the_server_is_closed_and_the_others_are_opened_again() -> None:
    hub, _ = make()
    rows = read(read_table(b"a,b,c\n1,2,x\n2,3,y\n3,4,x\n"), Columns("a", "b", "c"))
    uploaded = hub.open(experiment({"data": keep(rows).model_dump(), "model": {"family": "mlp"}}), "bob")
    viewer = hub.attach(uploaded, lambda: None)
    run, _, worker = watched(hub)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(attachments, "_STORE", attachments.Store())
        texts(viewer)
        lose(hub, worker)
        assert uploaded.closed is not None and run.closed is None
        assert opened(worker, run) == 2 and opened(worker, uploaded) == 1
        (told,) = texts(viewer)
        assert "upload the file again" in told["text"] and told["stay"]
        with pytest.raises(Refused, match="upload the file again"):
            command(hub, uploaded, viewer, "reset")
        assert uploaded.closed is not None and not texts(viewer)
    keep(rows)
    command(hub, uploaded, viewer, "reset")
    assert uploaded.closed is None and opened(worker, uploaded) == 2


def test_a_run_that_cannot_be_told_to_the_next_worker_is_closed_and_the_others_are_opened_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    hub, _ = make()
    broken = hub.open(CIRCLE, "bob")
    viewer = hub.attach(broken, lambda: None)
    run, beside, worker = watched(hub)
    texts(viewer), texts(beside)

    def fails() -> None:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr(broken, "open", fails)
    lose(hub, worker)
    (told,) = texts(viewer)
    assert (told["code"], told["stay"]) == ("notice.run_failed", True) and "by nothing" in told["values"]["reason"]
    assert broken.closed is not None and opened(worker, run) == 2
    assert [m["code"] for m in texts(beside)] == ["notice.restored"]
    assert "ZeroDivisionError" in caplog.text


def test_a_run_that_is_freed_leaves_no_file_not_even_one_that_was_on_its_way() -> None:
    hub, _ = make()
    run, _, worker = watched(hub)
    other = hub.open(CIRCLE, "bob")
    files = {one.key: hub.folder.path / f"run-{one.key}-0" for one in (run, other)}
    for file in files.values():
        file.write_bytes(b"x")
    run.close()
    assert not files[run.key].exists() and files[other.key].exists()
    files[run.key].write_bytes(b"x")
    hub._receive(worker, Kind.CHECKPOINT, run.key, 0, b"F" + str(files[run.key]).encode())  # type: ignore[arg-type]
    assert not files[run.key].exists() and files[other.key].exists()
