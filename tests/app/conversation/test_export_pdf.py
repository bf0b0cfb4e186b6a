"""What is copied out of an exported PDF is what was written, on a system whose fonts set a trap too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from unicodedata import category, is_normalized

import pypdfium2
import pytest
from PySide6.QtGui import QFont, QFontDatabase, QRawFont
from pytestqt.qtbot import QtBot

from app.conversation.export_pdf import pdf_bytes
from app.kit.design import FAMILIES
from rag_core.paths import ASSETS

TRAP = Path(__file__).parent / "trap.ttf"  # made by assets/make_fonts.py


@pytest.fixture
def trap(qtbot: QtBot) -> Iterator[str]:
    """The font that comes first replaces digits in Latin text, and has one sign for a character and its radical."""
    number = QFontDatabase.addApplicationFont(str(TRAP))
    (family,) = QFontDatabase.applicationFontFamilies(number)
    yield family
    QFontDatabase.removeApplicationFont(number)


def test_every_word_and_figure_can_be_copied(trap: str) -> None:
    assert trap == FAMILIES[0], "the trap is not in the way"
    markdown = """\
## Urlaub 2026

- **25** days [1], *from 7 to 31*; office, fluffy: `x = 48 != 0`
- Größe: 12,5 × 30 m² – „über 40 %“ … → 99,90 €

| Łódź | Київ | Αθήνα |
|--|--|--|
| 1 | 23 | 4567890 |
"""
    assert _copied(markdown) == (
        "Urlaub 2026 25 days [1], from 7 to 31; office, fluffy: x = 48 != 0 "
        "Größe: 12,5 × 30 m² – „über 40 %“ … → 99,90 € Łódź Київ Αθήνα 1 23 4567890 1"  # the last is the page's number
    )


def test_a_character_stays_itself_where_a_font_has_one_sign_for_two(trap: str) -> None:
    assert _copied("日月本 has 2") == "日月本 has 2 1"


def test_every_letter_digit_and_sign_of_our_font_can_be_copied(qtbot: QtBot) -> None:
    ours = QRawFont(str(ASSETS / "fonts" / "AlcoveSans-Regular.ttf"), 14, QFont.HintingPreference.PreferNoHinting)
    supported = filter(ours.supportsCharacter, range(0xA1, 0x2500))
    shown = [each for each in map(chr, supported) if category(each)[0] in "LNPS" and is_normalized("NFKC", each)]
    assert len(shown) > 1_200
    assert set(shown) <= set(_copied("".join(shown)))


def _copied(markdown: str) -> str:
    with pypdfium2.PdfDocument(pdf_bytes("Title", markdown)) as pdf:
        return " ".join(" ".join(page.get_textpage().get_text_range() for page in pdf).split())
