"""The source beside an answer, made and connected."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.engine.feature import Feature
from app.engine.jobs import EngineLink
from app.source.source_controller import SourceController
from app.source.source_pane import SourcePane


class SourceFeature(Feature):
    """`controller.show` takes the places to look at; it says when there is something to see, and when no more."""

    def __init__(self, engine: EngineLink, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.controller = SourceController(engine, self)
        self.pane = SourcePane(self.controller.model)
        self._look_after(self.controller)
        controller, pane = self.controller, self.pane
        for asked, act in (
            (pane.next_target_requested, controller.show_next_target),
            (pane.previous_target_requested, controller.show_previous_target),
            (pane.page_requested, controller.turn_to),
            (pane.page_view.page_reached, controller.note_page),
            (pane.page_view.pictures_wanted, controller.want_pictures),
            (pane.find_bar.query_changed, controller.find),
            (pane.find_next_requested, controller.find_next),
            (pane.find_previous_requested, controller.find_previous),
            (pane.head.open_requested, controller.open_file),
            (pane.head.folder_requested, controller.show_in_folder),
            (pane.head.text_requested, controller.show_as_text),
            (pane.head.close_requested, controller.close),
        ):
            asked.connect(act)
