"""What an empty conversation offers: how many documents there are, and questions about the sample documents."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.conversation.conversation_model import ConversationModel
from app.libraries.libraries_controller import LibrariesController
from app.setup.setup_controller import SAMPLE_LIBRARY, sample_questions


class OffersController(QObject):
    """Follows the list of libraries."""

    def __init__(
        self, libraries: LibrariesController, conversation: ConversationModel, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._libraries = libraries
        self._conversation = conversation
        libraries.loaded.connect(self._offer)
        libraries.library_chosen.connect(self._offer)

    def _offer(self) -> None:
        info = self._libraries.model.info(self._libraries.chosen)
        documents = info.documents if info else 0
        is_sample = documents > 0 and self._libraries.chosen == SAMPLE_LIBRARY
        self._conversation.set_suggestions(documents, sample_questions() if is_sample else ())
