"""What `pip install .` brings: the package with everything that lies beside it in a checkout."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from hatchling import build

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
