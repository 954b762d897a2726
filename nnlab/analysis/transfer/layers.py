"""How alike the layers stay to what the source has taught, and what the networks still know of the source.

Linear centred kernel alignment (CKA), Kornblith et al. 2019, equation 3: ‖Yᵀ X‖² / (‖Xᵀ X‖ ‖Yᵀ Y‖), features centred, Frobenius norms.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from nnlab.analysis.analysis import OnRequest
from nnlab.core.errors import Refused
from nnlab.core.records import Array, Examples
from nnlab.core.say import say
from nnlab.families.cnn.module import CnnModule
from nnlab.families.cnn.shapes import OUTPUT
from nnlab.families.module_learner import taken
from nnlab.families.transfer.learner import TransferLearner
from nnlab.train.loading import Loading
from nnlab.train.preparing import loaded

MOST, LOOKED = (
    200,
    600,
)  # test pictures of the target that activations are taken of, and of the source that are answered
WAIT_S = 2e-3  # at most, of waiting for a thread that loads examples
FIRST = say("The source has not been learned yet. Press Play first.")


def layers(run: Any, options: Mapping[str, Any]) -> Generator[float, None, dict[str, Array]]:
    """ "layers_cka" (stages, stages) float32: rows the source's network, columns the fine-tuned one, on the same test pictures of the target; stages
    in order, without the picture and the output. "layers_own" (networks, stages): of each network the diagonal. "layers_source" (3,):
    accuracy on test pictures of the source, of the source's network and of the fine-tuned blocks with the source's output, and how many
    pictures that was.
    """
    learner: TransferLearner = run.learner
    if not learner.ready:
        raise Refused.because(FIRST)
    pictures = learner.batch("test", slice(0, MOST))[0]
    if len(pictures) < 2:
        pictures = learner.batch("train", slice(0, MOST))[0]
    before = yield from _grams(learner, learner.source, pictures, 0.0)
    grams = {}
    for i, (name, net) in enumerate(learner.module.nets()):
        grams[name] = yield from _grams(learner, net, pictures, 0.1 + 0.1 * i)
    cka = [[alike(a, b) for b in grams["tuned"]] for a in before]
    own = [[alike(a, b) for a, b in zip(before, grams[name], strict=True)] for name in grams]
    yield 0.5
    known = yield from _source(learner, (yield from waited(loaded(learner.spec.source_data), 0.55)))
    return {
        "layers_cka": np.array(cka, np.float32).reshape(len(before), -1),
        "layers_own": np.array(own, np.float32).reshape(len(grams), -1),
        "layers_source": np.array(known, np.float32),
    }


@torch.inference_mode()
def _grams(
    learner: TransferLearner, net: CnnModule, pictures: Tensor, share: float
) -> Generator[float, None, list[Tensor]]:
    """Of each stage but picture and output the centred products of all pairs of pictures (n, n)."""
    parts: list[list[Tensor]] = []
    for some in torch.split(pictures, max(1, learner.part)):
        with learner.used():
            parts.append([x.flatten(1) for x in net.walk(some)[1:-1]])
        yield share
    found = []
    for stage in zip(*parts, strict=True):
        x = torch.cat(stage)
        x = x - x.mean(0)
        found.append(x @ x.t())
        yield share
    return found


def alike(a: Tensor, b: Tensor) -> float:
    """Linear CKA of two sets of centred products (n, n): 0…1; NaN where one layer says the same of all pictures."""
    return float((a * b).sum() / (a.norm() * b.norm()))


def waited(loading: Generator[Loading, None, Examples], share: float) -> Generator[float, None, Examples]:
    """The examples; `share` is the progress that is told meanwhile."""
    while True:
        try:
            next(loading).join(WAIT_S)
        except StopIteration as stop:
            found: Examples = stop.value
            return found
        yield share


def _source(learner: TransferLearner, data: Examples) -> Generator[float, None, list[float]]:
    inputs, targets = (torch.as_tensor(part[:LOOKED], device=learner.device) for part in data.parts["test"])
    tuned, head = learner.module.net("tuned"), learner.source.get_submodule(OUTPUT)
    kept, right, at = learner.spec.blocks_kept, [0.0, 0.0], 0
    own = [stage for name, stage in tuned.chain() if name != OUTPUT]
    old = [stage for name, stage in learner.source.chain() if name != OUTPUT]
    mixed = [*own[:kept], *old[kept:], head]  # what was not kept is the source's own
    for rows in torch.split(torch.arange(len(inputs)), max(1, learner.part)):
        with torch.inference_mode(), learner.used():
            x = y = learner.encode(inputs[rows])
            for stage in (*old, head):
                x = stage(x)
            for stage in mixed:
                y = stage(y)
            for i, logits in enumerate((x, y)):
                right[i] += float((taken(logits) == targets[rows].long()).sum())
        at += len(rows)
        yield 0.6 + 0.4 * at / len(inputs)
    return [right[0] / max(1, at), right[1] / max(1, at), float(at)]


LAYERS = OnRequest(layers, TransferLearner)
