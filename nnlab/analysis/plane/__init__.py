"""Maps over the plane: the output of a network and of each of its units at every point."""
