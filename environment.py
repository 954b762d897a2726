"""The folder .venv: what start.py installs there, built beside it and put in its place when it is whole.

Whatever happens meanwhile (no network, Ctrl-C, a second start), an environment that worked before still works afterwards.
"""

# Standard library only, and syntax that Python 3.8 can parse, as in start.py.
from __future__ import annotations

import contextlib
import hashlib
import importlib.machinery
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import IO

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
# A new environment is filled here and renamed when it is whole. Scripts in it hold its path: names of one length let
# that path be replaced in place, also in the programs that pip makes on Windows.
NEW, OLD = HERE / ".vnew", HERE / ".vold"
LOCK = HERE / ".venv.lock"
STAMP = "nnlab-installed.json"
CPU_TORCH = "https://download.pytorch.org/whl/cpu"
INDEX = "https://pypi.org/simple/pip/"
PROBE = ("--dry-run", "--no-deps", "--ignore-installed", "--timeout=5", "--retries=0")


class Stop(Exception):
    """The sentence that is shown before leaving with status 1."""


class Failed(Exception):
    """Why packages could not be installed and what to do: the end of a sentence, behind "because"."""


OFFLINE = "this machine has no network: connect it and start again"
IN_USE = "an nnlab still runs from .venv: close it and start again"


# ---- what is to be installed -------------------------------------------------------------------------------------


def requirements(wanted: str) -> list[str]:
    """The lines of pyproject.toml for "app", "test" or "check"."""
    import tomllib

    project = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = project["dependencies"] if wanted == "app" else project["optional-dependencies"][wanted]
    return list(lines)


def fingerprint(wanted: str) -> str:
    """What an installation depends on: as long as it stays the same, nothing is installed again."""
    pins = (HERE / "constraints.txt").read_text(encoding="utf-8")
    parts = [*built_for(), str(VENV), pins, *requirements(wanted)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def built_for() -> tuple[str, str]:
    """Python and processor that extensions are built for; the former has the minor version, never the patch version."""
    return importlib.machinery.EXTENSION_SUFFIXES[0], platform.machine()


# ---- the environment ---------------------------------------------------------------------------------------------


def python(venv: Path) -> str:
    """The path of an environment's Python."""
    return str(venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))


def installed(venv: Path) -> dict[str, str]:
    """The fingerprints of what `venv` holds; {} where there is none or it is broken."""
    try:
        found = json.loads((venv / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) and starts(venv) else {}


def starts(venv: Path) -> bool:
    """Whether its Python starts and still is of the version beside whose packages it lies: it is the system's own."""
    ask = "import os, sys, sysconfig; sys.exit(not os.path.isdir(sysconfig.get_path('purelib')))"
    return runs(python(venv), "-I", "-c", ask)


def missing(venv: Path, wanted: tuple[str, ...]) -> list[str]:
    """The sets of `wanted` that `venv` does not hold as they are wanted now."""
    have = installed(venv)
    return [name for name in wanted if have.get(name) != fingerprint(name)]


def install(*wanted: str) -> None:
    """Make .venv hold every set in `wanted`; returns at once where it does already.

    Where that fails, a .venv that is merely out of date stays and is used.
    """
    if not missing(VENV, wanted) and not NEW.exists() and not OLD.exists():
        return
    try:
        with alone():
            tidy(wanted)
            update(wanted)
    except (Failed, OSError) as why:
        if not usable(wanted):
            raise Stop(f"The packages could not be installed, because {why}.") from None
        print(f"Going on without the update of {outdated()}, because {why}.", flush=True)


def update(wanted: tuple[str, ...]) -> None:
    """Install what is missing: beside .venv where packages of the app change, into it where others are only added."""
    needed = missing(VENV, wanted)
    if "app" not in needed:
        fill(VENV, needed)
        return
    if missing(NEW, wanted):  # else one lies ready: .venv was in use when it was made
        if usable(wanted):  # it can start at once, so a network that does not answer shall not keep it for a minute
            pip(VENV, [*PROBE, *requirements("app")[:1]])
        make_venv(NEW)
        fill(NEW, wanted)
    put_in_place()


def fill(venv: Path, names: list[str] | tuple[str, ...]) -> None:
    """Install sets into an environment; the stamp comes last, so that only a whole one has it."""
    for name in names:
        print(f"Installing what the {name} needs (once; later starts skip this) …", flush=True)
        if name == "app":
            pip(venv, ["torch", *torch_source()])
        pip(venv, requirements(name))
    compile_all(venv)
    if venv == NEW:
        rename_within()
    have = {**installed(venv), **{name: fingerprint(name) for name in names}}
    beside = venv / f"{STAMP}.new"
    beside.write_text(json.dumps(have), encoding="utf-8")
    beside.replace(venv / STAMP)


def rename_within() -> None:
    """Write .venv for .vnew in what holds its path: the first lines of scripts, `activate`, pyvenv.cfg."""
    for file in (NEW / "pyvenv.cfg", *Path(python(NEW)).parent.iterdir()):
        if file.is_file() and not file.is_symlink():
            found = file.read_bytes()
            changed = found.replace(NEW.name.encode(), VENV.name.encode())
            if changed != found:
                file.write_bytes(changed)


def put_in_place() -> None:
    """.vnew becomes .venv, unless something runs from that."""
    if busy():
        raise Failed(IN_USE)
    try:
        if VENV.exists():
            VENV.rename(OLD)
        NEW.rename(VENV)
    except OSError:  # Windows renames no folder from which a program runs
        restore()
        raise Failed(IN_USE) from None
    shutil.rmtree(OLD, ignore_errors=True)


def restore() -> None:
    """Undo half a change of environments."""
    if OLD.exists() and not VENV.exists():
        OLD.rename(VENV)


def tidy(wanted: tuple[str, ...]) -> None:
    """Mend and remove what a start that was killed has left."""
    restore()
    shutil.rmtree(OLD, ignore_errors=True)
    if missing(NEW, wanted) or not missing(VENV, wanted):
        shutil.rmtree(NEW, ignore_errors=True)


def usable(wanted: tuple[str, ...]) -> bool:
    """Whether .venv has every package of `wanted`, of whatever version."""
    names = {plain(re.split(r"[^\w.-]", line)[0]) for name in wanted for line in requirements(name)}
    return set(wanted) <= set(installed(VENV)) and names <= set(versions())


def outdated() -> str:
    """The packages of .venv that have another version than wanted, in words."""
    lines = (HERE / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = {plain(name): version for name, _, version in (line.partition("==") for line in lines) if version}
    have = versions()
    found = [f"{n} ({have[n]}, not {v})" for n, v in pins.items() if n in have and have[n].partition("+")[0] != v]
    more = f" and {len(found) - 5} more" if len(found) > 5 else ""
    return ", ".join(found[:5]) + more if found else "the packages"


def versions() -> dict[str, str]:
    """Every package of .venv and its version."""
    ask = "import importlib.metadata as m, json; print(json.dumps({d.name: d.version for d in m.distributions()}))"
    done = subprocess.run([python(VENV), "-I", "-c", ask], capture_output=True, text=True)
    return {plain(name): version for name, version in json.loads(done.stdout or "{}").items()}


def plain(name: str) -> str:
    """The one spelling of a package's name (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def make_venv(venv: Path) -> None:
    """A fresh environment."""
    line = [sys.executable, "-m", "venv", "--clear", str(venv)]
    made = subprocess.run(line, capture_output=True, text=True, close_fds=False)
    if made.returncode:
        if "ensurepip" in made.stdout + made.stderr:
            raise Failed(
                "Python's venv module is missing: install it (Debian, Ubuntu: apt install python3-venv) and start again"
            )
        raise Failed(f"the folder {venv.name} could not be made ({(made.stderr or made.stdout).strip()})")


def pip(venv: Path, arguments: list[str]) -> None:
    """`pip install` with the pinned versions."""
    command = [python(venv), "-m", "pip", "install", "--quiet", "--no-compile", "--disable-pip-version-check"]
    line = [*command, "--retries=2", "-c", str(HERE / "constraints.txt"), *arguments]
    if subprocess.run(line, close_fds=False).returncode:
        if not reachable(INDEX):
            raise Failed(OFFLINE)
        raise Failed("pip failed with the message above: start again once that is solved")


def compile_all(venv: Path) -> None:
    """The bytecode of every package, on all cores, where pip would take one; their own tests are left out."""
    line = [python(venv), "-m", "compileall", "-qq", "-j", "0", "-x", r"[/\\]tests?[/\\]", str(venv)]
    subprocess.run(line, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # some are templates


# ---- one start at a time -----------------------------------------------------------------------------------------


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """No other start installs meanwhile; the lock ends with its process and with the pip that this one started."""
    with open(LOCK, "a") as file:
        os.set_inheritable(file.fileno(), True)
        if not locked(file):
            print("Another start sets .venv up; waiting for it …", flush=True)
            while not locked(file):
                time.sleep(0.2)
        yield


def locked(file: IO[str]) -> bool:
    """Try to lock an open file for this process alone."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:  # a file system without locks: then there are none
        return True
    return True


def hold() -> None:
    """Mark .venv as in use until this process ends, also after it has become the app."""
    if sys.platform != "win32":  # there a folder in use cannot be renamed anyway
        with contextlib.suppress(OSError):
            file = os.open(VENV / "pyvenv.cfg", os.O_RDONLY)
            os.set_inheritable(file, True)
            fcntl.flock(file, fcntl.LOCK_SH)


def busy() -> bool:
    """Whether something that start.py started runs from .venv; on Windows the renaming shows it."""
    try:
        with open(VENV / "pyvenv.cfg") as file:
            return sys.platform != "win32" and not locked(file)
    except OSError:
        return False


# ---- where packages come from ------------------------------------------------------------------------------------


def torch_source() -> list[str]:
    """Where pip finds the CPU build of torch: on Linux the usual one brings 2.6 GiB of CUDA, wasted without a GPU."""
    if not sys.platform.startswith("linux") or has_gpu() or not reachable(CPU_TORCH + "/torch/"):
        return []
    return ["--extra-index-url", CPU_TORCH]


def has_gpu() -> bool:
    """Whether an NVIDIA driver is loaded here."""
    return Path("/proc/driver/nvidia/version").exists() or shutil.which("nvidia-smi") is not None


def reachable(url: str) -> bool:
    """Whether `url` answers within five seconds; proxies of the environment are used."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=5):
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except (OSError, ValueError):
        return False


def runs(*line: str) -> bool:
    """Whether a program starts and ends well: Ubuntu's `chromium` may be a stub that asks for snap."""
    try:
        return subprocess.run(line, capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False
