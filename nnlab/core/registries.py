"""One line for each dataset, family, optimiser and schedule. Adding one starts here."""

from __future__ import annotations

from nnlab.core.registry import Registry

# name -> the `DataSpec` (what can be chosen). Its `load()` makes the arrays.
DATASETS = Registry(
    "dataset",
    {
        "circle": "nnlab.data.circle:Circle",
        "xor": "nnlab.data.xor:Xor",
        "gaussians": "nnlab.data.gaussians:Gaussians",
        "spiral": "nnlab.data.spiral:Spiral",
        "moons": "nnlab.data.moons:Moons",
        "checkerboard": "nnlab.data.checkerboard:Checkerboard",
        "blobs": "nnlab.data.blobs:Blobs",
        "arms": "nnlab.data.arms:Arms",
        "plane": "nnlab.data.plane:Plane",
        "multi_gaussian": "nnlab.data.multi_gaussian:MultiGaussian",
        "line": "nnlab.data.line:Line",
        "formula": "nnlab.data.formula:Formula",
        "formula_surface": "nnlab.data.formula:FormulaSurface",
        "drawn": "nnlab.data.drawn:Drawn",
        "upload": "nnlab.data.upload:Upload",
        "surface": "nnlab.data.surface:SurfaceData",
    },
)

# name -> the `ModelSpec` (what can be chosen, torch-free) and the function that builds its learner (torch).
FAMILIES = Registry(
    "family",
    {
        "mlp": "nnlab.families.mlp.spec:MLP",
        "neuron": "nnlab.families.neuron.spec:Neuron",
        "race": "nnlab.families.race.spec:Race",
    },
)
LEARNERS = Registry(
    "family",
    {
        "mlp": "nnlab.families.mlp.learner:build",
        "neuron": "nnlab.families.neuron.learner:build",
        "race": "nnlab.families.race.learner:build",
    },
)

# name -> what can be chosen about an optimiser (torch-free).
OPTIMIZERS = Registry(
    "optimiser",
    {
        "sgd": "nnlab.optim.specs:Sgd",
        "momentum": "nnlab.optim.specs:Momentum",
        "nesterov": "nnlab.optim.specs:Nesterov",
        "adagrad": "nnlab.optim.specs:AdaGrad",
        "rmsprop": "nnlab.optim.specs:RmsProp",
        "adam": "nnlab.optim.specs:Adam",
        "adamw": "nnlab.optim.specs:AdamW",
        "lion": "nnlab.optim.specs:Lion",
        "muon": "nnlab.optim.specs:Muon",
    },
)

# name -> the update rule over flat parameters (torch).
RULES = Registry(
    "optimiser",
    {
        "sgd": "nnlab.optim.rules:SgdRule",
        "momentum": "nnlab.optim.rules:MomentumRule",
        "nesterov": "nnlab.optim.rules:NesterovRule",
        "adagrad": "nnlab.optim.rules:AdaGradRule",
        "rmsprop": "nnlab.optim.rules:RmsPropRule",
        "adam": "nnlab.optim.rules:AdamRule",
        "adamw": "nnlab.optim.rules:AdamWRule",
        "lion": "nnlab.optim.rules:LionRule",
        "muon": "nnlab.optim.muon:MuonRule",
    },
)

SCHEDULES = Registry(
    "schedule",
    {
        "constant": "nnlab.optim.schedules:Constant",
        "step": "nnlab.optim.schedules:StepDecay",
        "exponential": "nnlab.optim.schedules:Exponential",
        "cosine": "nnlab.optim.schedules:Cosine",
        "warmup": "nnlab.optim.schedules:Warmup",
        "cyclic": "nnlab.optim.schedules:Cyclic",
    },
)

# name of an offer -> the function (learner, options) -> dict of arrays that computes it.
ANALYSES = Registry(
    "analysis",
    {
        "boundary": "nnlab.analysis.boundary:boundary",
        "neurons": "nnlab.analysis.units:neurons",
        "weights": "nnlab.analysis.parameters:weights",
        "gradients": "nnlab.analysis.parameters:gradients",
        "histograms": "nnlab.analysis.parameters:histograms",
        "gradient_norms": "nnlab.analysis.parameters:gradient_norms",
        "confusion": "nnlab.analysis.confusion:confusion",
        "warp": "nnlab.analysis.warp:warp",
        "surface": "nnlab.analysis.boundary:surface",
        "formula": "nnlab.analysis.units:formula",
        "race": "nnlab.analysis.race:race",
        "race_step": "nnlab.analysis.race:race_step",
        "race_grid": "nnlab.analysis.race:race_grid",
        "race_curvature": "nnlab.analysis.race:race_curvature",
        "neuron_rows": "nnlab.analysis.neuron:neuron_rows",
        "perceptron": "nnlab.analysis.neuron:perceptron",
        "bowl": "nnlab.analysis.neuron_surfaces:bowl",
        "sigmoids": "nnlab.analysis.neuron_surfaces:sigmoids",
        "activations": "nnlab.analysis.neuron_activations:activations",
    },
)

# name -> `View` (title, needs, JavaScript module, help).
VIEWS = Registry(
    "view",
    {
        name: f"nnlab.plots.views:{name.upper()}"
        for name in (
            "network",
            "boundary",
            "curves",
            "surface",
            "confusion",
            "histograms",
            "gradient_norms",
            "warp",
            "landscape",
            "loss_line",
            "curvature",
            "race",
            "race_table",
            "race_curves",
            "race_surface",
            "race_step",
            "race_map",
            "race_curvature",
            "neuron_perceptron",
            "neuron_linear",
            "neuron_sigmoid",
            "neuron_batches",
            "neuron_activations",
            "backprop",
        )
    },
)

# name -> the analytic loss surface: expression, domain, minima, source.
SURFACES = Registry(
    "surface",
    {
        name: f"nnlab.surfaces.{name}:{name.upper()}"
        for name in (
            "bowl",
            "ravine",
            "saddle",
            "rosenbrock",
            "himmelblau",
            "beale",
            "rastrigin",
            "styblinski_tang",
            "plateau",
            "noisy_bowl",
        )
    },
)

# name -> the function (run, options) -> generator of its progress (0…1) that returns a dict of arrays: what a browser
# asks for once in a while and what takes longer than a frame.
STUDIES = Registry(
    "study",
    {
        "landscape": "nnlab.analysis.landscape:landscape",
        "line": "nnlab.analysis.landscape:line",
        "hessian": "nnlab.analysis.hessian:hessian",
        "keep": "nnlab.analysis.twin:keep",
        "twin": "nnlab.analysis.twin:twin",
        "lr_map": "nnlab.analysis.lr_map:lr_map",
        "backprop": "nnlab.analysis.backprop:backprop",
    },
)
