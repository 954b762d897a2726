"""The convolutional network against ConvNetJS and TensorFlow.js, which train in plain JavaScript, under Node on the same work.

All three start from the same weights and see the same batches in the same order, so that their losses must be the same ones. A ratio
is the median over alternating rounds of pictures a second of processor time, ours over theirs, each on one core and once warm. The
packages are installed for the time of the measurement into a temporary folder; nothing else of the project needs them.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks import Row, row
from benchmarks.cnn import BATCH, CLASSES, CPU, NETWORKS, SIDE, specification
from nnlab.core.experiment import Experiment, experiment
from nnlab.core.records import Examples
from nnlab.families.cnn.learner import CnnLearner

SCRIPTS = Path(__file__).with_name("peers_js")
ROUNDS, LR, COUNT = 5, 0.05, 1_024
NAME, (*SHAPE, _) = next(iter(NETWORKS.items()))
CHARACTERS = {"kind": "glyphs", "samples": 2 * COUNT}
APART = 0.01  # nats by which the losses of a batch may differ: rounding, and which of equal numbers a pooling takes for the largest
INSTALL_S, ANSWER_S = 300, 120


@dataclass(frozen=True)
class Peer:
    """A package of npm that trains networks, and how many batches of it make a round of some seconds."""

    title: str
    script: str
    package: str
    batches: int


PEERS = (
    Peer("ConvNetJS", "convnetjs.mjs", "convnetjs@0.3.0", 8),
    Peer("tf.js (CPU)", "tfjs.mjs", "@tensorflow/tfjs@4.22.0", 2),
)


class Running:
    """A peer in a Node of its own, which waits between the rounds."""

    def __init__(self, peer: Peer, folder: Path) -> None:
        command = ["node", str(SCRIPTS / peer.script), str(folder), str(folder)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.peer, self.losses, self.facts = peer, list[float](), self._answer()

    def train(self, batches: int) -> float:
        """Pictures a second over so many batches; their losses are kept."""
        if self.process.stdin is None:
            raise RuntimeError(f"{self.peer.title} must have an input; got none.")
        print(batches, file=self.process.stdin, flush=True)
        told = self._answer()
        self.losses += told["losses"]
        return float(batches * BATCH / told["seconds"])

    def _answer(self) -> dict[str, Any]:
        line = self.process.stdout.readline() if self.process.stdout else ""
        if not line:
            raise RuntimeError(f"{self.peer.title} must answer with a line; got nothing. Its message stands above.")
        found: dict[str, Any] = json.loads(line)
        return found


def work() -> tuple[Experiment, Examples]:
    """The network of the first row of `benchmarks.cnn`, and characters that it can learn, `COUNT` for training."""
    spec = specification(*SHAPE, optimiser="sgd")  # type: ignore[arg-type]
    data = experiment({"data": CHARACTERS, "model": {"family": "cnn"}}).data.load()
    rows = np.flatnonzero(~data.is_test)[:COUNT]
    inputs, targets = data.inputs[rows], data.targets[rows]
    return spec, Examples(inputs, targets, np.zeros(COUNT, bool), np.arange(COUNT), data.form, data.answer)


def written(learner: CnnLearner, folder: Path) -> None:
    """The work as the peers read it: what they see of a picture is (height, width, channels)."""
    data, shown = learner.data, learner.module.state_dict()
    layers = []
    for name in ("conv1", "conv2", "output"):
        weight = shown[f"{name}.weight"]
        if name == "output":
            weight = weight.view(CLASSES, SHAPE[1], SIDE // 4, SIDE // 4)
        layers.append({"weight": weight.permute(0, 2, 3, 1).flatten().tolist(), "bias": shown[f"{name}.bias"].tolist()})
    told = {"side": SIDE, "batch": BATCH, "lr": LR, "classes": CLASSES, "layers": layers}
    labels = data.targets.astype(int).tolist()
    (folder / "work.json").write_text(json.dumps({**told, "labels": labels}), encoding="utf-8")
    (folder / "pictures.bin").write_bytes(data.inputs.tobytes())


def expected(learner: CnnLearner, batches: int) -> list[float]:
    """The loss of each batch before its update, in order."""
    found = []
    for step in range(batches):
        start = step * BATCH % COUNT
        found.append(learner.evaluate("train", slice(start, start + BATCH))["loss"])
        learner.step(start, start + BATCH, LR, step)
    return found


@contextmanager
def running(learner: CnnLearner) -> Iterator[list[Running]]:
    """Both peers, ready; none where Node or the registry is not there, with a sentence."""
    with tempfile.TemporaryDirectory() as name:
        folder, peers = Path(name), list[Running]()
        if not installed(folder):
            print("ConvNetJS and tf.js are not measured: this takes Node, npm and the registry of npm.")
        else:
            written(learner, folder)
            peers = [Running(peer, folder) for peer in PEERS]
        try:
            yield peers
        finally:
            for one in peers:
                one.process.kill()
                one.process.communicate()


def installed(folder: Path) -> bool:
    """Whether the packages could be installed into `folder`."""
    npm = shutil.which("npm")
    if not npm or not shutil.which("node"):
        return False
    (folder / "package.json").write_text('{"private": true}')
    options = ["--prefix", str(folder), "--no-audit", "--no-fund", "--ignore-scripts", "--save-exact"]
    try:
        command = [npm, "install", *options, *(peer.package for peer in PEERS)]
        return subprocess.run(command, capture_output=True, timeout=INSTALL_S).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def ours(learner: CnnLearner, step: int) -> float:
    """Pictures a second of an epoch, its order included."""
    began = time.process_time()
    learner.shuffle(torch.randperm(COUNT, generator=torch.Generator().manual_seed(step)))
    learner.steps(0, COUNT, batch=BATCH, lr=LR, step=step, count=COUNT)
    return COUNT / (time.process_time() - began)


def measured(learner: CnnLearner, peers: list[Running]) -> list[tuple[float, list[float]]]:
    """Pictures a second of each round: ours, and the peers' in their order."""
    for one in peers:
        one.train(one.peer.batches)  # compiles what runs often
    ours(learner, 0)
    return [(ours(learner, round_ + 1), [one.train(one.peer.batches) for one in peers]) for round_ in range(ROUNDS)]


def rows() -> list[Row]:
    """A ratio for each peer, and how far its losses are from ours; none where they cannot be installed."""
    torch.set_num_threads(1)
    spec, data = work()
    learner = CnnLearner(spec, data, CPU)
    with running(learner) as peers:
        found = measured(learner, peers) if peers else []
    wanted = expected(CnnLearner(spec, data, CPU), max((len(one.losses) for one in peers), default=0))
    return [r for i, one in enumerate(peers) for r in told(one, found, i, wanted, learner.flat.numel())]


def told(
    one: Running, found: list[tuple[float, list[float]]], i: int, wanted: list[float], parameters: int
) -> list[Row]:
    """The two rows of a peer; raises where its network is another one."""
    if one.facts["parameters"] != parameters:
        raise RuntimeError(f"{one.peer.title} must have {parameters:,} parameters; got {one.facts['parameters']:,}.")
    mine, theirs = statistics.median(our for our, _ in found), statistics.median(their[i] for _, their in found)
    ratio = statistics.median(our / their[i] for our, their in found)
    apart = max(abs(a - b) for a, b in zip(one.losses, wanted, strict=False))
    how = (
        f"{NAME}, batch {BATCH}, sgd, {parameters:,} parameters, pictures of {SIDE} × {SIDE}; {one.peer.package} under Node "
        f"{one.facts['node']}, {theirs:.0f} pictures a second of processor time against {mine:,.0f}; median of {ROUNDS} alternating rounds"
    )
    same = (
        f"nats; the same first weights and {len(one.losses)} batches in the same order, over which the loss goes from "
        f"{wanted[0]:.2f} to {wanted[len(one.losses) - 1]:.2f}"
    )
    return [
        row(f"CNN engine against {one.peer.title}", ratio, unit="times", bar="≥ 25", how=how),
        row(f"Loss of a batch in {one.peer.title}, distance from ours", apart, unit="", bar=f"≤ {APART:g}", how=same),
    ]
