"""Points of the plane: patterns, formulas, files, and the user's own."""
