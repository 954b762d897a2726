"""An uploaded table as a dataset: the file, the columns that are used, and why a wrong file is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

import streamlit as st

from nnlab.core.errors import Refused
from nnlab.data.points.upload import keep
from nnlab.data.tables.read import MAX_BYTES, MAX_ROWS, Table, read_table
from nnlab.data.tables.rows import Columns, Labels, guess, read
from nnlab.ui import messages
from nnlab.ui.changes import with_part
from nnlab.ui.session import Session
from nnlab.ui.widgets import place_of, show_value

LABEL_NAMES: dict[str, str] = {"auto": "Automatic", "classes": "Classes", "numbers": "Numbers"}


@dataclass(frozen=True)
class File:
    """An uploaded file as long as this tab is open, so that other columns can be picked."""

    name: str
    table: Table


def uploader(session: Session) -> None:
    """The place to drop a file, and once there is one, the choice of its columns."""
    key = session.key("file")
    file: File | None = st.session_state.get(session.key("table"))
    opened = file is not None or "file" in session.refused  # what there is to choose or to read must not be folded away
    with st.expander("Upload a CSV file", key=session.key("file:open"), expanded=opened):
        st.file_uploader(
            "Table with two columns of numbers and one of labels",
            type=["csv", "tsv", "txt"],
            key=key,
            on_change=messages.guarded(_arrived),
            args=(session, key),
            max_upload_size=MAX_BYTES // 10**6,
            help=f"At most {MAX_BYTES // 10**6} MB and {MAX_ROWS:,} rows. A column named split (train, test) is used.",
        )
        if file is not None:
            _columns(session, file)
        if "file" in session.refused:
            messages.beside(session.refused["file"].text)


def _arrived(session: Session, key: str) -> None:
    """A file came (or was taken away): read it and use the columns that look right."""
    st.session_state.pop(session.key("table"), None)
    session.refused.pop("file", None)
    sent = st.session_state[key]
    if sent is None:
        return
    try:
        table = read_table(sent.getvalue())
        columns = guess(table)
    except Refused as refused:
        session.refuse("file", sent.name, refused)
        return
    st.session_state[session.key("table")] = File(sent.name, table)
    for name, column in columns._asdict().items():
        st.session_state[session.key(f"column:{name}")] = column
    st.session_state[session.key("column:labels")] = "auto"
    _use(session)


def _columns(session: Session, file: File) -> None:
    """Which column is what; a change is used at once."""
    names = {"x": "x axis", "y": "y axis", "label": "Label"}
    common: dict[str, Any] = {"on_change": messages.guarded(_use), "args": (session,), "persist_state": "session"}
    for name, label in names.items():
        _select(session, name, label, file.table.names, common)
    _select(session, "labels", "Labels are", get_args(Labels), common | {"format_func": LABEL_NAMES.__getitem__})


def _select(session: Session, name: str, label: str, options: Sequence[str], more: dict[str, Any]) -> None:
    key = session.key(f"column:{name}")
    at = place_of(options, st.session_state[key])  # a slow browser may name a column of the file before
    show_value(key, options[at])
    st.selectbox(label, options, at, key=key, **more)


def _use(session: Session) -> None:
    """Turn the picked columns into the experiment's data."""
    file: File = st.session_state[session.key("table")]
    picked = [st.session_state[session.key(f"column:{name}")] for name in Columns._fields]
    before = session.now().data
    shared = {name: getattr(before, name) for name in ("train_share", "seed") if hasattr(before, name)}
    try:
        rows = read(file.table, Columns(*picked), labels=st.session_state[session.key("column:labels")])
        data = keep(rows, name=file.name).model_dump(mode="json") | shared
        new, notes = with_part(session.experiment, "data", data)
        session.change(new, "data", "file")
    except Refused as refused:
        session.refuse("file", file.name, refused)
        return
    session.notes += notes
