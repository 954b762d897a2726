"""The shape of every stage of a convolutional network, what is impossible about it, and the nearest possible one. No torch here.

Shapes follow from the form of the data. A network is impossible where a block does not fit the picture that reaches it, where a
block that needs maps stands behind one that has made a flat list of numbers, or where it is too large for a page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nnlab.core.errors import Problem
from nnlab.core.forms import Pictures
from nnlab.core.say import Said, say
from nnlab.families.cnn.blocks import BlockSpec, Dense, GlobalPool, Shape

MOST_BLOCKS = 16
MOST_PARAMETERS = 1_000_000
MOST_WORK = 50_000_000  # multiplications for one picture: an update with one takes some 20 ms of a core
INPUT, OUTPUT = "input", "output"
PATH = "model.blocks"
Blocks = tuple[BlockSpec, ...]
TITLES = {  # as assets/kit/stages.js says them
    **{"input": "Picture", "conv": "Conv", "pool": "Pool", "batch_norm": "Norm", "dropout": "Dropout"},
    **{"residual": "Residual", "global_pool": "Mean", "dense": "Dense", "output": "Answer"},
}


@dataclass(frozen=True)
class Stage:
    """One stage: `name` is "input", kind and number such as "conv2", or "output"; `block` is its place in the list, -1 for these two.

    `shape` is that of its result, (channels, height, width) or (units,). `work` counts multiplications for one picture.
    """

    name: str
    kind: str
    block: int
    shape: Shape
    parameters: int = 0
    work: int = 0


@dataclass(frozen=True)
class Refusal:
    """Why a network is impossible, and `change`: the values by path that make it the nearest possible one.

    Together with the edit that was refused, the change is a patch: `patch(experiment, {**edit, **change})`.
    """

    problem: Problem
    change: Mapping[str, Any]


def stages(blocks: Sequence[BlockSpec], form: Pictures, outputs: int) -> tuple[Stage, ...]:
    """Every stage from the input to the answer's `outputs` numbers; the blocks must be possible."""
    shape: Shape = (form.channels, form.height, form.width)
    found, count = [Stage(INPUT, INPUT, -1, shape)], dict[str, int]()
    for i, block in enumerate(blocks):
        count[block.kind] = count.get(block.kind, 0) + 1
        made = block.shape(shape)
        name = f"{block.kind}{count[block.kind]}"
        found.append(Stage(name, block.kind, i, made, block.parameters(shape), block.work(shape)))
        shape = made
    answer = Dense(kind="dense", units=outputs)
    return (*found, Stage(OUTPUT, OUTPUT, -1, (outputs,), answer.parameters(shape), answer.work(shape)))


def title_of(stage: Stage) -> str:
    """Conv 2, as the wall calls it."""
    title, number = TITLES.get(stage.kind, stage.kind), stage.name.removeprefix(stage.kind)
    return f"{title} {number}" if number else title


def title_within(found: Sequence[Stage], layer: str) -> str:
    """Of a layer of the module, such as "residual1.first": Residual 1, first."""
    name, *inner = layer.split(".")
    return ", ".join([*(title_of(stage) for stage in found if stage.name == name), *inner])


def refusals(blocks: Blocks, form: Pictures, outputs: int) -> list[Refusal]:
    """The first thing that is impossible, with the nearest possible network; [] where there is nothing."""
    problem = _misplaced(blocks, form) or _too_large(blocks, form, outputs)
    if problem is None:
        return []
    return [Refusal(problem, _change(blocks, mended(blocks, form, outputs)))]


def mended(blocks: Blocks, form: Pictures, outputs: int) -> Blocks:
    """The nearest possible network: first every block fits where it stands, then the whole is made small enough."""
    fitting = _fitted(blocks, form)
    small = _shrunk(fitting, form, outputs)
    if small is None:  # even with one channel in each block: maps that become one number each leave little to learn
        at = next((i for i, block in enumerate(fitting) if isinstance(block, Dense)), len(fitting))
        pooled = (*fitting[:at], GlobalPool(kind="global_pool"), *fitting[at:])
        small = _shrunk(pooled[-MOST_BLOCKS:], form, outputs)
    return () if small is None else small


# ---- where a block cannot stand ------------------------------------------------------------------------------------------
def _misplaced(blocks: Blocks, form: Pictures) -> Problem | None:
    """The first block that cannot take what reaches it."""
    shape: Shape = (form.channels, form.height, form.width)
    for i, block in enumerate(blocks):
        if _needs_maps(block, shape):
            reason = say(
                "{block} must stand before the first fully connected block, which leaves no picture to look at.",
                block=_title(block),
            )
            return Problem(f"{PATH}.{i}.kind", reason)
        misfit = block.misfit(shape)
        if misfit is not None:
            return Problem(f"{PATH}.{i}.{misfit.field}", misfit.message)
        shape = block.shape(shape)
    return None


def _needs_maps(block: BlockSpec, given: Shape) -> bool:
    return len(given) == 1 and not block.takes_flat


def _title(block: BlockSpec) -> str:
    return block.title or block.kind.capitalize()


def _fitted(blocks: Blocks, form: Pictures) -> Blocks:
    """Blocks that need maps in front of the first dense one, each with the nearest values that fit, or left out."""
    flat = next((i for i, block in enumerate(blocks) if isinstance(block, Dense)), len(blocks))
    late = [block for block in blocks[flat:] if not block.takes_flat]
    ordered = [*blocks[:flat], *late, *(block for block in blocks[flat:] if block.takes_flat)]
    shape: Shape = (form.channels, form.height, form.width)
    found = []
    for given in ordered:
        block: BlockSpec | None = None if _needs_maps(given, shape) else given
        while block is not None and (misfit := block.misfit(shape)) is not None:
            block = None if misfit.nearest is None else _with(block, misfit.nearest)
        if block is not None:
            found.append(block)
            shape = block.shape(shape)
    return tuple(found)


def _with(block: BlockSpec, values: Mapping[str, Any]) -> BlockSpec:
    return type(block).model_validate({**block.model_dump(mode="json"), **values})


# ---- where the whole is too large ----------------------------------------------------------------------------------------
def totals(blocks: Sequence[BlockSpec], form: Pictures, outputs: int) -> tuple[int, int]:
    """Parameters of the whole network, and multiplications for one picture."""
    found = stages(blocks, form, outputs)
    return sum(stage.parameters for stage in found), sum(stage.work for stage in found)


def _small(blocks: Sequence[BlockSpec], form: Pictures, outputs: int) -> bool:
    parameters, work = totals(blocks, form, outputs)
    return parameters <= MOST_PARAMETERS and work <= MOST_WORK


def _too_large(blocks: Blocks, form: Pictures, outputs: int) -> Problem | None:
    """The block whose width costs most, where the network is too large."""
    parameters, work = totals(blocks, form, outputs)
    if parameters > MOST_PARAMETERS:
        reason = say(
            "A network must have at most {most:,} parameters; this one would have {got:,}.",
            most=MOST_PARAMETERS,
            got=parameters,
        )
    elif work > MOST_WORK:
        reason = say(
            "A network must take at most {most:,} multiplications for a picture; this one would take {got:,}.",
            most=MOST_WORK,
            got=work,
        )
    else:
        return None
    widest = _by_cost(blocks, form, outputs)
    if not widest:
        return Problem(PATH, reason)
    i, field = widest[0], blocks[widest[0]].width
    most = _narrower(blocks, i, form, outputs)
    if most is None:
        return Problem(f"{PATH}.{i}.{field}", reason)
    return Problem(f"{PATH}.{i}.{field}", _enough(reason, field, most))


def _enough(reason: Said, field: str, most: int) -> Said:
    advice = say("At most {most} channels here would do.", most=most)
    if field == "units":
        advice = say("At most {most} units here would do.", most=most)
    return say("{reason} {advice}", reason=reason, advice=advice)


def _by_cost(blocks: Blocks, form: Pictures, outputs: int) -> list[int]:
    """The places of blocks with a width, first the one whose width costs most: it counts in its own weights and in the next ones."""
    found = stages(blocks, form, outputs)[1:]
    limit = MOST_PARAMETERS if sum(stage.parameters for stage in found) > MOST_PARAMETERS else 0
    cost = [stage.parameters if limit else stage.work for stage in found]
    wide = [i for i, block in enumerate(blocks) if block.width]

    def worth(i: int) -> int:
        after = next((j for j in range(i + 1, len(found)) if cost[j]), i)
        return cost[i] + (cost[after] if after > i else 0)

    return sorted(wide, key=lambda i: (-worth(i), i))


def _largest(low: int, high: int, fits: Callable[[int], bool]) -> int | None:
    """The largest number from low to high - 1 that fits, where every smaller one fits too; None where not even `low` does."""
    if low >= high or not fits(low):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def _narrower(blocks: Blocks, i: int, form: Pictures, outputs: int) -> int | None:
    """The largest width of block i with which the network is small enough; None where no width of this block is."""
    field = blocks[i].width

    def fits(width: int) -> bool:
        return _small([*blocks[:i], _with(blocks[i], {field: width}), *blocks[i + 1 :]], form, outputs)

    return _largest(1, getattr(blocks[i], field), fits)


def _shrunk(blocks: Blocks, form: Pictures, outputs: int) -> Blocks | None:
    """Small enough: by one block's width if that is enough, else by the same share of all; None where neither is."""
    if _small(blocks, form, outputs):
        return blocks
    for i in _by_cost(blocks, form, outputs):
        width = _narrower(blocks, i, form, outputs)
        if width is not None:
            return (*blocks[:i], _with(blocks[i], {blocks[i].width: width}), *blocks[i + 1 :])
    parts = 512
    share = _largest(0, parts, lambda part: _small(_scaled(blocks, part / parts), form, outputs))
    return None if share is None else _scaled(blocks, share / parts)


def _scaled(blocks: Blocks, share: float) -> Blocks:
    return tuple(_with(b, {b.width: max(1, int(getattr(b, b.width) * share))}) if b.width else b for b in blocks)


# ---- the difference ------------------------------------------------------------------------------------------------------
def _change(old: Blocks, new: Blocks) -> dict[str, Any]:
    """What turns one list of blocks into the other: single fields where both hold the same kinds, else the whole list."""
    if [type(block) for block in old] != [type(block) for block in new]:
        return {PATH: [block.model_dump(mode="json") for block in new]}
    return {
        f"{PATH}.{i}.{field}": getattr(b, field)
        for i, (a, b) in enumerate(zip(old, new, strict=True))
        for field in type(b).model_fields
        if getattr(a, field) != getattr(b, field)
    }
