"""A feature of the window: its controllers and panes, made and connected in one place."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.engine.controller import Controller


class Feature(QObject):
    """Features do not know each other: the shell places their panes and connects what crosses from one to another.

    `noticed` carries what any of its controllers tells the person.
    """

    noticed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._controllers: tuple[Controller, ...] = ()

    def _look_after(self, *controllers: Controller) -> None:
        self._controllers = controllers
        for controller in controllers:
            controller.noticed.connect(self.noticed)

    def shutdown(self) -> None:
        for controller in self._controllers:
            controller.shutdown()
