"""Backpropagation, number by number: one update of a small network with every number on the screen."""

from nnlab.ui import backprop, backprop_presets, live, panels, session, share

here = backprop_presets.session_of("backpropagation")
backprop.keep_small(here)
run = here.run()
here.publish()

above, beside = live.places(here)
if run is None:
    session.wait_in_queue(here)
else:
    live.live_view(here, run, ("backprop",), controls=False)
with above:
    backprop_presets.picker(here)
with beside:
    backprop.controls_panel(here)
panels.notes(here)
share.share(here, restorable=False)
