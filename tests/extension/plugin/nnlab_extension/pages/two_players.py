from nnlab.ui.topic import show

show("two_players")
