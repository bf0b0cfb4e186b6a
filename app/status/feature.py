"""Where the models run, the proof of silence, and what Alcove is made of: badges, and the dialogs behind them."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.engine.feature import Feature
from app.engine.jobs import EngineLink
from app.engine.silence import NetworkWatch
from app.status.about_controller import AboutController
from app.status.about_dialog import AboutDialog
from app.status.badges import OfflineBadge, StageBadge
from app.status.offline_dialog import OfflineDialog
from app.status.preparation_bar import PreparationBar
from app.status.preparation_controller import PreparationController
from app.status.stages_dialog import StagesDialog
from app.status.status_controller import StatusController


class StatusFeature(Feature):
    """Every dialog is made anew when it is wanted, and gone when it is closed."""

    def __init__(
        self, engine: EngineLink, watch: NetworkWatch | None, window: QWidget, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.status = StatusController(engine, watch, parent=self)
        self.preparation = PreparationController(engine, self)
        self.about = AboutController(engine, self.status.stages, self)
        self._window = window
        self.stage_badge = StageBadge(self.status.stages, self.preparation.model)
        self.offline_badge = OfflineBadge()
        self.preparation_bar = PreparationBar(self.preparation.model)
        self._look_after(self.status, self.preparation, self.about)
        self.stage_badge.clicked.connect(self.show_stages)
        self.offline_badge.clicked.connect(self.show_proof)
        self.preparation_bar.stop_requested.connect(self.preparation.stop)
        self.status.checked.connect(self.preparation.look)
        self.preparation.prepared.connect(self.status.check_soon)

    def show_stages(self) -> None:
        dialog = StagesDialog(self.status.stages, self.preparation.model, self._window)
        dialog.check_requested.connect(self.status.check_stages)
        dialog.npu.retry_requested.connect(self.status.retry_devices)
        dialog.npu.preparation_requested.connect(self.preparation.prepare)
        dialog.npu.stop_requested.connect(self.preparation.stop)
        dialog.open_once()

    def show_proof(self) -> None:
        dialog = OfflineDialog(self.status.silence, self._window)
        for wanted in (dialog.opened, dialog.check_again.clicked):
            wanted.connect(self.status.prove_silence)
        dialog.open_once()

    def show_about(self) -> None:
        dialog = AboutDialog(self.about.model, self._window)
        dialog.opened.connect(self.about.load)
        dialog.part_chosen.connect(self.about.choose)
        dialog.diagnostics_requested.connect(self.about.copy_diagnostics)
        dialog.open_once()
