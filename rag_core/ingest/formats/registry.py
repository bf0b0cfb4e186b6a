"""Every format, described once. What a folder takes, what a search is narrowed to, how the window shows a document and
what its pages are called all derive from this table. It is read in every process, so it imports no parser.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import PurePath

from rag_core.ingest.formats.format import Format
from rag_core.messages import say

_HERE = "rag_core.ingest.formats"
_OFFICE = "application/vnd.openxmlformats-officedocument"
XLSX = f"{_OFFICE}.spreadsheetml.sheet"
XLSB = "application/vnd.ms-excel.sheet.binary.macroEnabled.12"
XLS = "application/vnd.ms-excel"
ODS = "application/vnd.oasis.opendocument.spreadsheet"

_READ = (
    Format((".pdf",), ("application/pdf",), f"{_HERE}.pdf", "page", "pages", "file-pdf", "pdf"),
    Format(
        (".docx", ".docm", ".dotx", ".dotm"),
        (f"{_OFFICE}.wordprocessingml.document",),
        f"{_HERE}.word",
        icon="file-word",
        group="word",
    ),
    Format(
        (".xlsx", ".xlsm", ".xltx", ".xltm", ".xlsb", ".xls", ".ods"),
        (XLSX, XLSB, XLS, ODS),
        f"{_HERE}.spreadsheet",
        "sheet",
        "sheet",
        "file-sheet",
        "sheet",
    ),
    Format(
        (".pptx", ".pptm", ".ppsx", ".ppsm", ".potx", ".potm"),
        (f"{_OFFICE}.presentationml.presentation",),
        f"{_HERE}.slides",
        "slide",
        icon="document",
        group="slides",
    ),
    Format((".html", ".htm", ".xhtml"), ("text/html",), f"{_HERE}.web_page", icon="file-web", group="web"),
    Format((".md", ".markdown", ".mkd"), ("text/markdown",), f"{_HERE}.markdown", group="text"),
    Format(
        (".csv", ".tsv", ".tab"), ("text/csv",), f"{_HERE}.delimited", view="sheet", icon="file-sheet", group="sheet"
    ),
    Format(
        (".txt", ".text", ".log", ".rst", ".srt", ".vtt", ".tex"), ("text/plain",), f"{_HERE}.plain_text", group="text"
    ),
)
# Kinds that people do have and that are not read yet; said by name, so that nobody wonders.
_NOT_YET = (
    Format((".eml", ".msg"), name=say("kind-email"), group="mail"),
    Format((".mbox", ".pst"), name=say("kind-mailbox"), group="mail"),
    Format((".rtf",), name=say("kind-rich-text"), icon="file-word", magic=(b"{\\rtf",)),
    Format((".odt",), name=say("kind-odt"), icon="file-word"),
    Format((".odp",), name=say("kind-odp")),
    Format((".epub",), name=say("kind-e-book")),
    Format((".doc",), name=say("kind-old-word"), icon="file-word"),
    Format((".ppt",), name=say("kind-old-powerpoint")),
    Format((".pages",), name=say("kind-pages")),
    Format((".numbers",), name=say("kind-numbers")),
    Format((".key",), name=say("kind-keynote")),
    Format(
        tuple(".zip .7z .rar .tar .gz .tgz .bz2 .xz .iso .cab".split()),
        name=say("kind-archive"),
        group="archive",
        magic=(b"PK\x03\x04", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!"),
    ),
    Format(
        tuple(".png .jpg .jpeg .gif .tif .tiff .bmp .webp .heic .ico .psd .cr2 .nef".split()),
        name=say("kind-picture"),
        group="picture",
        magic=(b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"II*\x00", b"MM\x00*"),
    ),
    Format(
        tuple(".mp3 .wav .m4a .aac .flac .ogg .mp4 .mov .avi .mkv .webm .wmv .m4v".split()),
        name=say("kind-recording"),
        group="media",
    ),
    Format((), name=say("kind-program"), magic=(b"MZ", b"\x7fELF")),
)
_UNKNOWN = Format(())
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
    """By what a document was read as; where it has not been read, by the ending of its name. One without suffixes where
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
