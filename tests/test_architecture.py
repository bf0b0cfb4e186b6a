"""Promises about the whole program that no single module can keep alone."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.source_code import ROOT, nodes, sources

HEAVY = ("onnxruntime", "faiss", "onnxruntime_genai", "numpy", "rich", "lxml", "docx", "pptx", "onnx", "PySide6")
LONGEST_FILE, LONGEST_FUNCTION = 400, 60
COLOUR = re.compile(r"#(?:[0-9a-fA-F]{3,4}){1,2}\b")


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


def test_the_core_runs_without_recipes_and_without_the_window(tmp_path: Path) -> None:
    code = "sys.modules.update(app=None, models=None)\nfrom rag_core.cli import main\nassert main(['packs', 'list'"
    assert "rag_core.cli.packs" in loaded_modules(f"{code}, '--data-dir', {str(tmp_path)!r}]) == 0")


@pytest.mark.parametrize("package", ["app", "rag_core"])
def test_nothing_is_swallowed(package: str) -> None:
    """`except Exception` stands in two places only: the engine's job loop and the step that stores one document.

    `except BaseException` tidies up and passes on what it caught.
    """
    allowed = {"rag_core/engine/adding.py", "rag_core/host/lane.py"}
    found = {place for place, node in nodes(package, ast.ExceptHandler) if _swallows(node)}
    assert found <= allowed


def _swallows(handler: ast.ExceptHandler) -> bool:
    names = {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)} if handler.type else set()
    is_broad = handler.type is None or "Exception" in names
    return is_broad or ("BaseException" in names and not isinstance(handler.body[-1], ast.Raise))


@pytest.mark.parametrize("package", ["app", "rag_core"])
def test_files_and_functions_can_be_read_in_one_go(package: str) -> None:
    functions = nodes(package, ast.FunctionDef)
    long = [f"{place}: {node.name}" for place, node in functions if _lines_of(node) > LONGEST_FUNCTION]
    long += [place for place, text in sources(package) if text.count("\n") > LONGEST_FILE]
    assert not long


def _lines_of(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_of_qt_only_what_draws_a_window_is_used() -> None:
    """No network, no browser, no QML: what is not imported cannot reach out, and is not shipped."""
    named = {alias.name for _, node in nodes("app", ast.Import) for alias in node.names}
    for _, node in nodes("app", ast.ImportFrom):
        module = node.module or ""
        named |= {f"{module}.{alias.name}" for alias in node.names} if module == "PySide6" else {module}
    of_qt = {name for name in named if name.startswith(("PySide6", "shiboken6"))}
    assert of_qt == {f"PySide6.{name}" for name in ("QtCore", "QtGui", "QtSvg", "QtWidgets")}


def test_the_window_never_stands_still_for_a_dialog() -> None:
    """`exec` is the event loop of a program, and `processEvents` a second one inside it."""
    loops = {"app/shell/application.py", "app/shell/early.py"}
    found = [(place, node.attr) for place, node in nodes("app", ast.Attribute)]
    assert {place for place, name in found if name in ("exec", "exec_")} <= loops
    assert not [place for place, name in found if name == "processEvents"]


def test_what_draws_starts_no_job() -> None:
    """Widgets and view-models show and say what the person wants; controllers make jobs of it."""
    of_jobs = ("app.engine.jobs", "app.engine.client", "rag_core.host.jobs", "rag_core.host.process", "rag_core.engine")
    features = {path.name for path in (ROOT / "app").iterdir() if path.is_dir()} - {"engine", "shell"}
    allowed = ("_controller.py", "/feature.py")  # a feature hands its engine to its controllers
    found = [
        f"{place}: {node.module}"
        for place, node in nodes("app", ast.ImportFrom)
        if place.split("/")[1] in features and node.module in of_jobs and not place.endswith(allowed)
    ]
    assert not found


def test_the_chain_of_focus_is_not_walked() -> None:
    """PySide takes each widget of it for a child of the one before: when one is deleted, it forgets all others."""
    walked = ("nextInFocusChain", "previousInFocusChain")
    assert not [f"{place}:{node.lineno}" for place, node in nodes("app", ast.Attribute) if node.attr in walked]


def test_looks_are_decided_in_one_file() -> None:
    """Widgets name what they are; colours and style sheets stand in app/kit/design.py."""
    deciding = [f"{place}:{node.lineno}" for place, node in nodes("app", ast.expr) if _decides_looks(node)]
    assert [place for place in deciding if not place.startswith("app/kit/design.py:")] == []


def _decides_looks(node: ast.expr) -> bool:
    if isinstance(node, ast.Attribute):
        is_colour = isinstance(node.value, ast.Attribute) and node.value.attr == "GlobalColor"
        return node.attr == "setStyleSheet" or (is_colour and node.attr != "transparent")
    if isinstance(node, ast.Call):
        makes_colour = isinstance(node.func, ast.Name) and node.func.id == "QColor"
        return makes_colour and any(isinstance(argument, ast.Constant) for argument in node.args)
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(COLOUR.search(node.value))


@pytest.mark.parametrize("package", ["app", "rag_core", "models"])
def test_every_package_says_what_is_in_it(package: str) -> None:
    inits = [(place, text) for place, text in sources(package) if place.endswith("__init__.py")]
    assert not [place for place, text in inits if not ast.get_docstring(ast.parse(text))]


def test_the_picture_of_the_rooms_is_that_of_the_code() -> None:
    check = [sys.executable, "assets/make_architecture.py", "--check"]
    done = subprocess.run(check, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", ["ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_files_that_a_page_names_are_there(page: str) -> None:
    """From the top, from the core, or from the window; what is in CAPITALS stands for something."""
    text = (ROOT / page).read_text(encoding="utf-8")
    named = {name.rstrip("/") for name in re.findall(r"`([\w./-]+/[\w./-]*)`", text)}
    roots = (ROOT, ROOT / "rag_core", ROOT / "app")
    missing = [name for name in named if not any((root / name).exists() for root in roots)]
    assert [name for name in missing if not re.search("[A-Z]{4}", name) and not name.startswith(".venv/")] == []


def test_the_promised_top_level_is_there() -> None:
    for name in ("pyproject.toml", "README.md", "app", "rag_core", "models", "tests", "installer", "assets"):
        assert (ROOT / name).exists(), name
