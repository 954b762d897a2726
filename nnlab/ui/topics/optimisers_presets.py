"""Starting points of the page on optimisers, each with a line that says what to watch; a test races each and checks its line."""

from __future__ import annotations

from typing import Any

from nnlab.ui.presets import Preset

NAMES = ("blue", "orange", "green", "pink", "yellow", "red", "violet", "grey")


def _race(surface: str, *racers: dict[str, Any], steps: int, **start: float) -> dict[str, Any]:
    """An experiment: racers get the colours in order."""
    coloured = [racer | {"colour": colour} for racer, colour in zip(racers, NAMES, strict=False)]
    return {
        "data": {"kind": "surface", "surface": surface},
        "model": {"family": "race", "racers": coloured, **start},
        "training": {"stop": {"epochs": steps}},
    }


def _racer(kind: str, rate: float, **more: Any) -> dict[str, Any]:
    return {"optimizer": {"kind": kind}, "learning_rate": rate, **more}


PRESETS: dict[str, Preset] = {
    "ravine": Preset(
        "Ravine",
        "SGD soon reaches the valley floor, then moves along it slowly. Momentum gathers speed; Adam steps as far "
        "along the floor as across it. Both arrive in half as many steps.",
        25,
        _race("ravine", _racer("sgd", 0.03), _racer("momentum", 0.01), _racer("adam", 0.1), steps=300),
    ),
    "limit": Preset(
        "Largest learning rate",
        "The walls have curvature 40, so SGD needs a learning rate below 2/40 = 0.05. At 0.049 it zigzags to the "
        "minimum; at 0.051 each swing is longer than the last, and it leaves the surface.",
        10,
        _race("ravine", _racer("sgd", 0.025), _racer("sgd", 0.049), _racer("sgd", 0.051), steps=250),
        view="race_curvature",
    ),
    "saddle": Preset(
        "Saddle",
        "All optimisers come down the ridge to the saddle, where the slope is nearly zero. AdaGrad, RMSprop and Adam divide by "
        "the gradient's size and leave the saddle before SGD moves sideways at all.",
        15,
        _race(
            "saddle",
            _racer("sgd", 0.05),
            _racer("momentum", 0.02),
            _racer("adagrad", 0.6),
            _racer("rmsprop", 0.03),
            _racer("adam", 0.1),
            steps=300,
        ),
    ),
    "banana": Preset(
        "Rosenbrock's valley",
        "All optimisers reach the curved valley within thirty steps; following its floor takes long. Adam reaches "
        "the end first, before SGD has passed the bend.",
        60,
        _race(
            "rosenbrock",
            _racer("sgd", 0.001),
            _racer("momentum", 0.0003),
            _racer("nesterov", 0.0003),
            _racer("rmsprop", 0.02),
            _racer("adam", 0.1),
            _racer("lion", 0.01),
            steps=1200,
        ),
    ),
    "plateau": Preset(
        "Plateau",
        "Far from the minimum the gradient is nearly zero. RMSprop and Adam divide by its size, so they still move; "
        "momentum must gather speed first; SGD hardly moves.",
        20,
        _race(
            "plateau",
            _racer("sgd", 0.1),
            _racer("momentum", 0.1),
            _racer("rmsprop", 0.05),
            _racer("adam", 0.1),
            steps=250,
        ),
    ),
    "noise": Preset(
        "Noise and schedules",
        "Every gradient is noisy, as with small batches. At a constant learning rate the position keeps jumping "
        "around the minimum; at a decreasing one it comes to rest.",
        40,
        _race(
            "noisy_bowl",
            _racer("sgd", 0.2),
            _racer("sgd", 0.2, schedule={"kind": "cosine", "epochs": 400}),
            _racer("sgd", 0.2, schedule={"kind": "exponential", "gamma": 0.99}),
            _racer("sgd", 0.02),
            steps=800,
        ),
    ),
    "four": Preset(
        "Four minima",
        "One start, two ends: the update rule decides which of the four equal valleys an optimiser reaches. Click another start.",
        12,
        _race(
            "himmelblau",
            _racer("sgd", 0.01),
            _racer("momentum", 0.01),
            _racer("nesterov", 0.01),
            _racer("adagrad", 0.5),
            _racer("rmsprop", 0.05),
            _racer("adam", 0.2),
            steps=250,
        ),
    ),
}
