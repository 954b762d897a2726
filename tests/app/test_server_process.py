"""The server process imports no torch and loads no pictures, whatever page is open."""

from __future__ import annotations

import json
import subprocess
import sys

from nnlab.core.registries import TOPICS
from tests.app.pages import SHELL

# In a process of its own: pytest's has torch.
OPENS = """
import json, sys
from pathlib import Path
from nnlab.core.registries import DATASETS, TOPICS
from nnlab.live.server import hub
from nnlab.live.server import app as server  # what app.py imports
from nnlab.ui import session, topic
from tests.app import toys
from tests.app.conftest import FakeHub
from tests.app.pages import shown

hub.use(fake := FakeHub())
session.owner = lambda: "this browser"
file, before = Path(sys.argv[1]) / "toy.py", topic.page_file
file.write_text('from nnlab.ui.topic import show\\n\\nshow("toy")\\n')
topic.page_file = lambda one: str(file) if one.name == "toy" else before(one)
toys.register()

opened = {}
for name in TOPICS:
    for part in ("Data", "Model", "Training"):
        app = shown(name)
        key = TOPICS.load(name).run_of or name
        app.session_state[f"{key}:group"] = part
        app.session_state[f"{key}:share"] = True
        app.run()
        assert not app.exception and not app.error, name
    opened[name] = [len(fake.runs), "torch" in sys.modules, len(toys.LOADED)]
print(json.dumps(opened))
"""


def test_no_page_imports_torch_or_loads_a_set_of_pictures(tmp_path: object) -> None:
    done = subprocess.run(
        [sys.executable, "-c", OPENS, str(tmp_path)], capture_output=True, text=True, cwd=SHELL.parents[2], check=False
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    opened = json.loads(done.stdout.splitlines()[-1])
    assert list(opened) == [*TOPICS, "toy"]
    for page, (runs, torch, loaded) in opened.items():
        assert runs > 0 and not torch and not loaded, page
