"""Floor 1: optimisers and learning-rate schedules. What can be chosen (no torch), and the torch that does it."""

# The specification fills its defaults from this package, so it must be complete before a module here asks for its bases.
import nnlab.core.experiment  # noqa: F401
