"""What is wrong with a run, if anything: measured, with a remedy that one click applies. One rule a file, in `rules/`."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from nnlab.analysis.diagnosis.finding import Finding, Rule
from nnlab.analysis.diagnosis.rules.diverged import diverged
from nnlab.analysis.diagnosis.symptoms import measuring
from nnlab.core.experiment import at
from nnlab.core.registries import RULES_OF_DIAGNOSIS
from nnlab.train.timeline import Edit
from nnlab.train.updates import Run

MOST = 2  # findings at once
SHARE = 20  # the diagnosis takes at most a twentieth of the time
Findings = tuple[Finding, ...]


@dataclass
class _Past:
    """What was found last, until when it holds, and for which state."""

    found: Findings = ()
    place: tuple[object, ...] = ()
    about: tuple[object, ...] = ()  # which network and experiment
    until: float = 0.0


_PAST: WeakKeyDictionary[Run, _Past] = WeakKeyDictionary()


def rules() -> list[Rule]:
    """All rules, in order of importance: what stops learning altogether comes first."""
    return [RULES_OF_DIAGNOSIS.load(name) for name in RULES_OF_DIAGNOSIS]


def stamp(run: Run) -> tuple[object, ...]:
    """A value that changes whenever the run is in another state or was replaced."""
    last = run.timeline.events[run.timeline.seen - 1].what if run.timeline.seen else None
    edit = last if isinstance(last, Edit) else None  # while a weight is dragged, one takes the place of another
    return (run.step, run.diverged, id(run.learner), run.timeline.seen, run.course, run.experiment, run.phase, edit)


def due(run: Run) -> bool:
    """Whether the last diagnosis is out of date, and has stood for as long as its cost asks."""
    past = _PAST.get(run, _Past())
    another = past.about != _about(run)
    return stamp(run) != past.place and (another or run.diverged or time.perf_counter() >= past.until)


def diagnosing(run: Run, *, share: float = SHARE) -> Generator[None, None, Findings]:
    """At most two findings, the most important first; () for a healthy run. In slices of a few milliseconds.

    The answer stands for `share` times as long as it took, so that large networks are not held up.
    """
    place = stamp(run)
    past = void(run) if _about(run) != _PAST.get(run, _Past()).about else _PAST[run]
    if not due(run):
        return past.found
    found, took_s = yield from _timed(_finding(run, {f.told.code for f in past.found}))
    if _about(run) != past.about:  # it was changed meanwhile
        return void(run).found
    past.found, past.place = found, place
    past.until = time.perf_counter() + share * took_s
    return past.found


def void(run: Run) -> _Past:
    """What was said is out of date at once: it was about another network or experiment."""
    past = _PAST[run] = _Past(about=_about(run))
    return past


def _about(run: Run) -> tuple[object, ...]:
    return id(run.learner), run.experiment


def _timed(work: Generator[None, None, Findings]) -> Generator[None, None, tuple[Findings, float]]:
    """What `work` returns, and the processor time of its own slices: between them other things are done in the same thread."""
    took_s = 0.0
    while True:
        began = time.thread_time()
        try:
            next(work)
        except StopIteration as stop:
            return stop.value, took_s + time.thread_time() - began
        took_s += time.thread_time() - began
        yield


def diagnose(run: Run, *, share: float = SHARE) -> Findings:
    """`diagnosing`, to its end."""
    work = diagnosing(run, share=share)
    while True:
        try:
            next(work)
        except StopIteration as stop:
            found: Findings = stop.value
            return found


def _finding(run: Run, active: set[str]) -> Generator[None, None, Findings]:
    over = run.diverged
    if over:
        chosen = [rule for rule in rules() if rule.certain and rule.applies(run)]
    elif run.n and len(run.history):
        chosen = [rule for rule in rules() if rule.applies(run)]
    else:
        return ()
    seen = yield from measuring(run, {need for rule in chosen for need in rule.needs})
    found: list[Finding] = []
    for rule in chosen:
        if any(f.told.code in rule.after for f in found):
            continue  # it would only be what follows from that
        finding = rule.check(run, seen, rule.code in active)
        if isinstance(finding, Generator):
            finding = yield from finding
        if finding is not None:
            found.append(_offered(run, finding))
    if over:
        return (found[0] if found else diverged(run),)
    return tuple(found[:MOST])


def _offered(run: Run, finding: Finding) -> Finding:
    """Without a remedy that is in force already."""
    remedy = finding.remedy
    if remedy and all(at(run.experiment, path) == value for path, value in remedy.items()):
        return Finding(finding.told)
    return finding
