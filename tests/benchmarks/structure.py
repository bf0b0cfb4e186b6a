"""How large the code is, and how far a question travels through it: `python -m tests.benchmarks.structure`.

Lines, files and functions of what a person installs, and imports between the window's features. With `--packs DIR` (the
folder `packs` of a data folder) a question is asked twice on the sample documents with the real models, and of the
second it is told how many files and functions of the core it enters, and how many of our frames stand between
`Engine.answer` and the embedder's run.
"""

from __future__ import annotations

import argparse
import ast
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
CORE = str(ROOT / "rag_core")
QUESTION = "How long are closed client files kept?"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packs", type=Path)
    chosen = parser.parse_args()
    tell_sizes()
    tell_features()
    if chosen.packs:
        tell_question(chosen.packs)


def tell_sizes() -> None:
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    files = [name for name in listed.split() if name.split("/")[0] in ("app", "rag_core", "models")]
    installed = [name for name in files if not name.startswith("models/training/")]
    lines = {name: (ROOT / name).read_text(encoding="utf-8") for name in files}
    functions = [
        (node.end_lineno or node.lineno) - node.lineno + 1
        for text in lines.values()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    trained = sum(count(text) for name, text in lines.items() if name not in installed)
    tests = sum(
        count((ROOT / name).read_text(encoding="utf-8")) for name in listed.split() if name.startswith("tests/")
    )
    folders = {str(Path(name).parent) for name in installed}
    sizes = [count(text) for text in lines.values()]
    tell(
        f"installed: {sum(sizes) - trained:,} lines, {len(installed)} files, {len(folders)} folders",
        f"training: {trained:,} lines; tests: {tests:,} lines",
        f"lines of a file (middle / 90 % / longest): {spread(sizes)}; of a function: {spread(functions)}",
    )


def count(text: str) -> int:
    return text.count("\n")


def tell(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")


def spread(values: Sequence[int]) -> str:
    ordered = sorted(values)
    return f"{statistics.median(ordered):g} / {ordered[int(0.9 * (len(ordered) - 1))]} / {ordered[-1]}"


def tell_features() -> None:
    import grimp

    graph = grimp.build_graph("app")
    shared = {"kit", "engine", "shell", "__main__"}
    crossing = [
        f"{module} -> {imported}"
        for module in graph.modules
        for imported in graph.find_modules_directly_imported_by(module)
        if module.count(".")
        and imported.count(".")
        and module.split(".")[1] not in shared
        and imported.split(".")[1] not in shared
        and module.split(".")[1] != imported.split(".")[1]
    ]
    tell(f"imports between features of the window: {len(crossing)}", *sorted(f"  {each}" for each in crossing))


def tell_question(packs: Path) -> None:
    import onnxruntime

    from rag_core.engine import Engine
    from rag_core.paths import SAMPLES, DataDir
    from rag_core.progress import run_to_end

    entered: set[tuple[str, str]] = set()
    depths: list[int] = []

    def note(frame: FrameType, event: str, argument: Any) -> None:
        name = frame.f_code.co_filename
        if event == "call" and name.startswith(CORE):
            entered.add((name, frame.f_code.co_qualname))

    run = onnxruntime.InferenceSession.run

    def counted(*arguments: Any, **named: Any) -> Any:
        frame: FrameType | None = sys._getframe(1)
        ours = 0
        while frame is not None:
            if frame.f_code.co_qualname == "Engine.answer":
                depths.append(ours)
                break
            ours += frame.f_code.co_filename.startswith(CORE)
            frame = frame.f_back
        return run(*arguments, **named)

    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        (data / "packs").symlink_to(packs.resolve())
        with Engine(DataDir(data), "samples") as engine:
            run_to_end(engine.add([SAMPLES]))
            engine.answer(QUESTION)
            onnxruntime.InferenceSession.run = counted
            sys.setprofile(note)
            answer = engine.answer(QUESTION)
            sys.setprofile(None)
            onnxruntime.InferenceSession.run = run
    tell(
        f"a warm question: {answer.text!r}",
        f"  enters {len({file for file, _ in entered})} files and {len(entered)} functions of the core",
        f"  frames between Engine.answer and the first run of a graph: {depths[0] if depths else 'none seen'}",
    )


if __name__ == "__main__":
    main()
