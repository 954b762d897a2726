"""`start.py`: its commands, what they pass on, the browser of the tests, and the sentence for whatever can go wrong."""

from __future__ import annotations

import ast
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def start(monkeypatch) -> ModuleType:
    """start.py as a module that finds everything installed."""
    spec = importlib.util.spec_from_file_location("start_under_test", ROOT / "start.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setattr(sys, "path", list(sys.path))  # start.py adds to it
    spec.loader.exec_module(module)
    module.installs = []
    monkeypatch.setattr(module, "install", lambda *wanted: module.installs.append(wanted))
    monkeypatch.setattr(module, "hold", lambda: None)
    return module


class _Done:
    def __init__(self, returncode: int = 0) -> None:
        self.returncode, self.stdout, self.stderr = returncode, "", ""


SHARED = "not alone and not slow"


@pytest.mark.parametrize(("command", "module"), [("test", "pytest"), ("bench", "benchmarks.run")])
def test_arguments_are_passed_on(start, monkeypatch, command, module):
    seen: list[list[str]] = []
    monkeypatch.setattr(start.subprocess, "call", lambda line, **_: seen.append(line) or 0)
    monkeypatch.setattr(start, "install_chromium", lambda: "/usr/bin/chromium")
    assert start.main([command, "-k", "name"]) == 0
    assert seen == [[start.python(start.VENV), "-m", module, "-k", "name"]]
    assert start.installs == [("app", "test")]


@pytest.mark.parametrize(("arguments", "shared"), [([], SHARED), (["--slow"], "not alone")])
@pytest.mark.parametrize(("cores", "workers"), [(1, "2"), (2, "2"), (3, "3"), (64, "4"), (None, "2")])
def test_all_tests_run_in_two_passes_the_first_on_every_core(
    start, monkeypatch, capsys, cores, workers, arguments, shared
):
    seen: list[list[str]] = []
    monkeypatch.setattr(start.subprocess, "call", lambda line, **_: seen.append(line[2:]) or 0)
    monkeypatch.setattr(start, "install_chromium", lambda: "/usr/bin/chromium")
    monkeypatch.setattr(start.os, "cpu_count", lambda: cores)
    assert start.main(["test", *arguments]) == 0
    spread = ["-n", workers, "--dist", "loadfile", "--no-loadscope-reorder"]
    assert seen[0] == ["pytest", "-q", *spread, "-m", shared]
    assert (seen[1][:2], seen[1][-2:]) == (["pytest", "-q"], ["-m", "alone"])
    assert "tests/live/pool/test_pool.py" in seen[1] and "tests/core/test_links.py" not in seen[1]
    said = capsys.readouterr().out.splitlines()
    assert said == [
        f"· tests that share the machine, {workers} files at a time",
        "· tests that need the machine alone",
        "All tests pass.",
    ]


@pytest.mark.parametrize("red", [[SHARED], ["alone"], [SHARED, "alone"]], ids=" and ".join)
def test_both_passes_run_and_one_that_is_red_makes_the_whole_red(start, monkeypatch, capsys, red):
    seen: list[str] = []
    monkeypatch.setattr(start.subprocess, "call", lambda line, **_: seen.append(line[-1]) or int(line[-1] in red))
    monkeypatch.setattr(start, "install_chromium", lambda: "/usr/bin/chromium")
    assert start.main(["test"]) == 1
    assert seen == [SHARED, "alone"]
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("Failed: ")
    assert ("share the machine" in last, "machine alone" in last) == (SHARED in red, "alone" in red)


def test_the_app_gets_its_options_and_becomes_the_process(start, monkeypatch):
    seen = {}

    def execve(path, line, environment):
        seen.update(path=path, line=line, environment=environment)
        raise SystemExit(0)

    monkeypatch.setattr(start.os, "execve", execve)
    with pytest.raises(SystemExit):
        start.main(["--port", "9701", "--no-browser"])
    assert seen["line"] == [start.python(start.VENV), "-m", "nnlab", "--port", "9701", "--no-browser"]
    assert seen["environment"]["PYTHONPATH"].split(":")[0] == str(start.HERE)
    assert seen["environment"]["OMP_NUM_THREADS"] == "1"
    assert start.installs == [("app",)]


def test_what_could_not_be_installed_is_said_and_nothing_starts(start, monkeypatch, capsys):
    def stop(*_: str) -> None:
        raise start.Stop("The packages could not be installed, because there is no network.")

    monkeypatch.setattr(start, "install", stop)
    monkeypatch.setattr(start.os, "execve", lambda *_: pytest.fail("it started"))
    assert start.main([]) == 1
    assert capsys.readouterr().err == "The packages could not be installed, because there is no network.\n"


def test_check_runs_every_check_even_after_one_fails(start, monkeypatch, capsys):
    seen: list[str] = []
    monkeypatch.setattr(start.subprocess, "call", lambda line, **_: seen.append(line[2]) or int(line[2] == "mypy"))
    monkeypatch.setattr(start, "check_javascript", lambda: ["types"])
    assert start.main(["check"]) == 1
    assert seen == [line[0] for line in start.CHECKS]
    assert "Failed: mypy, types." in capsys.readouterr().out


@pytest.fixture
def npm(start, monkeypatch, tmp_path):
    """A folder with the two files of npm; what is called stands in `npm.called`, and what is in `npm.fails` fails."""
    said = SimpleNamespace(here=tmp_path, called=[], fails=set())
    for name in ("package.json", "package-lock.json"):
        (tmp_path / name).write_text(name)

    def call(line, **_):
        (tmp_path / "node_modules").mkdir(exist_ok=True)
        said.called.append(line[-1] if line[0] == "npm" and line[1] == "run" else line[1])
        return int(said.called[-1] in said.fails)

    monkeypatch.setattr(start, "HERE", tmp_path)
    monkeypatch.setattr(start.shutil, "which", lambda name: name)
    monkeypatch.setattr(start.subprocess, "call", call)
    return said


def test_the_tools_for_the_javascript_are_installed_once_and_again_with_other_pins(start, npm):
    assert start.check_javascript() == []
    assert npm.called == ["-e", "ci", "lint", "types"]
    assert start.check_javascript() == []
    assert npm.called[4:] == ["-e", "lint", "types"]
    (npm.here / "package-lock.json").write_text("other pins")
    npm.fails = {"lint"}
    assert start.check_javascript() == ["lint"]
    assert npm.called[7:] == ["-e", "ci", "lint", "types"]


def test_the_javascript_is_not_checked_without_node_or_its_tools(start, npm, capsys, monkeypatch):
    npm.fails = {"ci"}
    assert start.check_javascript() == ["lint", "types"]
    assert "npm could not install" in capsys.readouterr().out
    npm.fails = {"-e"}  # it is older than 18
    assert start.check_javascript() == ["lint", "types"]
    monkeypatch.setattr(start.shutil, "which", lambda name: None)
    assert start.check_javascript() == ["lint", "types"]
    assert capsys.readouterr().out.count("Node.js 18 or newer") == 2


def test_without_any_browser_the_tests_say_what_to_do(start, monkeypatch, capsys):
    monkeypatch.setattr(start, "chromium", str)
    monkeypatch.setattr(start.shutil, "which", lambda name: None)
    monkeypatch.setattr(start.subprocess, "run", lambda *a, **k: _Done(1))
    assert start.main(["test"]) == 1
    assert "set NNLAB_CHROMIUM" in capsys.readouterr().err


def test_apt_brings_chromium_where_it_and_root_are_there(start, monkeypatch):
    lines: list[list[str]] = []
    monkeypatch.setattr(start, "chromium", lambda: "/usr/bin/chromium" if lines else "")
    monkeypatch.setattr(start, "install", lambda *names: None)
    monkeypatch.setattr(start.shutil, "which", lambda name: "/usr/bin/apt-get")
    monkeypatch.setattr(start.os, "geteuid", lambda: 0)
    monkeypatch.setattr(start.subprocess, "run", lambda line, **_: lines.append(line) or _Done())
    assert start.ready_to_test() == "/usr/bin/chromium"
    assert [line[1] for line in lines] == ["update", "install"]
    assert "chromium" in lines[1]


def test_without_root_playwright_brings_its_own_chromium_and_apt_is_left_alone(start, monkeypatch):
    lines: list[list[str]] = []
    monkeypatch.setattr(start, "chromium", lambda: "/home/me/playwright/chrome" if lines else "")
    monkeypatch.setattr(start, "install", lambda *names: None)
    monkeypatch.setattr(start.shutil, "which", lambda name: "/usr/bin/apt-get")
    monkeypatch.setattr(start.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(start.subprocess, "run", lambda line, **_: lines.append(line) or _Done())
    assert start.ready_to_test() == "/home/me/playwright/chrome"
    assert lines == [[start.python(start.VENV), "-m", "playwright", "install", "chromium"]]


def test_an_unknown_command_is_answered_with_the_known_ones(start, capsys):
    assert start.main(["tset"]) == 2
    assert "test, check, bench" in capsys.readouterr().out


def test_an_old_python_gets_a_sentence(start, monkeypatch, capsys):
    monkeypatch.setattr(start.sys, "version_info", (3, 8, 10))
    assert start.main([]) == 1
    assert "needs Python 3.11 or newer; this is 3.8" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["start.py", "environment.py"])
def test_an_old_python_can_at_least_parse_it(name):
    source = (ROOT / name).read_text(encoding="utf-8")
    assert ast.parse(source, feature_version=(3, 8)).body


@pytest.mark.parametrize("name", ["start.py", "environment.py"])
def test_it_imports_nothing_but_the_standard_library(name):
    tree = ast.parse((ROOT / name).read_text(encoding="utf-8"))
    modules = {n.names[0].name for n in ast.walk(tree) if isinstance(n, ast.Import)}
    modules |= {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert {module.split(".")[0] for module in modules} - {"environment"} <= sys.stdlib_module_names


@pytest.mark.parametrize("safe", ["", "1"])
def test_help_names_all_four_commands(safe):
    line, known = [sys.executable, "start.py", "--help"], dict(os.environ, PYTHONPATH="", PYTHONSAFEPATH=safe)
    done = subprocess.run(line, cwd=ROOT, env=known, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert all(word in done.stdout for word in ("start the app", "test", "check", "bench"))
