"""The beat: counted up by one process, read by another, with the run that is being worked on."""

from __future__ import annotations

import os

import pytest

from nnlab.live.messages.beat import SIZE, Beat, mapped, shared_file


def test_it_counts_and_names_the_run() -> None:
    beat = Beat(bytearray(SIZE))
    assert beat.read() == (0, 0)
    beat.move(7)
    assert beat.read() == (1, 7)
    beat.move()
    assert beat.read() == (2, 0)


def test_a_number_of_a_run_that_is_as_large_as_can_be_fits() -> None:
    beat = Beat(bytearray(SIZE))
    beat.move(2**32 - 1)
    assert beat.read() == (1, 2**32 - 1)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork")
def test_what_another_process_counts_is_read_here_and_stays_when_it_is_no_more() -> None:
    with shared_file() as file:
        here = mapped(file.fileno())
        pid = os.fork()
        if pid == 0:
            there = mapped(file.fileno())
            for _ in range(1_000):
                there.move(5)
            os._exit(0)
    os.waitpid(pid, 0)
    assert here.read() == (1_000, 5), "the file is closed, its memory is still shared"
