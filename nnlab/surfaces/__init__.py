"""Floor 1: analytic loss surfaces over (x, y), each with its expression, domain, minima and source. No torch in the choice."""
