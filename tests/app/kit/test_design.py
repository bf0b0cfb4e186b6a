"""Both themes meet WCAG AA: 4.5:1 for words, 3:1 for what can be operated."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from PySide6.QtGui import QColor

from app.kit.design import DARK, LIGHT, Colours

WORDS = ("text", "muted", "accent", "danger", "warning", "success")
BACKGROUNDS = ("window", "side", "surface")
SOFT = {
    "accent": "accent_soft",
    "danger": "danger_soft",
    "warning": "warning_soft",
    "success": "success_soft",
}
THEMES = [pytest.param(LIGHT, id="light"), pytest.param(DARK, id="dark")]


def contrast(first: str, second: str) -> float:
    """WCAG 2.2 contrast ratio, 1 to 21."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(name: str) -> float:
    colour = QColor(name)
    parts = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (colour.redF(), colour.greenF(), colour.blueF())
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def too_weak(theme: Colours, pairs: list[tuple[str, str]], least: float) -> list[str]:
    """The pairs that fail, with their contrast."""
    named = asdict(theme)
    found = [(first, second, contrast(named[first], named[second])) for first, second in pairs]
    return [f"{first} on {second}: {ratio:.2f}" for first, second, ratio in found if ratio < least]


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", THEMES)
def test_words_can_be_read(theme: Colours) -> None:
    pairs = [(word, background) for word in WORDS for background in BACKGROUNDS]
    pairs += [("text", soft) for soft in SOFT.values()] + list(SOFT.items())
    pairs += [("on_accent", "accent"), ("on_accent", "accent_strong"), ("accent_strong", "window")]
    pairs += [("text", "mark"), ("text", "quote"), ("text", "raised"), ("muted", "raised")]
    assert not too_weak(theme, pairs, 4.5)


@pytest.mark.parametrize("theme", THEMES)
def test_controls_can_be_seen(theme: Colours) -> None:
    backgrounds = (*BACKGROUNDS, "accent_soft")
    pairs = [(line, background) for line in ("control", "focus") for background in backgrounds]
    # The frame of a passage stands on the page, which is white paper in both themes, or on the text pane.
    pairs += [("mark_border", "surface")]
    pairs += [("warning", "mark"), ("warning", "quote")]  # the line below an answer
    assert not too_weak(theme, pairs, 3.0)
