"""The contracts of our own families, kept by those of a package beside nnlab: in a process that finds it."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.extension.conftest import FAMILIES, OWN, ROOT, environment

NAMES = (*FAMILIES, "segments", "beat_phrases", "eight_heaps", *OWN.values())


def kept(mark: str) -> int:
    """How many tests of the contracts have passed for what the package brings; fails with what they say where one does not."""
    chosen = f"{' or '.join(NAMES)} or (test_analyses and not_offered)"
    line = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/contracts", "-m", mark, "-k", chosen]
    ran = subprocess.run(line, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout[-5000:]
    passed = re.search(r"(\d+) passed", ran.stdout)
    assert passed, ran.stdout[-500:]
    return int(passed.group(1))


def test_they_pass_every_contract() -> None:
    assert kept("not alone") >= 75 * len(FAMILIES)


@pytest.mark.alone
def test_no_call_of_theirs_takes_longer_than_a_frame_or_so() -> None:
    assert kept("alone") >= len(FAMILIES)
