"""Every format, described once. What a folder takes, what a search is narrowed to, how the window shows a document and
what its pages are called all derive from this table. It is read in every process, so it imports no parser.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import PurePath

from rag_core.ingest.formats.format import Format

_HERE = "rag_core.ingest.formats"
_OFFICE = "application/vnd.openxmlformats-officedocument"
XLSX = f"{_OFFICE}.spreadsheetml.sheet"
XLSB = "application/vnd.ms-excel.sheet.binary.macroEnabled.12"
XLS = "application/vnd.ms-excel"
ODS = "application/vnd.oasis.opendocument.spreadsheet"

_READ = (
    Format("PDF", (".pdf",), ("application/pdf",), f"{_HERE}.pdf", "page", "pages", "file-pdf", "pdf"),
    Format(
        "Word document",
        (".docx", ".docm", ".dotx", ".dotm"),
        (f"{_OFFICE}.wordprocessingml.document",),
        f"{_HERE}.word",
        icon="file-word",
        group="word",
    ),
    Format(
        "workbook",
        (".xlsx", ".xlsm", ".xltx", ".xltm", ".xlsb", ".xls", ".ods"),
        (XLSX, XLSB, XLS, ODS),
        f"{_HERE}.spreadsheet",
        "sheet",
        "sheet",
        "file-sheet",
        "sheet",
    ),
    Format(
        "presentation",
        (".pptx", ".pptm", ".ppsx", ".ppsm", ".potx", ".potm"),
        (f"{_OFFICE}.presentationml.presentation",),
        f"{_HERE}.slides",
        place="slide",
        icon="document",
        group="slides",
    ),
    Format("web page", (".html", ".htm", ".xhtml"), ("text/html",), f"{_HERE}.web_page", icon="file-web", group="web"),
    Format("Markdown", (".md", ".markdown", ".mkd"), ("text/markdown",), f"{_HERE}.markdown", group="text"),
    Format(
        "table of text",
        (".csv", ".tsv", ".tab"),
        ("text/csv",),
        f"{_HERE}.delimited",
        view="sheet",
        icon="file-sheet",
        group="sheet",
    ),
    Format(
        "plain text",
        (".txt", ".text", ".log", ".rst", ".srt", ".vtt", ".tex"),
        ("text/plain",),
        f"{_HERE}.plain_text",
        group="text",
    ),
)
# Kinds that people do have and that are not read yet; said by name, so that nobody wonders.
_NOT_YET = (
    Format("e-mail message", (".eml", ".msg"), group="mail"),
    Format("mailbox", (".mbox", ".pst"), group="mail"),
    Format("Rich Text document", (".rtf",), icon="file-word", magic=(b"{\\rtf",)),
    Format("OpenDocument text", (".odt",), icon="file-word"),
    Format("OpenDocument presentation", (".odp",)),
    Format("e-book", (".epub",)),
    Format("old Word document", (".doc",), icon="file-word"),
    Format("old PowerPoint presentation", (".ppt",)),
    Format("Pages document", (".pages",)),
    Format("Numbers spreadsheet", (".numbers",)),
    Format("Keynote presentation", (".key",)),
    Format(
        "archive",
        tuple(".zip .7z .rar .tar .gz .tgz .bz2 .xz .iso .cab".split()),
        group="archive",
        magic=(b"PK\x03\x04", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!"),
    ),
    Format(
        "picture",
        tuple(".png .jpg .jpeg .gif .tif .tiff .bmp .webp .heic .ico .psd .cr2 .nef".split()),
        group="picture",
        magic=(b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"II*\x00", b"MM\x00*"),
    ),
    Format(
        "recording",
        tuple(".mp3 .wav .m4a .aac .flac .ogg .mp4 .mov .avi .mkv .webm .wmv .m4v".split()),
        group="media",
    ),
    Format("program", (), magic=(b"MZ", b"\x7fELF")),
)
_UNKNOWN = Format("", ())
_known: list[Format] = [*_READ, *_NOT_YET]


def register(added: Format) -> None:
    """From now on this process reads, finds and shows its files like any other, before a built-in format of theirs."""
    _known.insert(0, added)
    by_suffix.cache_clear()


def readable() -> tuple[Format, ...]:
    return tuple(one for one in _known if one.parser)


def readable_suffixes() -> frozenset[str]:
    return frozenset(suffix for one in readable() for suffix in one.suffixes)


def groups() -> dict[str, tuple[str, ...]]:
    """What a search can be narrowed to, and the media types of each."""
    found: dict[str, tuple[str, ...]] = {}
    for one in readable():
        found[one.group] = (*found.get(one.group, ()), *one.media_types)
    return found


def format_of(path: str, media_type: str = "") -> Format:
    """By what a document was read as; where it has not been read, by the ending of its name. One without a name where
    there is no such format.
    """
    of_type = (one for one in _known if media_type in one.media_types)
    return next(of_type, None) or by_suffix(PurePath(path).suffix)


@lru_cache(maxsize=1024)
def by_suffix(suffix: str) -> Format:
    return next((one for one in _known if suffix.lower() in one.suffixes), _UNKNOWN)


def by_magic(head: bytes) -> Format:
    """The format, of those that are not read, whose files begin like this."""
    return next((one for one in _known if head.startswith(one.magic)), _UNKNOWN)
