"""`environment.py`: what is installed and when, and that an environment which worked goes on working whatever happens."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .checkouts import ROOT, Lab, load


@pytest.fixture
def installed(lab) -> Lab:
    """One in which the app is installed."""
    lab.module.install("app")
    lab.asked.clear()
    return lab


# ---- when something is installed ---------------------------------------------------------------------------------


def test_the_first_start_installs_torch_and_the_packages_of_the_app(lab):
    lab.module.install("app")
    assert [arguments for _, arguments in lab.asked] == [["torch"], lab.module.requirements("app")]
    assert lab.module.missing(lab.module.VENV, ("app",)) == []


def test_the_second_start_installs_nothing(installed):
    installed.module.install("app")
    assert installed.asked == []


def test_tests_add_their_packages_to_an_installed_app_in_place(installed):
    installed.module.install("app", "test")
    assert installed.asked == [(".venv", installed.module.requirements("test"))]


def test_the_patch_version_of_python_installs_nothing(installed, monkeypatch):
    before = installed.module.fingerprint("app")
    monkeypatch.setattr(installed.module.sys, "version", "3.11.99 (another build)")
    assert installed.module.fingerprint("app") == before


def test_the_fingerprint_names_the_minor_version_and_the_implementation():
    there = "import importlib.machinery as m; print(m.EXTENSION_SUFFIXES[0])"
    suffix = subprocess.run([sys.executable, "-c", there], capture_output=True, text=True).stdout.strip()
    module = load(ROOT)
    assert module.built_for()[0] == suffix
    short = "".join(map(str, sys.version_info[:2]))
    assert short in suffix.replace(".", "") and sys.implementation.name[:2] in suffix
    assert sys.version.split()[0] not in suffix


@pytest.mark.parametrize("what", ["python", "processor", "pins", "folder"])
def test_another_python_processor_folder_or_other_pins_build_beside_the_old_one(installed, monkeypatch, what):
    module = installed.module
    if what == "pins":
        installed.change_pin()
    elif what == "folder":
        module.VENV.rename(installed.folder / "moved")
        module.VENV = installed.folder / "moved"
    else:
        other = (".cpython-399.so", "x86_64") if what == "python" else (module.built_for()[0], "vax")
        monkeypatch.setattr(module, "built_for", lambda: other)
    (module.VENV / "mark").touch()
    pip = installed.pip

    def looking(venv: Path, arguments: list[str]) -> None:
        assert (module.VENV / "mark").exists()
        pip(venv, arguments)

    monkeypatch.setattr(module, "pip", looking)
    module.install("app")
    assert installed.built() == [".vnew"]
    assert not (module.VENV / "mark").exists()
    assert installed.rubbish() == []
    module.install("app")
    assert installed.asked == []


@pytest.mark.parametrize("text", ["", "{", "[]"])
def test_a_damaged_stamp_installs_again(installed, text):
    module = installed.module
    (module.VENV / module.STAMP).write_text(text)
    module.install("app")
    assert installed.built() == [".vnew"]
    assert json.loads((module.VENV / module.STAMP).read_text())["app"] == module.fingerprint("app")


def test_an_environment_whose_python_is_gone_is_built_anew(installed):
    Path(installed.module.python(installed.module.VENV)).unlink()
    installed.module.install("app")
    assert installed.built() == [".vnew"]
    assert installed.module.missing(installed.module.VENV, ("app",)) == []


def test_every_requirement_is_pinned(lab):
    pins = {line.split("==")[0] for line in (ROOT / "constraints.txt").read_text().split("\n") if "==" in line}
    wanted = [line for name in ("app", "test", "check") for line in lab.module.requirements(name)]
    names = {line.split(">=")[0].split("==")[0].split("[")[0].lower() for line in wanted}
    assert names <= pins


# ---- when it cannot be installed ---------------------------------------------------------------------------------


def test_without_a_network_an_outdated_environment_is_used_and_the_packages_are_named(installed, capsys):
    installed.change_pin("streamlit", "9.9.9")
    old = installed.versions()
    installed.online = False
    capsys.readouterr()
    installed.module.install("app")
    assert capsys.readouterr().out == (
        f"Going on without the update of streamlit ({old['streamlit']}, not 9.9.9), "
        "because this machine has no network: connect it and start again.\n"
    )
    assert installed.versions() == old
    assert len(installed.asked) == 1  # only the question whether the network answers
    installed.online = True
    installed.module.install("app")
    assert installed.versions()["streamlit"] == "9.9.9"


def test_without_a_network_another_python_uses_what_is_there(installed, monkeypatch, capsys):
    monkeypatch.setattr(installed.module, "built_for", lambda: (".cpython-399.so", "x86_64"))
    installed.online = False
    installed.module.install("app")
    assert "Going on without the update of the packages, because this machine has no network" in capsys.readouterr().out


def test_a_build_of_torch_for_the_cpu_is_no_other_version(installed):
    module = installed.module
    path = module.VENV / "packages"
    path.write_text(json.dumps({**installed.versions(), "torch": installed.versions()["torch"] + "+cpu"}))
    assert module.outdated() == "the packages"


def test_of_many_packages_five_are_named(installed):
    old = {name: "0.1" for name in installed.versions()}
    (installed.module.VENV / "packages").write_text(json.dumps(old))
    assert installed.module.outdated().endswith(f" and {len(old) - 5} more")


@pytest.mark.parametrize("case", ["nothing is there", "its python is gone", "a package is missing", "no tests yet"])
def test_without_a_network_and_an_environment_that_works_it_stops_with_a_sentence(lab, case):
    module = lab.module
    if case != "nothing is there":
        module.install("app")
        lab.change_pin()
    if case == "its python is gone":
        Path(module.python(module.VENV)).unlink()
    if case == "a package is missing":
        have = lab.versions()
        del have["plotly"]
        (module.VENV / "packages").write_text(json.dumps(have))
    lab.online = False
    wanted = ("app", "test") if case == "no tests yet" else ("app",)
    sentence = (
        r"^The packages could not be installed, because this machine has no network: connect it and start again\.$"
    )
    with pytest.raises(module.Stop, match=sentence):
        module.install(*wanted)


def test_when_pip_fails_in_the_middle_the_old_environment_is_as_it_was(installed, monkeypatch, capsys):
    module = installed.module
    installed.change_pin()
    old, pip = installed.versions(), installed.pip

    def failing(venv: Path, arguments: list[str]) -> None:
        pip(venv, arguments)
        if "torch" not in arguments and arguments[0] not in module.PROBE:
            raise module.Failed("pip failed with the message above: start again once that is solved")

    monkeypatch.setattr(module, "pip", failing)
    module.install("app")
    assert "because pip failed with the message above" in capsys.readouterr().out
    assert installed.versions() == old
    monkeypatch.setattr(module, "pip", pip)
    module.install("app")
    assert installed.versions()["streamlit"] == "9.9.9"
    assert installed.rubbish() == []


def test_a_failing_addition_leaves_the_app_as_installed_as_before(installed):
    module = installed.module
    installed.online = False
    with pytest.raises(module.Stop):
        module.install("app", "test")
    installed.asked.clear()
    module.install("app")
    assert installed.asked == []


def test_a_folder_that_cannot_be_written_stops_with_a_sentence_or_uses_what_is_there(installed, capsys):
    module = installed.module
    module.LOCK = module.HERE / "nowhere" / "lock"
    installed.change_pin()
    module.install("app")
    assert "Going on without the update of streamlit" in capsys.readouterr().out
    shutil.rmtree(module.VENV)
    with pytest.raises(module.Stop, match=r"could not be installed, because .*nowhere"):
        module.install("app")


# ---- killed, and two at once -------------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", ["make_venv", "pip", "rename_within", "between the renames", "rmtree"])
def test_after_a_kill_at_any_moment_an_environment_works_and_nothing_is_left_over(installed, monkeypatch, moment):
    module = installed.module
    old = installed.versions()
    installed.change_pin()
    with monkeypatch.context() as patched:

        def killed(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        if moment == "between the renames":
            rename = Path.rename
            patched.setattr(Path, "rename", lambda a, b: killed() if a == module.NEW else rename(a, b))
        elif moment == "rmtree":
            rmtree = shutil.rmtree
            patched.setattr(
                module.shutil, "rmtree", lambda p, **k: killed() if p == module.OLD and p.exists() else rmtree(p, **k)
            )
        else:
            patched.setattr(module, moment, killed)
        with pytest.raises(KeyboardInterrupt):
            module.install("app")
    installed.online = False
    module.install("app")
    assert installed.versions() == old or installed.module.missing(module.VENV, ("app",)) == []
    assert Path(module.python(module.VENV)).exists()
    installed.online = True
    module.install("app")
    assert installed.versions()["streamlit"] == "9.9.9"
    assert installed.rubbish() == []


@pytest.mark.parametrize("error", [KeyboardInterrupt, PermissionError])
def test_half_a_change_of_folders_is_undone(installed, monkeypatch, error, capsys):
    """A kill between the two renames, or Windows, which renames no folder from which a program runs."""
    module, old, rename = installed.module, installed.versions(), Path.rename
    installed.change_pin()
    with monkeypatch.context() as patched, contextlib.suppress(KeyboardInterrupt):

        def refusing(path: Path, target: Path) -> Path:
            if path == module.NEW:
                raise error
            return rename(path, target)

        patched.setattr(Path, "rename", refusing)
        module.install("app")
        assert "because an nnlab still runs from .venv" in capsys.readouterr().out
        assert installed.versions() == old
    installed.change_pin("streamlit", "9.9.10")  # so that the new folder is of no use any more
    installed.online = False
    module.install("app")
    assert installed.versions() == old


def test_rubbish_is_removed_even_where_nothing_is_to_be_installed(installed):
    for folder in (installed.module.NEW, installed.module.OLD):
        folder.mkdir()
    installed.module.install("app")
    assert installed.rubbish() == []
