"""Views in a real Chromium, fed by hand; every test also fails on an error in the console and on a command that no server takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.browser.stage import Stage
from tests.browser.views.bench import Bench
from tests.browser.views.net import Net


@pytest.fixture
def bench(stage: Stage) -> Iterator[Bench]:
    """The page, ready for `open`."""
    made = Bench(stage.begin(width=1000, height=900))
    yield made
    if stage.get("window.sent"):
        made.sent("")
    assert stage.end() == []


@pytest.fixture
def net() -> Net:
    return Net([4, 2])


@pytest.fixture
def make_net() -> Callable[..., Net]:
    return Net


@pytest.fixture
def shown(bench: Bench, net: Net) -> Bench:
    """The network diagram with its first frame."""
    bench.open("network")
    bench.scene(net)
    bench.frame(net)
    return bench
