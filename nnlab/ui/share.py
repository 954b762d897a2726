"""Beside the story line: changes taken back, and the link to this experiment. Below the live view: its data as a file."""

from __future__ import annotations

import ipaddress
import socket
import urllib.parse
from contextlib import suppress

import segno
import streamlit as st

from nnlab.live.server.hub import LiveRun
from nnlab.ui import messages
from nnlab.ui.session import Session

CODE_PX = 110
PRESENT = "present"  # the parameter that assets/board/presenter.js reads
ONLY_HERE = (
    "Only this computer can open it. To share it on your network, start nnlab with: python3 start.py --host 0.0.0.0"
)
POINTS = "Restore points", "Puts moved and removed points back and deletes added ones."
DRAWINGS = "Remove drawings", "Takes all drawings out of the training set."
LONG = "The link is too long for a QR code."


def changes(session: Session, run: LiveRun | None) -> None:
    """Two buttons: the last change taken back, and made again. In the live view Ctrl+Z and Ctrl+Shift+Z do the same."""
    before, after = (None, None) if run is None else (run.past.before, run.past.after)
    for name, act, there, words in (
        ("undo", session.undo, before, "Undo the last change (Ctrl+Z)"),
        ("redo", session.redo, after, "Redo it (Ctrl+Shift+Z)"),
    ):
        st.button(
            name.title(),
            key=session.key(f"{name}-change"),
            icon=f":material/{name}:",
            help=words,
            disabled=there is None,
            on_click=messages.guarded(act),
        )


def share(session: Session) -> None:
    """The link to this experiment, to be copied or photographed."""
    sharing = st.popover("Share", icon=":material/link:", key=session.key("share"), on_change="rerun", help="Share")
    if not sharing.open:
        return
    _, shortened = session.link()
    with sharing:
        text, code = st.columns([3, 2])
        with text:
            st.markdown("This link opens the same experiment, from its first step, in any browser.")
            large = st.toggle("For a projector", key=session.key("present"), help="Large type and no settings (key P)")
            link, reach = address(session, **{PRESENT: "1"} if large else {})
            st.code(link, language=None, wrap_lines=True, height=CODE_PX)
        with code:
            _code(link)
        for words in filter(None, (reach, shortened)):
            messages.note(words)


def _code(link: str) -> None:
    """The link as a QR code, dark on white in both themes; a long one has no room in it."""
    try:
        code = segno.make(link, error="l", micro=False)
    except segno.DataOverflowError:
        st.caption(LONG)
        return
    st.image(code.svg_inline(scale=4, border=3, light="#fff"), width="stretch")


def address(session: Session, **more: str) -> tuple[str, str]:
    """The page's address with the experiment and `more` parameters, and a sentence where others cannot open it.

    The run is not in it: it belongs to this browser. Where the server listens to the network and the page was opened on
    the same computer, the address is the one that the network knows.
    """
    parts = urllib.parse.urlsplit(st.context.url or "")
    said = session.address() | more
    said.pop("run", None)
    netloc, reach = parts.netloc, ""
    if _here_only(parts.hostname or ""):
        network = lan_address() if _listens() else ""
        reach = "" if network else ONLY_HERE
        netloc = f"{network}:{parts.port}" if network and parts.port else network or netloc
    query = urllib.parse.urlencode(said)
    return urllib.parse.urlunsplit((parts.scheme, netloc, parts.path or "/", query, "")), reach


def _here_only(host: str) -> bool:
    """Whether only this computer can open a page of `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _listens() -> bool:
    """Whether the server listens to more than this computer."""
    return not _here_only(str(st.get_option("server.address") or "0.0.0.0"))


def lan_address() -> str:
    """This computer's address on its network, "" where it has none. Nothing is sent: UDP only chooses the way."""
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # an address kept for documentation (RFC 5737)
        found = str(probe.getsockname()[0])
        return "" if _here_only(found) else found
    return ""


def data(session: Session, *, restorable: bool = True) -> None:
    """One row: the data as a file, and `restorable` examples put back; no row where there is neither."""
    data = session.experiment.data
    edited = any(getattr(data, name) for name in data.edits)
    if not data.downloads and not edited:
        return
    with st.container(horizontal=True, gap="small", key=session.key("files")):
        if data.downloads:
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
        words, help = DRAWINGS if data.edits == ("drawn",) else POINTS
        st.button(
            words,
            on_click=messages.guarded(restore),
            args=(session,),
            disabled=not edited,
            icon=":material/undo:",
            help=help,
        )


def restore(session: Session) -> None:
    """Take back every edit of the examples."""
    session.edit("data", (), changes={f"data.{name}": () for name in session.experiment.data.edits})
