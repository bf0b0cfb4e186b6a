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
from pathlib import Path

from rag_core.cli import FAILED
from rag_core.cli.words import in_words
from rag_core.errors import UserError
from rag_core.messages import joined, say
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
_INSTALL_QT = say("install-qt", package=f"{_QT_PACKAGE}>=6.11,<6.12")
_HEADLESS = ("offscreen", "minimal", "vnc")
_LEAST_ROOM_BYTES = 64 * 1024
COMMAND_LINE_WORKS = say("command-line-works")


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


def why_unseen() -> UserError | None:
    """Why nobody would see the window here: it cannot open, or would where there is nothing to look at."""
    platform = os.environ.get("QT_QPA_PLATFORM", "")
    return _why_not() or (UserError(say("window-unseen", platform=platform)) if _is_headless(platform) else None)


def _why_not() -> UserError | None:
    return missing_qt() or missing_display(os.environ, sys.platform) or missing_library(os.environ, sys.platform)


def _is_headless(platform: str) -> bool:
    return platform.split(":")[0] in _HEADLESS


def missing_qt() -> UserError | None:
    """PySide6 is not there, or a version that is known to crash."""
    if importlib.util.find_spec("PySide6") is None:
        return UserError(say("window-needs-qt"), _INSTALL_QT)
    try:
        version = importlib.metadata.version(_QT_PACKAGE)
    except importlib.metadata.PackageNotFoundError:  # a frozen program brings its own
        return None
    if tuple(int(part) for part in version.split(".")[:2] if part.isdigit()) != _QT_VERSION:
        return UserError(say("window-needs-other-qt", version=version), _INSTALL_QT)
    return None


def missing_display(environment: Mapping[str, str], platform: str) -> UserError | None:
    """A Linux without a screen, where Qt would end the process with a core dump."""
    if platform != "linux" or any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")):
        return None
    return UserError(say("no-screen"), COMMAND_LINE_WORKS)


def missing_library(
    environment: Mapping[str, str], platform: str, libraries: Mapping[str, str] = _X11_LIBRARIES
) -> UserError | None:
    """On X11 Qt needs libraries that many systems leave out; without them Qt would end the process."""
    chosen = environment.get("QT_QPA_PLATFORM", "")
    is_x11 = chosen == "xcb" or (not chosen and not environment.get("WAYLAND_DISPLAY"))
    missing = [name for name in libraries if not _can_load(name)] if platform == "linux" and is_x11 else []
    if not missing:
        return None
    packages = " ".join(libraries[name] for name in missing)
    return UserError(
        say("system-lacks", libraries=", ".join(missing)),
        joined((say("install-packages", packages=packages), COMMAND_LINE_WORKS)),
    )


def _can_load(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def unwritable(folder: Path) -> UserError | None:
    """A data folder that cannot be made, or written to, be it because its disk is full."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            os.write(file.fileno(), bytes(_LEAST_ROOM_BYTES))
            return None
    except OSError as error:
        reason, is_full = error.strerror or str(error), error.errno == errno.ENOSPC
    return UserError(
        say("data-folder-unwritable", folder=str(folder), reason=reason),
        say("free-or-choose-data-folder") if is_full else say("permit-or-choose-data-folder"),
    )


def _run(data_dir: DataDir, library: str) -> int:
    try:
        from app.shell.application import run
    except ImportError as error:
        if not str(error.name or error).startswith(("PySide6", "shiboken6", "lib")):
            raise  # a mistake of ours, not of the installation
        return _refuse(
            UserError(
                say("qt-part-unloadable", error=str(error)), joined((say("install-qt-again"), COMMAND_LINE_WORKS))
            )
        )
    return run(data_dir, library)


def _refuse(refusal: UserError) -> int:
    what, advice = in_words(refusal.message), in_words(refusal.advice)
    if sys.stderr is not None:  # a program without a console has none
        sys.stderr.write(f"{what}\n{advice}\n")
    elif sys.platform == "win32":
        ctypes.windll.user32.MessageBoxW(None, f"{what}\n\n{advice}", "Alcove", 0x10)
    return FAILED


def _show_box(refusal: UserError) -> None:
    """In a box as well, where somebody may look at a screen rather than at a console."""
    if _is_headless(os.environ.get("QT_QPA_PLATFORM", "")):
        return
    from PySide6.QtWidgets import QApplication, QMessageBox

    application = QApplication(["alcove"])
    box = QMessageBox(QMessageBox.Icon.Critical, "Alcove", in_words(refusal.message))
    box.setInformativeText(in_words(refusal.advice))
    box.finished.connect(application.quit)
    box.open()
    application.exec()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="alcove", description="Open the window.", add_help=False)
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--library", default="")
    return parser
