"""The pages without workers: a hub that remembers what was asked of it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from nnlab.core.errors import Busy, Refused
from nnlab.core.experiment import Experiment
from nnlab.live.server import hub
from nnlab.live.server.past import Past
from nnlab.ui.session import Session
from nnlab.ui.topic import page_file
from nnlab.ui.topics.playground import PRESETS
from tests.app import toys
from tests.app.pages import SHELL, session_of
from tests.waiting import PATIENCE_S

DEFAULT = next(iter(PRESETS))


@dataclass
class FakeRun:
    """A run that only keeps its experiment and a list of the commands it was given."""

    token: str
    owner: str
    experiment: Experiment
    commands: list[tuple[str, Any]] = field(default_factory=list)
    views: dict[str, dict[str, Any]] = field(default_factory=dict)  # what was chosen of each analysis

    def __post_init__(self) -> None:
        self.past = Past(self.experiment)

    def change(self, experiment: Experiment) -> None:
        self.experiment = experiment
        self.past.take(experiment, float(len(self.commands)))
        self.commands.append(("change", experiment))

    def undo(self) -> None:
        if self.past.before is not None:
            self.experiment = self.past.before
            self.past.back()

    def redo(self) -> None:
        if self.past.after is not None:
            self.experiment = self.past.after
            self.past.forth()

    def seen(self, patience_s: float) -> bool:
        return False

    def pictured(self, patience_s: float) -> bool:
        return False

    def play(self, on: bool) -> None:
        self.commands.append(("play", on))

    def pace(self, speed: float) -> None:
        self.commands.append(("pace", speed))

    def reset(self) -> None:
        self.commands.append(("reset", None))

    def close(self) -> None:
        self.commands.append(("close", None))

    def looked(self, name: str) -> dict[str, Any]:
        return self.views.get(name, {})


class FakeHub:
    """Opens runs until `room` is used up."""

    def __init__(self) -> None:
        self.room = 100
        self.gone = False  # whether the server has forgotten every uploaded file
        self.runs: dict[str, FakeRun] = {}
        self._names = (f"token-{i:04d}" for i in itertools.count())

    def open(self, experiment: Experiment, owner: str) -> FakeRun:
        if len(self.runs) >= self.room:
            raise Busy("No room. You are number 3 in the queue.", place=3)
        if self.gone and experiment.data.kind == "upload":
            raise Refused.because(
                "This link needs an uploaded file that this server does not have; upload the file again."
            )
        run = FakeRun(next(self._names), owner, experiment)
        self.runs[run.token] = run
        return run

    def find(self, token: str, owner: str) -> FakeRun | None:
        run = self.runs.get(token)
        return run if run is not None and run.owner == owner else None


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """A fresh hub in place of the process's own, and one browser (AppTest has another mock for a cookie each run)."""
    monkeypatch.setattr("nnlab.ui.session.owner", lambda: "this browser")
    before = hub.use(fake := FakeHub())
    yield fake
    hub.use(before)


@pytest.fixture
def opened(fake: FakeHub) -> Callable[..., AppTest]:
    """Opens the playground with the given parameters in its address."""

    def open_page(**parameters: str) -> AppTest:
        app = AppTest.from_file(str(SHELL), default_timeout=PATIENCE_S)
        for name, value in parameters.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception and not app.error
        return app

    return open_page


def session(app: AppTest) -> Session:
    """What the page remembers."""
    return session_of(app, "playground")


def preset(name: str) -> Experiment:
    """An experiment to start from."""
    return PRESETS[name].experiment


def group(app: AppTest, name: str) -> AppTest:
    """Open one of the groups Data, Model, Training."""
    app.session_state["playground:group"] = name
    app.run()
    assert not app.exception
    return app


@pytest.fixture
def toy(fake: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """The toys are registered and have a page."""
    (tmp_path / "toy.py").write_text('from nnlab.ui.topic import show\n\nshow("toy")\n')
    before = page_file
    monkeypatch.setattr(
        "nnlab.ui.topic.page_file", lambda topic: str(tmp_path / "toy.py") if topic.name == "toy" else before(topic)
    )
    toys.register()
    yield fake
    toys.forget()
