"""What the page says of a set of pictures, and the place to drop one's own."""

from __future__ import annotations

import streamlit as st

from nnlab.core.errors import Refused
from nnlab.core.say import translated
from nnlab.data.pictures.card import Card
from nnlab.data.pictures.own import keep
from nnlab.data.pictures.reading import MAX_BYTES, SUFFIXES, read_pictures
from nnlab.ui import messages
from nnlab.ui.changes import with_part
from nnlab.ui.session import Session


def card(session: Session, told: Card) -> None:
    """What a set shows, how hard it is, and whose it is."""
    with st.expander("About these pictures", key=session.key("card:open")):
        st.markdown(messages.escaped(translated(told.shows)))
        if told.figures is not None:
            rows = (
                ("Chance", told.figures.chance),
                ("Linear model", told.figures.linear),
                ("Small CNN", told.figures.cnn),
            )
            st.markdown("Test accuracy: " + ", ".join(f"{name} **{100 * share:.0f} %**" for name, share in rows) + ".")
        st.caption(messages.escaped(f"{translated(told.source)} Licence: {told.licence}."))


def uploader(session: Session) -> None:
    """The place to drop pictures, or a zip of folders."""
    key = session.key("pictures")
    with st.expander("Upload pictures", key=session.key("pictures:open"), expanded="pictures" in session.refused):
        st.file_uploader(
            "A class for each folder of a zip, or for each name: cat-1.png, dog-1.png",
            type=[*(suffix.removeprefix(".") for suffix in SUFFIXES), "zip"],
            accept_multiple_files=True,
            key=key,
            on_change=messages.guarded(_arrived),
            args=(session, key),
            max_upload_size=MAX_BYTES // 10**6,
            help=f"PNG, JPEG or WebP, at most {MAX_BYTES // 10**6} MB together, two pictures of each class at least.",
        )
        if "pictures" in session.refused:
            messages.beside(session.refused["pictures"].text)


def _arrived(session: Session, key: str) -> None:
    """Files came (or were taken away): read them and use them."""
    session.refused.pop("pictures", None)
    sent = st.session_state[key]
    if not sent:
        return
    names = ", ".join(file.name for file in sent)
    try:
        album = read_pictures([(file.name, file.getvalue()) for file in sent])
        before = session.now().data
        shared = {name: getattr(before, name) for name in ("train_share", "seed") if hasattr(before, name)}
        data = keep(album, name=names).model_dump(mode="json") | shared
        new, notes = with_part(session.experiment, "data", data)
        session.change(new, "data", "pictures")
    except Refused as refused:
        session.refuse("pictures", names, refused)
        return
    session.notes += [*notes, *(translated(note) for note in album.notes)]
