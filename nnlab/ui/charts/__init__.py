"""The charts that pages show below their live view."""
