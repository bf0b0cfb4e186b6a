"""What can keep the window from opening, said readably. Nothing of Qt is imported before it is known to work."""

from __future__ import annotations

import argparse
import ctypes
import errno
import importlib.metadata
import importlib.util
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag_core.cli import FAILED
from rag_core.paths import DataDir

_QT_PACKAGE = "PySide6-Essentials"
_QT_VERSION = (6, 11)
# What Qt's part for X11 is linked to, and the package that brings it.
_X11_LIBRARIES = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
_HEADLESS = ("offscreen", "minimal", "vnc")
_LEAST_ROOM_BYTES = 64 * 1024
COMMAND_LINE_WORKS = "The command line works without it: alcove --help"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the window does not open, and what to do."""

    what: str
    advice: str


def open_window(arguments: Sequence[str]) -> int:
    """Check what the window needs, then open it; returns the exit code of the whole program."""
    options = _parser().parse_args(list(arguments))
    data_dir = DataDir.choose(options.data_dir)
    refusal = _why_not()
    if refusal is None:
        refusal = unwritable(data_dir.root)
        if refusal is None:
            return _run(data_dir, options.library)
        _show_box(refusal)
    return _refuse(refusal)


def why_unseen() -> Refusal | None:
    """Why nobody would see the window here: it cannot open, or would where there is nothing to look at."""
    platform = os.environ.get("QT_QPA_PLATFORM", "")
    return _why_not() or (Refusal(f"Nobody sees a window on “{platform}”.", "") if _is_headless(platform) else None)


def _why_not() -> Refusal | None:
    return missing_qt() or missing_display(os.environ, sys.platform) or missing_library(os.environ, sys.platform)


def _is_headless(platform: str) -> bool:
    return platform.split(":")[0] in _HEADLESS


def missing_qt() -> Refusal | None:
    """PySide6 is not there, or a version that is known to crash."""
    if importlib.util.find_spec("PySide6") is None:
        return Refusal(
            "The window needs PySide6, which is not installed.",
            f"Install it with “pip install '{_QT_PACKAGE}>=6.11,<6.12'”. {COMMAND_LINE_WORKS}",
        )
    try:
        version = importlib.metadata.version(_QT_PACKAGE)
    except importlib.metadata.PackageNotFoundError:  # a frozen program brings its own
        return None
    if tuple(int(part) for part in version.split(".")[:2] if part.isdigit()) != _QT_VERSION:
        return Refusal(
            f"The window needs PySide6 6.11; version {version} is installed.",
            f"Install the right one with “pip install '{_QT_PACKAGE}>=6.11,<6.12'”. {COMMAND_LINE_WORKS}",
        )
    return None


def missing_display(environment: Mapping[str, str], platform: str) -> Refusal | None:
    """A Linux without a screen, where Qt would end the process with a core dump."""
    if platform != "linux" or any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")):
        return None
    return Refusal("The window cannot open: this session has no screen.", COMMAND_LINE_WORKS)


def missing_library(
    environment: Mapping[str, str], platform: str, libraries: Mapping[str, str] = _X11_LIBRARIES
) -> Refusal | None:
    """On X11 Qt needs libraries that many systems leave out; without them Qt would end the process."""
    chosen = environment.get("QT_QPA_PLATFORM", "")
    is_x11 = chosen == "xcb" or (not chosen and not environment.get("WAYLAND_DISPLAY"))
    missing = [name for name in libraries if not _can_load(name)] if platform == "linux" and is_x11 else []
    if not missing:
        return None
    packages = " ".join(libraries[name] for name in missing)
    return Refusal(
        f"The window cannot open: this system lacks {', '.join(missing)}.",
        f"Install it (on Debian and Ubuntu: sudo apt install {packages}). {COMMAND_LINE_WORKS}",
    )


def _can_load(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def unwritable(folder: Path) -> Refusal | None:
    """A data folder that cannot be made, or written to, be it because its disk is full."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            os.write(file.fileno(), bytes(_LEAST_ROOM_BYTES))
            return None
    except OSError as error:
        reason, is_full = error.strerror or str(error), error.errno == errno.ENOSPC
    what_to_do = "Free some space there" if is_full else "Make the folder writable"
    return Refusal(
        f"Alcove cannot write to its data folder {folder} ({reason}).",
        f"{what_to_do}, or choose another one: alcove --data-dir FOLDER",
    )


def _run(data_dir: DataDir, library: str) -> int:
    try:
        from app.shell.application import run
    except ImportError as error:
        if not str(error.name or error).startswith(("PySide6", "shiboken6", "lib")):
            raise  # a mistake of ours, not of the installation
        return _refuse(
            Refusal(
                f"The window cannot open: a part of PySide6 could not be loaded ({error}).",
                f"Install what is missing, or install PySide6 again. {COMMAND_LINE_WORKS}",
            )
        )
    return run(data_dir, library)


def _refuse(refusal: Refusal) -> int:
    if sys.stderr is not None:  # a program without a console has none
        sys.stderr.write(f"{refusal.what}\n{refusal.advice}\n")
    elif sys.platform == "win32":
        ctypes.windll.user32.MessageBoxW(None, f"{refusal.what}\n\n{refusal.advice}", "Alcove", 0x10)
    return FAILED


def _show_box(refusal: Refusal) -> None:
    """In a box as well, where somebody may look at a screen rather than at a console."""
    if _is_headless(os.environ.get("QT_QPA_PLATFORM", "")):
        return
    from PySide6.QtWidgets import QApplication, QMessageBox

    application = QApplication(["alcove"])
    box = QMessageBox(QMessageBox.Icon.Critical, "Alcove", refusal.what)
    box.setInformativeText(refusal.advice)
    box.finished.connect(application.quit)
    box.open()
    application.exec()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="alcove", description="Open the window.", add_help=False)
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--library", default="")
    return parser
