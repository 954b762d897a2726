"""The live view: one Streamlit component that opens the run's socket and draws its views in the browser."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import streamlit as st

from nnlab.plots.views import described
from nnlab.ui import messages
from nnlab.ui.session import Session

if TYPE_CHECKING:
    from nnlab.live.hub import LiveRun

# The inline script travels with every message and runs from a blob: it only loads the module that does the work.
LOADER = """
export default async function (component) {
  const board = await import(new URL("/assets/board.js", document.baseURI).href);
  return board.default(component);
}
"""

_board = st.components.v2.component("nnlab_board", html="<div></div>", js=LOADER)


def live_view(
    session: Session, run: LiveRun, views: Iterable[str], *, controls: bool = True, name: str = "board"
) -> None:
    """Draw `run` with these views; what is changed inside them comes back into the session and the address.

    Without `controls` there is no player and no diagnosis: a view brings its own. Boards of one page that differ in that
    need a `name` each.
    """
    _board(
        key=session.key(name),
        data={"socket": f"/live/ws/{run.token}", "views": described(views), "controls": controls},
        on_changed_change=messages.guarded(session.pull),
    )
