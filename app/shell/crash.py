"""Our own mistakes: written down locally, said calmly, never sent. The window goes on."""

from __future__ import annotations

import platform
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QMessageLogContext, QObject, Qt, QtMsgType, Signal, qInstallMessageHandler
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMessageBox, QWidget

from app.kit.text import tr
from rag_core import __version__

LOG = "window.log"
_LARGEST_LOG_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Mistake:
    """`kind` is what went wrong and where: the same mistake again has the same kind."""

    kind: str
    report: Path | None
    details: str


class CrashReporter(QObject):
    """Catches what nobody caught, in any thread. `happened` carries a `Mistake`, once per kind."""

    happened = Signal(object)
    _caught = Signal(object)

    def __init__(self, data_dir: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reports = data_dir / "reports"
        self._log = data_dir / LOG
        self._seen: set[str] = set()
        self._caught.connect(self._tell, Qt.ConnectionType.QueuedConnection)
        self._before = (sys.excepthook, threading.excepthook)

    def install(self) -> None:
        sys.excepthook = self._on_error
        threading.excepthook = self._on_thread_error
        if self._log.exists() and self._log.stat().st_size > _LARGEST_LOG_BYTES:
            self._log.replace(self._log.with_suffix(".old.log"))
        qInstallMessageHandler(self._on_qt_message)

    def shutdown(self) -> None:
        sys.excepthook, threading.excepthook = self._before
        qInstallMessageHandler(None)

    def _on_error(self, kind: type[BaseException], _: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QGuiApplication.quit()
            return
        self._report(kind, trace)

    def _on_thread_error(self, arguments: threading.ExceptHookArgs) -> None:
        if not issubclass(arguments.exc_type, SystemExit):
            self._report(arguments.exc_type, arguments.exc_traceback)

    def _report(self, kind: type[BaseException], trace: TracebackType | None) -> None:
        """The message of the error is left out: it may hold words of a document."""
        places = traceback.extract_tb(trace)
        where = f"{Path(places[-1].filename).name}:{places[-1].lineno}" if places else "?"
        details = "\n".join(
            [
                f"Alcove {__version__}, Python {platform.python_version()}, {platform.platform()}",
                f"{kind.__name__} at {where}",
                *(f"  {place.filename}:{place.lineno} {place.name}" for place in places),
            ]
        )
        report: Path | None = self._reports / f"{time.strftime('%Y%m%d-%H%M%S')}-window.txt"
        try:
            self._reports.mkdir(parents=True, exist_ok=True)
            with self._reports.joinpath(report.name if report else "").open("a", encoding="utf-8") as file:
                file.write(f"{details}\n\n")
        except OSError:
            report = None  # a full disk must not hide the mistake itself: it is still shown
        if sys.stderr is not None:  # a program without a console has none
            sys.stderr.write(f"{details}\n")
        self._caught.emit(Mistake(f"{kind.__name__} {where}", report, details))

    def _tell(self, mistake: Mistake) -> None:
        if mistake.kind not in self._seen:
            self._seen.add(mistake.kind)
            self.happened.emit(mistake)

    def _on_qt_message(self, kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
        try:
            with self._log.open("a", encoding="utf-8") as file:
                file.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {kind.name} {context.category}: {message}\n")
        except OSError:
            return  # nowhere to write, and nothing that the person could do about it


def show_mistake(mistake: Mistake, parent: QWidget, clipboard: Callable[[str], None] | None = None) -> QMessageBox:
    """Beside the work, not in its way."""
    box = QMessageBox(QMessageBox.Icon.Warning, "Alcove", tr("Alcove made a mistake, and goes on."), parent=parent)
    stored = tr("A report was written to {path}.", path=mistake.report) if mistake.report else ""
    box.setInformativeText(
        f"{tr('Your documents are safe. If something looks wrong, start Alcove again.')} {stored} "
        f"{tr('Nothing was sent anywhere.')}"
    )
    copy = box.addButton(tr("Copy details"), QMessageBox.ButtonRole.ActionRole)
    copy.clicked.connect(lambda: (clipboard or QGuiApplication.clipboard().setText)(mistake.details))
    box.addButton(tr("Close"), QMessageBox.ButtonRole.RejectRole)
    box.setModal(False)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.show()
    return box
