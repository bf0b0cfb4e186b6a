"""The design: colours, spacing and type in one file. Widgets name what they are; this file says how that looks.

    label.setProperty("kind", "muted")

Colours meet WCAG AA (4.5:1 for text, 3:1 for controls) in both themes; a test computes it. Sizes are in pixels that do
not depend on the screen: Qt scales them.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache
from string import Template
from typing import Literal

from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication

from rag_core.paths import ASSETS

ThemeName = Literal["light", "dark"]

# Spacing: multiples of four.
XS, S, M, L, XL, XXL = 4, 8, 12, 16, 24, 40
RADIUS = 8
# Type, in pixels.
SMALL, BODY, HEADING, TITLE, DISPLAY = 12, 14, 16, 20, 28
READING_WIDTH = 760  # the widest line of an answer that is comfortable to read
FAMILIES = [
    "Segoe UI Variable Text",
    "Segoe UI",
    "SF Pro Text",
    "Inter",
    "Noto Sans",
    "Yu Gothic UI",
    "Hiragino Sans",
    "Noto Sans CJK JP",
]


@dataclass(frozen=True, slots=True)
class Colours:
    """One theme. `mark` and `quote` lie under words: the passage, and the sentence in it that proves."""

    window: str  # behind everything
    side: str  # the panes at the left and right
    surface: str  # cards, fields, lists
    raised: str  # under the pointer
    border: str
    control: str  # borders of what can be operated
    text: str
    muted: str
    accent: str
    accent_strong: str  # under the pointer
    on_accent: str
    accent_soft: str  # behind what is chosen
    mark: str
    mark_border: str
    quote: str
    danger: str
    danger_soft: str
    warning: str
    warning_soft: str
    success: str
    success_soft: str
    focus: str


LIGHT = Colours(
    window="#faf9f7",
    side="#f3f1ee",
    surface="#ffffff",
    raised="#ece9e4",
    border="#e2dfd9",
    control="#8b867d",
    text="#1f1d1a",
    muted="#66625b",
    accent="#0b6b5b",
    accent_strong="#08564a",
    on_accent="#ffffff",
    accent_soft="#dcefe9",
    mark="#fff3cf",
    mark_border="#c58600",
    quote="#ffdf80",
    danger="#ad2418",
    danger_soft="#fbe6e3",
    warning="#7d5200",
    warning_soft="#fdf0d2",
    success="#1c6a3a",
    success_soft="#e0f2e5",
    focus="#0b6b5b",
)
DARK = Colours(
    window="#1b1a19",
    side="#151413",
    surface="#242322",
    raised="#33312f",
    border="#383634",
    control="#88837b",
    text="#efece7",
    muted="#aca69c",
    accent="#66cdb5",
    accent_strong="#86dcc8",
    on_accent="#06261f",
    accent_soft="#1c3d36",
    mark="#463a17",
    mark_border="#e0aa2e",
    quote="#6e5713",
    danger="#ff9a8d",
    danger_soft="#44211d",
    warning="#f0c064",
    warning_soft="#3f3217",
    success="#86d6a0",
    success_soft="#1d3a27",
    focus="#66cdb5",
)
PAPER = "#ffffff"  # of a document's pages, in both themes


def colours() -> Colours:
    """The colours in use, told from the application's palette, so that no module holds state."""
    return DARK if QApplication.palette().color(QPalette.ColorRole.Window).lightness() < 128 else LIGHT


def apply(application: QApplication, theme: ThemeName) -> None:
    """Font, palette and style sheet of the whole application; widgets get a PaletteChange event."""
    chosen = DARK if theme == "dark" else LIGHT
    font = QFont()
    font.setFamilies([*FAMILIES, font.family()])
    font.setPixelSize(BODY)
    application.setFont(font)
    application.setPalette(_palette(chosen))
    sheet = stylesheet(chosen)
    if sheet != application.styleSheet():  # Qt would style every widget again: a third of a second
        application.setStyleSheet(sheet)


@cache
def stylesheet(chosen: Colours) -> str:
    """assets/themes/alcove.qss with $names replaced by colours and sizes."""
    sizes = {"small": SMALL, "body": BODY, "heading": HEADING, "title": TITLE, "display": DISPLAY, "radius": RADIUS}
    icons = (ASSETS / "icons").as_posix()
    tone = "dark" if chosen is DARK else "light"
    template = Template((ASSETS / "themes" / "alcove.qss").read_text(encoding="utf-8"))
    return template.substitute(asdict(chosen), icons=icons, tone=tone, **{k: f"{v}px" for k, v in sizes.items()})


def _palette(chosen: Colours) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    for where, name in (
        (role.Window, chosen.window),
        (role.WindowText, chosen.text),
        (role.Base, chosen.surface),
        (role.AlternateBase, chosen.window),
        (role.Text, chosen.text),
        (role.Button, chosen.surface),
        (role.ButtonText, chosen.text),
        (role.BrightText, chosen.danger),
        (role.Highlight, chosen.accent_soft),
        (role.HighlightedText, chosen.text),
        (role.Link, chosen.accent),
        (role.LinkVisited, chosen.accent),
        (role.ToolTipBase, chosen.text),
        (role.ToolTipText, chosen.window),
        (role.PlaceholderText, chosen.muted),
        (role.Mid, chosen.border),
        (role.Accent, chosen.accent),
    ):
        palette.setColor(where, QColor(name))
    for where in (role.Text, role.WindowText, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, where, QColor(chosen.muted))
    return palette
