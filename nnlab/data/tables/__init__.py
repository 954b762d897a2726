"""Tables: reading a file, and choosing its columns."""
