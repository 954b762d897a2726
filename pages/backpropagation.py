"""Backpropagation, number by number: one update of a small network with every number on the screen."""

from nnlab.ui import backprop, backprop_presets, live, panels, session, share

here = backprop_presets.session_of("backpropagation")
backprop.keep_small(here)
run = here.run()
here.publish()

backprop.controls_panel(here)
panels.notes(here)
backprop_presets.picker(here)
if run is None:
    session.wait_in_queue(here)
else:
    live.live_view(here, run, ("backprop",), controls=False)
share.share(here, restorable=False)
