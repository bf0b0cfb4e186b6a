"""What the program is made of, and the diagnostics that a person can copy."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication

from app.engine.controller import Controller
from app.engine.jobs import EngineLink
from app.kit.background import Background
from app.kit.notices import Notice
from app.kit.text import tr
from app.status.about_model import AboutModel
from app.status.diagnostics import Diagnosis, machine_facts, screen_facts, write
from app.status.licences import Part, collect, licence_text
from app.status.stages_model import StagesModel
from rag_core.host.events import Failed, PackInfo
from rag_core.host.jobs import Job, ListDevices, ListLibraries, ListPacks, LoadSettings


class AboutController(Controller):
    """`model` is for the dialog."""

    def __init__(self, engine: EngineLink, stages: StagesModel, parent: QObject | None = None) -> None:
        super().__init__(engine, parent)
        self.model = AboutModel(self)
        self._stages = stages
        self._wanted: Part | None = None
        self._diagnosis = Diagnosis()
        self._missing = 0
        self._background = Background(self)

    def load(self) -> None:
        """The dialog opens."""
        if not self.model.parts:
            self._background.run(collect, self.model.set_parts)
        self._run(ListPacks(), self._take_models)

    def choose(self, name: str) -> None:
        """The text of this part's licence, please."""
        wanted = self._wanted = next((part for part in self.model.parts if part.name == name), None)
        if wanted is None:
            self.model.set_text(name, "")
        else:
            self._background.run(lambda: licence_text(wanted), lambda text: self._take_text(wanted, text))

    def copy_diagnostics(self) -> None:
        """Gathers from the engine and the system; whatever does not answer is named as a problem."""
        if self._missing:
            return
        self._diagnosis = Diagnosis(stages=self._stages.checks)
        self._missing = 5
        self._background.run(machine_facts, self._take_machine)
        self._ask(ListDevices(), "devices")
        self._ask(ListPacks(), "packs")
        self._ask(ListLibraries(), "libraries")
        self._ask(LoadSettings(), "settings")

    def shutdown(self) -> None:
        self._background.shutdown()

    def _ask(self, job: Job, part: str) -> None:
        """What comes of it is that part of the diagnosis."""
        handle = self._job(job, lambda value: self._add(part, value), self._add_problem)
        handle.ended.connect(self._count)
        handle.start()

    def _add(self, part: str, value: Any) -> None:
        self._diagnosis = replace(self._diagnosis, **{part: value})

    def _add_problem(self, failure: Failed) -> None:
        self._add("problems", (*self._diagnosis.problems, str(failure.message)))

    def _take_machine(self, facts: tuple[tuple[str, str], ...]) -> None:
        self._add("machine", (*facts, *screen_facts()))
        self._count()

    def _count(self) -> None:
        self._missing -= 1
        if self._missing:
            return
        text = write(self._diagnosis)
        QGuiApplication.clipboard().setText(text)
        self.noticed.emit(Notice("success", tr("The diagnostics are in the clipboard.")))

    def _take_models(self, packs: tuple[PackInfo, ...]) -> None:
        self.model.set_models(tuple(packs))

    def _take_text(self, part: Part, text: str) -> None:
        if part is self._wanted:
            self.model.set_text(part.name, text)
