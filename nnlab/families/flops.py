"""How many floating-point operations a call takes, by torch's own formulas.

`torch.utils.flop_counter.FlopCounterMode` does the same, but takes apart what has no formula, and for that loads the compiler:
2.6 s once a process. Without inference mode torch takes operations such as `linear` apart by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry


class _Counting(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()
        self.total = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = func(*args, **(kwargs or {}))
        formula = flop_registry.get(func._overloadpacket)
        if formula is not None:
            self.total += formula(*args, **(kwargs or {}), out_val=found)
        return found


@torch.enable_grad()  # else a transformer goes a fused way that has no formula
def counted(call: Callable[[], object]) -> int:
    """Of `call`; one multiply-add is 2. Only matrix products, convolutions and attention count, as they take nearly all."""
    with _Counting() as counting:
        call()
    return counting.total
