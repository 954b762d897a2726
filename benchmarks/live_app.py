"""The app as it is, with one more route that opens runs for programs; benchmarks and tests serve this instead of app.py.

NNLAB_SCRIPT names another Streamlit script, NNLAB_LIMITS holds `Limits` as JSON.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import streamlit as st
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from nnlab.core.errors import Busy, Refused
from nnlab.core.experiment import experiment
from nnlab.core.paths import PACKAGE
from nnlab.live.server import hub
from nnlab.live.server.app import parts


async def open_run(request: Request) -> JSONResponse:
    """POST {"owner", "experiment"} -> {"token"}, or the sentence why not."""
    body = await request.json()
    try:
        run = hub.current().open(experiment(body["experiment"]), body["owner"])
    except Busy as busy:
        return JSONResponse({"busy": str(busy), "place": busy.place}, 503)
    except Refused as refused:
        return JSONResponse({"refused": str(refused)}, 400)
    return JSONResponse({"token": run.token})


async def worker_pids(request: Request) -> JSONResponse:
    """GET -> {"pids": [...]} of the worker processes, 0 for one that is not there."""
    return JSONResponse({"pids": [worker.pid for worker in hub.current().pool.workers]})


script = Path(os.environ.get("NNLAB_SCRIPT") or PACKAGE / "ui" / "shell.py").resolve()
limits = hub.Limits(**json.loads(os.environ.get("NNLAB_LIMITS", "{}")))
more = (Route("/open", open_run, methods=["POST"]), Route("/workers", worker_pids))
app = st.App(script, **parts(limits=limits, more=more))
