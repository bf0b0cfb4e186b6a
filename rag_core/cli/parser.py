"""The command line's grammar. Importing it is cheap; the commands import what they need when they run."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path

from rag_core.settings import TABLE, Setting, Value

EPILOG = """\
exit codes: 0 done · 1 could not be done (the message says why) · 2 the command was not understood ·
3 done, but some files could not be read · 4 the documents do not hold the answer · 130 stopped by you
"""


def build_parser() -> argparse.ArgumentParser:
    common = _common_options()
    parser = argparse.ArgumentParser(
        prog="alcove",
        usage="alcove [--data-dir FOLDER] [--library NAME]   opens the window\n"
        "       alcove COMMAND ...                             works on the command line",
        description="Answers from your own documents, on your own laptop. Nothing leaves this machine.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="print the version and stop")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands", prog="alcove")

    def command(name: str, help_text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=help_text, description=help_text, parents=[common])

    add = command("add", "Add files or folders to the library, or bring them up to date.")
    add.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    add.add_argument("--retry", action="store_true", help="read files again that could not be read before")
    add.add_argument("--rebuild", action="store_true", help="make all vectors again, with the embedder in use now")
    add.add_argument("--keyword-only", action="store_true", help="stop when everything can be found by its words")
    command("list", "List the documents of the library and their state.")
    remove = command("remove", "Remove files or whole folders from the library (the files themselves stay).")
    remove.add_argument("paths", nargs="+", type=Path, metavar="PATH")

    search = command("search", "Find passages.")
    search.add_argument("query")
    _retrieval_options(search)
    ask = command("ask", "Ask a question; the answer cites its passages.")
    ask.add_argument("question")
    _retrieval_options(ask)
    _answer_options(ask)
    chat = command("chat", "Ask question after question; follow-ups keep their context.")
    _retrieval_options(chat)
    _answer_options(chat)

    _packs_actions(command("packs", "Build, list, check or import model packs, or compile them for an NPU."))

    doctor = command("doctor", "Check packs, devices and the library, and say what to do about what is wrong.")
    doctor.add_argument("--retry-devices", action="store_true", help="forget which devices failed, and try them again")
    bench = command("bench", "Measure this machine: reading, embedding, search, answering, memory.")
    _bench_options(bench)
    evaluate = command("eval", "Score the library against your own questions.")
    evaluate.add_argument("questions", type=Path, metavar="QUESTIONS.jsonl")
    evaluate.add_argument("--search-only", action="store_true", help="score retrieval, do not generate answers")
    demo = command(
        "demo", "Build the packs if needed, ask the sample documents four questions, and open the window on them."
    )
    demo.add_argument(
        "--window",
        action=argparse.BooleanOptionalAction,
        help="open the window on the samples afterwards (default: where there is a screen)",
    )
    return parser


def _packs_actions(packs: argparse.ArgumentParser) -> None:
    actions = packs.add_subparsers(dest="action", metavar="ACTION", title="actions", required=True)
    common = _common_options(repeated=True)

    def action(name: str, help_text: str) -> argparse.ArgumentParser:
        return actions.add_parser(name, help=help_text, description=help_text, parents=[common])

    action("build", "Build the default packs that are not there yet (downloads them).")
    action("list", "List the installed packs, and what was compiled of them.")
    action("verify", "Compare every file with its pack's manifest.")
    imported = action("import", "Make a pack of a model that was exported to ONNX.")
    imported.add_argument("folder", nargs="?", type=Path, help="the folder that holds the model")
    compiled = action("compile", "Compile packs for an NPU, ahead of time.")
    compiled.add_argument("names", nargs="*", metavar="PACK", help="which packs (default: all that are installed)")
    compiled.add_argument("--target", metavar="CHIP", help="for which chip (default: that of this machine)")
    compiled.add_argument("--again", action="store_true", help="compile also what is ready")


def _common_options(repeated: bool = False) -> argparse.ArgumentParser:
    """`repeated` where the same options were understood before: then what is not given here stays as it is."""

    def default(value: object) -> object:
        return argparse.SUPPRESS if repeated else value

    common = argparse.ArgumentParser(add_help=False)
    group = common.add_argument_group("where and how")
    group.add_argument(
        "--library", default=default("default"), metavar="NAME", help="the library to work on (default: default)"
    )
    group.add_argument(
        "--data-dir", default=default(None), type=Path, metavar="FOLDER", help="where Alcove keeps everything it writes"
    )
    add_settings(group, "all", default=default(None))
    group.add_argument(
        "--json", default=default(False), action="store_true", help="print one JSON document instead of text"
    )
    return common


def _retrieval_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what to search")
    add_settings(group, "search")
    group.add_argument("--folder", type=_folder, help="only documents below this folder")
    group.add_argument(
        "--type", action="append", default=[], dest="types", metavar="ENDING", help="only this kind: pdf"
    )
    group.add_argument("--since", metavar="YYYY-MM-DD", help="only files changed on or after this day")
    group.add_argument("--until", metavar="YYYY-MM-DD", help="only files changed on or before this day")


def _answer_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("how to answer")
    add_settings(group, "answer")


def _bench_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quick", action="store_true", help="fewer repetitions")
    group = parser.add_argument_group("comparing the devices of this machine")
    group.add_argument("--compare", action="store_true", help="the same work on each of them, and whether they agree")
    group.add_argument("--emulated", action="store_true", help="also on an emulated NPU: right results, no speed")
    group.add_argument("--questions", type=_positive, metavar="N", help="how many are asked")
    group.add_argument("--hwinfo", type=Path, metavar="LOG.csv", help="energy from a log that HWiNFO writes meanwhile")
    group.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables to a file as well")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def add_settings(
    group: argparse._ActionsContainer, commands: str, table: Iterable[Setting] = TABLE, default: object = None
) -> None:
    """The options of the settings that these commands have."""
    for row in table:
        if row.option is not None and row.option.group == commands:
            group.add_argument(
                row.option.flag,
                dest=row.name,
                default=default,
                type=_value_of(row),
                metavar=row.option.metavar,
                help=row.option.help,
            )


def _value_of(row: Setting) -> Callable[[str], Value]:
    def read(text: str) -> Value:
        value = row.parsed(text)
        if value is None:
            raise argparse.ArgumentTypeError(f"must be {row.allowed}")
        return value

    return read


def _folder(text: str) -> str:
    return str(Path(text).expanduser().absolute())
