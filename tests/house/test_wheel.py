"""What `pip install .` brings: the package with everything that lies beside it in a checkout."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hatchling import build

from benchmarks.real_app import free_port
from nnlab import cli
from nnlab.core import paths


@pytest.fixture(scope="module")
def installed(root: Path, tmp_path_factory) -> Path:
    """The wheel, unpacked."""
    target = tmp_path_factory.mktemp("wheel")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        wheel = build.build_wheel(str(target))
    with zipfile.ZipFile(target / wheel) as file:
        file.extractall(target)
    return target


def _files(folder: Path) -> set[str]:
    found = (p.relative_to(folder) for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    return {path.as_posix() for path in found}


@pytest.mark.parametrize("folder", ["pages", "assets"])
def test_the_pages_and_what_the_browser_loads_come_along(installed, root, folder):
    assert _files(installed / "nnlab" / "_app" / folder) == _files(root / folder)


def test_the_entry_and_its_settings_come_along(installed, root):
    for name in ("app.py", ".streamlit/config.toml"):
        assert (installed / "nnlab" / "_app" / name).read_bytes() == (root / name).read_bytes()


def test_the_pictures_and_whose_they_are_come_along(installed, root):
    folder = Path("nnlab") / "data" / "pictures" / "files"
    assert _files(installed / folder) == _files(root / folder) == {"icons.npz", "emoji.npz"}
    (notice,) = installed.glob("*.dist-info/licenses/NOTICE")
    assert notice.read_bytes() == (root / "NOTICE").read_bytes()


def test_the_command_is_declared(installed):
    entries = next(installed.glob("*.dist-info")) / "entry_points.txt"
    assert "nnlab = nnlab.cli:main" in entries.read_text()


def test_nothing_but_the_package_is_installed(installed):
    folders = {p.name.split("-")[0] for p in installed.iterdir() if p.is_dir()}
    assert folders == {"nnlab"}


def test_an_installed_package_finds_its_own_files(installed, monkeypatch):
    monkeypatch.setattr(paths, "PACKAGE", installed / "nnlab")
    assert paths.root() == installed / "nnlab" / "_app"


def test_a_checkout_finds_the_files_beside_the_package(root):
    assert paths.root() == root


@pytest.fixture(scope="module")
def started(installed: Path, tmp_path_factory) -> Iterator[str]:
    """The address of the app started from the unpacked wheel, in a folder that holds nothing."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    environment = dict(os.environ, PYTHONPATH=str(installed), OMP_NUM_THREADS="1")
    asked = [sys.executable, "-c", "import nnlab; print(nnlab.__file__)"]
    found = subprocess.run(asked, cwd=elsewhere, env=environment, capture_output=True, text=True, timeout=60).stdout
    assert found.strip() == str(installed / "nnlab" / "__init__.py"), "it is the wheel that is tested"
    port = free_port()
    line = [sys.executable, "-m", "nnlab", "--no-browser", "--workers", "1", "--port", str(port)]
    with (elsewhere / "log").open("wb") as log:
        process = subprocess.Popen(line, cwd=elsewhere, env=environment, stdout=log, stderr=subprocess.STDOUT)
    address = f"http://127.0.0.1:{port}"
    try:
        assert cli.healthy(address, 60), (elsewhere / "log").read_text()[-3000:]
        yield address
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _get(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=10) as answer:
        assert answer.status == 200
        return bytes(answer.read())


def test_an_installed_app_starts_and_has_its_workers(started):
    assert json.loads(_get(f"{started}/healthz"))["workers"] == 1
    assert b"<title>" in _get(started)


@pytest.mark.parametrize("name", ["board/component.js", "board/board.css", "views/network/network.js"])
def test_an_installed_app_serves_what_the_browser_loads(started, root, name):
    assert _get(f"{started}/assets/{name}") == (root / "assets" / name).read_bytes()
