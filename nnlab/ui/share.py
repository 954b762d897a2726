"""Below the live view: the link to this experiment, its data as a file, and the points put back as they were."""

from __future__ import annotations

import urllib.parse

import streamlit as st

from nnlab.data.points.download import to_csv
from nnlab.ui import messages
from nnlab.ui.session import EDITS, Session


def share(session: Session, *, restorable: bool = True) -> None:
    """One row: share, download, and `restorable` points put back."""
    with st.container(horizontal=True, gap="small"):
        sharing = st.popover("Share", icon=":material/link:", key=session.key("share"), on_change="rerun")
        if sharing.open:
            with sharing:
                st.markdown("This link opens the same experiment, from its first step, in any browser.")
                st.code(address(session), language=None, wrap_lines=True)
                _, shortened = session.link()
                if shortened:
                    messages.note(shortened)
        data = session.experiment.data
        if data.task == "descent":  # there are no points
            return
        st.download_button(
            "Data as CSV",
            lambda: to_csv(data.load()),
            file_name=f"nnlab-{data.kind}.csv",
            mime="text/csv",
            on_click="ignore",
            icon=":material/download:",
            help="Every point with its label, and whether it trains or tests the network.",
        )
        if not restorable:  # all there is was typed by hand
            return
        edited = any(getattr(data, name, ()) for name in EDITS)
        st.button(
            "Restore points",
            on_click=messages.guarded(restore),
            args=(session,),
            disabled=not edited,
            icon=":material/undo:",
            help="Puts moved and removed points back and takes added ones away.",
        )


def address(session: Session) -> str:
    """The page's own address with the experiment and without the run, which belongs to this browser."""
    parts = urllib.parse.urlsplit(st.context.url or "")
    return urllib.parse.urlunsplit(
        parts._replace(path=parts.path or "/", query=urllib.parse.urlencode({"s": session.link()[0]}), fragment="")
    )


def restore(session: Session) -> None:
    """Take back every edit of the points."""
    names = [name for name in EDITS if hasattr(session.experiment.data, name)]
    session.edit("data", (), changes={f"data.{name}": () for name in names})
