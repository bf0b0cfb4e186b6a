"""What the kit promises: words and colours follow by themselves, and a layout reads as it is written."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from app.kit import design
from app.kit.background import Background
from app.kit.button import Button, IconButton
from app.kit.label import Label, Picture
from app.kit.layout import STRETCH, clear, column, row, wide
from app.kit.text import Translated, tr, use_language


@pytest.fixture(autouse=True)
def back_to_english(qapp: QApplication) -> Iterator[None]:
    yield
    use_language("en")


class Form(Translated, QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.title, self.name = Label(tr("Settings"), "title"), Label("Settings")
        self.done, self.finder = Button(tr("Done")), IconButton("search", tr("Find in this document"), keys="F3")
        self.field, self.picture = QLineEdit(), Picture("search", 20, "accent")
        self.say(self.field.setPlaceholderText, tr("Looking at {what}", what=tr("Settings")))
        column(self.title, self.name, row(wide(self.field), self.finder, self.picture), STRETCH, self.done, on=self)


@pytest.fixture
def form(qtbot: QtBot) -> Form:
    made = Form()
    qtbot.addWidget(made)
    made.show()
    return made


def test_what_was_said_once_is_said_again_in_another_language(form: Form) -> None:
    use_language("ja")
    assert form.title.text() == "設定" and form.done.text() == tr("Done") != "Done"
    assert form.finder.accessibleName() == tr("Find in this document") and form.finder.toolTip().endswith("(F3)")
    assert form.field.placeholderText() == "Looking at 設定"  # words inside of words follow, too
    use_language("en")
    assert form.title.text() == "Settings" and form.field.placeholderText() == "Looking at Settings"


def test_a_name_that_happens_to_be_a_word_is_left_alone(form: Form) -> None:
    use_language("ja")
    assert form.name.text() == "Settings"


def test_a_state_that_is_said_later_follows_as_well(form: Form) -> None:
    form.title.setText(tr("Done"))
    use_language("ja")
    assert form.title.text() == tr("Done") != "Done"


def test_pictures_take_the_colours_of_the_theme(form: Form, qapp: QApplication) -> None:
    before = form.picture.pixmap().toImage()
    design.apply(qapp, "dark")
    assert form.picture.pixmap().toImage() != before
    design.apply(qapp, "light")
    assert form.picture.pixmap().toImage() == before


def test_what_is_outside_is_never_markup(qtbot: QtBot) -> None:
    label = Label("<b>contract</b>.pdf")
    qtbot.addWidget(label)
    assert label.textFormat().name == "PlainText"


def test_a_column_that_is_cleared_holds_nothing(form: Form) -> None:
    layout = form.layout()
    assert layout is not None and layout.count() == 5
    clear(layout)
    assert layout.count() == 0 and not form.title.isVisible()


def test_work_in_the_background_comes_back_and_after_the_end_no_more(qtbot: QtBot) -> None:
    background, came = Background(), list[int]()
    background.run(lambda: 1, came.append)
    background.run(lambda: 2, came.append)
    qtbot.waitUntil(lambda: sorted(came) == [1, 2])
    background.shutdown()
    background.run(lambda: 3, came.append)
    assert sorted(came) == [1, 2]
