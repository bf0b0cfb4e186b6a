"""What the window costs a person: seconds until it can be used, moments in which it stands still, memory.

    python -m tests.benchmarks.window --packs DIR [--part start|busy|conversation|documents|stream]

Every part runs in a process of its own, without a display (QT_QPA_PLATFORM is set to offscreen unless it is set). "Held
up" is how much later than planned a timer of 5 ms fires on the main thread: what a click or a key would have waited.
"Computed" is how much of that the main thread itself worked; the rest is other programs on a busy machine.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from rag_core.bench.workload import percentile
from rag_core.paths import SAMPLES, DataDir

if TYPE_CHECKING:
    from PySide6.QtWidgets import QAbstractScrollArea, QWidget

    from app.conversation.conversation_model import ShownTurn
    from app.shell.application import Application

BEAT_MS = 5
PATIENCE_S = 280.0
QUESTION = "How long are closed client files kept?"


@dataclass
class Heartbeat:
    """A timer on the main thread that writes down how late it is, and how long the thread itself computed meanwhile."""

    late_ms: list[float] = field(default_factory=list)
    computed_ms: list[float] = field(default_factory=list)

    def start(self) -> None:
        from PySide6.QtCore import Qt, QTimer

        self._expected = time.perf_counter() + BEAT_MS / 1000
        self._computed = time.thread_time()
        self._timer = QTimer(interval=BEAT_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def stop(self) -> dict[str, float]:
        self._timer.stop()
        late = sorted(self.late_ms) or [0.0]
        return {
            "held_up_worst_ms": round(late[-1], 1),
            "held_up_p99_ms": round(percentile(late, 99), 1),
            "held_up_over_50_ms": sum(value > 50 for value in late),
            "computed_worst_ms": round(max(self.computed_ms, default=0.0), 1),
            "computed_over_50_ms": sum(value > 50 for value in self.computed_ms),
            "beats": len(late),
        }

    def _beat(self) -> None:
        now = time.perf_counter()
        self.late_ms.append(max(0.0, (now - self._expected) * 1000))
        computed = time.thread_time()
        self.computed_ms.append((computed - self._computed) * 1000)
        self._expected, self._computed = now + BEAT_MS / 1000, computed


def rss_mib(process_id: int = 0) -> float:
    return round(int(psutil.Process(process_id or os.getpid()).memory_info().rss) / 1024**2, 1)


def wait_until(condition: Callable[[], object], what: str) -> None:
    """Run the event loop until `condition` holds. Raises TimeoutError."""
    from PySide6.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    until = time.monotonic() + PATIENCE_S
    timer = QTimer(interval=10)
    timer.timeout.connect(lambda: loop.quit() if condition() or time.monotonic() > until else None)
    timer.start()
    loop.exec()
    timer.stop()
    if not condition():
        raise TimeoutError(what)


def pause(ms: int) -> None:
    """Not QTest.qWait: while that waits, no other thread of Python's may hear the engine."""
    from PySide6.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    QTimer.singleShot(ms, loop.quit)
    loop.exec()


def open_application(root: Path) -> Application:
    from app.shell.application import Application, engine_process, make_qt_application
    from app.shell.single_instance import SingleInstance

    data_dir = DataDir(root)
    open_application.qt = make_qt_application()  # type: ignore[attr-defined]  # it must outlive this function
    application = Application(data_dir, "", engine_process(data_dir), SingleInstance(root))
    application.open()
    return application


def write_documents(folder: Path, count: int) -> None:
    """`count` text files of some 300 words, all different, from the sentences of the sample documents."""
    sentences = [
        line.strip()
        for source in sorted((SAMPLES.parent / "sample_sources").glob("*.md"))
        for line in source.read_text(encoding="utf-8").splitlines()
        if len(line.split()) > 6
    ]
    folder.mkdir(parents=True)
    for number in range(count):
        chosen = [sentences[(number * 7 + step * (1 + number % 5)) % len(sentences)] for step in range(16)]
        (folder / f"note-{number:04}.txt").write_text(f"Note {number}\n\n" + "\n".join(chosen), encoding="utf-8")


def part_start(packs: Path, root: Path) -> dict[str, object]:
    """A whole start, by a person who has a library already: process start to window painted, and to usable."""
    make_library(packs, root)
    runs = []
    for _ in range(6):
        started = time.time()
        command = [sys.executable, "-m", "tests.benchmarks.window", "--packs", str(packs), "--part", "started"]
        done = subprocess.run(
            [*command, "--root", str(root), "--started", str(started)], capture_output=True, text=True, check=True
        )
        runs.append(json.loads(done.stdout))
    kept = runs[1:]  # the first filled the file cache
    return {name: sorted(run[name] for run in kept)[len(kept) // 2] for name in kept[0]} | {"runs": len(kept)}


def part_started(root: Path, started: float) -> dict[str, object]:
    from PySide6.QtCore import QTimer

    application = open_application(root)
    seconds: dict[str, float] = {}
    QTimer.singleShot(0, lambda: seconds.setdefault("window_s", round(time.time() - started, 3)))
    application.wiring.libraries.controller.loaded.connect(
        lambda _: seconds.setdefault("usable_s", round(time.time() - started, 3))
    )
    wait_until(lambda: "usable_s" in seconds, "the libraries")
    heart = Heartbeat()
    heart.start()
    wait_until(lambda: application.wiring.status.status.stages.checks, "the check of the stages")
    beats = heart.stop()
    figures: dict[str, object] = {**seconds, "interface_mib": rss_mib(), "held_up_worst_ms": beats["held_up_worst_ms"]}
    application.shutdown()
    return figures


def link_packs(packs: Path, root: Path) -> None:
    root.mkdir(parents=True, exist_ok=True)
    (root / "packs").symlink_to(packs.resolve(), target_is_directory=True)


def make_library(packs: Path, root: Path) -> None:
    """By the command line: what an engine leaves in a process must not count as the window's."""
    link_packs(packs, root)
    command = [sys.executable, "-m", "app", "add", str(SAMPLES), "--library", "Samples", "--data-dir", str(root)]
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)


def is_answered(turn: ShownTurn) -> bool:
    return not turn.is_working


def part_busy(packs: Path, root: Path) -> dict[str, object]:
    """1,000 documents are added while a question is asked every other second, and answered."""
    link_packs(packs, root)
    write_documents(root.parent / "documents", 1000)
    application = open_application(root)
    wiring = application.wiring
    wait_until(lambda: wiring.setup.controller.model.state == "ready", "the packs")
    heart = Heartbeat()
    heart.start()
    started = time.perf_counter()
    wiring.adding.add_to("Busy", [root.parent / "documents"])
    libraries, adding = wiring.libraries.controller, wiring.documents.indexing.model
    wait_until(lambda: libraries.chosen == "Busy" and adding.status, "the adding")
    answers = 0
    while adding.status is not None:
        turn = wiring.conversation.questions.ask(QUESTION)
        assert turn is not None
        wait_until(partial(is_answered, turn), "an answer")
        answers += turn.answer is not None
        pause(1000)
    elapsed = time.perf_counter() - started
    figures: dict[str, object] = {"documents": 1000, "seconds": round(elapsed, 1), "answers": answers}
    figures |= heart.stop() | {"interface_mib": rss_mib()}
    started = time.perf_counter()
    application.shutdown()
    return figures | {"closing_s": round(time.perf_counter() - started, 2)}


def part_closing(packs: Path, root: Path) -> dict[str, object]:
    """The window is closed in the middle of adding and of an answer."""
    link_packs(packs, root)
    write_documents(root.parent / "documents", 1000)
    application = open_application(root)
    wiring = application.wiring
    wait_until(lambda: wiring.setup.controller.model.state == "ready", "the packs")
    wiring.adding.add_to("Busy", [root.parent / "documents"])
    wait_until(
        lambda: wiring.documents.indexing.model.status and wiring.documents.indexing.model.status.done > 100,
        "the adding",
    )
    wiring.conversation.questions.ask(QUESTION)
    started = time.perf_counter()
    application.shutdown()
    elapsed = time.perf_counter() - started
    return {"closing_s": round(elapsed, 2), "processes_left": len(psutil.Process().children(recursive=True))}


def part_conversation(packs: Path, root: Path) -> dict[str, object]:
    """A conversation of 1,000 messages (500 questions, 500 answers) is opened and scrolled from end to end."""
    make_library(packs, root)
    command = [sys.executable, "-m", "tests.benchmarks.window", "--packs", str(packs), "--part", "turns"]
    subprocess.run([*command, "--root", str(root)], check=True)
    application = open_application(root)
    wiring = application.wiring
    wait_until(lambda: wiring.libraries.controller.chosen == "Samples", "the library")
    heart = Heartbeat()
    heart.start()
    started = time.perf_counter()
    wiring.conversation.conversations.open(1)
    wait_until(lambda: len(wiring.conversation.questions.model.turns) == 500, "the turns")
    opened_s = time.perf_counter() - started
    opening = heart.stop()
    scrolling = scroll_through(wiring.conversation.page.view.turn_list)
    figures = {"turns": 500, "opened_s": round(opened_s, 2), "interface_mib": rss_mib()}
    application.shutdown()
    return figures | {"opening": opening, "scrolling": scrolling}


def part_turns(root: Path) -> None:
    """Three real answers, kept 500 times."""
    from rag_core.conversations.records import Turn
    from rag_core.engine import Engine
    from rag_core.library.library import Library

    with Engine(DataDir(root), "Samples") as engine:
        answers = [engine.answer(question) for question in (QUESTION, "Who approves overtime?", "Is there a gym?")]
    with Library(DataDir(root), "Samples", read_only=True) as library:
        store = library.conversations
        conversation = store.create("A long one")
        for number in range(500):
            turn = Turn(0, f"{answers[number % 3].question} ({number})", number + 1, answers[number % 3])
            store.save_turn(conversation.conversation_id, turn)


def scroll_through(view: QAbstractScrollArea) -> dict[str, float]:
    """From the top to the end with the wheel, then half of the way back in jumps of the scroll bar."""
    bar = view.verticalScrollBar()
    bar.setValue(0)
    pause(500)
    heart = Heartbeat()
    heart.start()
    while bar.value() < bar.maximum():
        turn_wheel(view)
        pause(6)
    for _ in range(50):
        turn_wheel(view)
        bar.setValue(bar.value() - bar.maximum() // 100)
        pause(6)
    return heart.stop()


def turn_wheel(view: QAbstractScrollArea) -> None:
    """Two notches down, as a hurried hand does it."""
    from PySide6.QtCore import QPoint, QPointF, Qt
    from PySide6.QtGui import QWheelEvent
    from PySide6.QtWidgets import QApplication

    port = view.viewport()
    middle = QPointF(port.rect().center())
    event = QWheelEvent(
        middle,
        port.mapToGlobal(middle),
        QPoint(),
        QPoint(0, -240),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(port, event)


def part_documents(packs: Path, root: Path) -> dict[str, object]:
    """A table of 50,000 documents: filled, sorted by every column, filtered, scrolled."""
    from PySide6.QtCore import Qt

    from rag_core.host.events import DocumentsListed
    from rag_core.types import Document

    make_library(packs, root)
    application = open_application(root)
    wiring = application.wiring
    wait_until(lambda: wiring.libraries.controller.chosen == "Samples", "the library")
    wiring.pages.toggle_documents()
    model, view = wiring.documents.documents.model, wiring.documents.page
    wait_until(lambda: model.rowCount(), "the documents")
    pieces = [
        tuple(
            Document(f"{n:064}", f"/cases/{n % 300:03}/brief {n * 7919 % 50000}.pdf", "application/pdf", "", n * 37,
                     1_700_000_000_000_000_000 + n * 10**12, n % 90, n % 200, "searchable")
            for n in range(start, start + 1000)
        )
        for start in range(0, 50_000, 1000)
    ]  # fmt: skip
    figures: dict[str, object] = {"rows": 50_000}
    heart = Heartbeat()
    heart.start()
    model.begin_listing()
    for piece in pieces:
        model.receive(DocumentsListed(piece))
        pause(1)
    model.end_listing()
    wait_until(lambda: model.is_settled and model.rowCount() >= 50_000, "the rows")
    figures["filling"] = heart.stop()
    heart = Heartbeat()
    heart.start()
    for column in range(model.columnCount()):
        for order in (Qt.SortOrder.DescendingOrder, Qt.SortOrder.AscendingOrder):
            model.sort(column, order)
            wait_until(lambda: model.is_settled, "the order")
    for text in ("b", "brief 1", "brief 12", "no such thing", ""):
        model.set_filter(text)
        wait_until(lambda: model.is_settled, "the filter")
    figures["sorting_and_filtering"] = heart.stop()
    figures["scrolling"] = scroll_some(view)
    figures["interface_mib"] = rss_mib()
    application.shutdown()
    return figures


def scroll_some(view: QWidget) -> dict[str, float]:
    from PySide6.QtWidgets import QTableView

    table = view.findChildren(QTableView)[0]
    bar = table.verticalScrollBar()
    heart = Heartbeat()
    heart.start()
    for number in range(600):
        turn_wheel(table)
        if number % 2:
            bar.setValue(number * bar.maximum() // 600)
        pause(6)
    return heart.stop()


def part_stream(_packs: Path, root: Path) -> dict[str, object]:
    """10,000 tokens stream into one answer, three to an update as at 90 tokens a second."""
    from app.conversation.conversation_model import ConversationPlace
    from app.conversation.conversation_page import ConversationPage
    from app.conversation.questions_controller import QuestionsController
    from rag_core.host.jobs import AskQuestion
    from rag_core.types import TextStreamed
    from tests.app.fakes_engine import FakeEngine

    root.mkdir()
    application = open_application(root)
    engine = FakeEngine()
    questions = QuestionsController(engine)
    page = ConversationPage(questions.model)
    page.resize(900, 800)
    page.show()
    questions.model.open(ConversationPlace("Samples", 1))
    questions.ask(QUESTION)
    words = "The lease runs for *five* years from 1 May and ends by itself. [1]".split()
    heart = Heartbeat()
    heart.start()
    memory = {}
    for update in range(3334):
        piece = " ".join(words[(update * 3 + n) % len(words)] for n in range(3)) + (
            "\n\n" if update % 40 == 39 else " "
        )
        engine.send(AskQuestion, TextStreamed(piece))
        pause(5)
        if update in (300, 3333):
            memory[f"mib_after_{(update + 1) * 3}_tokens"] = rss_mib()
    figures: dict[str, object] = {**memory, **heart.stop()}
    page.close()
    application.shutdown()
    return figures


PARTS: dict[str, Callable[[Path, Path], dict[str, object]]] = {
    "start": part_start,
    "busy": part_busy,
    "closing": part_closing,
    "conversation": part_conversation,
    "documents": part_documents,
    "stream": part_stream,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packs", type=Path, required=True)
    parser.add_argument("--part", choices=[*PARTS, "started", "turns"])
    parser.add_argument("--root", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--started", type=float, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if arguments.part == "started":
        sys.stdout.write(json.dumps(part_started(arguments.root, arguments.started)))
    elif arguments.part == "turns":
        part_turns(arguments.root)
    elif arguments.part:
        with tempfile.TemporaryDirectory() as folder:
            print_figures(arguments.part, PARTS[arguments.part](arguments.packs, Path(folder) / "data"))
    else:
        for part in PARTS:
            subprocess.run(
                [sys.executable, "-m", "tests.benchmarks.window", "--packs", str(arguments.packs), "--part", part],
                check=True,
            )


def print_figures(part: str, figures: dict[str, object]) -> None:
    sys.stdout.write(f"{part}: {json.dumps(figures)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
