"""`python -m rag_core` is the same as `alcove`."""

from __future__ import annotations

import sys

from rag_core.cli import main

if __name__ == "__main__":
    sys.exit(main())
