"""What a network of pictures sees: its maps, one number of them, a picture to look at or to draw, and its mistakes."""

from __future__ import annotations

from nnlab.views.view import View

WALL = View(
    name="wall",
    title="Feature maps",
    needs=("wall",),
    module="views/pictures/wall.js",
    help="Every map of every stage, from the picture to the answer. Below a map: how much it carries of the answer. Click one to "
    "switch it off.",
    alt="Columns of feature maps, one a stage, from the picture to the probabilities of the classes.",
    place="wide",
)

SAMPLE = View(
    name="sample",
    title="Picture",
    needs=("wall",),
    asks=("versions",),
    module="views/pictures/sample.js",
    help="The picture that the network looks at, and its likeliest classes. The frame marks the right one. Draw one yourself, and add "
    "it to the training set. With augmentation, the small ones are what the next updates learn from in place of a training picture.",
    alt="One picture with the likeliest classes as bars, and small versions of it where augmentation is on.",
    place="square",
)

CELL = View(
    name="cell",
    title="One number",
    needs=("wall",),
    asks=("cell",),
    module="views/pictures/cell.js",
    help="How one number of a map comes about: the kernel on the input, the products, their sum.",
    alt="An input map with the kernel on it, the numbers of patch and kernel, the sum as steps, and the output map.",
)

SLIDE = View(
    name="slide",
    title="Convolution and pooling",
    needs=(),
    asks=("slide", "cell"),
    module="views/pictures/slide.js",
    help="One kernel or one pooling by itself, without a network, on the picture that is looked at: size, stride, padding and dilation "
    "at will, every number of the kernel can be changed, and the arithmetic of each cell and of the size is written out.",
    alt="A picture with the window on it, the numbers under the window and of the kernel with their products, and the output map.",
)

WHY = View(
    name="why",
    title="Why this answer",
    needs=("wall",),
    asks=("why", "deletion"),
    module="views/pictures/why.js",
    help="Which pixels the answer rests on, by four methods, and a test of each: how fast the probability falls without "
    "them, for this picture and for 200.",
    alt="Four maps of important pixels, and the probability of the class over the share of pixels removed.",
)

FAVOURITES = View(
    name="favourites",
    title="Favourite pictures",
    needs=("wall",),
    asks=("favourites", "sight", "made"),
    module="views/pictures/favourites.js",
    help="What one channel wants and sees: the pictures that excite it most, with the patch that does, and the pixels that move it.",
    alt="Nine pictures with a framed patch, the classes of the favourites, and the measured receptive field.",
)

MISTAKES = View(
    name="mistakes",
    title="Mistakes",
    needs=("wall",),
    asks=("mistakes",),
    module="views/pictures/mistakes.js",
    help="The pictures that the network is most wrong about.",
    alt="Pictures with their right class, the class they are taken for, and both probabilities.",
)
