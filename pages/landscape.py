"""The loss landscape of the run that the student is training: the playground's own run, seen from its weights."""

from nnlab.ui import landscape_presets, live, panels, presets, session, share

VIEWS = ("landscape", "loss_line", "curvature", "boundary", "curves")

here = presets.session_of("playground", presets.DEFAULT)
run = here.run()
here.publish()

above, beside = live.places(here, name="landscape-above")
if run is None:
    session.wait_in_queue(here)
else:
    live.live_view(here, run, VIEWS)
with above:
    presets.picker(here, landscape_presets.PRESETS, own=landscape_presets.OWN)
with beside:
    panels.controls_panel(here)
panels.notes(here)
share.share(here)
