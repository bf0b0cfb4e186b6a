"""From bytes to text: byte order marks, UTF-8, ISO-2022, UTF-16 without a mark, then what charset-normalizer thinks."""

from __future__ import annotations

import codecs
import re

from rag_core.ingest.formats.containers import utf16_without_mark

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ISO_2022 = ((b"\x1b$)C", "iso2022_kr"), (b"\x1b$", "iso2022_jp_2"), (b"\x1b(J", "iso2022_jp_2"))
# What is declared and what is meant: the larger code page, as browsers read it (WHATWG Encoding Standard).
_MEANT = {
    "shift_jis": "cp932",
    "shift_jis_2004": "cp932",
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
    "iso8859-9": "cp1254",
    "tis-620": "cp874",
}
_EAST_ASIAN = ("cp932", "euc_jp", "gb18030", "cp949", "big5hkscs")
_WESTERN = frozenset(
    "àâäãáåæçéèêëíìîïñóòôöõøœúùûüÿßÀÂÄÃÁÅÆÇÉÈÊËÍÌÎÏÑÓÒÔÖÕØŒÚÙÛÜŸ“”‘’‚„–—…«»‹›°§€£¥©®™•·´¡¿ºª²³½¼¾±×µ\xa0"
)
_KANA = re.compile("[ぁ-ゖァ-ヺ]")
_MIN_KANA_SHARE = 0.3
_EBCDIC = ["cp037", "cp273", "cp424", "cp500", "cp875", "cp1026", "cp1140"]
_MIN_WESTERN_SHARE = 0.97
_CONFUSED_WITH_WESTERN = frozenset(
    "cp1250 cp1254 cp1257 cp1258 cp437 cp500 cp775 cp850 cp852 cp858 cp1125 cp1140 iso8859-1 iso8859-2 iso8859-3 "
    "iso8859-4 iso8859-9 iso8859-10 iso8859-13 iso8859-14 iso8859-15 iso8859-16 hp-roman8 mac-roman mac-latin2 "
    "mac-iceland mac-turkish".split()
)
_SAMPLE_BYTES = 256 * 1024
_MAX_DAMAGE = 0.05  # share of non-ASCII characters that may be broken in text that is UTF-8 otherwise


def decode(data: bytes, declared: str = "") -> str:
    """The text of `data`. `declared` is an encoding that the document names itself; it is tried, not trusted."""
    return data.decode(encoding_of(data, declared), errors="replace")


def encoding_of(data: bytes, declared: str = "") -> str:
    """The codec that reads `data` best. Bytes that it cannot read become U+FFFD."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    if data[:4096].isascii() and b"\x1b" in data:
        for mark, encoding in _ISO_2022:
            if mark in data and _decodes(data, encoding):
                return encoding
    if b"\x00" in data[:_SAMPLE_BYTES] and (wide := utf16_without_mark(data[:_SAMPLE_BYTES])):
        return wide
    if _decodes(data, "utf-8"):
        return "utf-8"
    named = _known(declared)
    if named and _decodes(data, named):
        return named
    if _is_damaged_utf8(data):
        return "utf-8"
    return _japanese(data) or _guess(data) or named or _least_broken(data)


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except (UnicodeDecodeError, LookupError):  # LookupError: a codec that is not one of text ("hex")
        return False
    return True


def _known(declared: str) -> str:
    try:
        name = codecs.lookup(declared.strip()).name if declared.strip() else ""
    except (LookupError, ValueError):
        return ""
    return _MEANT.get(name, name)


def _is_damaged_utf8(data: bytes) -> bool:
    """Some broken bytes in a text that is UTF-8 otherwise: a few stray bytes must not turn it into another script."""
    text = data.decode("utf-8", errors="replace")
    broken = text.count("\ufffd")
    beyond_ascii = len(text) - len(text.encode("ascii", errors="ignore"))
    return beyond_ascii > broken and broken <= _MAX_DAMAGE * beyond_ascii


def _japanese(data: bytes) -> str | None:
    """Japanese shows itself by its kana, also where a few bytes are broken."""
    sample = data[:_SAMPLE_BYTES]
    for encoding in ("cp932", "euc_jp"):
        text = sample.decode(encoding, errors="replace")
        beyond_ascii = len(text) - len(text.encode("ascii", errors="ignore"))
        if len(_KANA.findall(text)) >= _MIN_KANA_SHARE * beyond_ascii > 50 * text.count("\ufffd") * _MIN_KANA_SHARE:
            return encoding
    return None


def _least_broken(data: bytes) -> str:
    """For text with stray bytes, which no strict decoder takes: the East Asian code page with the fewest, or cp1252."""
    sample = data[:_SAMPLE_BYTES]
    broken = {encoding: sample.decode(encoding, errors="replace").count("\ufffd") for encoding in _EAST_ASIAN}
    best = min(_EAST_ASIAN, key=lambda encoding: broken[encoding])
    beyond_ascii = sum(byte > 0x7F for byte in sample)
    return best if broken[best] <= _MAX_DAMAGE * beyond_ascii / 2 else "cp1252"


def _is_western(data: bytes) -> bool:
    """Every byte beyond ASCII is a letter or a mark of Western European text in Windows-1252."""
    try:
        text = data[:_SAMPLE_BYTES].decode("cp1252")
    except UnicodeDecodeError:
        return False
    beyond_ascii = [char for char in text if ord(char) > 0x7F]
    return sum(char in _WESTERN for char in beyond_ascii) >= _MIN_WESTERN_SHARE * len(beyond_ascii)


def _guess(data: bytes) -> str | None:
    from charset_normalizer import from_bytes

    sample = data if len(data) <= _SAMPLE_BYTES else data[: data.rfind(b"\n", 0, _SAMPLE_BYTES) + 1 or _SAMPLE_BYTES]
    best = from_bytes(sample, cp_exclusion=_EBCDIC).best()
    if best is None:
        return None
    name = codecs.lookup(best.encoding).name
    if name in _CONFUSED_WITH_WESTERN and _is_western(data):
        return "cp1252"
    return _MEANT.get(name, name)
