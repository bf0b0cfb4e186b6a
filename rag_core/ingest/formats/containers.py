"""What a file is, by its bytes: ZIP and OLE directories, and whether bytes look like text at all."""

from __future__ import annotations

import struct
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO

from rag_core.errors import DocumentUnreadable
from rag_core.messages import say

OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MAX_UNPACKED_BYTES = 1024**3
MAX_MEMBER_RATIO = 200  # real office XML packs up to about 1:60; bombs start near 1:1000
_SMALL_MEMBER_BYTES = 32 * 1024**2  # a highly packed member is harmless while it stays below this size
_MAX_MEMBERS = 50_000
_OLE_ENTRY_BYTES = 128
_OLE_END = 0xFFFFFFFA  # sector numbers from here on are markers (free, end of chain ...)
_MAX_OLE_SECTORS = 1024
_TEXT_CONTROLS = frozenset(b"\t\n\x0b\x0c\r\x1a\x1b\x0e\x0f")  # the last ones shift code pages in ISO-2022
_MAX_CONTROL_SHARE = 0.02


def zip_names(file: BinaryIO) -> frozenset[str]:
    """Member names of a ZIP archive; nothing if its directory cannot be read."""
    try:
        file.seek(0)
        with zipfile.ZipFile(file) as archive:
            return frozenset(name.replace("\\", "/") for name in archive.namelist())  # some writers on Windows
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error):
        return frozenset()


def refuse_zip_bomb(file: BinaryIO, path: Path) -> None:
    """Look at the ZIP directory only. Raises DocumentUnreadable if it is broken, or if unpacking would explode."""
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error, zlib.error) as error:
        raise DocumentUnreadable(say("contents-damaged", name=path.name), say("copy-or-save-again")) from error
    unpacked = sum(member.file_size for member in members)
    explosive = any(
        member.file_size > _SMALL_MEMBER_BYTES and member.file_size > MAX_MEMBER_RATIO * max(1, member.compress_size)
        for member in members
    )
    if unpacked > MAX_UNPACKED_BYTES or explosive or len(members) > _MAX_MEMBERS:
        raise DocumentUnreadable(
            say("unpacks-too-large", name=path.name, size=unpacked / 1024**2), say("save-in-parts")
        )


def ole_names(file: BinaryIO) -> frozenset[str]:
    """Stream and storage names of an OLE compound file ([MS-CFB] 2.6); nothing for a broken one."""
    try:
        file.seek(0)
        header = file.read(512)
        sector_bytes = 1 << struct.unpack_from("<H", header, 30)[0]
        if sector_bytes not in (512, 4096):
            return frozenset()
        fat_sectors = [number for number in struct.unpack_from("<109I", header, 76) if number < _OLE_END]
        sector = struct.unpack_from("<I", header, 48)[0]
        names: set[str] = set()
        for _ in range(_MAX_OLE_SECTORS):  # a bound, because the chain of a broken file may be a circle
            if sector >= _OLE_END:
                break
            names |= _entry_names(_sector(file, sector, sector_bytes))
            sector = _next_sector(file, fat_sectors, sector, sector_bytes)
    except (struct.error, OSError, IndexError, OverflowError):
        return frozenset()
    return frozenset(names)


def looks_like_text(head: bytes) -> bool:
    """Whether bytes can be text in some encoding: hardly any control characters, but for the NULs of UTF-16."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")):
        return True
    if b"\x00" in head and utf16_without_mark(head) is not None:
        return True
    controls = sum(head.count(bytes((code,))) for code in range(32) if code not in _TEXT_CONTROLS)
    return controls <= max(1, _MAX_CONTROL_SHARE * len(head))


def utf16_without_mark(head: bytes) -> str | None:
    """The byte order of UTF-16 text that has no byte order mark, seen by where its NULs stand, else None."""
    pairs = len(head) // 2
    if pairs < 2:
        return None
    even = head[0 : 2 * pairs : 2].count(0) / pairs
    odd = head[1 : 2 * pairs : 2].count(0) / pairs
    if odd > 0.3 and even < 0.02:
        return "utf-16-le"
    if even > 0.3 and odd < 0.02:
        return "utf-16-be"
    return None


def _sector(file: BinaryIO, number: int, sector_bytes: int) -> bytes:
    file.seek((number + 1) * sector_bytes)
    return file.read(sector_bytes)


def _next_sector(file: BinaryIO, fat_sectors: list[int], sector: int, sector_bytes: int) -> int:
    per_sector = sector_bytes // 4
    table = _sector(file, fat_sectors[sector // per_sector], sector_bytes)
    return int(struct.unpack_from("<I", table, 4 * (sector % per_sector))[0])


def _entry_names(sector: bytes) -> set[str]:
    names: set[str] = set()
    for start in range(0, len(sector) - _OLE_ENTRY_BYTES + 1, _OLE_ENTRY_BYTES):
        name_bytes = min(64, struct.unpack_from("<H", sector, start + 64)[0])
        if name_bytes > 2:
            names.add(sector[start : start + name_bytes - 2].decode("utf-16-le", errors="replace"))
    return names
