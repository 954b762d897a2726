"""What the inputs of a dataset are, and what is asked about them: small frozen records that all floors share.

A form says what one input is and how its numbers are arranged; a model's `forms` refer to it by `name`. A dataset's specification gives
its form without loading anything, so that the server can check shapes and draw controls.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

from nnlab.core.say import Said, say

# What is asked about an input: a class, a number, an answer for each place of a sequence, the input itself, or nothing.
Target = Literal["class", "number", "sequence", "itself", "none"]
TARGETS: tuple[Target, ...] = get_args(Target)
TARGET_NAMES: dict[Target, Said] = {
    "class": say("classes"),
    "number": say("numbers"),
    "sequence": say("sequences"),
    "itself": say("the input itself"),
    "none": say("nothing"),
}


@dataclass(frozen=True)
class Scale:
    """From what a model computes with back to the units of the file it came from: real = offset + factor * value."""

    offset: float = 0.0
    factor: float = 1.0

    def real(self, value: Any) -> Any:
        """`value` (a number or an array) in real units."""
        return self.offset + self.factor * value


AS_IS = Scale()


@dataclass(frozen=True)
class Points:
    """Points of the square [-limit, limit] x [-limit, limit]: inputs (n, 2) float32."""

    name: ClassVar[str] = "points"
    limit: float = 6.0
    axis_names: tuple[str, str] = ("x", "y")
    axis_scales: tuple[Scale, Scale] = (AS_IS, AS_IS)

    @property
    def size(self) -> int:
        """Numbers of one input."""
        return 2


@dataclass(frozen=True)
class Table:
    """Rows of named numbers: inputs (n, columns) float32."""

    name: ClassVar[str] = "table"
    columns: tuple[str, ...]
    scales: tuple[Scale, ...] = ()

    @property
    def size(self) -> int:
        """Numbers of one input."""
        return len(self.columns)


@dataclass(frozen=True)
class Pictures:
    """Pictures: inputs (n, channels, height, width), uint8 0…255 or float32 0…1."""

    name: ClassVar[str] = "pictures"
    height: int
    width: int
    channels: int = 1

    @property
    def size(self) -> int:
        """Numbers of one input."""
        return self.height * self.width * self.channels


@dataclass(frozen=True)
class Series:
    """Windows of a series of numbers: inputs (n, length, columns) float32."""

    name: ClassVar[str] = "series"
    columns: tuple[str, ...]
    length: int
    scales: tuple[Scale, ...] = ()

    @property
    def size(self) -> int:
        """Numbers of one input."""
        return self.length * len(self.columns)


@dataclass(frozen=True)
class Tokens:
    """Sequences of tokens, such as characters: inputs (n, length) int64, indices into `vocabulary`."""

    name: ClassVar[str] = "tokens"
    vocabulary: tuple[str, ...]
    length: int

    @property
    def size(self) -> int:
        """Numbers of one input."""
        return self.length


@dataclass(frozen=True)
class Ratings:
    """Who rated what: inputs (n, 2) int64, a user and an item."""

    name: ClassVar[str] = "ratings"
    users: int
    items: int

    @property
    def size(self) -> int:
        """Numbers of one input."""
        return 2


@dataclass(frozen=True)
class Surface:
    """A loss surface over two parameters: no examples, one row of inputs (1, 2) stands for it."""

    name: ClassVar[str] = "surface"
    limit: float = 4.0

    @property
    def size(self) -> int:
        """Numbers of one input."""
        return 2


Form = Points | Table | Pictures | Series | Tokens | Ratings | Surface


@dataclass(frozen=True)
class Answer:
    """What a target is: its kind, how many classes there are (1 where it is no class), and names for the screen."""

    kind: Target = "class"
    classes: int = 2
    class_names: tuple[str, ...] = ()
    name: str = "label"
    scale: Scale = AS_IS

    @property
    def outputs(self) -> int:
        """Output units that answer it: one for two classes or a number, else one a class."""
        return self.classes if self.classes > 2 else 1
