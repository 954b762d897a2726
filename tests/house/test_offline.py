"""No page asks another machine for anything: no outside address in what the browser or the server runs."""

from __future__ import annotations

import re
import tomllib

import pytest

URL = re.compile(r"(?:https?:|wss?:)?//(?:[a-z0-9-]+\.)+[a-z]{2,}[^\s'\"`)]*", re.IGNORECASE)
NAMESPACE = ("http://www.w3.org/",)  # names of XML dialects: nothing is fetched from them


def _without_comments(text: str, suffix: str) -> str:
    """JavaScript and CSS without comments; a line comment begins at the line's start or after a blank."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    return re.sub(r"(?m)(^|\s)//.*$", "", text) if suffix == ".js" else text


def test_no_script_or_style_names_an_outside_address(root):
    found = []
    for path in sorted((root / "assets").rglob("*")):
        if path.suffix not in (".js", ".css", ".html", ".svg"):
            continue
        text = _without_comments(path.read_text(encoding="utf-8"), path.suffix)
        found += [f"{path.name}: {m}" for m in URL.findall(text) if not m.startswith(NAMESPACE)]
    assert found == []


def test_no_module_of_the_package_names_an_outside_address(shipped):
    found = []
    for source in shipped:
        strings = _code_strings(source.tree)
        found += [f"{source.place}: {m}" for text in strings for m in URL.findall(text) if not m.startswith(NAMESPACE)]
    assert found == []


def _code_strings(tree):
    """The strings of a module that are not docstrings: a docstring may cite a paper's address."""
    import ast

    bare = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    return [
        n.value
        for n in ast.walk(tree)
        if isinstance(n, ast.Constant) and isinstance(n.value, str) and id(n) not in bare
    ]


def test_no_module_of_the_package_can_fetch_something(shipped):
    """Only the command line asks an address: its own /healthz."""
    fetchers = {"requests", "httpx", "urllib.request", "aiohttp", "pooch"}
    found = [s.place for s in shipped if s.imports() & fetchers and s.name != "nnlab.cli"]
    assert found == []


@pytest.mark.parametrize(
    ("section", "option", "value"), [("browser", "gatherUsageStats", False), ("server", "address", "127.0.0.1")]
)
def test_streamlit_sends_no_statistics_and_listens_on_this_machine(root, section, option, value):
    config = tomllib.loads((root / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert config[section][option] == value


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("fetch('https://cdn.example.com/x.js')", 1),
        ("import '//cdn.example.com/x.js'", 1),
        ("// see https://example.com", 0),
        ("new URL('/assets/board/component.js', document.baseURI)", 0),
    ],
)
def test_the_search_for_addresses_tells_them_apart(line, found):
    assert len(URL.findall(_without_comments(line, ".js"))) == found
