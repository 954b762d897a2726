"""Optimisers on surfaces: several race down one surface from one start, seen from above, in 3-D and update by update."""

from nnlab.ui import live, panels, race, race_presets, session, share

VIEWS = (
    "race",
    "race_table",
    "race_curves",
    "race_surface",
    "race_step",
    "race_curvature",
    "landscape",
    "loss_line",
    "race_map",
)

here = race_presets.session_of("optimisers")
race.keep_racing(here)
run = here.run()
here.publish()

above, beside = live.places(here)
if run is None:
    session.wait_in_queue(here)
else:
    live.live_view(here, run, VIEWS)
with above:
    race_presets.picker(here)
with beside:
    race.controls_panel(here)
panels.notes(here)
share.share(here)
