"""What an update of a torch module costs: counted, not timed, so that the same experiment is always taken in the same parts.

Counting the operations of products is not enough: small convolutions and recurrent cells spend their time on moving numbers through
memory and on calling kernels. So all three are counted, forward and backward, and weighed with what they take on a usual core.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry

# Seconds of one operation of a product, of one number that a kernel writes, and of calling a kernel; a core of 2024.
OPERATION_S, NUMBER_S, CALL_S = 2e-11, 2e-9, 4e-6
PART_S = 5e-3  # of one call


@dataclass(frozen=True)
class Cost:
    """Operations of an update for each example, and seconds for each example and for every call, about."""

    operations: float
    example_s: float
    call_s: float

    @property
    def part(self) -> int:
        """Examples in one call of some milliseconds; where a call alone takes that long, as many as take as long again."""
        return max(1, int(max(PART_S - self.call_s, self.call_s) / max(self.example_s, 1e-12)))


NOTHING = Cost(0.0, 0.0, 0.0)  # where there is nothing to learn from


class _Counting(TorchDispatchMode):
    """Operations of products by torch's own formulas, numbers written and kernels called.

    `FlopCounterMode` counts the operations too, but it loads torch's compiler: 2.6 s once a process.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.operations = self.numbers = self.calls = 0

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Nothing is compiled here, so that the compiler need not be loaded to be told so."""
        return False

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        found = func(*args, **(kwargs or {}))
        self.calls += 1
        formula = flop_registry.get(func._overloadpacket)
        if formula is not None:
            self.operations += int(formula(*args, **(kwargs or {}), out_val=found))
        if not func.is_view:
            self.numbers += sum(t.numel() for t in tree_leaves(found) if isinstance(t, Tensor))
        return found


def counted(update: Callable[[int], object]) -> Cost:
    """The cost of `update(n)`, which learns from n examples: what two sizes have in common belongs to the call."""
    few, many = 2, 4  # a batch norm knows no variance of one
    first, second = _count(update, few), _count(update, many)
    operations, numbers = ((b - a) / (many - few) for a, b in zip(first[:2], second[:2], strict=True))
    shared = (first[0] - few * operations) * OPERATION_S + (first[1] - few * numbers) * NUMBER_S
    example_s = operations * OPERATION_S + numbers * NUMBER_S
    return Cost(operations, max(example_s, 1e-9), max(0.0, shared) + first[2] * CALL_S)


def _count(update: Callable[[int], object], examples: int) -> tuple[float, float, float]:
    """Operations, numbers and calls of one update."""
    counting = _Counting()
    with counting:
        update(examples)
    return float(counting.operations), float(counting.numbers), float(counting.calls)
