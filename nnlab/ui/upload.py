"""A table of one's own as a dataset."""

from nnlab.ui.session import Session


def uploader(session: Session) -> None:
    """To come."""
