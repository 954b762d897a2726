"""Maps over the plane: what a network, and each of its units, says at every point."""
