"""A floor imports only floors below it; torch and Streamlit stay where they belong."""

from __future__ import annotations

import fnmatch
import subprocess
import sys
from pathlib import Path

FLOOR = {
    "core": 0,
    "data": 1,
    "surfaces": 1,
    "optim": 1,
    "views": 1,
    "families": 2,
    "train": 3,
    "analysis": 4,
    "live": 5,
    "ui": 6,
    "pages": 7,
    "app": 8,
    "cli": 8,
    "__main__": 9,
}
TORCH_FREE = (
    "nnlab",
    "nnlab.core*",
    "nnlab.data*",
    "nnlab.views*",
    "nnlab.ui*",
    "nnlab.cli",
    "nnlab.optim.specs",
    "nnlab.optim.schedules",
    "nnlab.families.*.spec",
    "pages*",
    "app",
    "nnlab.live.messages.wire",
    "nnlab.live.pool.pool",
    "nnlab.live.server.hub",
    "nnlab.live.server.app",
    "nnlab.live.messages.protocol",
)
STREAMLIT = ("nnlab.ui*", "pages*", "app", "nnlab.live.server.app", "nnlab.live.server.origins")


def _floor(module: str) -> str:
    """nnlab.core.fields -> core, pages.playground -> pages."""
    return module.removeprefix("nnlab.").split(".")[0]


def _matches(module: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatchcase(module, pattern) for pattern in patterns)


def test_every_import_runs_downwards(shipped):
    wrong = []
    for source in shipped:
        mine = _floor(source.name)
        for module in source.imports():
            theirs = _floor(module)
            if not module.startswith(("nnlab.", "pages.", "app.")) or theirs == mine or theirs not in FLOOR:
                continue
            if FLOOR[theirs] >= FLOOR[mine]:
                wrong.append(f"{source.place} imports {module}")
    assert wrong == []


def test_every_folder_of_the_package_has_a_floor(package):
    floors = {_floor(source.name) for source in package if source.name != "nnlab"}
    assert floors <= set(FLOOR)


def test_only_the_floors_with_networks_import_torch(shipped):
    wrong = [
        source.place
        for source in shipped
        if _matches(source.name, TORCH_FREE) and any(module.split(".")[0] == "torch" for module in source.imports())
    ]
    assert wrong == []


def test_only_the_upper_floors_import_streamlit(shipped):
    wrong = [
        source.place
        for source in shipped
        if not _matches(source.name, STREAMLIT)
        and any(module.split(".")[0] == "streamlit" for module in source.imports())
    ]
    assert wrong == []


def test_importing_all_torch_free_modules_leaves_torch_out(shipped, root: Path):
    """Follows every import that really happens, indirect ones too, in a fresh process."""
    names = [s.name for s in shipped if s.name.startswith("nnlab") and _matches(s.name, TORCH_FREE)]
    names = [name for name in names if name != "nnlab.ui.shell"]  # a script: importing it draws the page
    code = f"import importlib, sys\nfor name in {names!r}: importlib.import_module(name)\nprint('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, timeout=100)
    assert done.stdout.split()[-1:] == ["False"], done.stderr[-2000:]


def test_import_linter_finds_no_broken_contract(root: Path):
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
