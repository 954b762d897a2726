"""One line for each dataset, family, optimiser, view, page and so on. Adding one starts here, or in a plug-in."""

from __future__ import annotations

from nnlab.core import plugins
from nnlab.core.registry import Registry

# name -> the `DataSpec` (what can be chosen). Its `load()` makes the arrays.
DATASETS = Registry(
    "dataset",
    {
        "circle": "nnlab.data.points.circle:Circle",
        "xor": "nnlab.data.points.xor:Xor",
        "gaussians": "nnlab.data.points.gaussians:Gaussians",
        "spiral": "nnlab.data.points.spiral:Spiral",
        "moons": "nnlab.data.points.moons:Moons",
        "checkerboard": "nnlab.data.points.checkerboard:Checkerboard",
        "blobs": "nnlab.data.points.blobs:Blobs",
        "arms": "nnlab.data.points.arms:Arms",
        "plane": "nnlab.data.points.plane:Plane",
        "multi_gaussian": "nnlab.data.points.multi_gaussian:MultiGaussian",
        "line": "nnlab.data.points.line:Line",
        "formula": "nnlab.data.points.formula:Formula",
        "formula_surface": "nnlab.data.points.formula:FormulaSurface",
        "drawn": "nnlab.data.points.drawn:Drawn",
        "upload": "nnlab.data.points.upload:Upload",
        "glyphs": "nnlab.data.pictures.glyphs:Glyphs",
        "strokes": "nnlab.data.pictures.strokes:Strokes",
        "mnist": "nnlab.data.pictures.mnist:Mnist",
        "digits8": "nnlab.data.pictures.digits8:Digits8",
        "icons": "nnlab.data.pictures.icons:Icons",
        "emoji": "nnlab.data.pictures.emoji:Emoji",
        "shapes": "nnlab.data.pictures.shapes:Shapes",
        "textures": "nnlab.data.pictures.textures:Textures",
        "pictures": "nnlab.data.pictures.own:OwnPictures",
        "surface": "nnlab.surfaces.data:SurfaceData",
    },
)

# name -> the `ModelSpec` (what can be chosen, torch-free) and the function that builds its learner (torch).
FAMILIES = Registry(
    "family",
    {
        "mlp": "nnlab.families.mlp.spec:MLP",
        "neuron": "nnlab.families.neuron.spec:Neuron",
        "race": "nnlab.families.descent.spec:Race",
        "cnn": "nnlab.families.cnn.spec:Cnn",
        "transfer": "nnlab.families.transfer.spec:Transfer",
    },
)
LEARNERS = Registry(
    "family",
    {
        "mlp": "nnlab.families.mlp.learner:build",
        "neuron": "nnlab.families.neuron.learner:build",
        "race": "nnlab.families.descent.learner:build",
        "cnn": "nnlab.families.cnn.learner:CnnLearner",
        "transfer": "nnlab.families.transfer.learner:TransferLearner",
    },
)

# name -> the `BlockSpec` of a block of a convolutional network (torch-free), and the `Stage` that it becomes (torch).
BLOCKS = Registry(
    "block",
    {
        "conv": "nnlab.families.cnn.blocks:Conv",
        "pool": "nnlab.families.cnn.blocks:Pool",
        "batch_norm": "nnlab.families.cnn.blocks:BatchNorm",
        "dropout": "nnlab.families.cnn.blocks:Dropout",
        "residual": "nnlab.families.cnn.blocks:Residual",
        "global_pool": "nnlab.families.cnn.blocks:GlobalPool",
        "dense": "nnlab.families.cnn.blocks:Dense",
    },
)
STAGES = Registry(
    "block",
    {
        "conv": "nnlab.families.cnn.stages:ConvStage",
        "pool": "nnlab.families.cnn.stages:PoolStage",
        "batch_norm": "nnlab.families.cnn.stages:BatchNormStage",
        "dropout": "nnlab.families.cnn.stages:DropoutStage",
        "residual": "nnlab.families.cnn.stages:ResidualStage",
        "global_pool": "nnlab.families.cnn.stages:GlobalPoolStage",
        "dense": "nnlab.families.cnn.stages:DenseStage",
    },
)

# name -> the `Loss` (torch); which of them a model can be trained with, its `losses` say.
LOSSES = Registry(
    "loss",
    {
        "cross_entropy": "nnlab.families.losses:CrossEntropy",
        "mse": "nnlab.families.losses:MeanSquared",
        "mae": "nnlab.families.losses:MeanAbsolute",
        "huber": "nnlab.families.losses:Huber",
        "hinge": "nnlab.families.losses:Hinge",
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

# name of an offer -> the `Analysis`: what computes it, from what, and how often.
ANALYSES = Registry(
    "analysis",
    {
        "boundary": "nnlab.analysis.plane.boundary:BOUNDARY",
        "neurons": "nnlab.analysis.plane.units:NEURONS",
        "input_maps": "nnlab.analysis.plane.units:INPUT_MAPS",
        "transfer": "nnlab.analysis.transfer.begun:BEGUN",
        "weights": "nnlab.analysis.weights.parameters:WEIGHTS",
        "gradients": "nnlab.analysis.weights.parameters:GRADIENTS",
        "histograms": "nnlab.analysis.weights.parameters:HISTOGRAMS",
        "gradient_norms": "nnlab.analysis.weights.parameters:GRADIENT_NORMS",
        "confusion": "nnlab.analysis.confusion:CONFUSION",
        "wall": "nnlab.analysis.pictures.wall:WALL",
        "cell": "nnlab.analysis.pictures.cell:CELL",
        "slide": "nnlab.analysis.pictures.slide:SLIDE",
        "mistakes": "nnlab.analysis.pictures.mistakes:MISTAKES",
        "why": "nnlab.analysis.pictures.why:WHY",
        "favourites": "nnlab.analysis.pictures.favourites:FAVOURITES",
        "sight": "nnlab.analysis.pictures.sight:SIGHT",
        "warp": "nnlab.analysis.plane.warp:WARP",
        "surface": "nnlab.analysis.plane.boundary:SURFACE",
        "formula": "nnlab.analysis.plane.units:FORMULA",
        "race": "nnlab.analysis.descent.race:RACE",
        "race_step": "nnlab.analysis.descent.race:RACE_STEP",
        "race_grid": "nnlab.analysis.descent.race:RACE_GRID",
        "race_curvature": "nnlab.analysis.descent.race:RACE_CURVATURE",
        "neuron_rows": "nnlab.analysis.neuron.rows:NEURON_ROWS",
        "perceptron": "nnlab.analysis.neuron.rows:PERCEPTRON",
        "bowl": "nnlab.analysis.neuron.surfaces:BOWL",
        "sigmoids": "nnlab.analysis.neuron.surfaces:SIGMOIDS",
        "activations": "nnlab.analysis.neuron.activations:ACTIVATIONS_THROUGH",
    },
)

# name -> the `Rule` of the diagnosis, in order of importance: what stops learning altogether comes first.
RULES_OF_DIAGNOSIS = Registry(
    "rule",
    {
        "left": "nnlab.analysis.descent.findings:LEFT",
        "missing": "nnlab.analysis.diagnosis.rules.missing:MISSING",
        "overshooting": "nnlab.analysis.diagnosis.rules.overshooting:OVERSHOOTING",
        "beyond": "nnlab.analysis.neuron.findings:BEYOND",
        "cycle": "nnlab.analysis.neuron.findings:CYCLE",
        "shrunk": "nnlab.analysis.diagnosis.rules.shrunk:SHRUNK",
        "dropped": "nnlab.analysis.diagnosis.rules.dropped:DROPPED",
        "few": "nnlab.analysis.diagnosis.rules.few:FEW_IN_BATCH",
        "bouncing": "nnlab.analysis.diagnosis.rules.bouncing:BOUNCING",
        "exploding": "nnlab.analysis.diagnosis.rules.exploding:EXPLODING",
        "dead": "nnlab.analysis.diagnosis.rules.dead:DEAD",
        "vanishing": "nnlab.analysis.diagnosis.rules.vanishing:VANISHING",
        "saturated": "nnlab.analysis.diagnosis.rules.saturated:SATURATED",
        "overfitting": "nnlab.analysis.diagnosis.rules.overfitting:OVERFITTING",
        "slow": "nnlab.analysis.diagnosis.rules.slow:SLOW",
        "simple": "nnlab.analysis.diagnosis.rules.simple:SIMPLE",
        "untested": "nnlab.analysis.diagnosis.rules.untested:UNTESTED",
    },
)

# name -> `View` (title, needs, JavaScript module, help).
VIEWS = Registry(
    "view",
    {
        "network": "nnlab.views.network:NETWORK",
        "boundary": "nnlab.views.plane:BOUNDARY",
        "curves": "nnlab.views.run:CURVES",
        "surface": "nnlab.views.plane:SURFACE",
        "wall": "nnlab.views.pictures:WALL",
        "sample": "nnlab.views.pictures:SAMPLE",
        "cell": "nnlab.views.pictures:CELL",
        "slide": "nnlab.views.pictures:SLIDE",
        "courses": "nnlab.views.transfer:COURSES",
        "transfer_layers": "nnlab.views.transfer:LAYERS",
        "transfer_kept": "nnlab.views.transfer:KEPT",
        "mistakes": "nnlab.views.pictures:MISTAKES",
        "why": "nnlab.views.pictures:WHY",
        "favourites": "nnlab.views.pictures:FAVOURITES",
        "confusion": "nnlab.views.plane:CONFUSION",
        "histograms": "nnlab.views.weights:HISTOGRAMS",
        "gradient_norms": "nnlab.views.weights:GRADIENT_NORMS",
        "warp": "nnlab.views.plane:WARP",
        "landscape": "nnlab.views.weights:LANDSCAPE",
        "loss_line": "nnlab.views.weights:LOSS_LINE",
        "curvature": "nnlab.views.weights:CURVATURE",
        "race": "nnlab.views.descent:RACE",
        "race_table": "nnlab.views.descent:RACE_TABLE",
        "race_curves": "nnlab.views.descent:RACE_CURVES",
        "race_surface": "nnlab.views.descent:RACE_SURFACE",
        "race_step": "nnlab.views.descent:RACE_STEP",
        "race_map": "nnlab.views.descent:RACE_MAP",
        "race_curvature": "nnlab.views.descent:RACE_CURVATURE",
        "neuron_perceptron": "nnlab.views.neuron:NEURON_PERCEPTRON",
        "neuron_linear": "nnlab.views.neuron:NEURON_LINEAR",
        "neuron_sigmoid": "nnlab.views.neuron:NEURON_SIGMOID",
        "neuron_batches": "nnlab.views.neuron:NEURON_BATCHES",
        "neuron_activations": "nnlab.views.neuron:NEURON_ACTIVATIONS",
        "backprop": "nnlab.views.backprop:BACKPROP",
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

# name -> the `Topic` of a page, in the order of the menu.
TOPICS = Registry(
    "topic",
    {
        name: f"nnlab.ui.topics.{name}:TOPIC"
        for name in ("playground", "cnn", "transfer", "one_neuron", "backpropagation", "optimisers", "landscape")
    },
)

# name -> the function (run, options) -> generator of its progress (0…1) that returns a dict of arrays: what a browser
# asks for once in a while and what takes longer than a frame.
STUDIES = Registry(
    "study",
    {
        "transfer_layers": "nnlab.analysis.transfer.layers:LAYERS",
        "transfer_kept": "nnlab.analysis.transfer.compared:KEPT",
        "transfer_few": "nnlab.analysis.transfer.compared:FEW_PICTURES",
        "transfer_samples": "nnlab.analysis.transfer.samples:SAMPLES",
        "landscape": "nnlab.analysis.weights.landscape:LANDSCAPE",
        "line": "nnlab.analysis.weights.landscape:LOSS_LINE",
        "hessian": "nnlab.analysis.weights.hessian:HESSIAN",
        "keep": "nnlab.analysis.weights.twin:KEEP",
        "twin": "nnlab.analysis.weights.twin:TWIN",
        "lr_map": "nnlab.analysis.descent.lr_map:LR_MAP",
        "backprop": "nnlab.analysis.mlp.backprop:BACKPROP",
        "versions": "nnlab.analysis.pictures.versions:VERSIONS",
        "made": "nnlab.analysis.pictures.made:MADE",
        "clusters": "nnlab.analysis.pictures.clusters:CLUSTERS",
        "maps": "nnlab.analysis.pictures.maps:MAPS",
        "deletion": "nnlab.analysis.pictures.deletion:DELETION",
    },
)

# name -> the `Chart` below the live view of a page, drawn by Streamlit from a study of the run.
CHARTS = Registry(
    "chart",
    {
        "maps": "nnlab.ui.charts.maps:MAPS",
        "clusters": "nnlab.ui.charts.clusters:CLUSTERS",
        "few": "nnlab.ui.charts.few:FEW",
    },
)

REGISTRIES: dict[str, Registry] = {name.lower(): it for name, it in list(globals().items()) if isinstance(it, Registry)}
SERVED = (
    "datasets",
    "families",
    "blocks",
    "optimizers",
    "schedules",
    "surfaces",
    "views",
    "topics",
    "charts",
)  # what the server loads: no torch


def _extend() -> None:
    for name, plugin in plugins.found().items():
        for sort, lines in plugin.lines.items():
            if sort not in REGISTRIES:
                plugins.LOG.error("The plug-in %s adds to %s, but there is no such registry.", name, sort)
                continue
            for taken in REGISTRIES[sort].add(lines):
                plugins.LOG.error("The plug-in %s adds %s to %s, where that name is taken.", name, taken, sort)


def leave_out_broken() -> None:
    """Remove all lines of a plug-in if the server cannot load one of them: it must not stop the other pages."""
    for name, plugin in plugins.found().items():
        try:
            for sort in SERVED:
                for one in plugin.lines.get(sort, {}):
                    REGISTRIES[sort].load(one)
        except Exception:
            plugins.LOG.exception("The plug-in %s cannot be loaded; nnlab goes on without it.", name)
            for sort, lines in plugin.lines.items():
                REGISTRIES[sort].remove(lines)


_extend()
