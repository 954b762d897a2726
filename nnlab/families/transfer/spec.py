"""What can be chosen about transfer learning. No torch here: the server draws the controls from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from nnlab.core.errors import Problem
from nnlab.core.fields import param
from nnlab.core.metrics import Metric
from nnlab.core.parts import DataSpec
from nnlab.core.registries import DATASETS
from nnlab.core.say import say
from nnlab.core.training import Training
from nnlab.families.cnn.shapes import MOST_BLOCKS, MOST_PARAMETERS, MOST_WORK
from nnlab.families.cnn.spec import Convolutional

Source = Literal["capitals", "small", "greek", "style", "digits", "strokes", "mnist", "icons"]
SOURCES: Mapping[Source, Mapping[str, Any]] = {
    "capitals": {"kind": "glyphs", "what": "capitals", "strokes": 0},
    "small": {"kind": "glyphs", "what": "small", "strokes": 0},
    "greek": {"kind": "glyphs", "what": "greek", "strokes": 0},
    "style": {"kind": "glyphs", "what": "style", "strokes": 0},
    "digits": {"kind": "glyphs", "what": "digits", "strokes": 0},
    "strokes": {"kind": "strokes"},
    "mnist": {"kind": "mnist"},
    "icons": {"kind": "icons"},
}
NAMES: tuple[tuple[Source, str], ...] = (
    ("capitals", "Capital letters of fonts"),
    ("small", "Small letters of fonts"),
    ("greek", "Greek letters of fonts"),
    ("style", "Style of the font"),
    ("digits", "Digits of fonts"),
    ("strokes", "Drawn digits"),
    ("mnist", "Handwritten digits"),
    ("icons", "Icons"),
)
# The networks that learn the target side by side, on the same batches: what each is called on the screen.
COURSES: Mapping[str, str] = {
    "scratch": "From scratch",
    "tuned": "Fine-tuned",
    "frozen": "Frozen",
    "random": "Frozen random",
}
Expected = tuple[int, int, tuple[tuple[str, float, float], ...]]
# By source, kind of the target and what is asked of it: pictures a class, updates, and the accuracy of each with its standard
# deviation over five seeds, with the blocks and rates of the page's presets (benchmarks/transfer.py).
EXPECTED: Mapping[tuple[str, str, str], Expected] = {
    ("capitals", "glyphs", "digits"): (
        5, 80, (("scratch", 0.482, 0.041), ("tuned", 0.687, 0.030), ("frozen", 0.714, 0.026), ("random", 0.378, 0.074)),
    ),
    ("capitals", "glyphs", "greek"): (
        5, 80, (("scratch", 0.392, 0.031), ("tuned", 0.601, 0.027), ("frozen", 0.594, 0.039), ("random", 0.280, 0.036)),
    ),
    ("capitals", "strokes", ""): (
        10, 40, (("scratch", 0.980, 0.016), ("tuned", 0.960, 0.009), ("frozen", 0.899, 0.030), ("random", 0.892, 0.059)),
    ),
}  # fmt: skip
SOURCE_RATE, SOURCE_BATCH = 0.003, 64  # Adam on the source


class Transfer(Convolutional):
    """One network learns a source; then four copies of its design learn a target from few pictures, on the same batches.

    From scratch: new weights. Fine-tuned: the kept blocks begin with the source's weights and go on learning. Frozen: they begin
    so and stay. Frozen random: they begin with random weights and stay, the control. The blocks behind the kept ones and the output are
    new in all four, with the same initial weights (Yosinski et al. 2014).
    """

    title: ClassVar[str] = "Transfer learning"
    told_by: ClassVar[tuple[str, ...]] = ("source", "blocks")
    control_order: ClassVar[tuple[str, ...]] = (
        "source", "source_samples", "source_updates", "kept", "conv_rate", "dense_rate", "head_rate", "blocks", "init", "init_scale", "augment",
    )  # fmt: skip
    family: Literal["transfer"]

    source: Source = param(
        "capitals", label="Source", choices=NAMES, help="What the network learns before it sees the target."
    )
    source_samples: int = param(
        5_000, ge=100, le=10_000, label="Pictures of the source", help="How many there are; four of five train."
    )
    source_updates: int = param(
        800,
        ge=0,
        le=5_000,
        label="Updates on the source",
        help="With Adam, batches of 64 pictures and a learning rate of 0.003.",
    )
    kept: int = param(
        MOST_BLOCKS,
        ge=0,
        le=MOST_BLOCKS,
        label="Blocks kept",
        help="So many of the first blocks begin with what the source has taught them; at most all there are. The rest is new.",
    )
    conv_rate: float = param(
        1.0,
        ge=0,
        le=10,
        step=0.1,
        label="Rate of kept maps",
        live=True,
        help="Fine-tuned only: the learning rate of kept convolutions and norms, as a multiple of the run's.",
    )
    dense_rate: float = param(
        1.0,
        ge=0,
        le=10,
        step=0.1,
        label="Rate of kept layers",
        live=True,
        help="Fine-tuned only: the learning rate of kept fully connected blocks, as a multiple of the run's.",
    )
    head_rate: float = param(
        1.0,
        ge=0.1,
        le=20,
        step=0.1,
        label="Rate of the output",
        live=True,
        help="In all four networks: the learning rate of the output layer, as a multiple of the run's.",
    )

    @property
    def source_data(self) -> DataSpec:
        """The pictures of the source."""
        chosen = dict(SOURCES[self.source])
        most = DATASETS.load(chosen["kind"]).model_fields["samples"].metadata
        limit = min([self.source_samples, *(m.le for m in most if hasattr(m, "le"))])
        spec: DataSpec = DATASETS.load(chosen["kind"]).model_validate({**chosen, "samples": limit})
        return spec

    @property
    def blocks_kept(self) -> int:
        """How many blocks begin with the source's weights."""
        return min(self.kept, len(self.blocks))

    def expected(self, data: DataSpec) -> dict[str, Any] | None:
        """What was measured of this pair of tasks before; None where nothing was."""
        found = EXPECTED.get((self.source, data.kind, str(getattr(data, "what", ""))))
        if found is None or getattr(data, "per_class", 0) != found[0]:
            return None
        return {"per_class": found[0], "updates": found[1], "courses": [list(one) for one in found[2]]}

    def metrics(self, data: DataSpec) -> tuple[Metric, ...]:
        """Loss and accuracy of each of the four, on the pictures that train and test."""
        return (
            *(Metric(f"accuracy_{c}", name, "test", "test accuracy", "higher", "%", f"accuracy_{c}") for c, name in COURSES.items()),
            *(Metric(f"loss_{c}", name, "train", "training loss", "lower", "", f"loss_{c}") for c, name in COURSES.items()),
        )  # fmt: skip

    def check(self, data: DataSpec, training: Training) -> list[Problem]:
        """What `Convolutional` refuses; a source whose pictures are of another size."""
        source = self.source_data
        if data.form == source.form:
            return super().check(data, training) or self._too_large(data)
        reason = say(
            "The pictures of the source must be as large as those of the target; got {source} and {target}.",
            source=_size(source),
            target=_size(data),
        )
        return [Problem("model.source", reason)]

    def _too_large(self, data: DataSpec) -> list[Problem]:
        stages = self.stages(data)
        parameters, work = sum(s.parameters for s in stages), sum(s.work for s in stages)
        most, most_work = MOST_PARAMETERS // len(COURSES), MOST_WORK // len(COURSES)
        if parameters <= most and work <= most_work:
            return []
        reason = say(
            "Four networks learn at once, so each may have {most} parameters and {most_work} multiplications a picture at most; got {parameters} "
            "and {work}. Take fewer channels or units, or pool earlier.",
            most=f"{most:,}",
            most_work=f"{most_work:,}",
            parameters=f"{parameters:,}",
            work=f"{work:,}",
        )
        return [Problem("model.blocks", reason)]

    @classmethod
    def example(cls) -> dict[str, Any]:
        blocks = [
            {"kind": "conv", "channels": 3},
            {"kind": "pool", "size": 4, "stride": 4},
            {"kind": "dense", "units": 6},
        ]
        return {
            "data": {"kind": "glyphs", "strokes": 0, "samples": 150, "per_class": 4},
            "model": {"family": "transfer", "blocks": blocks, "source_samples": 100, "source_updates": 6},
            "training": {"optimizer": {"kind": "adam"}, "learning_rate": 0.01, "batch_size": 20},
        }

    @classmethod
    def largest(cls) -> dict[str, Any]:
        blocks = [
            {"kind": "conv", "channels": 32},
            {"kind": "conv", "channels": 40},
            {"kind": "pool", "size": 4, "stride": 4},
            {"kind": "dense", "units": 100},
        ]
        return {
            "data": {"kind": "glyphs", "strokes": 0, "samples": 500, "train_share": 90},
            "model": {"family": "transfer", "blocks": blocks, "source_samples": 100, "source_updates": 1},
            "training": {"optimizer": {"kind": "adam"}, "batch_size": 20_000},
        }


def _size(data: DataSpec) -> str:
    form: Any = data.form
    return f"{form.height} × {form.width}" + (f" in {form.channels} colours" if form.channels > 1 else "")
