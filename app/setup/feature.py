"""The start page, made and connected."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.engine.feature import Feature
from app.engine.jobs import EngineLink
from app.setup.setup_controller import SetupController
from app.setup.start_page import StartPage


class SetupFeature(Feature):
    """What the page is given (`page.paths_chosen`) and the sample documents go where all files go."""

    def __init__(self, engine: EngineLink, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.controller = SetupController(engine, self)
        self.page = StartPage(self.controller.model)
        self._look_after(self.controller)
        self.page.setup_card.prepare_requested.connect(self.controller.prepare)
        self.page.setup_card.prepare_cancelled.connect(self.controller.cancel)
        self.page.pack_folder_chosen.connect(self.controller.import_folder)
        self.page.samples_requested.connect(self.controller.try_samples)
