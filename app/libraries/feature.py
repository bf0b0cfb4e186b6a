"""The libraries at the left of the window, made and connected."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.engine.feature import Feature
from app.engine.jobs import EngineLink
from app.libraries.libraries_controller import LibrariesController
from app.libraries.library_list import LibraryList


class LibrariesFeature(Feature):
    """Which library is on the screen: `controller.library_chosen` tells everybody."""

    def __init__(self, engine: EngineLink, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.controller = LibrariesController(engine, self)
        self.list = LibraryList(self.controller.model)
        self._look_after(self.controller)
        controller, listed = self.controller, self.list
        listed.library_picked.connect(controller.choose)
        listed.creation_requested.connect(controller.create)
        listed.rename_requested.connect(controller.rename)
        listed.deletion_confirmed.connect(controller.delete)
        listed.location_requested.connect(controller.open_location)
        controller.library_chosen.connect(listed.set_current)
        controller.name_refused.connect(listed.show_name_problem)
        controller.name_accepted.connect(listed.close_name)
