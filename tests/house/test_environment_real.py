"""`environment.py` with real processes, a real environment and what pip, venv and the network may answer."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import urllib.error
from pathlib import Path
from types import ModuleType

import pytest

from .checkouts import ROOT, load

POSIX = pytest.mark.skipif(os.name != "posix", reason="Windows keeps a folder in use by itself")

# ---- two at once -------------------------------------------------------------------------------------------------


@POSIX
def test_an_app_that_runs_keeps_its_packages_and_the_start_after_it_swaps_without_a_network(lab, capsys):
    module = lab.module
    module.install("app")
    old = lab.versions()
    lab.change_pin()
    app = "print('held', flush=True); input()"
    script = (
        f"import environment as e, os, sys; e.VENV = e.Path({str(module.VENV)!r}); e.hold()\n"
        f"os.execv(sys.executable, [sys.executable, '-c', {app!r}])"
    )
    running = subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with running:
        assert running.stdout is not None and running.stdout.readline() == "held\n"
        module.install("app")
        assert "because an nnlab still runs from .venv: close it and start again." in capsys.readouterr().out
        assert lab.versions() == old
        running.communicate("\n")
    lab.online = False
    module.install("app")
    assert lab.versions()["streamlit"] == "9.9.9"


_SECOND = """
import sys, time
sys.path.insert(0, {tests!r})
from checkouts import Lab, load
from pathlib import Path
import pytest
lab = Lab(load(Path({folder!r})), pytest.MonkeyPatch())
lab.module.install("app")
print(lab.asked)
"""


def test_of_two_starts_at_once_one_installs_and_the_other_waits(lab, monkeypatch):
    module, pip = lab.module, lab.pip
    script = _SECOND.format(tests=str(Path(__file__).parent), folder=str(lab.folder))
    others: list[subprocess.Popen[str]] = []

    def meanwhile(venv: Path, arguments: list[str]) -> None:
        if not others:
            line = [sys.executable, "-c", script]
            others.append(
                subprocess.Popen(
                    line, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONIOENCODING": "utf-8"}
                )
            )
            assert others[0].stdout is not None
            assert "waiting for it" in others[0].stdout.readline()
        pip(venv, arguments)

    monkeypatch.setattr(module, "pip", meanwhile)
    module.install("app")
    assert lab.built() == [".vnew"]
    assert others[0].communicate(timeout=60)[0] == "[]\n"  # the second found everything installed
    assert module.missing(module.VENV, ("app",)) == []


@POSIX
def test_a_killed_start_is_waited_for_as_long_as_its_pip_writes(tmp_path):
    module = load(tmp_path)
    pip = tmp_path / "pip"
    pip.write_text("#!/bin/sh\necho pip\ncat\n")
    pip.chmod(0o755)
    script = (
        f"import environment as e; e.LOCK = e.Path({str(module.LOCK)!r}); e.python = lambda venv: {str(pip)!r}\n"
        "with e.alone(): e.pip(e.NEW, [])"
    )
    start = subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert start.stdout is not None and start.stdout.readline() == "pip\n"
    start.kill()
    start.wait()
    with open(module.LOCK) as file:
        assert not module.locked(file)
    assert start.stdin is not None
    start.stdin.close()  # pip ends
    assert start.stdout.read() == ""
    start.stdout.close()
    with module.alone(), open(module.LOCK) as other:
        assert not module.locked(other)


# ---- a real environment ------------------------------------------------------------------------------------------


def test_the_three_folders_have_names_of_one_length_and_git_ignores_them():
    module = load(ROOT)
    assert len({len(p.name) for p in (module.VENV, module.NEW, module.OLD)}) == 1
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert {f"{p.name}/" for p in (module.VENV, module.NEW, module.OLD)} | {module.LOCK.name} <= set(ignored)


def test_a_real_environment_works_after_its_renaming_with_activate_and_scripts(tmp_path, monkeypatch):
    folder = tmp_path / "a checkout"
    folder.mkdir()
    module = load(folder)
    monkeypatch.setattr(module, "pip", lambda venv, arguments: None)
    monkeypatch.setattr(module, "torch_source", list)
    module.install("app")
    venv = module.VENV
    prefix = [module.python(venv), "-c", "import sys; print(sys.prefix)"]
    assert _said(prefix) == str(venv)
    programs = Path(module.python(venv)).parent
    assert str(venv) in _said([str(programs / "pip"), "--version"])
    if os.name == "posix":
        assert _said(["sh", "-c", f". '{programs}/activate'; python -c 'import sys; print(sys.prefix)'"]) == str(venv)
    files = [f for f in (venv / "pyvenv.cfg", *programs.iterdir()) if f.is_file()]
    assert [f.name for f in files if b".vnew" in f.read_bytes()] == []
    assert module.missing(venv, ("app",)) == []
    assert set(module.versions()) >= {"pip"}


@POSIX
def test_a_real_environment_is_broken_once_its_python_is_gone_or_another_version(tmp_path):
    module = load(tmp_path)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(module.VENV)], check=True)
    assert module.starts(module.VENV)
    packages = next((module.VENV / "lib").glob("python3*"))
    packages.rename(packages.with_name("python3.99"))  # as after an update of the system's Python
    assert not module.starts(module.VENV)
    packages.with_name("python3.99").rename(packages)
    assert module.starts(module.VENV)
    for link in (module.VENV / "bin").glob("python*"):
        link.unlink()
        link.symlink_to(tmp_path / "gone")
    assert not module.starts(module.VENV)


def _said(line: list[str]) -> str:
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    return subprocess.run(line, env=clean, capture_output=True, text=True, timeout=60, check=True).stdout.strip()


# ---- pip, venv and the network -----------------------------------------------------------------------------------


class _Done:
    def __init__(self, returncode: int = 0, stdout: str = "", stderr: str = "") -> None:
        self.returncode, self.stdout, self.stderr = returncode, stdout, stderr


@pytest.fixture
def fails(tmp_path, monkeypatch) -> ModuleType:
    """A module whose pip and venv fail; `online` says whether the index answers."""
    module = load(tmp_path)
    monkeypatch.setattr(module.subprocess, "run", lambda *a, **k: _Done(1))
    module.online = True
    monkeypatch.setattr(module, "reachable", lambda url: module.online)
    return module


def test_pip_is_held_to_the_pinned_versions(fails, monkeypatch):
    lines: list[list[str]] = []
    monkeypatch.setattr(fails.subprocess, "run", lambda line, **_: lines.append(line) or _Done())
    fails.pip(fails.NEW, ["numpy>=2"])
    (line,) = lines
    assert line[:4] == [fails.python(fails.NEW), "-m", "pip", "install"]
    assert line[-3:] == ["-c", str(fails.HERE / "constraints.txt"), "numpy>=2"]


def test_no_network_is_said_with_what_to_do(fails):
    fails.online = False
    with pytest.raises(fails.Failed, match=r"^this machine has no network: connect it and start again$"):
        fails.pip(fails.NEW, ["numpy"])


def test_another_failure_of_pip_points_at_its_message(fails):
    with pytest.raises(fails.Failed, match="pip failed with the message above"):
        fails.pip(fails.NEW, ["numpy"])


def test_a_missing_venv_module_is_named(fails, monkeypatch):
    monkeypatch.setattr(fails.subprocess, "run", lambda *a, **k: _Done(1, "ensurepip is not available"))
    with pytest.raises(fails.Failed, match="apt install python3-venv"):
        fails.make_venv(fails.NEW)


@pytest.mark.parametrize(
    ("gpu", "online", "expected"),
    [(False, True, "--extra-index-url"), (True, True, None), (False, False, None)],
)
def test_the_cpu_build_is_asked_for_where_no_gpu_is_and_its_index_answers(fails, monkeypatch, gpu, online, expected):
    fails.online = online
    monkeypatch.setattr(fails.sys, "platform", "linux")
    monkeypatch.setattr(fails, "has_gpu", lambda: gpu)
    assert fails.torch_source()[:1] == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("error", "reachable"),
    [(urllib.error.HTTPError("http://x", 405, "no", {}, None), True), (OSError("unreachable"), False)],  # type: ignore[arg-type]
)
def test_an_address_that_refuses_the_method_is_reachable_and_one_that_nobody_answers_is_not(
    lab, monkeypatch, error, reachable
):
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(lab.module.urllib.request, "urlopen", fail)
    assert lab.module.reachable("http://x") is reachable
    with contextlib.suppress(AttributeError):
        error.close()
