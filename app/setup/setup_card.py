"""The models on the start page: missing, being prepared, or why that failed."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from app.kit.design import L, M, S
from app.kit.text import Translated, tr
from app.setup.setup_state import SetupViewModel

DOWNLOAD_MB = 176  # what the default models are made from, besides what ships with Alcove
_STEPS = 1000


class SetupCard(Translated, QFrame):
    """Intents: `prepare_requested` (also to try again), `prepare_cancelled`, `import_requested`."""

    prepare_requested = Signal()
    prepare_cancelled = Signal()
    import_requested = Signal()

    def __init__(self, view_model: SetupViewModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view_model = view_model
        self.setProperty("kind", "card")
        self._title, self._words = QLabel(), QLabel()
        self._title.setProperty("kind", "heading")
        self._words.setWordWrap(True)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.prepare, self.import_folder, self.cancel, self.copy = (QPushButton() for _ in range(4))
        self.prepare.setProperty("kind", "primary")
        self.copy.setProperty("kind", "quiet")
        self.prepare.clicked.connect(self.prepare_requested)
        self.import_folder.clicked.connect(self.import_requested)
        self.cancel.clicked.connect(self.prepare_cancelled)
        self.copy.clicked.connect(self._copy_details)
        buttons = QHBoxLayout()
        buttons.setSpacing(S)
        for button in (self.prepare, self.import_folder, self.cancel, self.copy):
            buttons.addWidget(button)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(L, L, L, L)
        layout.setSpacing(M)
        for widget in (self._title, self._words, self.bar):
            layout.addWidget(widget)
        layout.addLayout(buttons)
        view_model.changed.connect(self._show)
        self.retranslate()

    def retranslate(self) -> None:
        self.import_folder.setText(tr("Import from a folder…"))
        self.import_folder.setToolTip(tr("For a computer without network: copy the model's folder here first."))
        self.cancel.setText(tr("Cancel"))
        self.copy.setText(tr("Copy details"))
        self.bar.setAccessibleName(tr("Preparing the models"))
        self._show()

    def _show(self) -> None:
        model = self._view_model
        state = model.state
        self._title.setText(
            {
                "looking": tr("One moment…"),
                "missing": tr("First, the models"),
                "preparing": tr("Preparing the models"),
                "failed": tr("The models could not be prepared"),
            }.get(state, "")
        )
        self._words.setText(self._sentence())
        self._words.setVisible(bool(self._words.text()))
        self.prepare.setText(tr("Try again") if state == "failed" else tr("Prepare the models"))
        self.prepare.setVisible(state in ("missing", "failed"))
        self.import_folder.setVisible(state in ("missing", "failed"))
        self.cancel.setVisible(state == "preparing")
        self.copy.setVisible(state == "failed" and bool(model.details))
        self.bar.setVisible(state in ("looking", "preparing"))
        fraction = model.step.fraction
        self.bar.setRange(0, 0 if fraction is None else _STEPS)
        self.bar.setValue(round((fraction or 0) * _STEPS))

    def _sentence(self) -> str:
        model = self._view_model
        if model.state == "missing":
            return tr(
                "Alcove needs three small models: one finds passages, one reads them closely, one writes the answer. "
                "What is not here yet is downloaded once ({size} MB); after that Alcove works without a network.",
                size=DOWNLOAD_MB,
            )
        if model.state == "preparing":
            return model.step.text or tr("This takes a minute or two.")
        if model.state == "failed":
            return f"{model.problem} {model.advice}".strip()
        return tr("Looking for the models.") if model.state == "looking" else ""

    def _copy_details(self) -> None:
        model = self._view_model
        QGuiApplication.clipboard().setText("\n".join((model.problem, model.advice, model.details)))
