"""Train the reader: `python -m models.reader mine|train|export`. README.md tells what each takes and how long."""

from __future__ import annotations

import argparse
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m models.reader", description="Train the reader.")
    commands = parser.add_subparsers(dest="command", required=True)
    export_ = commands.add_parser("export", help="write a checkpoint's weights as the reader's own file")
    export_.add_argument("checkpoint", type=Path)
    export_.add_argument("file", type=Path)
    arguments = parser.parse_args()
    if arguments.command == "export":
        from models.reader.export import export

        export(arguments.checkpoint, arguments.file)


if __name__ == "__main__":
    main()
