"""Promises about the whole program that no single module can keep alone."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HEAVY = ("onnxruntime", "faiss", "onnxruntime_genai", "numpy", "rich", "lxml", "docx", "pptx", "onnx", "PySide6")


def loaded_modules(code: str) -> set[str]:
    script = f"import sys\n{code}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_starting_the_command_line_loads_nothing_heavy() -> None:
    loaded = loaded_modules("from rag_core.cli import main\ntry:\n    main(['--help'])\nexcept SystemExit:\n    pass")
    assert not loaded.intersection(HEAVY)


def test_opening_an_engine_loads_no_model_runtime() -> None:
    loaded = loaded_modules("from rag_core.engine import Engine")
    assert not loaded.intersection({"onnxruntime", "faiss", "onnxruntime_genai", "lxml", "docx", "pptx", "onnx"})


@pytest.mark.parametrize("package", ["app", "rag_core"])
def test_nothing_is_swallowed(package: str) -> None:
    """`except Exception` stands in two places only: the engine's job loop and the step that stores one document."""
    allowed = {"rag_core/engine/adding.py", "rag_core/host/lane.py"}
    found = set()
    for path in (ROOT / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ExceptHandler) and _is_broad(node.type):
                found.add(path.relative_to(ROOT).as_posix())
    assert found <= allowed


def _is_broad(kind: ast.expr | None) -> bool:
    return kind is None or (isinstance(kind, ast.Name) and kind.id == "Exception")


def test_the_promised_top_level_is_there() -> None:
    for name in ("pyproject.toml", "README.md", "app", "rag_core", "models", "tests", "installer", "assets"):
        assert (ROOT / name).exists(), name
