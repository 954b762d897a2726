"""What the tests of the live floor share: one real server for all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.real_app import free_port
from benchmarks.serving import Server, serving
from nnlab.live.messages import checkpoint

PAGE = Path(__file__).with_name("tiny_page.py")
LIMITS = '{"pause_after_s": 1.0, "free_after_s": 60.0, "runs": 24}'


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """`streamlit run` with a small page, one worker and short leases."""
    with serving(free_port(), NNLAB_SCRIPT=str(PAGE), NNLAB_LIMITS=LIMITS, NNLAB_WORKERS="1") as running:
        running.wait(alive=1)
        yield running


@pytest.fixture(scope="session", autouse=True)
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Hubs that no test stops leave nothing in the system's memory."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoint, "IN_MEMORY", tmp_path_factory.mktemp("checkpoints"))
        yield
