"""Memory that everything of its sort in a process shares, one after the other: fresh memory is dear sixty times a second."""

from __future__ import annotations

import torch
from torch import Tensor


class Scratch:
    """Memory as large as the largest request; `version` changes when it moves. Each request overwrites the one before."""

    def __init__(self) -> None:
        self.version = 0
        self._memory: dict[tuple[torch.dtype, torch.device], Tensor] = {}

    def take(self, size: int, like: Tensor) -> Tensor:
        """(size,) of the type and device of `like`."""
        key = (like.dtype, like.device)
        if key not in self._memory or len(self._memory[key]) < size:
            with torch.inference_mode(False):  # so that any mode may write it
                self._memory[key] = torch.empty(size, dtype=like.dtype, device=like.device)
            self.version += 1
        return self._memory[key][:size]
