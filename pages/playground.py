"""The playground: data, model and training on the left, the network that learns on the right."""

from nnlab.ui import live, panels, presets, session, share

VIEWS = (
    "network", "boundary", "curves", "histograms", "gradient_norms", "confusion", "warp", "landscape", "loss_line", "curvature",
    "surface",
)  # fmt: skip

here = presets.session_of("playground", presets.DEFAULT)
run = here.run()
here.publish()

above, beside = live.places(here)
if run is None:
    session.wait_in_queue(here)
else:
    live.live_view(here, run, VIEWS)
with above:
    presets.picker(here)
with beside:
    panels.controls_panel(here)
panels.notes(here)
share.share(here)
