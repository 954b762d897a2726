"""Transfer learning in training: the source first, once, then the four networks on the target.

Their losses are added up; no weight is shared, so each network learns as it would alone.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from nnlab.core.experiment import Experiment, experiment
from nnlab.core.parts import DataSpec
from nnlab.core.records import Array, Examples, Split
from nnlab.core.rng import seed_of
from nnlab.families.cnn.learner import CnnLearner
from nnlab.families.cnn.module import CnnModule
from nnlab.families.cnn.pictures import PicturesLearner
from nnlab.families.cnn.shapes import OUTPUT, stages, title_within
from nnlab.families.cnn.stages import DenseStage, Stage
from nnlab.families.learner import ALL, Group, Rows
from nnlab.families.module_learner import taken
from nnlab.families.transfer import store
from nnlab.families.transfer.module import Plan, Side, from_vector, vector_of
from nnlab.families.transfer.spec import COURSES, SOURCE_BATCH, SOURCE_RATE, Transfer
from nnlab.optim.rules import FlatParameters, Rule, rule

LOOK, LOOKED = 40, 400  # updates of the source between two looks at its accuracy, and pictures of a look
STILL, CONV, DENSE, NEW, HEAD = "still", "conv", "dense", "new", "head"


class TransferLearner(PicturesLearner):
    """See `Transfer`. `source` is the network that has learned the source; random weights until then."""

    module: Side
    source: CnnModule

    def __init__(
        self,
        experiment: Experiment,
        data: Examples,
        device: torch.device,
        *,
        begin: Mapping[str, Plan] | None = None,
        learned: Array | None = None,
        **more: torch.dtype,
    ) -> None:
        """`begin`: other networks than the four; `learned`: the source's weights, where somebody has them."""
        self._begin, self._given = begin, learned
        super().__init__(experiment, data, device, **more)

    @property
    def spec(self) -> Transfer:
        """The specification."""
        spec = self.experiment.model
        if not isinstance(spec, Transfer):
            raise TypeError(f"The model must be a Transfer; got {type(spec).__name__}.")
        return spec

    # ---- how it begins -----------------------------------------------------------------------------------------------
    def make(self) -> nn.Module:
        spec = self.spec
        module = Side(spec, self.form, self.data.answer.outputs, plans(spec) if self._begin is None else self._begin)
        data = spec.source_data
        self.source = CnnModule(spec, self.form, data.classes if data.classes > 2 else 1).eval()
        size = vector_of(self.source).numel()
        # Part of the state: whoever goes back to a later step needs no store.
        module.register_buffer("origin", torch.zeros(size))
        module.register_buffer("learned", torch.zeros(()))
        nothing = np.zeros((0, 2), np.float32)
        given = None if self._given is None else store.Learned(self._given, nothing)
        learned = given or store.find(store.digest_of(spec, self.experiment.seed), size)
        self.curve: Array = nothing if learned is None else learned.curve
        self.done = 0 if learned is None else spec.source_updates
        if learned is not None:
            module.get_buffer("origin").copy_(torch.tensor(learned.vector))
            module.get_buffer("learned").fill_(1)
            from_vector(self.source, module.get_buffer("origin"))
            module.copy(self.source)
        self.began = {name: _weights(net) for name, net in module.nets()}
        self.source.to(self.device, self.dtype)
        return module

    def titled(self, layer: str) -> str:
        network, _, rest = layer.partition(".")
        found = stages(self.spec.blocks, self.form, self.data.answer.outputs)
        return f"{COURSES.get(network, network)} · {title_within(found, rest)}"

    @property
    def ready(self) -> bool:
        """Whether the source has been learned."""
        return bool(self.module.get_buffer("learned"))

    def preparing(self) -> Generator[DataSpec | None, Examples | None, None]:
        """Learn the source, an update a slice, and put what was learned where the next learner of its kind finds it."""
        spec, seed = self.spec, self.experiment.seed
        data = yield spec.source_data
        if data is None:
            raise ValueError("The examples of the source must be sent.")
        source = CnnLearner(source_of(self.experiment), data, self.device)
        n, place, epoch, points = data.count("train"), 0, -1, []
        place = n
        for step in range(spec.source_updates):
            if place >= n:
                place, epoch = 0, epoch + 1
                generator = torch.Generator().manual_seed(seed_of(seed, "source", epoch))
                source.shuffle(torch.randperm(n, generator=generator), epoch)
            stop = min(place + SOURCE_BATCH, n)
            source.step(place, stop, SOURCE_RATE, step)
            place, self.done = stop, step + 1
            yield None
            if self.done % LOOK == 0 and self.done < spec.source_updates:
                points.append((self.done, (yield from _accuracy(source, slice(0, LOOKED)))))
                self.curve = np.array(points, np.float32)
        points.append((spec.source_updates, (yield from _accuracy(source, ALL))))
        vector = vector_of(source.module).cpu().numpy()
        store.keep(store.digest_of(spec, seed), store.Learned(vector, np.array(points, np.float32)))

    def restore(self, state: Mapping[str, Array]) -> None:
        super().restore(state)
        if self.ready:
            from_vector(self.source, self.module.get_buffer("origin"))

    def set(self, experiment: Experiment, data: Examples) -> None:
        if isinstance(experiment.model, Transfer):
            self.module.take(experiment.model)
        super().set(experiment, data)

    # ---- what learns how fast ----------------------------------------------------------------------------------------
    @cached_property
    def _groups(self) -> tuple[tuple[Group, str], ...]:
        """Neighbouring layers of one network with one role are a group; with the role."""
        found: list[tuple[Group, str]] = []
        at = 0
        for name, net in self.module.nets():
            for i, (stage_name, stage) in enumerate(net.chain()):
                stop = at + sum(p.numel() for p in stage.parameters())
                if stop == at:
                    continue
                role = HEAD if stage_name == OUTPUT else _role(self.module.plans[name], stage, i)
                if found and found[-1][0].name == f"{name}.{role}":
                    found[-1] = (Group(f"{name}.{role}", slice(found[-1][0].part.start, stop)), role)
                elif any(group.name == f"{name}.{role}" for group, _ in found):
                    found.append((Group(f"{name}.{role}.{i}", slice(at, stop)), role))
                else:
                    found.append((Group(f"{name}.{role}", slice(at, stop)), role))
                at = stop
        return tuple(found)

    @property
    def groups(self) -> tuple[Group, ...]:
        """What learns alike, network after network."""
        return tuple(group for group, _ in self._groups)

    def group_lr(self, group: int, lr: float) -> float:
        spec, role = self.spec, self._groups[group][1]
        return lr * {STILL: 0.0, CONV: spec.conv_rate, DENSE: spec.dense_rate, HEAD: spec.head_rate}.get(role, 1.0)

    def _rule(self, group: Group) -> Rule:
        part, descent = group.part, self.descent(group)
        matrices = () if ".head" in group.name else self._flat.matrices(part)  # Muon leaves every output alone
        parameters = FlatParameters(self.flat[part], self.grad[part], self.mask[part], matrices)
        return rule(descent.optimizer, parameters, descent.weight_decay)

    # ---- what is measured --------------------------------------------------------------------------------------------
    def each(self, outputs: Tensor, targets: Tensor) -> list[Tensor]:
        """The loss of each example (n,) by each network, from logits (n, networks, outputs)."""
        return [super(TransferLearner, self).criterion(one, targets) for one in outputs.unbind(1)]

    def criterion(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return torch.stack(self.each(outputs, targets)).sum(0)

    def scores(self, outputs: Tensor, targets: Tensor) -> dict[str, Tensor]:
        found = {}
        for name, one, loss in zip(self.module.plans, outputs.unbind(1), self.each(outputs, targets), strict=True):
            found[f"accuracy_{name}"] = taken(one) == targets.long()
            found[f"loss_{name}"] = loss
        return found

    @torch.inference_mode()
    def answers(self, split: Split, rows: Rows = ALL) -> Tensor:
        """What the fine-tuned network takes each example for."""
        with self.used():
            return taken(self.module.net("tuned")(self.batch(split, rows)[0]))

    def drift(self) -> dict[str, list[float]]:
        """By network, of each stage with weights, the output last: how far its weights have gone, as part of where they began."""
        return {
            name: [
                float((now - then).norm() / then.norm().clamp_min(1e-12))
                for now, then in zip(_weights(net), self.began[name], strict=True)
            ]
            for name, net in self.module.nets()
        }

    def facts(self) -> dict[str, Any]:
        spec = self.spec
        names = [name for name, stage in self.module.net("scratch").chain() if any(True for _ in stage.parameters())]
        return {
            **super().facts(),
            "transfer": {
                "courses": [{"name": name, "label": label} for name, label in COURSES.items()],
                "stages": [name for name, _ in self.module.net("scratch").chain()],
                "weighted": names,
                "kept": spec.blocks_kept,
                "source": spec.source,
                "source_updates": spec.source_updates,
                "source_classes": spec.source_data.classes,
                "expected": spec.expected(self.experiment.data),
            },
        }


def plans(spec: Transfer) -> dict[str, Plan]:
    """How each of the four begins."""
    n = spec.blocks_kept
    return {"scratch": Plan(0, 0), "tuned": Plan(n, 0), "frozen": Plan(n, n), "random": Plan(0, n)}


def source_of(spec: Experiment) -> Experiment:
    """The experiment of the source's network alone."""
    model = spec.model
    if not isinstance(model, Transfer):
        raise TypeError(f"The model must be a Transfer; got {type(model).__name__}.")
    own = model.model_dump(mode="json", include={"blocks", "init", "init_scale", "augment"})
    return experiment(
        {
            "data": model.source_data.model_dump(mode="json"),
            "model": {"family": "cnn", **own},
            "training": {"optimizer": {"kind": "adam"}, "learning_rate": SOURCE_RATE, "batch_size": SOURCE_BATCH},
            "seed": spec.seed,
        }
    )


def _role(plan: Plan, stage: Stage, place: int) -> str:
    if place < plan.still:
        return STILL
    if place >= plan.copied:
        return NEW
    return DENSE if isinstance(stage, DenseStage) else CONV


def _weights(net: CnnModule) -> list[Tensor]:
    """The weights of each stage that has any, the output last."""
    stages = [list(stage.parameters()) for _, stage in net.chain()]
    return [torch.cat([p.detach().reshape(-1) for p in own]).clone() for own in stages if own]


def _accuracy(source: CnnLearner, rows: slice) -> Generator[None, None, float]:
    """Share of test pictures that are right, in slices."""
    n, right = len(range(*rows.indices(source.count("test")))), 0.0
    for first in range(0, n, source.part):
        stop = min(first + source.part, n)
        right += source.evaluate("test", slice(first, stop))["accuracy"] * (stop - first)
        yield None
    return right / max(1, n)
