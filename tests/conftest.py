"""Shared by all tests: one torch thread, the order of the files, hypothesis without a clock (a shared machine is no stopwatch)."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before the first test imports torch
os.environ["NNLAB_CACHE"] = ""  # what one test has learned is no other's

# The gate tries the same examples each time, so that red means a change broke something; everywhere else they are new ones.
same = os.environ.get("CI") == "true"
settings.register_profile(
    "nnlab",
    deadline=None,
    derandomize=same,
    max_examples=40 if same else 100,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("nnlab")

# Where files are shared out among processes, the folders whose files take longest come first: nobody begins a long one when the
# others are done. Those of the browser stand together, so that a process keeps its Chromium and its app from one to the next.
FIRST = ("browser", "extension", "app", "live", "contracts", "families")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In a worker of pytest-xdist, bring the tests into the order of `FIRST`."""
    if hasattr(config, "workerinput"):
        place = {name: i for i, name in enumerate(FIRST)}
        items.sort(key=lambda item: place.get(item.path.relative_to(config.rootpath).parts[1], len(FIRST)))
