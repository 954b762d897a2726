"""What a message from a worker begins with: its kind, the run it is about, and the viewer it is for. No torch."""

from __future__ import annotations

import struct
from enum import IntEnum

HEAD = struct.Struct("<BII")  # kind, run, viewer (0 = all)


class Kind(IntEnum):
    """What a message from a worker holds."""

    FRAME = 0
    SCENE = 1
    CHECKPOINT = 2  # see `messages.checkpoint`
    TEXT = 3  # JSON for viewers
    SNAPSHOT = 4  # a pickled run that its person keeps
    # JSON for the hub: {"playing", "stopped"}, and what holds there: {"experiment", "version"}; or {"closed": a text, or a code with its values}
    STATE = 5
    ANSWER = 6  # a packed record for viewers
