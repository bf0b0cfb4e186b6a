"""`python -m rag_core` is the same as `alcove`; it is also what a frozen program starts."""

from __future__ import annotations

import sys

from rag_core.cli import main

if __name__ == "__main__":
    if getattr(sys, "frozen", False):
        from rag_core.process.children import run_if_child

        run_if_child(sys.argv)
    sys.exit(main())
