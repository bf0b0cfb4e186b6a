"""The models on the start page: missing, being prepared, or why that failed."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QProgressBar, QWidget

from app.kit.button import Button
from app.kit.design import L, M, S
from app.kit.label import Label
from app.kit.layout import STRETCH, column, row
from app.kit.text import Translated, tr
from app.setup.setup_model import SetupModel

DOWNLOAD_MB = 176  # what the default models are made from, besides what ships with Alcove
_STEPS = 1000


class SetupCard(Translated, QFrame):
    """Intents: `prepare_requested` (also to try again), `prepare_cancelled`, `import_requested`."""

    prepare_requested = Signal()
    prepare_cancelled = Signal()
    import_requested = Signal()

    def __init__(self, view_model: SetupModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view_model = view_model
        self.setProperty("kind", "card")
        self._title, self._words = Label(kind="heading"), Label(wraps=True)
        self.bar = QProgressBar(textVisible=False)
        self.say(self.bar.setAccessibleName, tr("Preparing the models"))
        self.prepare = Button("", self.prepare_requested, "primary")
        self.import_folder = Button(tr("Import from a folder…"), self.import_requested)
        hint = tr("For a computer without network: copy the model's folder here first.")
        self.say(self.import_folder.setToolTip, hint)
        self.cancel = Button(tr("Cancel"), self.prepare_cancelled)
        self.copy = Button(tr("Copy details"), self._copy_details, "quiet")
        buttons = row(self.prepare, self.import_folder, self.cancel, self.copy, STRETCH, gap=S)
        column(self._title, self._words, self.bar, buttons, gap=M, margins=(L, L, L, L), on=self)
        view_model.changed.connect(self.retranslate)
        self.retranslate()

    def retranslate(self) -> None:
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
