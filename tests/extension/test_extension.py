"""Three families from a package beside nnlab, found by its entry point: they do everything that our own do."""

from __future__ import annotations

import asyncio
import math
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from benchmarks.serving import Server
from tests.extension.conftest import FAMILIES, OWN, PACKAGES, ROOT, Eye, environment

METRICS = {
    "small_cnn": ["train_loss", "test_loss", "train_accuracy", "test_accuracy", "train_top3", "test_top3"],
    "token_lstm": ["train_loss", "test_loss", "train_told", "test_told", "perplexity"],
    "two_players": ["off", "d_loss", "g_loss", "real", "fake"],
}
LEARNS = {
    "small_cnn": "train_loss",
    "token_lstm": "perplexity",
    "two_players": "",
}  # what falls; in a game nothing must

LOST_S = 3.0  # of training at most, where a worker ends

every = pytest.mark.parametrize("family", FAMILIES)


def example(family: str, **data: Any) -> dict[str, Any]:
    """The family's own small experiment, asked of a process that finds the package."""
    code = f"from nnlab.core.registries import FAMILIES; print(FAMILIES.load({family!r}).example())"
    found = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True)
    value: dict[str, Any] = eval(found.stdout)  # our own repr
    value["data"] |= data
    return value


@asynccontextmanager
async def looking(server: Server, family: str, **data: Any) -> AsyncIterator[Eye]:
    """An eye on a new run that watches the weights and what the family has to show."""
    token = server.open("ann", example(family, **data))
    async with server.look(token, "ann") as socket:
        eye = Eye(socket)
        await eye.send("watch", {"offers": ["weights", OWN[family]]})
        await eye.until(lambda f: eye.scene and "weights" in eye.arrays)
        yield eye


def test_no_line_of_the_house_knows_them() -> None:
    names = re.compile("|".join((*FAMILIES, "segments", "beat_phrases", *OWN.values(), "nnlab_extension")))
    files = [
        path
        for folder in ("nnlab", "assets", "pages")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".py", ".js", ".css")
    ]
    assert files
    assert [str(path) for path in files if names.search(path.read_text())] == []
    assert all(len(path.read_text().splitlines()) < 130 for path in PACKAGES.rglob("*.py")), "a family stays small"


@every
async def test_it_opens_trains_and_shows_its_own_metrics_and_pictures(server: Server, family: str) -> None:
    async with looking(server, family) as eye:
        assert [metric["name"] for metric in eye.scene["metrics"]] == METRICS[family]
        assert {"weights", OWN[family]} <= eye.scene["offers"].keys()
        await eye.until(lambda f: set(f["metrics"]) == set(METRICS[family]))
        before, shown = dict(eye.frame["metrics"]), np.array(eye.arrays[eye.scene["offers"][OWN[family]][-1]])
        await eye.send("play", True)
        falls = LEARNS[family]
        await eye.until(lambda f: f["step"] >= 150 and (not falls or f["metrics"][falls] != before[falls]))
        assert all(np.isfinite(value) for value in eye.frame["metrics"].values())
        assert not falls or eye.frame["metrics"][falls] < before[falls]
        assert not np.array_equal(eye.arrays[eye.scene["offers"][OWN[family]][-1]], shown), "its own picture goes on"
        assert eye.scene["offers"].keys().isdisjoint({"boundary", "race", "perceptron"}), (
            "what it cannot show is not offered"
        )


@every
async def test_it_steps_by_each_of_its_own_phases_and_ends_where_the_update_ends(server: Server, family: str) -> None:
    async with looking(server, family) as eye:
        await eye.send("step", {"unit": "batch", "n": 1})
        await eye.until(lambda f: f["step"] == 1)
        whole = eye.arrays["weights"].copy()
        await eye.send("step", {"unit": "batch", "n": -1})
        await eye.until(lambda f: f["step"] == 0)
        eye.phases.clear()
        phases = eye.scene["phases"]
        for name in phases:
            await eye.send("step", {"unit": "phase", "n": 1})
            await eye.until(lambda f, name=name: f["phase"] == name)
        assert eye.phases[-len(phases) :] == phases
        assert eye.frame["step"] == 1
        assert np.array_equal(eye.arrays["weights"], whole)


@every
async def test_a_scrub_is_exact(server: Server, family: str) -> None:
    async with looking(server, family) as eye:
        await eye.send("step", {"unit": "batch", "n": 60})
        await eye.until(lambda f: f["step"] == 60)
        there = eye.arrays["weights"].copy()
        await eye.send("step", {"unit": "batch", "n": 70})
        await eye.until(lambda f: f["step"] == 130)
        assert not np.array_equal(eye.arrays["weights"], there)
        await eye.send("seek", 60)
        await eye.until(lambda f: f["step"] == 60 and f.get("seeking") is None)
        assert np.array_equal(eye.arrays["weights"], there)


@pytest.mark.alone
@every
async def test_it_goes_on_after_its_worker_was_killed(server: Server, family: str) -> None:
    async with looking(server, family) as eye:
        await eye.send("play", True)
        await eye.until(lambda f: f["step"] >= 60)
        end = time.monotonic() + LOST_S
        await eye.until(lambda f: time.monotonic() > end)
        shape = eye.arrays["weights"].shape
        for pid in server.ask("/workers")[1]["pids"]:
            psutil.Process(pid).kill()
        killed_at = eye.frame["step"]
        await eye.until(lambda f: any("notice.restored" in text for text in eye.texts))
        eye.frame = {}
        resumed = await eye.until(lambda f: f["playing"])
        assert resumed["step"] > 0, "it does not begin again"
        assert eye.arrays["weights"].shape == shape
        await eye.until(lambda f: f["step"] > killed_at + 20)
    await asyncio.to_thread(server.wait, 2, math.inf)


async def test_many_pictures_open_and_train_and_only_workers_load_them(server: Server) -> None:
    async with looking(server, "small_cnn", samples=20_000) as eye:
        assert eye.scene["counts"] == {"train": 16_000, "test": 4_000}
        assert eye.scene["form"]["name"] == "pictures"
        await eye.send("play", True)
        await eye.until(lambda f: f["step"] >= 20 and f["sampled"])
        assert 0 < eye.frame["sampled"]["train"] < 16_000
        await eye.send("play", False)
        (
            await eye.until(lambda f: not f["playing"] and not f["sampled"]),
            "at rest the numbers are those of all pictures",
        )
    assert server.health()["torch"] is False
    loads = Path(environment_of(server)["LOADS"]).read_text().split()
    assert loads and str(server.process.pid) not in loads, "the server loads no picture"


def environment_of(server: Server) -> dict[str, str]:
    return psutil.Process(server.process.pid).environ()
