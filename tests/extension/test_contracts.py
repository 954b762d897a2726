"""The contracts of our own families, kept by those of a package beside nnlab: in a process that finds it."""

from __future__ import annotations

import re
import subprocess
import sys

from tests.extension.conftest import FAMILIES, OWN, ROOT, environment

NAMES = (*FAMILIES, "segments", "beat_phrases", "eight_heaps", *OWN.values())


def test_they_pass_every_contract() -> None:
    chosen = f"{' or '.join(NAMES)} or (test_analyses and not_offered)"
    line = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/contracts", "-k", chosen]
    ran = subprocess.run(line, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout[-5000:]
    passed = re.search(r"(\d+) passed", ran.stdout)
    assert passed and int(passed.group(1)) >= 75 * len(FAMILIES), ran.stdout[-500:]
