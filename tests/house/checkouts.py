"""Checkouts for the tests of environment.py: real folders, in which nothing is really installed."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


def load(folder: Path) -> ModuleType:
    """environment.py as a module whose checkout is `folder`."""
    spec = importlib.util.spec_from_file_location("environment_under_test", ROOT / "environment.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.HERE, module.LOCK = folder, folder / ".venv.lock"
    module.VENV, module.NEW, module.OLD = folder / ".venv", folder / ".vnew", folder / ".vold"
    for name in ("constraints.txt", "pyproject.toml"):
        if not (folder / name).exists():
            shutil.copy(ROOT / name, folder)
    return module


class Lab:
    """A checkout with a network that can be cut, and environments in which the packages are lines of JSON."""

    def __init__(self, module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
        self.module, self.folder, self.online = module, module.HERE, True
        self.asked: list[tuple[str, list[str]]] = []
        monkeypatch.setattr(module, "make_venv", self.make_venv)
        monkeypatch.setattr(module, "pip", self.pip)
        monkeypatch.setattr(module, "compile_all", lambda venv: None)
        monkeypatch.setattr(module, "torch_source", list)
        monkeypatch.setattr(module, "starts", lambda venv: Path(module.python(venv)).exists())
        monkeypatch.setattr(module, "versions", self.versions)

    def make_venv(self, venv: Path) -> None:
        python = Path(self.module.python(venv))
        python.parent.mkdir(parents=True)
        python.write_text("")
        (venv / "pyvenv.cfg").write_text("")
        (venv / "packages").write_text("{}")

    def pip(self, venv: Path, arguments: list[str]) -> None:
        self.asked.append((venv.name, arguments))
        if not self.online:
            raise self.module.Failed(self.module.OFFLINE)
        if arguments[0] not in self.module.PROBE:
            lines = (self.folder / "constraints.txt").read_text().splitlines()
            new = {name: v for name, _, v in (line.partition("==") for line in lines) if v}
            (venv / "packages").write_text(json.dumps({**self.packages(venv), **new}))

    def packages(self, venv: Path) -> dict[str, str]:
        return dict(json.loads((venv / "packages").read_text()))

    def versions(self) -> dict[str, str]:
        return self.packages(self.module.VENV)

    def change_pin(self, name: str = "streamlit", version: str = "9.9.9") -> None:
        """As a pulled change of constraints.txt."""
        path = self.folder / "constraints.txt"
        lines = [f"{name}=={version}" if x.startswith(f"{name}==") else x for x in path.read_text().splitlines()]
        path.write_text("\n".join(lines))

    def built(self) -> list[str]:
        """The environments that something was installed in since the last call, in order."""
        found = [name for name, arguments in self.asked if arguments[0] not in self.module.PROBE]
        self.asked.clear()
        return sorted(set(found), key=found.index)

    def rubbish(self) -> list[str]:
        return [p.name for p in (self.module.NEW, self.module.OLD) if p.exists()]
