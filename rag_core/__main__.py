"""`python -m rag_core` is the same as `alcove`; it is also what a frozen program starts."""

from __future__ import annotations

import sys

from rag_core.cli import main

if __name__ == "__main__":
    if getattr(sys, "frozen", False):
        # A frozen program has no `python -c`: its reading children are the program itself.
        from rag_core.ingest.reading_worker import run_if_worker

        run_if_worker(sys.argv)
    sys.exit(main())
