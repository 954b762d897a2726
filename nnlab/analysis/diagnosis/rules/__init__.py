"""The rules of the diagnosis, one a file."""
