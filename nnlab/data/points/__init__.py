"""Points of the plane: patterns, formulas, files, and a person's own."""
