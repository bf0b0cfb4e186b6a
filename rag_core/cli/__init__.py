"""The command `alcove`. This module only decides which command runs and what an error looks like."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from rag_core.cli.parser import build_parser
from rag_core.cli.program import Program
from rag_core.cli.words import in_words
from rag_core.errors import Cancelled, IndexMismatch, UserError
from rag_core.messages import say

NOTHING_MORE = Program()
DONE, FAILED, MISUSED, PARTLY, NOT_FOUND, STOPPED = 0, 1, 2, 3, 4, 130


def main(argv: Sequence[str] | None = None, program: Program = NOTHING_MORE) -> int:
    """Run one command; returns its exit code (listed in the help text)."""
    parser = build_parser()
    arguments = parser.parse_args(argv, argparse.Namespace(program=program))
    if arguments.version:
        from rag_core import __version__

        sys.stdout.write(f"alcove {__version__}\n")
        return DONE
    if arguments.command is None:
        parser.print_help()
        return MISUSED

    from rag_core.cli.commands import find_command

    try:
        return find_command(arguments.command)(arguments)
    except UserError as error:
        sys.stderr.write(f"{in_words(error.message)}\n{in_words(error.advice)}".rstrip() + "\n")
        return FAILED
    except IndexMismatch as error:
        sys.stderr.write(f"{in_words(error.message)}\n{in_words(say('add-with-rebuild'))}\n")
        return FAILED
    except (KeyboardInterrupt, Cancelled):
        sys.stderr.write(f"\n{in_words(say('stopped'))}\n")
        return STOPPED
    except BrokenPipeError:  # the reader of our output (head, less) has gone
        sys.stderr.close()
        return DONE
