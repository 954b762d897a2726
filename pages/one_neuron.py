"""One neuron: perceptron, linear unit, sigmoid neuron, and what a batch is, each learning while everything about it is drawn."""

from nnlab.ui import live, neuron_panel, neuron_presets, panels, session, share

here = neuron_presets.session_of("one_neuron")
run = here.run()
here.publish()

above, beside = live.places(here, sidebar=neuron_presets.topic(here) != neuron_presets.LOOKED_AT)
if run is None:
    session.wait_in_queue(here)
elif neuron_presets.topic(here) == neuron_presets.LOOKED_AT:
    run.play(False)
    live.live_view(here, run, neuron_panel.VIEWS["activations"], controls=False, name="activations-board")
else:
    live.live_view(here, run, neuron_panel.VIEWS[neuron_presets.topic(here)])
with above:
    neuron_presets.picker(here)
panels.notes(here)
if neuron_presets.topic(here) != neuron_presets.LOOKED_AT:
    with beside:
        neuron_panel.panel(here)
    share.share(here, restorable=here.experiment.data.kind != "drawn")  # a preset's pill brings its points back
