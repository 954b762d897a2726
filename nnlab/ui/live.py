"""The live view: one Streamlit component that opens the run's socket and draws its views in the browser."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import streamlit as st

from nnlab.live.server.app import below
from nnlab.live.server.assets import address
from nnlab.ui import echo, messages
from nnlab.ui.session import Session
from nnlab.views.view import described

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from nnlab.live.server.hub import LiveRun

# The inline script travels with every message and runs from a blob: it only loads the module that does the work.
LOADER = """
export default async function (component) {
  const load = (name) => import(new URL("{assets}" + name, document.baseURI).href);
  for (const view of component.data.views) if (view.place !== "tab") load(view.module).catch(() => null); // its panel says why
  const board = await load("board/component.js");
  return board.default(component);
}
""".replace("{assets}", below(address("")))

PICTURE_S = 1.5  # what a page that is opened waits for its picture, at most: a slow machine takes one
_board = st.components.v2.component("nnlab_board", html="<div></div>", js=LOADER)


def live_view(
    session: Session,
    run: LiveRun,
    views: Iterable[str],
    *,
    lead: str = "",
    controls: bool = True,
    name: str = "board",
    about: Mapping[str, str] | None = None,
) -> None:
    """Draw `run` with these views, `lead` as the large one; what is changed inside them comes back into the session and the address.

    Without `controls` there is no player and no diagnosis: a view brings its own. Boards of one page that differ in that
    need a `name` each. `about`: the title and the sentence that a first visit begins with.
    """
    key, look = session.key(name), session.seen or session.look
    _board(
        key=key,
        data={
            "socket": below(f"/live/ws/{run.token}"),
            "views": described(views, lead),
            "controls": controls,
            "look": {"view": look.view, "options": look.options, "nth": session.starts},
            "address": session.address(),
            "about": about,
        },
        on_changed_change=messages.guarded(functools.partial(_changed, session)),
        on_look_change=messages.guarded(functools.partial(_looked, session, key)),
    )
    if not session.opened:
        session.opened = True
        run.pictured(PICTURE_S)


def _changed(session: Session) -> None:
    echo.choose()
    session.pull()


def _looked(session: Session, key: str) -> None:
    echo.choose()
    session.looked(st.session_state[key].look)


def places(key: str, *, sidebar: bool = True) -> tuple[DeltaGenerator, DeltaGenerator]:
    """Room above the live view and in the sidebar, to be filled after it, so that the picture is there before them.

    `key` names the room above; it ends in "-above", or "-above-parts" where it holds one list more (see `style`).

    When a page is opened, `live_view` waits until the browser has drawn: it needs a third of the time for one element alone
    that it needs for all the widgets together. The room is held open meanwhile (see `style`); nothing moves.
    """
    with st.container(key=key):
        (above,) = st.columns(1)  # unlike a container, a column is there before it holds anything
    if not sidebar:
        return above, above
    with st.sidebar:
        (beside,) = st.columns(1)
    return above, beside
