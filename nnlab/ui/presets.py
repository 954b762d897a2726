"""Starting points of a page: an experiment, how it is looked at, and a line that says what to watch."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nnlab.core.experiment import Experiment, experiment
from nnlab.core.links import Look

OWN = "**Your own experiment.** Choose a prepared one from the list: it says what to watch."


@dataclass(frozen=True, eq=False)
class Preset:
    """A starting point: `title` on its button, `watch` under it, `pace` in updates a second, slow enough to watch.

    A pace of None waits for a person to press play; so does one that `waits`, at its pace from then on. `view` is the one that the line speaks of, `options` are those of the
    analyses and studies behind it, by their names; both are open when the preset starts, and travel in its link.
    """

    title: str
    watch: str
    pace: float | None
    value: Mapping[str, Any]
    view: str = ""
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    waits: bool = False

    @property
    def plays(self) -> float | None:
        """The pace at which it plays by itself; None where it waits."""
        return None if self.waits else self.pace

    @functools.cached_property
    def experiment(self) -> Experiment:
        """The experiment."""
        return experiment(self.value)

    @functools.cached_property
    def look(self) -> Look:
        """How it is looked at."""
        options = {name: dict(chosen) for name, chosen in self.options.items()}
        return Look(speed=self.pace, view=self.view, options=options)
