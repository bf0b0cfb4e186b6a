"""The parts that the pages of the settings are made of: sections, rows with a control, lists of choices."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.kit.choice import Choice, text_of
from app.kit.design import XL, XS, L, M, S
from app.kit.text import Translated

CONTROL_WIDTH = 250


class ChoiceBox(QComboBox):
    """A list of choices that knows values. `picked` only when the person chooses; the wheel scrolls the page."""

    picked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumContentsLength(12)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.activated.connect(lambda index: self.picked.emit(self.itemData(index)))

    def show_choices(self, choices: list[Choice], value: object) -> None:
        """The choices in the language in use, with `value` chosen; a value that is none of them gets a line."""
        if all(choice.value != value for choice in choices):
            choices = [*choices, Choice(value, text_of(value, choices))]
        self.blockSignals(True)
        self.clear()
        for choice in choices:
            self.addItem(choice.text, choice.value)
        self.setCurrentIndex(next(i for i, choice in enumerate(choices) if choice.value == value))
        self.blockSignals(False)
        self.setToolTip(self.currentText())

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        event.ignore()


class NumberBox(QSpinBox):
    """A number. `picked` only when the person changes it; the wheel scrolls the page."""

    picked = Signal(int)

    def __init__(self, lowest: int, highest: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setRange(lowest, highest)
        self.setKeyboardTracking(False)
        self.lineEdit().setTextMargins(S, 0, 0, 0)  # the style sheet's padding does not reach a number
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.valueChanged.connect(self.picked)

    def show_value(self, value: int, words_for_lowest: str = "", suffix: str = "") -> None:
        self.blockSignals(True)
        self.setSpecialValueText(words_for_lowest)
        self.setSuffix(suffix)
        self.setValue(value)
        self.blockSignals(False)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        event.ignore()


class SettingRow(QWidget):
    """A name and an explanation at the left, the control at the right."""

    def __init__(self, control: QWidget, is_wide: bool = True) -> None:
        super().__init__()
        self._control = control
        self._name, self._hint = QLabel(), QLabel()
        self._name.setBuddy(control)
        self._hint.setProperty("kind", "small")
        for label in (self._name, self._hint):
            label.setWordWrap(True)
        if is_wide:
            control.setFixedWidth(CONTROL_WIDTH)
        words = QVBoxLayout()
        words.setSpacing(XS)
        words.addWidget(self._name)
        words.addWidget(self._hint)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(L)
        line.addLayout(words, 1)
        line.addWidget(control, 0, Qt.AlignmentFlag.AlignTop)

    def set_words(self, name: str, hint: str = "") -> None:
        self._name.setText(name)
        self._hint.setText(hint)
        self._hint.setVisible(bool(hint))
        self._control.setAccessibleName(name)
        self._control.setAccessibleDescription(hint)


class SettingsPage(Translated, QScrollArea):
    """One page: a title, and what a subclass adds with `add` and `add_section`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = QLabel()
        self._title.setProperty("kind", "title")
        content = QWidget()
        self.column = QVBoxLayout(content)
        self.column.setContentsMargins(XL, XL, XL, XL)
        self.column.setSpacing(L)
        self.column.addWidget(self._title)
        self.column.addStretch(1)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidget(content)

    def set_title(self, title: str) -> None:
        self._title.setText(title)
        self.setAccessibleName(title)

    def add(self, widget: QWidget, is_last: bool = False) -> None:
        """Below what is there; a fine line closes every row but the last of a section."""
        self.column.insertWidget(self.column.count() - 1, widget)
        if isinstance(widget, SettingRow) and not is_last:
            self.column.insertWidget(self.column.count() - 1, line())

    def add_section(self) -> QLabel:
        """A heading, whose words the subclass sets."""
        self.column.insertSpacing(self.column.count() - 1, S)
        label = QLabel()
        label.setProperty("kind", "heading")
        self.add(label)
        return label


def line() -> QFrame:
    frame = QFrame()
    frame.setProperty("kind", "line")
    return frame


def wrapped(kind: str = "muted") -> QLabel:
    """A paragraph."""
    label = QLabel()
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    if kind:
        label.setProperty("kind", kind)
    return label


def soft_box(kind: str, *widgets: QWidget) -> QFrame:
    """A tinted box around a remark and its button."""
    frame = QFrame()
    frame.setProperty("kind", kind)
    column = QVBoxLayout(frame)
    column.setContentsMargins(L, M, L, M)
    column.setSpacing(S)
    for widget in widgets:
        side = Qt.AlignmentFlag.AlignLeft if isinstance(widget, QPushButton) else Qt.AlignmentFlag(0)
        column.addWidget(widget, 0, side)
    return frame
