"""Examples by what was chosen: large ones can be loaded in a thread, and those that were loaded last are kept.

A thread and not a child process: nothing has to be carried over, and loading is mostly numpy, which lets others run.
"""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future

from nnlab.core.errors import NnlabError
from nnlab.core.parts import DataSpec
from nnlab.core.records import Examples

HEAVY = 200_000  # numbers of all inputs together: to draw so many pixels takes some 50 ms


class Loading(threading.Thread):
    """Loads the examples of `spec`, once it is started; `outcome` has them, or what went wrong."""

    def __init__(self, spec: DataSpec) -> None:
        super().__init__(daemon=True)
        self.spec = spec
        self.outcome: Future[Examples] = Future()

    def run(self) -> None:
        try:
            found = self.spec.load()
            _ = found.parts  # copied here, and not where other runs wait
            self.outcome.set_result(found)
        except BaseException as error:  # not even an exit may be lost: it is raised where the examples are needed
            self.outcome.set_exception(error)
        _KEPT.append(self)


_KEPT: deque[Loading] = deque(maxlen=2)  # before and behind a change, so that going back over it costs nothing


def to_load(spec: DataSpec) -> Loading | None:
    """What loads the examples of `spec` in a thread, started or not; None where they are few or there already."""
    try:
        heavy = sum(spec.sizes()) * spec.form.size > HEAVY
    except NnlabError:  # raised where they are needed
        return None
    if not heavy or _kept(spec) is not None:
        return None
    under_way = (one for one in threading.enumerate() if isinstance(one, Loading) and one.spec == spec)
    return next(under_way, None) or Loading(spec)


def examples(spec: DataSpec) -> Examples:
    """The examples of `spec`, at once where they were loaded before; raises what loading them has raised."""
    found = _kept(spec)
    if found is not None and found.outcome.exception() is not None:
        _KEPT.remove(found)  # the next one tries anew
    if found is None:
        found = to_load(spec)
        if found is None:
            return spec.load()
        found.run() if found.ident is None else found.join()
    return found.outcome.result()


def _kept(spec: DataSpec) -> Loading | None:
    return next((one for one in list(_KEPT) if one.spec == spec), None)
