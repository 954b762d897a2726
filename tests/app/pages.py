"""Any page of the app by its address, and its presets, for tests without a browser."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from nnlab.core.experiment import Experiment
from nnlab.core.registries import TOPICS
from nnlab.ui.presets import Preset
from nnlab.ui.session import Session
from tests.waiting import PATIENCE_S

SHELL = Path(__file__).resolve().parents[2] / "nnlab" / "ui" / "shell.py"


def shown(page: str, **parameters: str) -> AppTest:
    """The page whose address is `page`, with the given parameters behind it."""
    app = AppTest.from_file(str(SHELL), default_timeout=PATIENCE_S)
    app._page_hash = calc_hash(page)  # switch_page would open the first page before
    for name, value in parameters.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception and not app.error
    return app


def session_of(app: AppTest, page: str) -> Session:
    """What the page remembers; the landscape is one of the playground's run."""
    found = app.session_state[f"session:{TOPICS.load(page).run_of or page}"]
    assert isinstance(found, Session)
    return found


def address_of(app: AppTest, page: str = "playground") -> dict[str, str]:
    """The parameters that the live view writes into the address of a page, which AppTest does not draw."""
    return session_of(app, page).address()


def presets(page: str) -> dict[str, Preset]:
    """All presets of a page, those of its parts too."""
    topic = TOPICS.load(page)
    return {name: one for part in (topic, *topic.parts) for name, one in part.presets.items()}


def preset(page: str, name: str) -> Experiment:
    """The experiment of a preset."""
    return presets(page)[name].experiment
