"""The parts that the pages of the settings are made of: sections, rows with a control, lists of choices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QComboBox, QFrame, QScrollArea, QSpinBox, QWidget

from app.kit.button import Button
from app.kit.design import XL, XS, L, M, S
from app.kit.label import Label
from app.kit.layout import STRETCH, at_left, at_top, column, held, line, row, scrolled, wide
from app.kit.text import Translated, tr

CONTROL_WIDTH = 250


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of a list of choices."""

    value: object
    text: str


def text_of(value: object, choices: Sequence[Choice]) -> str:
    """The words for `value`; the value itself where it is none of the choices."""
    return next((choice.text for choice in choices if choice.value == value), tr("Own value: {value}", value=value))


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

    def __init__(self, lowest: int, highest: int, step: int = 1) -> None:
        super().__init__()
        self.setRange(lowest, highest)
        self.setSingleStep(step)
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


class SettingRow(Translated, QWidget):
    """A name and an explanation at the left, the control at the right."""

    def __init__(self, control: QWidget, name: str, hint: str = "", is_wide: bool = True) -> None:
        super().__init__()
        self._control, self._hint = control, Label(kind="small", wraps=True)
        title = Label(name, wraps=True)
        title.setBuddy(control)
        self.say(control.setAccessibleName, name)
        self.say(self.set_hint, hint)
        if is_wide:
            control.setFixedWidth(CONTROL_WIDTH)
        row(wide(column(title, self._hint, gap=XS)), at_top(control), gap=L, on=self)

    def set_hint(self, hint: str) -> None:
        self._hint.setText(hint)
        self._hint.setVisible(bool(hint))
        self._control.setAccessibleDescription(hint)


class SettingsPage(Translated, QScrollArea):
    """One page: a title, and what a subclass adds with `add` and `add_section`."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.column = column(Label(title, "title"), STRETCH, gap=L, margins=(XL, XL, XL, XL))
        self.say(self.setAccessibleName, title)
        scrolled(held(self.column), self)

    def add(self, *widgets: QWidget) -> None:
        """Below what is there; a fine line stands between two rows of a section."""
        for number, widget in enumerate(widgets):
            if number and isinstance(widget, SettingRow):
                self._insert(line())
            self._insert(widget)

    def add_section(self, title: str) -> None:
        self.column.insertSpacing(self.column.count() - 1, S)
        self._insert(Label(title, "heading"))

    def _insert(self, widget: QWidget) -> None:
        self.column.insertWidget(self.column.count() - 1, widget)


def soft_box(kind: str, *widgets: QWidget) -> QFrame:
    """A tinted box around a remark and its button."""
    parts = [at_left(widget) if isinstance(widget, Button) else widget for widget in widgets]
    return held(column(*parts, gap=S, margins=(L, M, L, M)), kind)
