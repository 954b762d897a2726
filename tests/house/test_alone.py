"""A test that reads a clock of the processor or kills a worker says that it needs the machine alone."""

from __future__ import annotations

import re

NEEDS_IT = re.compile(
    r"\.(process_time|thread_time|perf_counter|cpu_times)\(|os\.kill\(|psutil\.Process\(\w+\)\.kill\("
)
NOT_YET = ("tests/browser/test_app_failures.py", "tests/browser/test_extension.py")


def test_whoever_measures_time_or_kills_a_worker_runs_alone(test_files):
    found = [s.place for s in test_files if NEEDS_IT.search(s.text) and "pytest.mark.alone" not in s.text]
    assert [place for place in found if place not in NOT_YET] == []
    assert sum("pytest.mark.alone" in s.text for s in test_files) >= 8
