"""Checkpoints: small ones in the message, large ones in two files that take turns, and nothing is left behind."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from nnlab.live.messages import checkpoint
from nnlab.live.messages.checkpoint import MOST_IN_MESSAGE, Folder, files_of, packed, unpacked

SMALL, LARGE = {"state": np.arange(10)}, {"state": np.arange(100_000, dtype=np.float32)}
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork")


@pytest.fixture
def folder() -> Iterator[Folder]:
    one = Folder()
    yield one
    one.remove()


def contents(folder: Folder) -> set[str]:
    return {path.name for path in folder.path.iterdir()} - {checkpoint.LOCK}


@pytest.mark.parametrize(("saved", "files"), [(SMALL, 0), (LARGE, 1)])
def test_what_is_packed_is_unpacked(folder: Folder, saved: dict[str, np.ndarray], files: int) -> None:
    message = packed(saved, files_of(folder.path, 7)[0])
    np.testing.assert_array_equal(unpacked(message)["state"], saved["state"])
    assert len(contents(folder)) == files
    assert len(message) < (2_000 if files else MOST_IN_MESSAGE)


def test_a_message_is_never_larger_than_a_quarter_of_a_megabyte(folder: Folder) -> None:
    path = files_of(folder.path, 1)[0]
    for size in (MOST_IN_MESSAGE - 1_000, MOST_IN_MESSAGE, MOST_IN_MESSAGE + 1_000, 10**7):
        assert len(packed({"state": b"x" * size}, path)) <= MOST_IN_MESSAGE + 1


@needs_fork
def test_a_worker_that_is_killed_while_it_writes_leaves_the_last_whole_one(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = files_of(folder.path, 1)
    messages = [packed(LARGE | {"step": i}, path) for i, path in enumerate((first, second))]
    pid = os.fork()
    if pid == 0:

        def half(self: Path, body: bytes) -> int:
            with self.open("wb") as file:
                file.write(body[: len(body) // 2])
            os._exit(0)

        monkeypatch.setattr(Path, "write_bytes", half)
        packed(LARGE | {"step": 2}, first)
    os.waitpid(pid, 0)
    assert len(contents(folder)) == 3, "there is a half of one"
    assert [unpacked(message)["step"] for message in messages] == [0, 1]
    again = packed(LARGE | {"step": 3}, first)
    assert unpacked(again)["step"] == 3 and len(contents(folder)) == 2


def test_the_files_of_a_run_go_with_it_and_those_of_others_stay(folder: Folder) -> None:
    for run in (3, 31):
        for path in files_of(folder.path, run):
            packed(LARGE, path)
    (folder.path / "run-3-0.new").write_bytes(b"half of it")
    folder.drop(3)
    assert contents(folder) == {"run-31-0", "run-31-1"}
    folder.drop(3)
    folder.remove()
    assert not folder.path.exists()


def test_two_servers_do_not_get_into_each_other_s_way(folder: Folder) -> None:
    other = Folder()
    assert other.path != folder.path
    other.remove()
    assert folder.path.is_dir()


LEAVES = """
import sys, time
from pathlib import Path
from nnlab.live.messages import checkpoint
checkpoint.IN_MEMORY = Path(sys.argv[1])
folder = checkpoint.Folder()
(folder.path / "run-1-0").write_bytes(b"x" * 1000)
print(folder.path, flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such folder in memory")
def test_what_a_killed_server_has_left_goes_with_the_next_and_a_living_one_s_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "IN_MEMORY", tmp_path)
    monkeypatch.setattr(checkpoint, "ROOM", 0)
    command = [sys.executable, "-c", LEAVES, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        theirs = Path(server.stdout.readline().strip())
        while_it_lives = Folder()
        assert theirs.is_dir()
        server.kill()
    next_one = Folder()
    assert not theirs.exists() and while_it_lives.path.is_dir()
    for one in (while_it_lives, next_one):
        one.remove()


def test_a_folder_that_is_not_roomy_enough_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "IN_MEMORY", tmp_path)
    monkeypatch.setattr(checkpoint, "ROOM", 2**62)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "elsewhere"))
    (tmp_path / "elsewhere").mkdir()
    folder = Folder()
    assert folder.path.parent == tmp_path / "elsewhere"
    folder.remove()


def test_nothing_but_a_checkpoint_is_in_a_message() -> None:
    body = pickle.dumps(SMALL, protocol=5)
    assert packed(SMALL, Path("/nowhere/run-1-0")) == b"I" + body


def test_where_there_is_no_room_left_nothing_is_written_and_the_one_before_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = {"weights": np.zeros(100_000)}
    before = packed(large, tmp_path / "run-1-0")
    usage = SimpleNamespace(free=checkpoint.LEAVE + 700_000)
    monkeypatch.setattr(checkpoint.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(OSError, match="must have 256 MB left"):
        packed(large, tmp_path / "run-1-1")
    assert [one.name for one in tmp_path.iterdir()] == ["run-1-0"]
    assert unpacked(before)["weights"].shape == (100_000,)
    usage.free += 200_000
    packed(large, tmp_path / "run-1-1")
