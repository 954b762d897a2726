"""Shared by all tests: one torch thread, and hypothesis without a clock (a shared machine is no stopwatch)."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before the first test imports torch

# The gate tries the same examples each time, so that red means a change broke something; everywhere else they are new ones.
same = os.environ.get("CI") == "true"
settings.register_profile("nnlab", deadline=None, derandomize=same, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("nnlab")
