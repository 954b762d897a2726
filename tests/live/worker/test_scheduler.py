"""The scheduler against a simulated clock: frames come on time, training gets its share, nobody is favoured."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from nnlab.live.worker.scheduler import Allowance, Pace, Scheduler


@dataclass
class Simulated:
    """A run whose frame takes `frame_s`; training uses all the time it is given."""

    frame_s: float
    speed: float = 0.0
    pace: Pace = field(default_factory=Pace)
    allowance: Allowance = field(default_factory=Allowance)
    served_s: float = 0.0
    dirty: bool = True
    frames: list[float] = field(default_factory=list)
    steps: int = 0

    def __post_init__(self) -> None:
        self.allowance.speed = self.speed

    def wants_frame(self) -> bool:
        return self.dirty

    def may_change(self) -> bool:
        return True

    def ready(self, now: float) -> bool:
        return self.allowance.steps(now) != 0

    def ready_at(self) -> float:
        return self.allowance.ready_at()


def simulate(runs: list[Simulated], seconds: float) -> float:
    """Run the scheduler for simulated `seconds`; the share of the time that was spent on training."""
    scheduler, now, trained = Scheduler(), 0.0, 0.0
    while now < seconds:
        interval = scheduler.interval(runs)
        chosen = scheduler.next(now, runs, runs)
        run = chosen.item
        if chosen.kind == "wait":
            now += max(chosen.budget_s or 0.0, 1e-4)
        elif chosen.kind == "frame":
            assert isinstance(run, Simulated)
            began, now = now, now + run.frame_s
            run.pace.sent(now, interval, run.frame_s)
            run.frames.append(began)
            run.dirty = False
        else:
            assert isinstance(run, Simulated) and chosen.budget_s is not None
            allowed = run.allowance.steps(now)
            took = chosen.budget_s if allowed is None else 20e-6 * allowed
            run.allowance.used(allowed or 0)
            run.steps += allowed or 0
            run.dirty, run.served_s, trained, now = True, run.served_s + took, trained + took, now + took
    return trained / seconds


def rate(run: Simulated) -> float:
    late = [at for at in run.frames if at > 1]
    return len(late) / (late[-1] - late[0])


@pytest.mark.parametrize("count", [1, 2, 4, 6])
def test_a_few_runs_get_sixty_frames_a_second_each(count: int) -> None:
    runs = [Simulated(0.0008) for _ in range(count)]
    share = simulate(runs, 5)
    assert min(rate(run) for run in runs) > 57
    assert share > 0.5


@pytest.mark.parametrize("frame_ms", [1.0, 2.0, 3.0])
def test_twenty_runs_get_twelve_frames_a_second_each_and_go_on_training(frame_ms: float) -> None:
    runs = [Simulated(frame_ms / 1000) for _ in range(20)]
    share = simulate(runs, 5)
    assert min(rate(run) for run in runs) >= 12
    assert share > 0.1


def test_no_frame_is_much_later_than_the_others() -> None:
    runs = [Simulated(0.001) for _ in range(10)]
    simulate(runs, 5)
    gaps = [b - a for run in runs for a, b in zip(run.frames, run.frames[1:], strict=False) if a > 1]
    assert max(gaps) < 2 * sum(gaps) / len(gaps)


def test_every_run_gets_the_same_share_of_training() -> None:
    runs = [Simulated(0.0005), Simulated(0.0005), Simulated(0.004)]
    simulate(runs, 5)
    served = [run.served_s for run in runs]
    assert max(served) < 1.05 * min(served)


def test_even_frames_that_take_all_the_time_leave_some_for_training() -> None:
    runs = [Simulated(0.03) for _ in range(6)]
    share = simulate(runs, 10)
    assert share > 0.1


def test_a_speed_limit_holds_and_is_reached() -> None:
    runs = [Simulated(0.001, speed=30.0), Simulated(0.001, speed=4.0), Simulated(0.001)]
    simulate(runs, 10)
    assert 270 <= runs[0].steps <= 310
    assert 36 <= runs[1].steps <= 44


def test_a_slow_run_alone_leaves_the_processor_idle() -> None:
    share = simulate([Simulated(0.001, speed=5.0)], 5)
    assert share < 0.01


def test_nothing_to_do_waits_for_ever() -> None:
    assert Scheduler().next(0.0, [], []).budget_s is None
