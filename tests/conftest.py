"""Shared by all tests: one torch thread, and hypothesis without a clock (a shared machine is no stopwatch)."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before the first test imports torch

settings.register_profile("nnlab", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("nnlab")
