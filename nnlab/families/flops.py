"""How many floating-point operations a call takes, by torch's own formulas.

`torch.utils.flop_counter.FlopCounterMode` does the same, but it loads torch's compiler: 2.6 s once a process.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry


class _Counting(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.total = 0

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Nothing is compiled here, so that the compiler need not be loaded to be told so."""
        return False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = func(*args, **(kwargs or {}))
        formula = flop_registry.get(func._overloadpacket)
        if formula is not None:
            self.total += int(formula(*args, **(kwargs or {}), out_val=found))
        return found


@torch.enable_grad()  # else a transformer goes a fused way that has no formula
def counted(call: Callable[[], object]) -> int:
    """Of `call`; one multiply-add is 2. Only matrix products, convolutions and attention count, as they take nearly all."""
    counting = _Counting()
    with counting:
        call()
    return counting.total
