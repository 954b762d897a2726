"""Sets nnlab up in .venv and starts it; needs Python 3.11 or newer and nothing else.

python3 start.py [--host H] [--port P] [--workers N] [--no-browser]    start the app
python3 start.py test [arguments of pytest]                            install what tests need and run them, or those chosen
python3 start.py test --slow                                           and the long proofs as well
python3 start.py check                                                 lint, format, types and layers
python3 start.py bench [NAME ...]                                      measure, write benchmarks/results.json
"""

# Standard library only, and syntax that Python 3.8 can parse: an old Python shall get a sentence, not a traceback.
from __future__ import annotations

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))  # Python leaves it out where PYTHONSAFEPATH is set

from environment import HERE, VENV, Stop, hold, install, python, runs, starts

NEEDED = (3, 11)
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
DEBIAN_PACKAGES = ("chromium", "fonts-noto-color-emoji")
CHECKS = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("mypy",),
    ("pytest", "-q", "tests/house"),  # import-linter among them
)
SCRIPTS = ("lint", "types")  # of package.json, for assets/
MOST_WORKERS = 4  # each has an app, a Chromium and a torch of its own


# ---- a browser for the tests -------------------------------------------------------------------------------------


def chromium() -> str:
    """The path of a Chromium that runs: $NNLAB_CHROMIUM, the system's, else Playwright's own; "" where there is none."""
    named = [os.environ.get("NNLAB_CHROMIUM", "")]
    for path in named + [shutil.which(name) or "" for name in BROWSERS]:
        if path and runs(path, "--version"):
            return path
    ask = "from playwright.sync_api import sync_playwright as p\nwith p() as it: print(it.chromium.executable_path)"
    if not starts(VENV):
        return ""
    path = subprocess.run([python(VENV), "-c", ask], capture_output=True, text=True).stdout.strip()
    return path if path and runs(path, "--version") else ""


def ready_to_test() -> str:
    """Install what tests need, packages and a browser beside each other; the path of a Chromium."""
    with ThreadPoolExecutor() as beside:
        beside.submit(apt_chromium)
        install("app", "test")
    return install_chromium()


def apt_chromium() -> None:
    """A Chromium of the system's, where there is none, apt-get is there and may install one."""
    if not chromium() and shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        print("Installing Chromium with apt-get …", flush=True)
        environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
        subprocess.run(["apt-get", "update", "-qq"], env=environment)
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *DEBIAN_PACKAGES], env=environment
        )


def install_chromium() -> str:
    """The path of a Chromium; Playwright's own is installed where there is no other."""
    found = chromium()
    if not found:
        print("Installing Playwright's Chromium …", flush=True)
        subprocess.run([python(VENV), "-m", "playwright", "install", "chromium"])
        found = chromium()
    if not found:
        raise Stop(
            "The tests need a Chromium and none could be installed: install Chromium or Chrome, or set NNLAB_CHROMIUM "
            "to the path of one, and run the tests again."
        )
    return found


# ---- the four commands -------------------------------------------------------------------------------------------


def variables(**more: str) -> dict[str, str]:
    """The environment of what is started: this checkout first on the path, one torch thread a process."""
    path = os.pathsep.join([str(HERE)] + [p for p in [os.environ.get("PYTHONPATH", "")] if p])
    return dict(os.environ, PYTHONPATH=path, OMP_NUM_THREADS=os.environ.get("OMP_NUM_THREADS", "1"), **more)


def call(module: str, arguments: list[str], **more: str) -> int:
    """Run a module of .venv in this folder."""
    hold()
    return subprocess.call([python(VENV), "-m", module, *arguments], cwd=str(HERE), env=variables(**more))


def app(arguments: list[str]) -> int:
    """Start the app."""
    install("app")
    hold()
    command = [python(VENV), "-m", "nnlab", *arguments]
    if os.name == "posix":  # become the app: Ctrl-C and signals reach it, and nothing is left behind
        os.execve(command[0], command, variables())
    return subprocess.call(command, env=variables())


def passes(slow: bool) -> list[tuple[str, list[str]]]:
    """The suite in two runs of pytest, with the long proofs where `slow`: what each is called, and its arguments.

    See docs/tests.md.
    """
    workers = str(max(2, min(os.cpu_count() or 2, MOST_WORKERS)))
    # conftest.py has the files in the order in which they are best begun.
    alone = [p for p in sorted((HERE / "tests").rglob("test_*.py")) if "pytest.mark.alone" in p.read_text("utf-8")]
    spread = ["-n", workers, "--dist", "loadfile", "--no-loadscope-reorder"]
    shared = "not alone" if slow else "not alone and not slow"
    return [
        (f"tests that share the machine, {workers} files at a time", [*spread, "-m", shared]),
        # Only their files: to look through all others takes longer than some of them.
        ("tests that need the machine alone", [*(str(p.relative_to(HERE)) for p in alone), "-m", "alone"]),
    ]


def test(arguments: list[str]) -> int:
    """Install what the tests need and run them: all of them in two passes, or a selection just as it was asked for."""
    browser = ready_to_test()
    slow = arguments == ["--slow"]
    if arguments and not slow:
        return call("pytest", arguments, NNLAB_CHROMIUM=browser)
    red = []
    for name, line in passes(slow):
        print(f"· {name}", flush=True)
        if call("pytest", ["-q", *line], NNLAB_CHROMIUM=browser):
            red.append(name)
    print(f"Failed: {'; '.join(red)}." if red else "All tests pass.")
    return 1 if red else 0


def check_javascript() -> list[str]:
    """Lint and types of assets/ by the tools that package-lock.json pins; the names of those that fail."""
    npm, node = shutil.which("npm"), shutil.which("node")
    new = "process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)"
    if not npm or not node or subprocess.call([node, "-e", new]):
        print(
            "The JavaScript is not checked: that takes Node.js 18 or newer with npm (nodejs.org). The app needs neither."
        )
        return list(SCRIPTS)
    pins = "".join((HERE / name).read_text(encoding="utf-8") for name in ("package.json", "package-lock.json"))
    stamp = HERE / "node_modules" / "nnlab-installed"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != pins:
        print("Installing what the checks of the JavaScript need …", flush=True)
        if subprocess.call([npm, "ci", "--no-audit", "--no-fund"], cwd=str(HERE)):
            print("The JavaScript is not checked: npm could not install its tools; its message stands above.")
            return list(SCRIPTS)
        stamp.write_text(pins, encoding="utf-8")
    failed = []
    for name in SCRIPTS:
        print("· npm run " + name, flush=True)
        if subprocess.call([npm, "run", "--silent", name], cwd=str(HERE)):
            failed.append(name)
    return failed


def check(arguments: list[str]) -> int:
    """Lint, format, types and layers: all of them, even after one fails."""
    install("app", "test", "check")
    failed = []
    for line in CHECKS:
        print("· " + " ".join(line), flush=True)
        if call(line[0], list(line[1:])):
            failed.append(line[0])
    failed += check_javascript()
    print(f"Failed: {', '.join(failed)}." if failed else "All checks hold.")
    return 1 if failed else 0


def bench(arguments: list[str]) -> int:
    """Measure."""
    browser = ready_to_test()
    return call("benchmarks.run", arguments, NNLAB_CHROMIUM=browser)


COMMANDS = {"test": test, "check": check, "bench": bench}


def main(arguments: list[str]) -> int:
    """Do what the command line says; every failure is a sentence."""
    if sys.version_info < NEEDED:
        here = "{}.{}".format(*sys.version_info[:2])
        print(f"nnlab needs Python 3.11 or newer; this is {here}. Install one from python.org and start it with that.")
        return 1
    if arguments[:1] in (["-h"], ["--help"]):
        print(__doc__.strip())
        return 0
    if arguments and not arguments[0].startswith("-") and arguments[0] not in COMMANDS:
        print(f"The command must be one of {', '.join(COMMANDS)}, or none to start the app; got {arguments[0]}.")
        return 2
    command = COMMANDS.get(arguments[0]) if arguments else None
    try:
        return command(arguments[1:]) if command else app(arguments)
    except Stop as stop:
        print(stop, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
