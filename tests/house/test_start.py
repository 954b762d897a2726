"""`start.py`: what it installs and when, what it passes on, and the sentence for whatever can go wrong."""

from __future__ import annotations

import ast
import importlib.util
import json
import subprocess
import sys
import urllib.error
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def start(tmp_path, monkeypatch) -> ModuleType:
    """start.py as a module whose .venv lies in `tmp_path`; nothing is really installed."""
    spec = importlib.util.spec_from_file_location("start_under_test", ROOT / "start.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    venv = tmp_path / ".venv"
    python = venv / "bin" / "python"

    def make_venv() -> None:
        python.parent.mkdir(parents=True, exist_ok=True)
        python.touch()

    calls: list[list[str]] = []
    monkeypatch.setattr(module, "VENV", venv)
    monkeypatch.setattr(module, "PYTHON", python)
    monkeypatch.setattr(module, "STAMP", venv / "nnlab-installed.json")
    monkeypatch.setattr(module, "make_venv", make_venv)
    monkeypatch.setattr(module, "torch_source", list)
    monkeypatch.setattr(module, "pip", calls.append)
    module.installs = calls
    return module


class _Done:
    def __init__(self, returncode: int = 0, stdout: str = "", stderr: str = "") -> None:
        self.returncode, self.stdout, self.stderr = returncode, stdout, stderr


def test_the_first_start_installs_torch_and_the_packages_of_the_app(start):
    start.install("app")
    assert start.installs == [["torch"], start.requirements("app")]


def test_the_second_start_installs_nothing(start):
    start.install("app")
    start.installs.clear()
    start.install("app")
    assert start.installs == []


def test_tests_add_their_packages_to_an_installed_app(start):
    start.install("app")
    start.installs.clear()
    start.install("app", "test")
    assert start.installs == [start.requirements("test")]


@pytest.mark.parametrize("name", ["version", "constraints"])
def test_another_python_or_other_pins_install_again(start, tmp_path, monkeypatch, name):
    start.install("app")
    before = start.fingerprint("app")
    if name == "version":
        monkeypatch.setattr(start.sys, "version", "3.99.0")
    else:
        for file in ("constraints.txt", "pyproject.toml"):
            (tmp_path / file).write_text((ROOT / file).read_text() + "\n# changed")
        monkeypatch.setattr(start, "HERE", tmp_path)
    assert start.fingerprint("app") != before
    start.installs.clear()
    start.install("app")
    assert start.installs != []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"app": "other"}'])
def test_a_damaged_stamp_installs_again(start, text):
    start.install("app")
    start.STAMP.write_text(text)
    start.installs.clear()
    start.install("app")
    assert len(start.installs) == 2
    assert json.loads(start.STAMP.read_text())["app"] == start.fingerprint("app")


def test_an_interrupted_install_leaves_no_stamp(start, monkeypatch):
    def broken(arguments):
        raise start.Stop("no network")

    monkeypatch.setattr(start, "pip", broken)
    with pytest.raises(start.Stop):
        start.install("app")
    assert start.installed() == {}


def test_a_removed_interpreter_counts_as_not_installed(start):
    start.install("app")
    start.PYTHON.unlink()
    assert start.installed() == {}


def test_every_requirement_is_pinned(start):
    pins = {line.split("==")[0] for line in (ROOT / "constraints.txt").read_text().split("\n") if "==" in line}
    wanted = [line for name in ("app", "test", "check") for line in start.requirements(name)]
    names = {line.split(">=")[0].split("==")[0].split("[")[0].lower() for line in wanted}
    assert names <= pins


def test_pip_is_held_to_the_pinned_versions(start, monkeypatch):
    lines: list[list[str]] = []
    fresh = _real_pip(start, monkeypatch, online=True)
    monkeypatch.setattr(fresh.subprocess, "run", lambda line, **_: lines.append(line) or _Done())
    fresh.pip(["numpy>=2"])
    (line,) = lines
    assert line[:4] == [str(fresh.PYTHON), "-m", "pip", "install"]
    assert line[-3:] == ["-c", str(ROOT / "constraints.txt"), "numpy>=2"]


def _real_pip(start, monkeypatch, *, online: bool):
    spec = importlib.util.spec_from_file_location("start_fresh", ROOT / "start.py")
    assert spec is not None and spec.loader is not None
    fresh = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fresh)
    monkeypatch.setattr(fresh.subprocess, "run", lambda *a, **k: _Done(1))
    monkeypatch.setattr(fresh, "reachable", lambda url: online)
    return fresh


def test_no_network_is_one_sentence_that_says_what_to_do(start, monkeypatch):
    fresh = _real_pip(start, monkeypatch, online=False)
    with pytest.raises(fresh.Stop, match=r"^No network: .* connect .* start again\.$"):
        fresh.pip(["numpy"])


def test_another_failure_of_pip_points_at_its_message(start, monkeypatch):
    fresh = _real_pip(start, monkeypatch, online=True)
    with pytest.raises(fresh.Stop, match="pip's message stands above"):
        fresh.pip(["numpy"])


def test_a_missing_venv_module_is_named(start, monkeypatch):
    fresh = _real_pip(start, monkeypatch, online=True)
    monkeypatch.setattr(fresh.subprocess, "run", lambda *a, **k: _Done(1, "ensurepip is not available"))
    with pytest.raises(fresh.Stop, match="apt install python3-venv"):
        fresh.make_venv()


@pytest.mark.parametrize(
    ("gpu", "online", "expected"),
    [(False, True, "--extra-index-url"), (True, True, None), (False, False, None)],
)
def test_the_cpu_build_is_asked_for_where_no_gpu_is_and_its_index_answers(start, monkeypatch, gpu, online, expected):
    fresh = _real_pip(start, monkeypatch, online=online)
    monkeypatch.setattr(fresh.sys, "platform", "linux")
    monkeypatch.setattr(fresh, "has_gpu", lambda: gpu)
    assert fresh.torch_source()[:1] == ([expected] if expected else [])


def test_an_address_that_refuses_the_method_is_still_reachable(start, monkeypatch):
    def refuse(*_, **__):
        raise urllib.error.HTTPError("http://x", 405, "no", {}, None)  # type: ignore[arg-type]

    monkeypatch.setattr(start.urllib.request, "urlopen", refuse)
    assert start.reachable("http://x")


def test_an_address_that_nobody_answers_is_not_reachable(start, monkeypatch):
    def fail(*_, **__):
        raise OSError("unreachable")

    monkeypatch.setattr(start.urllib.request, "urlopen", fail)
    assert not start.reachable("http://x")


@pytest.mark.parametrize(("command", "module"), [("test", "pytest"), ("bench", "benchmarks.run")])
def test_arguments_are_passed_on(start, monkeypatch, command, module):
    seen: list[list[str]] = []
    monkeypatch.setattr(start.subprocess, "call", lambda line, **_: seen.append(line) or 0)
    monkeypatch.setattr(start, "install_chromium", lambda: "/usr/bin/chromium")
    assert start.main([command, "-k", "name"]) == 0
    assert seen == [[str(start.PYTHON), "-m", module, "-k", "name"]]


def test_the_app_gets_its_options_and_becomes_the_process(start, monkeypatch):
    seen = {}

    def execve(path, line, environment):
        seen.update(path=path, line=line, environment=environment)
        raise SystemExit(0)

    monkeypatch.setattr(start.os, "execve", execve)
    with pytest.raises(SystemExit):
        start.main(["--port", "9701", "--no-browser"])
    assert seen["line"] == [str(start.PYTHON), "-m", "nnlab", "--port", "9701", "--no-browser"]
    assert seen["environment"]["PYTHONPATH"].split(":")[0] == str(start.HERE)
    assert seen["environment"]["OMP_NUM_THREADS"] == "1"


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
    found = iter(["", "/usr/bin/chromium"])
    monkeypatch.setattr(start, "chromium", lambda: next(found))
    monkeypatch.setattr(start.shutil, "which", lambda name: "/usr/bin/apt-get")
    monkeypatch.setattr(start.os, "geteuid", lambda: 0)
    monkeypatch.setattr(start.subprocess, "run", lambda line, **_: lines.append(line) or _Done())
    assert start.install_chromium() == "/usr/bin/chromium"
    assert [line[1] for line in lines] == ["update", "install"]
    assert "chromium" in lines[1]


def test_without_root_playwright_brings_its_own_chromium_and_apt_is_left_alone(start, monkeypatch):
    lines: list[list[str]] = []
    found = iter(["", "/home/me/playwright/chrome"])
    monkeypatch.setattr(start, "chromium", lambda: next(found))
    monkeypatch.setattr(start.shutil, "which", lambda name: "/usr/bin/apt-get")
    monkeypatch.setattr(start.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(start.subprocess, "run", lambda line, **_: lines.append(line) or _Done())
    assert start.install_chromium() == "/home/me/playwright/chrome"
    assert lines == [[str(start.PYTHON), "-m", "playwright", "install", "chromium"]]


def test_an_unknown_command_is_answered_with_the_known_ones(start, capsys):
    assert start.main(["tset"]) == 2
    assert "test, check, bench" in capsys.readouterr().out


def test_an_old_python_gets_a_sentence(start, monkeypatch, capsys):
    monkeypatch.setattr(start.sys, "version_info", (3, 8, 10))
    assert start.main([]) == 1
    assert "needs Python 3.11 or newer; this is 3.8" in capsys.readouterr().out


def test_an_old_python_can_at_least_parse_it():
    source = (ROOT / "start.py").read_text(encoding="utf-8")
    assert ast.parse(source, feature_version=(3, 8)).body


def test_it_imports_nothing_but_the_standard_library():
    tree = ast.parse((ROOT / "start.py").read_text(encoding="utf-8"))
    modules = {n.names[0].name for n in ast.walk(tree) if isinstance(n, ast.Import)}
    modules |= {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert {module.split(".")[0] for module in modules} <= sys.stdlib_module_names


def test_help_names_all_four_commands():
    done = subprocess.run([sys.executable, "start.py", "--help"], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert all(word in done.stdout for word in ("start the app", "test", "check", "bench"))
