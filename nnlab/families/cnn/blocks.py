"""The kinds of blocks that a convolutional network is made of, and the arithmetic of their shapes. No torch here.

A convolution of `kernel` k with dilation d reaches over d (k - 1) + 1 places; of n places with p more on both sides together
it makes floor((n + p - reach) / stride) + 1 (Dumoulin and Visin 2016, arXiv:1603.07285, relationship 15). "same" pads with
p = reach - 1, the odd one at the end, as torch's padding="same" does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Any, ClassVar, Literal

from nnlab.core.fields import Spec, param
from nnlab.core.say import Said, say

Shape = tuple[int, ...]  # of one picture: (channels, height, width), or (units,) once it is flat
Activation = Literal["relu", "leaky_relu", "tanh", "sigmoid", "gelu", "linear"]
Padding = Literal["same", "0", "1", "2", "3"]

ACTIVATION_NAMES = (
    ("relu", "ReLU"),
    ("leaky_relu", "Leaky ReLU"),
    ("tanh", "Tanh"),
    ("sigmoid", "Sigmoid"),
    ("gelu", "GELU"),
    ("linear", "Linear"),
)


@dataclass(frozen=True)
class Window:
    """What one output place sees along an axis: `size` places, `dilation` apart; `before` and `after` are padded."""

    size: int
    stride: int = 1
    before: int = 0
    after: int = 0
    dilation: int = 1

    @property
    def reach(self) -> int:
        """Places from the first to the last."""
        return self.dilation * (self.size - 1) + 1

    def places(self, side: int) -> int:
        """How many output places there are along an axis of `side`; none or fewer where the window does not fit."""
        return (side + self.before + self.after - self.reach) // self.stride + 1

    def nearest(self, side: int) -> Window:
        """The nearest that fits an axis of `side`: this one, else one with its places closer together, else one with fewer of them."""
        room = side + self.before + self.after
        if self.reach <= room:
            return self
        closer = (room - 1) // (self.size - 1)
        return replace(self, dilation=closer) if closer else replace(self, size=(room - 1) // self.dilation + 1)

    def seen(self, place: int, side: int) -> set[int]:
        """The input places that an output place sees, without what is padded."""
        first = place * self.stride - self.before
        return {p for i in range(self.size) if 0 <= (p := first + self.dilation * i) < side}


@dataclass(frozen=True)
class Misfit:
    """Why a block is impossible where it stands: the field to blame, a sentence, and the nearest values that are possible.

    `nearest` is None where the block is possible with no values at all.
    """

    field: str
    message: Said
    nearest: Mapping[str, Any] | None


class BlockSpec(Spec):
    """One block. `kind` names it in the registry; `width` names its field for channels or units, "" where it has none."""

    kind: str
    width: ClassVar[str] = ""
    takes_flat: ClassVar[bool] = False  # whether it can stand behind a dense block

    def misfit(self, given: Shape) -> Misfit | None:
        """Why it cannot take pictures of this shape; None where it can."""
        return None

    def shape(self, given: Shape) -> Shape:
        """What it makes of such a picture."""
        return given

    def parameters(self, given: Shape) -> int:
        """How many numbers it learns."""
        return 0

    def work(self, given: Shape) -> int:
        """Multiplications for one picture."""
        return 0

    @property
    def windows(self) -> tuple[Window, ...] | None:
        """What a place of its output sees of its input, in order; None where it sees everything."""
        return ()


def _sides(given: Shape, windows: tuple[Window, ...]) -> tuple[int, ...]:
    """Height and width after windows."""
    sides = given[1:]
    for window in windows:
        sides = tuple(map(window.places, sides))
    return sides


def _activation(default: str) -> Any:
    return param(
        default,
        label="Activation",
        live=True,
        choices=ACTIVATION_NAMES,
        help="The function that is applied to each number of the result.",
    )


def _channels(default: int) -> Any:
    return param(
        default, ge=1, le=64, label="Channels", help="How many maps the block makes, each with its own filter."
    )


class Conv(BlockSpec):
    """A convolution: each channel looks for one pattern everywhere in the picture."""

    title: ClassVar[str] = "Convolution"
    kind: Literal["conv"]
    width: ClassVar[str] = "channels"
    channels: int = _channels(8)
    kernel: int = param(3, ge=1, le=7, label="Kernel", unit="pixels", help="Height and width of each filter.")
    stride: int = param(
        1, ge=1, le=3, label="Stride", unit="pixels", help="How far the filter moves from place to place."
    )
    padding: Padding = param(
        "same",
        label="Padding",
        choices=(("same", "Same"), ("0", "0"), ("1", "1"), ("2", "2"), ("3", "3")),
        help="Zeros around the picture, on each side. With Same and a stride of 1, the maps are as large as the picture.",
    )
    dilation: int = param(1, ge=1, le=3, label="Dilation", help="Steps between the pixels that the filter looks at.")
    activation: Activation = _activation("relu")

    @property
    def reach(self) -> int:
        """Places that the filter spans."""
        return self.dilation * (self.kernel - 1) + 1

    @property
    def padded(self) -> tuple[int, int]:
        """Zeros in front of and behind each axis."""
        if self.padding != "same":
            return int(self.padding), int(self.padding)
        return (self.reach - 1) // 2, self.reach // 2

    @property
    def windows(self) -> tuple[Window, ...]:
        """One filter."""
        return (Window(self.kernel, self.stride, *self.padded, self.dilation),)

    def misfit(self, given: Shape) -> Misfit | None:
        """The filter must not reach beyond the padded picture."""
        height, width = given[1:]
        window = self.windows[0]
        nearest = window.nearest(min(height, width))
        if nearest == window:
            return None
        where = {"height": height, "width": width}
        closer, smaller = nearest.dilation, nearest.size
        if closer < self.dilation:
            reason = say(
                "The dilation must be at most {most} for a kernel of {kernel} here, where the picture is {height} × {width}; "
                "got {got}.",
                most=closer, kernel=self.kernel, got=self.dilation, **where,
            )  # fmt: skip
            return Misfit("dilation", reason, {"dilation": closer})
        reason = say(
            "The kernel must be at most {most} here, where the picture is {height} × {width}; got {got}.",
            most=smaller, got=self.kernel, **where,
        )  # fmt: skip
        return Misfit("kernel", reason, {"kernel": smaller})

    def shape(self, given: Shape) -> Shape:
        """(channels, height, width)."""
        return self.channels, *_sides(given, self.windows)

    def parameters(self, given: Shape) -> int:
        """A filter over all channels of the input, and a bias, for each channel."""
        return self.channels * (given[0] * self.kernel**2 + 1)

    def work(self, given: Shape) -> int:
        """Each filter at each place."""
        return prod(self.shape(given)) * given[0] * self.kernel**2


class Pool(BlockSpec):
    """Pooling: each square of the picture becomes one number, its largest or its mean."""

    title: ClassVar[str] = "Pooling"
    kind: Literal["pool"]
    mode: Literal["max", "average"] = param(
        "max",
        label="Pool",
        live=True,
        choices=(("max", "Maximum"), ("average", "Average")),
        help="What is kept of each square.",
    )
    size: int = param(2, ge=2, le=4, label="Size", unit="pixels", help="Height and width of the squares.")
    stride: int = param(2, ge=1, le=4, label="Stride", unit="pixels", help="How far one square is from the next.")

    @property
    def windows(self) -> tuple[Window, ...]:
        """One square."""
        return (Window(self.size, self.stride),)

    def misfit(self, given: Shape) -> Misfit | None:
        """A square must fit into the picture."""
        height, width = given[1:]
        most = min(height, width)
        if self.size <= most:
            return None
        if most < 2:
            reason = say(
                "Nothing is left to pool: the picture is {height} × {width} here, and the smallest square is 2 × 2. "
                "Take this block out.",
                height=height,
                width=width,
            )
            return Misfit("kind", reason, None)
        reason = say(
            "The size must be at most {most} here, where the picture is {height} × {width}; got {got}.",
            most=most, height=height, width=width, got=self.size,
        )  # fmt: skip
        return Misfit("size", reason, {"size": most})

    def shape(self, given: Shape) -> Shape:
        """As many channels, fewer places."""
        return given[0], *_sides(given, self.windows)


class BatchNorm(BlockSpec):
    """Batch norm: each channel is shifted and scaled to mean 0 and deviation 1 over the batch (Ioffe and Szegedy 2015)."""

    title: ClassVar[str] = "Batch norm"
    kind: Literal["batch_norm"]
    takes_flat: ClassVar[bool] = True
    activation: Activation = _activation("linear")

    def parameters(self, given: Shape) -> int:
        """A gain and a shift for each channel."""
        return 2 * given[0]


class Dropout(BlockSpec):
    """Dropout: in each update, some numbers are set to zero at random (Srivastava et al. 2014)."""

    kind: Literal["dropout"]
    takes_flat: ClassVar[bool] = True
    rate: float = param(
        0.25, ge=0, le=0.9, step=0.05, label="Rate", live=True, help="Share of the numbers that is set to zero."
    )


class Residual(BlockSpec):
    """A residual block: two 3 × 3 convolutions, to whose result the block's input is added (He et al. 2015)."""

    title: ClassVar[str] = "Residual block"
    kind: Literal["residual"]
    width: ClassVar[str] = "channels"
    channels: int = _channels(16)
    stride: int = param(
        1, ge=1, le=2, label="Stride", unit="pixels", help="With 2, the maps are half as high and wide."
    )
    norm: bool = param(True, label="Batch norm", help="Normalises the result of each convolution over the batch.")
    activation: Activation = _activation("relu")

    @property
    def windows(self) -> tuple[Window, ...]:
        """Two filters, one after the other."""
        return Window(3, self.stride, 1, 1), Window(3, 1, 1, 1)

    def shape(self, given: Shape) -> Shape:
        """(channels, height, width)."""
        return self.channels, *_sides(given, self.windows)

    def projected(self, given: Shape) -> bool:
        """Whether the input needs a 1 × 1 convolution before it can be added."""
        return self.stride > 1 or given[0] != self.channels

    def _weights(self, given: Shape) -> int:
        return self.channels * (9 * given[0] + 9 * self.channels + self.projected(given) * given[0])

    def parameters(self, given: Shape) -> int:
        """The filters, and for each convolution a bias a channel, or a gain and a shift."""
        return self._weights(given) + (2 + self.projected(given)) * self.channels * (2 if self.norm else 1)

    def work(self, given: Shape) -> int:
        """Each filter at each place."""
        return self._weights(given) * prod(self.shape(given)[1:])


class GlobalPool(BlockSpec):
    """Global pooling: each map becomes one number, its mean (Lin et al. 2013)."""

    title: ClassVar[str] = "Global pooling"
    kind: Literal["global_pool"]

    @property
    def windows(self) -> None:
        """It sees everything."""
        return None

    def shape(self, given: Shape) -> Shape:
        """Maps of one place."""
        return given[0], 1, 1


class Dense(BlockSpec):
    """A fully connected layer: each unit sees all numbers of the block before."""

    title: ClassVar[str] = "Fully connected"
    kind: Literal["dense"]
    width: ClassVar[str] = "units"
    takes_flat: ClassVar[bool] = True
    units: int = param(64, ge=1, le=512, label="Units", help="How many weighted sums the layer takes.")
    activation: Activation = _activation("relu")

    @property
    def windows(self) -> None:
        """It sees everything."""
        return None

    def shape(self, given: Shape) -> Shape:
        """(units,)."""
        return (self.units,)

    def parameters(self, given: Shape) -> int:
        """A weight for each number of the input, and a bias, for each unit."""
        return self.units * (prod(given) + 1)

    def work(self, given: Shape) -> int:
        """Each weight once."""
        return self.units * prod(given)
