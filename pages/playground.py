"""The playground: data, model and training on the left, the network that learns on the right."""

from nnlab.ui import live, panels, presets, session, share

VIEWS = (
    "network", "boundary", "curves", "histograms", "gradient_norms", "confusion", "warp", "landscape", "loss_line", "curvature",
    "surface",
)  # fmt: skip

here = presets.session_of("playground", presets.DEFAULT)
run = here.run()
here.publish()

panels.controls_panel(here)
panels.notes(here)
presets.picker(here)
if run is None:
    session.wait_in_queue(here)
else:
    live.live_view(here, run, VIEWS)
share.share(here)
