"""Takes pictures of every screen of the window, in its themes, languages and sizes, from the real program:

    python assets/make_screens.py FOLDER --packs DIR [--only light|dark|japanese|german|large|small]

Documents, models, engine and answers are real; only the moments that would not keep still (models being prepared, an
engine that has ended) are brought about on purpose. The README's pictures are chosen from these with --readme.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rag_core.paths import SAMPLES, DataDir

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from app.shell.application import Application

ANSWERED = "How long are closed client files kept?"
ON_A_PAGE = "From which day of illness is a doctor's certificate needed?"
IN_A_SHEET = "How many seats does the Bridge Room have?"
NOT_THERE = "What is the price of a submarine?"
JAPANESE = "有給休暇は何日ですか。"
SETTINGS_PAGES = ("models", "place", "answers", "library", "look", "data", "privacy")


@dataclass(frozen=True)
class Variant:
    theme: str = "light"
    language: str = "en"
    scale: str = "1"
    width: int = 1280
    height: int = 820


VARIANTS = {
    "light": Variant(),
    "dark": Variant(theme="dark"),
    "japanese": Variant(language="ja"),
    "german": Variant(language="de"),
    "large": Variant(scale="2"),
    "small": Variant(width=1024, height=700),
    "wide": Variant(width=1920, height=1080),
}


# The README's pictures, by what they are called there.
CHOSEN = {
    "window-answer": "light/14-source-pdf",
    "window-documents": "light/08-documents",
    "window-dark": "dark/15-source-sheet",
    "window-japanese": "japanese/16-source-japanese",
    "window-start": "light/01-start-without-models",
}


class Camera:
    """Drives one window and takes its pictures."""

    def __init__(self, application: Application, folder: Path) -> None:
        self.wiring = application.wiring
        self.window = application.window
        self._folder = folder

    def wait(self, condition: Callable[[], object], what: str, seconds: float = 60) -> None:
        until = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > until:
                raise TimeoutError(what)
            self.settle(20)

    def settle(self, ms: int = 400) -> None:
        """Not QTest.qWait: while that waits, no other thread of Python's may hear the engine."""
        from PySide6.QtCore import QEventLoop, QTimer

        loop = QEventLoop()
        QTimer.singleShot(ms, loop.quit)
        loop.exec()

    def take(self, name: str, widget: QWidget | None = None) -> None:
        self.settle()
        (widget or self.window).grab().save(str(self._folder / f"{name}.png"))

    def ask(self, question: str) -> None:
        self.wiring.conversation.questions.ask(question)
        self.settle(100)
        self.wait(lambda: not self.wiring.conversation.questions.model.is_working, question)

    def show_proof(self, which: int = 0) -> None:
        """Click the quoted sentence of a turn, or else what is nearest."""
        from app.conversation.conversation_model import ShownTurn
        from app.conversation.proof import proof_of

        turn: ShownTurn = self.wiring.conversation.questions.model.turns[which]
        drawn: list[object] = []
        self.wiring.source.controller.model.page_drawn.connect(drawn.append)
        proof = proof_of(turn)
        self.wiring.source.controller.show(proof.targets, max(proof.of_quote, 0))
        if proof.targets[max(proof.of_quote, 0)].path.endswith(".pdf"):
            self.wait(lambda: drawn, "the page")
        self.settle(1500)


def take_all(camera: Camera, documents: Path, packs: Path, root: Path) -> None:
    preparing(camera, packs, root)
    empty_library(camera)
    busy(camera, documents)
    conversation(camera)
    sources(camera)
    dialogs(camera)
    lost(camera)


def preparing(camera: Camera, packs: Path, root: Path) -> None:
    from app.setup.setup_model import Step

    setup = camera.wiring.setup.controller
    camera.wait(lambda: setup.model.state == "missing", "the start page")
    camera.take("01-start-without-models")
    setup.model.show("preparing")
    setup.model.show_step(Step("all-MiniLM-L6-v2", 0.4))
    camera.take("02-models-being-prepared")
    (root / "packs").symlink_to(packs.resolve(), target_is_directory=True)
    setup.look()
    camera.wait(lambda: setup.model.state == "ready", "the models")
    camera.take("03-start")
    camera.window.overlay.cover()
    camera.take("04-drop")
    camera.window.overlay.hide()


def empty_library(camera: Camera) -> None:
    libraries = camera.wiring.libraries.controller
    libraries.create("Contracts")
    camera.wait(lambda: libraries.chosen == "Contracts", "the library")
    camera.settle(500)
    camera.wiring.pages.show_conversation()
    camera.take("05-empty-library")
    camera.wiring.pages.toggle_documents()
    camera.take("06-no-documents")


def busy(camera: Camera, documents: Path) -> None:
    """While a folder is being read: what is asked meanwhile is answered from what is there."""
    wiring = camera.wiring
    wiring.adding.add_to("Hollis & Marsh", [documents])
    camera.wait(lambda: wiring.libraries.controller.chosen == "Hollis & Marsh", "the library")
    camera.wait(
        lambda: wiring.documents.documents.model.total > 10 and wiring.documents.indexing.model.status, "the adding"
    )
    wiring.pages.show_documents()
    camera.take("07-documents-being-added")
    camera.wait(lambda: wiring.documents.indexing.model.status is None, "the end of adding", 300)
    camera.take("08-documents")
    wiring.pages.toggle_documents()
    camera.settle(500)
    camera.window.notices.close_notice()
    camera.take("09-new-conversation")


def conversation(camera: Camera) -> None:
    wiring = camera.wiring
    wiring.pages.begin_asking()
    camera.ask(ANSWERED)
    camera.ask(NOT_THERE)
    camera.take("10-answer-and-not-found")
    show_checks(camera)
    camera.take("10-sentences-checked")
    wiring.conversation.questions.ask(ON_A_PAGE)
    camera.wait(lambda: wiring.conversation.questions.model.turns[-1].passages, "the passages")
    camera.wiring.conversation.page.view.turn_list.show_turn(len(wiring.conversation.questions.model.turns) - 1)
    camera.take("11-answering")
    camera.wait(lambda: not wiring.conversation.questions.model.is_working, "the answer")
    camera.ask(IN_A_SHEET)
    camera.ask(JAPANESE)
    camera.take("12-conversation")


def show_checks(camera: Camera) -> None:
    """How each sentence of the first answer stands to the documents."""
    turns = camera.wiring.conversation.questions.model.turns
    turns[0].checks_expanded = True
    camera.wiring.conversation.questions.model.tell_changed(turns[0])
    camera.wiring.conversation.page.view.turn_list.show_turn(0)
    camera.settle(500)


def sources(camera: Camera) -> None:
    for name, turn in (("13-source-word", 0), ("14-source-pdf", 2), ("15-source-sheet", 3), ("16-source-japanese", 4)):
        camera.wiring.conversation.page.view.turn_list.show_turn(turn)
        camera.show_proof(turn)
        camera.take(name)
    camera.wiring.source.controller.find("the")
    camera.wiring.source.pane.open_find()
    camera.take("17-find")
    camera.window.hide_source()


def dialogs(camera: Camera) -> None:
    window = camera.window
    for name, action in (("settings", "show_settings"), ("shortcuts", "show_shortcuts")):
        window.actions_by_name[action].trigger()
        camera.settle(800)
        dialog = shown_dialog()
        for number, page in enumerate(SETTINGS_PAGES if name == "settings" else ("",)):
            if page:
                dialog.show_page(page)  # type: ignore[attr-defined]  # only the settings have pages
            camera.take(f"20-{name}-{number}-{page}".rstrip("-"), dialog)
        dialog.close()
        camera.settle(100)
    for name, opens in (
        ("where-it-runs", camera.wiring.status.stage_badge.clicked),
        ("offline-proof", camera.wiring.status.offline_badge.clicked),
        ("about", window.side.help_menu.about.triggered),
    ):
        opens.emit()
        camera.wait(lambda: not is_busy(shown_dialog()), name)
        dialog = shown_dialog()
        camera.take(f"21-{name}", dialog)
        dialog.close()
        camera.settle(100)


def is_busy(dialog: QWidget) -> bool:
    from PySide6.QtWidgets import QProgressBar

    return any(bar.isVisible() for bar in dialog.findChildren(QProgressBar))


def shown_dialog() -> QWidget:
    from PySide6.QtWidgets import QApplication, QDialog

    return next(w for w in QApplication.topLevelWidgets() if isinstance(w, QDialog) and w.isVisible())


def lost(camera: Camera) -> None:
    """The engine's process ends in the middle of a question, as a driver's fault would end it."""
    import psutil

    camera.wiring.conversation.questions.ask("Who may work from home?")
    psutil.Process().children()[0].kill()
    camera.wait(lambda: not camera.wiring.conversation.questions.model.is_working, "the end of the question")
    camera.take("30-engine-lost")


def prepare_documents(home: Path) -> Path:
    """The samples where a person would have them, among more of the same kind."""
    folder = home / "Documents" / "Hollis & Marsh"
    shutil.copytree(SAMPLES, folder, ignore=shutil.ignore_patterns("*.jsonl"))
    (folder / "broken-scan.pdf").write_bytes(b"%PDF-1.7\nthis is where the file ends")
    minutes = (SAMPLES / "staff-meeting-2026-10.md").read_text(encoding="utf-8")
    for number in range(1, 61):
        text = minutes.replace("October", f"Month {number}")
        (folder / f"minutes-{number:02}.md").write_text(text, encoding="utf-8")
    return folder


def photograph(folder: Path, packs: Path, variant: Variant) -> None:
    """One variant, in this process."""
    from app.engine.silence import watch_network
    from app.shell.application import Application, engine_process, make_qt_application
    from app.shell.single_instance import SingleInstance

    home = Path.home()
    data_dir = DataDir(home / ".alcove")
    data_dir.root.mkdir()
    documents = prepare_documents(home)
    qt = make_qt_application()
    instance = SingleInstance(data_dir.root)
    application = Application(data_dir, "", engine_process(data_dir), instance, watch_network())
    application.change_preferences({"theme": variant.theme, "language": variant.language})
    application.open()
    application.window.resize(variant.width, variant.height)
    folder.mkdir(parents=True, exist_ok=True)
    take_all(Camera(application, folder), documents, packs, data_dir.root)
    application.shutdown()
    del qt


def choose(folder: Path) -> None:
    """The README's pictures, as small as PNG makes them."""
    from PySide6.QtGui import QImage

    for name, taken in CHOSEN.items():
        picture = QImage(str(folder / f"{taken}.png"))
        opaque = picture.convertToFormat(QImage.Format.Format_RGB888)
        opaque.save(str(Path(__file__).resolve().parent / "pictures" / f"{name}.png"), quality=0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--packs", type=Path, required=True)
    parser.add_argument("--only", choices=VARIANTS)
    parser.add_argument("--readme", action="store_true", help="choose the README's pictures from those in FOLDER")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.here:
        photograph(arguments.folder / arguments.only, arguments.packs, VARIANTS[arguments.only])
        return
    if arguments.readme:
        choose(arguments.folder)
        return
    for name in [arguments.only] if arguments.only else VARIANTS:
        with tempfile.TemporaryDirectory() as home:  # a home of its own: pictures show no one's folders
            environment = {"QT_QPA_PLATFORM": "offscreen"} | os.environ | {"HOME": home, "USERPROFILE": home}
            environment |= {"QT_SCALE_FACTOR": VARIANTS[name].scale}
            places = [str(arguments.folder.resolve()), "--packs", str(arguments.packs.resolve())]
            subprocess.run([sys.executable, __file__, *places, "--only", name, "--here"], env=environment, check=True)


if __name__ == "__main__":
    main()
