"""One run inside a worker: commands in, frames, scenes, checkpoints and answers out. Knows no pipe and no other run.

Everything it does takes a few milliseconds at a time: `work` trains, replays the history, or does a slice of background work
(analyses, checkpoints, exact metrics), and the scheduler decides when.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from functools import partial
from types import ModuleType
from typing import Any, Literal

from nnlab.core.errors import NnlabError, Refused
from nnlab.core.experiment import Experiment, plain
from nnlab.core.say import Told, say
from nnlab.live.messages import protocol
from nnlab.live.messages.kinds import Kind
from nnlab.live.worker.frames import Frames, report
from nnlab.live.worker.replies import ToViewer
from nnlab.live.worker.request import LOOK_S, Request, why
from nnlab.live.worker.saver import Saver, opened
from nnlab.live.worker.scheduler import Allowance, Pace

# What a person has done is shown at once, ahead of the rhythm of the frames.
AT_ONCE = frozenset({"change", "play", "step", "seek", "branch", "reset", "recover", "edit", "watch"})
BEHIND = 3  # a run that plays trains this many times as long as it works in the background
AHEAD_S = 0.02  # of background work that a run may have earned in advance by training
MOST_REQUESTS = 8  # requests of one viewer under way: their arrays wait in memory
NEAR_S = 0.004  # a step that is reached so soon is shown at once

Post = Callable[[Kind, int, bytes], None]
Kept = tuple[bytes, tuple[str, Any] | None]  # a pickled run, and what is attached to its experiment


class Hosted:
    """A run with what its viewers watch. A command that raises pauses the run and says why; the worker goes on."""

    def __init__(
        self, engine: ModuleType, post: Post, clock: Callable[[], float] = time.perf_counter, *, key: int = 0
    ) -> None:
        self.engine, self._post, self._clock, self.key = engine, post, clock, key
        self.run: Any = None
        self.pace, self.allowance = Pace(), Allowance()
        self._say = partial(_say, post)
        self.frames = Frames(engine, clock, self._say)  # which knows nothing of this: a closed run is freed at once
        self.saver = Saver(post, clock)
        self.version, self.served_s = 0, 0.0
        self.playing = self.held = self.wanted = self.dirty = False
        self.jobs: dict[tuple[int, str | int], Request] = {}
        self._way: Any = None  # a replay of the history, or steps on request
        self._thread: Any = None  # that loads what the replay needs next
        self._goal: int | None = None  # the step that a replay goes to
        self._play_after = False
        self._whole: Any = None  # the exact metrics of a run at rest
        self._unmeasurable = False  # whether those of the present state have failed
        self._credit_s = 0.0  # for background work, earned by training

    # ---- commands ----------------------------------------------------------------------------------------------------
    def do(self, op: str, *arguments: Any) -> None:
        """One command by its name; whatever goes wrong becomes a sentence."""
        try:
            if op in AT_ONCE:
                self.pace.due, self.dirty = 0.0, True
            getattr(self, f"on_{op}")(*arguments)
        except Exception as error:
            if op in ("open", "change"):
                self.close(error)
            elif isinstance(error, Refused):
                self._say(str(error))
            else:
                self._fail(error)

    def on_open(self, opening: Mapping[str, Any]) -> None:
        """Begin, or begin again from a checkpoint."""
        self.version, self.allowance.speed = opening["version"], opening["speed"]
        self.frames.watch(opening["offers"], opening["options"])
        self.saver.use(opening["folder"], self.key)
        self.run, self.frames.restarted = opened(self.engine, opening)
        self._learner = self.run.learner
        self.playing, self.held = opening["playing"], opening["held"]
        self._moved(scene=True)

    def on_change(self, change: Mapping[str, Any]) -> None:
        """Another experiment: in place where it can, else from the initial weights."""
        self.version = change["version"]
        old = self.run.experiment
        self._leave()
        self.engine.change(self.run, self.engine.known(change["experiment"], change["attachment"]))
        self._moved(scene=_drawn(old) != _drawn(self.run.experiment))
        self.frames.void_findings()

    def on_play(self, on: bool) -> None:
        """Play or pause; playing on after the stop rule has ended the run makes the rule count anew."""
        if on and self._way is not None and self._goal is not None:
            self._play_after = True  # it plays on from where it is going
            return
        self._leave()
        if on and self.run.stopped:
            self.engine.proceed(self.run)
        self.playing = on and not self.run.stopped
        self._state()  # always: the hub's own idea may be older than a stop that crossed this command
        self._moved(now=not on)

    def on_hold(self, on: bool) -> None:
        """Pause the run while nobody watches (True), or go on (False); it still counts as playing."""
        self.held = on
        self._save(now=True)

    def on_speed(self, speed: float) -> None:
        """Updates a second, 0 = full speed."""
        self.allowance.speed = speed
        self.dirty = True

    def on_step(self, unit: str, n: int) -> None:
        """Pause, then `n` epochs, batches or phases forth or back."""
        if self.run.stopped and n > 0:
            self.engine.proceed(self.run)
        self._pause()
        self._leave()
        self._way = self.engine.stepping(self.run, unit, n)

    def on_seek(self, step: int) -> None:
        """To the state at `step`, paused: the nearest snapshot is shown at once, the exact state when it is reached."""
        self._pause()
        self._leave()
        self._goal = min(max(step, self.run.span[0]), self.run.span[1])
        self._way = self.engine.seeking(self.run, self._goal)
        self._go_on(NEAR_S)

    def on_branch(self, number: int) -> None:
        """To the end of a course that was left, paused; nothing where it is no more, such as after the first of two clicks."""
        end = self.engine.branch_end(self.run, number)
        if end is None:
            return
        self._pause()
        self._leave()
        self._goal, self._way = end, self.engine.returning(self.run, number)
        self._go_on(NEAR_S)

    def on_reset(self) -> None:
        """The same initial weights."""
        self._leave()
        self.engine.reset(self.run)
        self.frames.restart()
        self._moved()

    def on_recover(self) -> None:
        """After divergence: the last good step."""
        self._leave()
        old = self.run.experiment, self.run.course
        self.engine.recover(self.run)
        self.frames.void_findings()
        self._moved(scene=self._returned(old))

    def on_edit(self, index: int, value: float) -> None:
        """One parameter."""
        self._leave()
        self.engine.edit(self.run, index, value)
        self._moved()

    def on_watch(self, offers: tuple[str, ...], options: dict[str, dict[str, Any]]) -> None:
        """What frames carry from now on."""
        self.frames.watch(offers, options)
        self.dirty = True

    def on_want(self) -> None:
        """A viewer has credit for a frame."""
        self.wanted = True

    def on_refresh(self, viewer: int) -> None:
        """A new viewer needs the scene, and a frame even if nothing has changed."""
        if self.frames.scene_due:  # for all of them, and at once
            self.frames.replaced()
        scene = self.frames.next_scene(self.run, self.version)
        self._post(Kind.SCENE, 0 if scene else viewer, scene or self.frames.scene(self.run, self.version))
        self.frames.renew()
        self.dirty = True

    def on_ask(
        self, viewer: int, name: str | int, analysis: str, options: dict[str, Any], kept: Kept | None = None
    ) -> None:
        """A record on request, computed in slices between the frames; `kept` is the run that its options name."""
        compute = partial(self.engine.answer, self.run, analysis, options, **({} if kept is None else {"kept": kept}))
        done = partial(self.jobs.pop, (viewer, name), None)
        replies = ToViewer(self._post, viewer, {"id": name, "name": analysis}, done)
        if (viewer, name) not in self.jobs and sum(asker == viewer for asker, _ in self.jobs) >= MOST_REQUESTS:
            replies.error(
                say(
                    "A page may have at most {most} requests at a time; wait for one, or cancel it.",
                    most=MOST_REQUESTS,
                )
            )
            return
        self.jobs[viewer, name] = Request(compute, replies, key=self.key)

    def on_cancel(self, viewer: int, name: str | int | None = None) -> None:
        """Forget a request; without a name all of a viewer that has gone."""
        for asked in [one for one in self.jobs if one == (viewer, name) or (name is None and one[0] == viewer)]:
            del self.jobs[asked]

    # ---- work --------------------------------------------------------------------------------------------------------
    @property
    def moving(self) -> bool:
        """Whether it trains by itself."""
        return self.playing and not self.held

    @property
    def waits(self) -> bool:
        """Whether it is on a way that needs examples which a thread loads."""
        return self._way is not None and self._thread is not None and not self._thread.outcome.done()

    def ready(self, now: float) -> bool:
        """Whether it has something to do now."""
        trains = self.moving and self.allowance.steps(now) != 0
        return not self.waits and (self._way is not None or trains or self._pending())

    def ready_at(self) -> float:
        """When the speed limit lets the next update through, or when to look again whether what it waits for is there."""
        if self.waits:
            return self._clock() + LOOK_S
        return self.allowance.ready_at() if self.moving else float("inf")

    def may_change(self) -> bool:
        """Whether new frames are to be expected."""
        return self.dirty or self._way is not None or self.moving

    def wants_frame(self) -> bool:
        """Whether a viewer has credit and there is something new to show."""
        return self.wanted and self.dirty and self.run is not None

    def work(self, budget_s: float) -> None:
        """Go on for about `budget_s` seconds: with a replay, with background work, or with training."""
        try:
            trains = self.moving and self.allowance.steps(self._clock()) != 0
            if self._way is not None:
                self._go_on(budget_s)
            elif (self._credit_s >= 0 or not trains) and self._pending():
                self._work_in_background(competes=trains)
            elif trains:
                self._train(budget_s)
        except Exception as error:
            self._fail(error)

    def _train(self, budget_s: float) -> None:
        steps = self.allowance.steps(self._clock())
        began = time.thread_time()
        done = self.engine.advance(self.run, budget_s, steps=steps)
        self._notice()
        self.allowance.used(done)
        self._credit_s = min(AHEAD_S, self._credit_s + (time.thread_time() - began) / BEHIND)
        self.frames.phase, self.saver.changed, self.dirty, self._whole, self._unmeasurable = {}, True, True, None, False
        self.frames.moved()
        self._save()
        if self.run.stopped:
            self._pause()

    def _go_on(self, budget_s: float) -> None:
        """A slice of a replay or of steps on request; what it passes is shown."""
        until, old = time.perf_counter() + budget_s, (self.run.experiment, self.run.course)
        try:
            self._thread = next(self._way)
            while self._thread is None and time.perf_counter() < until:
                self._thread = next(self._way)
            self._moved(scene=self._returned(old), later=True)
        except StopIteration as stop:
            self._way = self._goal = None
            self._moved(scene=self._returned(old), phase=stop.value or {})
            if self._play_after:
                self._play_after = False
                self.on_play(True)
            elif self.run.stopped:
                self._pause()

    def _pending(self) -> bool:
        """Whether there is background work: slices of analyses, a checkpoint that is due, exact metrics at rest."""
        if not self.wanted and not self.moving:
            return self.saver.late()
        at_rest = not self.moving and self._way is None and not self._unmeasurable
        inexact = at_rest and self.engine.inexact(self.run)
        return self.frames.pending(self.run, moving=self.moving) or self.saver.late() or inexact

    def _work_in_background(self, *, competes: bool) -> None:
        """One slice of background work; if it `competes` with training, it uses up credit."""
        began = time.thread_time()
        if self.saver.late():
            self._save(now=True)
        elif self.frames.pending(self.run, moving=self.moving):
            self.dirty |= self.frames.work(self.run)
        else:
            self._measure_whole()
        if competes:
            self._credit_s -= time.thread_time() - began

    def _measure_whole(self) -> None:
        if self._whole is None:
            self._whole = self.engine.whole(self.run)
        try:
            next(self._whole)
        except StopIteration:
            self._whole, self.dirty = None, True
        except Exception:  # they would fail again and again
            self._whole, self._unmeasurable = None, True
            raise

    # ---- out ---------------------------------------------------------------------------------------------------------
    def show(self) -> None:
        """Send the scene if it is due, and a frame."""
        try:
            if (scene := self.frames.next_scene(self.run, self.version)) is not None:
                self._post(Kind.SCENE, 0, scene)
            self._post(Kind.FRAME, 0, self.frame())
            self.wanted = False
            self.dirty = self.frames.scene_due or bool(self.frames.late(self.run, moving=self.moving))
        except Exception as error:
            self.dirty = False  # it would fail again and again
            self._fail(error)

    def frame(self) -> bytes:
        """The run as it is now with what is watched."""
        if not self.moving:
            self.engine.measure(self.run)
        state = {"playing": self.playing, "version": self.version, "speed": self.allowance.speed, "seeking": self._goal}
        return self.frames.frame(self.run, state, moving=self.moving)

    # ---- what follows from it ----------------------------------------------------------------------------------------
    def _moved(self, *, scene: bool = False, now: bool = True, later: bool = False, phase: Any = None) -> None:
        """The run is in another state: a frame is due, and a checkpoint `now`, during a replay `later`, else in its rhythm."""
        self._notice()
        self.frames.moved()
        self.frames.scene_due |= scene
        self.frames.phase = phase or {}
        self.dirty, self._whole, self._unmeasurable = True, None, False
        if now or later:
            self.saver.changed = True
            self._save(now=now and not later)

    def _notice(self) -> None:
        if self.run.learner is not self._learner:  # a change, a reset, or what comes before its first update is done
            self._learner = self.run.learner
            self.frames.restart()

    def _save(self, *, now: bool = False) -> None:
        if self.run is not None:
            self.saver.save(partial(self.engine.checkpoint, self.run), now=now)

    def _leave(self) -> None:
        """Drop a replay that is under way: the next command acts on the present state."""
        self._way = self._goal = self._thread = None
        if self._play_after:  # the hub has taken it for playing
            self._play_after = False
            self._state()

    def _pause(self) -> None:
        if self.playing:
            self.playing = False
            self._state()
            self._moved()

    def _returned(self, old: tuple[Experiment, int]) -> bool:
        """Going through the history leads past changes: the hub hears what holds there. Whether another scene shows it.

        `old`: the experiment and the course before.
        """
        new = self.run.experiment
        if new != old[0]:
            self._state(experiment=plain(new), version=self.version)
        return _drawn(old[0]) != _drawn(new) or self.run.course != old[1]

    def _state(self, **more: Any) -> None:
        stopped = self.run.stopped if self.run is not None else None
        told = {"playing": self.playing, "stopped": None if stopped is None else stopped.plain(), **more}
        self._post(Kind.STATE, 0, json.dumps(told).encode())

    def _fail(self, error: Exception) -> None:
        """The run's own error: it pauses, the person reads a sentence, the log has the traceback."""
        report(error)
        self.playing = False
        self._leave()
        self._say(why(error), "error")
        self._state()

    def close(self, error: Exception) -> None:
        """It cannot be what the hub and its viewers take it for: the hub hears why and closes it, the worker forgets it."""
        if not isinstance(error, NnlabError):
            report(error)
        said = why(error)
        self._post(Kind.STATE, 0, json.dumps({"closed": said.plain() if isinstance(said, Told) else said}).encode())
        self.run = None


def _say(post: Post, said: Told | str, level: Literal["warning", "error"] = "warning") -> None:
    post(Kind.TEXT, 0, protocol.notice(said, level=level).encode())


def _drawn(spec: Experiment) -> tuple[Any, ...]:
    """What a scene shows of an experiment: its examples, its model and what an update of it costs."""
    return spec.data, spec.model, spec.training.batch_size
