"""`python -m nnlab` is the command `nnlab`."""

from __future__ import annotations

import sys

from nnlab.cli import main

if __name__ == "__main__":
    sys.exit(main())
