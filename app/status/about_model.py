"""What the program is made of, as the dialog about it shows it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.status.licences import Part
from rag_core.host.events import PackInfo


class AboutModel(QObject):
    """`changed` when the lists are there; `text_changed` when the text of the chosen part is."""

    changed = Signal()
    text_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.parts: tuple[Part, ...] = ()
        self.models: tuple[PackInfo, ...] = ()
        self.chosen = ""
        self.text = ""

    def set_parts(self, parts: tuple[Part, ...]) -> None:
        self.parts = parts
        self.changed.emit()

    def set_models(self, models: tuple[PackInfo, ...]) -> None:
        self.models = models
        self.changed.emit()

    def set_text(self, name: str, text: str) -> None:
        """`text` is empty where the part ships none."""
        self.chosen, self.text = name, text
        self.text_changed.emit()
