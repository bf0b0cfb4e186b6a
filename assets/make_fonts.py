"""Writes the fonts of exported PDFs from Noto Sans, the same bytes each time.

Needs `pip install fonttools` and the folder with Noto's TrueType files (Debian: fonts-noto-core, fonts-noto-mono), then:
`python assets/make_fonts.py /usr/share/fonts/truetype/noto`.

Whoever copies text out of a PDF gets what the font says that a glyph means. So these fonts replace no glyph by another
(no ligatures, no forms of a language), and every glyph means one character. They have another name than Noto Sans, so
that they stand in for no installed font.
"""

from __future__ import annotations

import copy
import sys
from pathlib import Path

from fontTools import subset
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

FONTS = Path(__file__).parent / "fonts"
TRAP = Path(__file__).parent.parent / "tests" / "app" / "conversation" / "trap.ttf"
SOURCES = {"NotoSans": "Alcove Sans", "NotoSansMono": "Alcove Mono"}
STYLES = {"NotoSans": ("Regular", "Bold", "Italic"), "NotoSansMono": ("Regular",)}
# Latin, Greek and Cyrillic with their accents, punctuation, currencies, letterlike signs, arrows and mathematics.
CHARACTERS = [(0x20, 0x530), (0x1E00, 0x2000), (0x2000, 0x2400), (0xFB00, 0xFB07), (0xFFFD, 0xFFFE)]


def write_font(source: Path, family: str, style: str) -> None:
    font = TTFont(source, recalcTimestamp=False)
    options = subset.Options(hinting=False, layout_features=["kern", "mark", "mkmk"], name_IDs=["*"], notdef_outline=True)
    options.drop_tables += ["GSUB"]
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=[code for first, end in CHARACTERS for code in range(first, end)])
    cutter.subset(font)
    _give_each_character_a_glyph(font)
    for record in list(font["name"].names):
        if record.nameID in (1, 3, 4, 6, 16):
            plain = family.replace(" ", "")
            name = {1: family, 16: family, 6: f"{plain}-{style}"}.get(record.nameID, f"{family} {style}")
            font["name"].setName(name, record.nameID, record.platformID, record.platEncID, record.langID)
    font.save(FONTS / f"{family.replace(' ', '')}-{style}.ttf")


def _give_each_character_a_glyph(font: TTFont) -> None:
    """Where two share one (a hyphen and its sister that does not break), the second gets a copy."""
    taken: set[str] = set()
    copies: dict[int, str] = {}
    for code, glyph in sorted(font.getBestCmap().items()):
        if glyph in taken:
            copies[code] = f"{glyph}.u{code:04X}"
            font["glyf"][copies[code]] = copy.deepcopy(font["glyf"][glyph])
            font["hmtx"][copies[code]] = font["hmtx"][glyph]
        taken.add(glyph)
    for table in font["cmap"].tables:
        table.cmap.update({code: name for code, name in copies.items() if code in table.cmap})


def write_trap() -> None:
    """A font for the tests that does what fonts for Chinese and Japanese do to a PDF, under the name that comes first in
    app/kit/design.py: digits in Latin text are replaced by others, and characters that look alike are one.
    """
    codes = [*range(0x20, 0x7F), 0x65E5, 0x6708, 0x672C]
    names = {code: f"u{code:04X}" for code in codes}
    digits = [names[code] for code in range(0x30, 0x3A)]
    pen = TTGlyphPen(None)
    pen.moveTo((100, 0))
    for corner in ((100, 700), (500, 700), (500, 0)):
        pen.lineTo(corner)
    pen.closePath()
    box = pen.glyph()
    order = [".notdef", *names.values(), *(f"{name}.latin" for name in digits)]
    font = FontBuilder(1000, isTTF=True)
    font.setupGlyphOrder(order)
    font.setupCharacterMap({**names, 0x09: names[0x20], 0x2F47: names[0x65E5], 0x2F49: names[0x6708]})
    font.setupGlyf({name: TTGlyphPen(None).glyph() if name == names[0x20] else box for name in order})
    font.setupHorizontalMetrics({name: (600, 100) for name in order})
    font.setupHorizontalHeader(ascent=800, descent=-200)
    font.setupNameTable({"familyName": "Segoe UI Variable Text", "styleName": "Regular"})
    font.setupOS2(sTypoAscender=800, sTypoDescender=-200, usWinAscent=800, usWinDescent=200)
    font.setupPost()
    swaps = " ".join(f"sub {name} by {name}.latin;" for name in digits)
    systems = "languagesystem DFLT dflt; languagesystem latn dflt;"
    font.addOpenTypeFeatures(f"{systems} feature locl {{ script latn; {swaps} }} locl;")
    font.font["head"].created = font.font["head"].modified = 0
    font.font.recalcTimestamp = False
    font.save(TRAP)


if __name__ == "__main__":
    write_trap()
    FONTS.mkdir(exist_ok=True)
    for source, family in SOURCES.items():
        for style in STYLES[source]:
            write_font(Path(sys.argv[1]) / f"{source}-{style}.ttf", family, style)
