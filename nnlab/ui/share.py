"""Below the live view: the link to this experiment, its data as a file, and the points put back as they were."""

from __future__ import annotations

import urllib.parse

import streamlit as st

from nnlab.ui import messages
from nnlab.ui.session import Session


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
        if not data.downloads:
            return
        st.download_button(
            f"Data as {data.downloads.upper()}",
            data.download,
            file_name=f"nnlab-{data.kind}.{data.downloads}",
            on_click="ignore",
            icon=":material/download:",
            help="Every example with its label, and whether it trains or tests the network.",
        )
        if not restorable or not data.edits:  # all there is was typed by hand, or nothing can be edited
            return
        edited = any(getattr(data, name) for name in data.edits)
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
    session.edit("data", (), changes={f"data.{name}": () for name in session.experiment.data.edits})
