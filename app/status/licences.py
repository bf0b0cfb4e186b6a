"""The parts that other people made: what is installed because Alcove needs it, with the text of each licence."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError
from pathlib import Path

from rag_core.paths import ASSETS

PROGRAM = "alcove"
LICENCES = ASSETS / "licences"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_LEGAL_FILE = re.compile(r"(licen[cs]e|copying|notice|thirdparty)", re.IGNORECASE)
_LONGEST_NAME = 60
_LONGEST_TEXT = 400_000
# Texts that ship with Alcove, for parts that come without one of their own. The LGPL builds on the GPL.
_OWN_TEXTS = {"LGPL-3": ("LGPL-3.0.txt", "GPL-3.0.txt"), "Apache": ("Apache-2.0.txt",)}
# Whatever the metadata of an installation say: without these there is no window.
_ALWAYS = ("PySide6-Essentials",)
# Parts whose metadata name no licence; the text that comes with them does.
_KNOWN = {"sqlcipher3": "Zlib"}


@dataclass(frozen=True, slots=True)
class Part:
    """One part. `files` hold the text of its licence and its notices; `licence` may be empty."""

    name: str
    version: str
    licence: str
    files: tuple[Path, ...] = ()


_FONTS = Part("Noto Sans (fonts of exported PDFs)", "2.004", "OFL-1.1", (LICENCES / "OFL-1.1.txt",))  # assets/fonts


def collect(program: str = PROGRAM) -> tuple[Part, ...]:
    """Python, the fonts, and every installed distribution that `program` needs, directly or through another; by name.

    Reads some dozens of small files: not for the main thread.
    """
    found: dict[str, Distribution] = {}
    waiting = [*_requirements(program), *_ALWAYS]
    while waiting:
        name = waiting.pop()
        key = _key(name)
        if key in found or key == _key(program):
            continue
        try:
            found[key] = importlib.metadata.distribution(name)
        except PackageNotFoundError:  # for another system, or built into the program
            continue
        waiting += _requirements(name)
    parts = [_part(distribution) for distribution in found.values()]
    return tuple(sorted([_python(), _FONTS, *parts], key=lambda part: part.name.casefold()))


def licence_text(part: Part) -> str:
    """The whole text, as its makers ship it; cut where it is very long, which is then said."""
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in part.files if path.is_file()]
    whole = "\n\n".join(text.strip("\n") for text in texts)
    if len(whole) <= _LONGEST_TEXT:
        return whole
    places = "\n".join(str(path) for path in part.files)
    return f"{whole[:_LONGEST_TEXT]}\n\n[…]\n\n{places}"


def _requirements(name: str) -> Iterator[str]:
    """Names only; what is needed for extras alone is left out."""
    try:
        required = importlib.metadata.requires(name) or []
    except PackageNotFoundError:
        return
    for line in required:
        requirement, _, marker = line.partition(";")
        match = _NAME.match(requirement)
        if match and "extra" not in marker:
            yield match.group()


def _part(distribution: Distribution) -> Part:
    name = distribution.metadata["Name"]
    licence = _licence_name(distribution) or _KNOWN.get(_key(name), "")
    files = tuple(sorted(_legal_files(distribution)))
    return Part(name, distribution.version, licence, files or _own_texts(licence))


def _licence_name(distribution: Distribution) -> str:
    fields = distribution.metadata
    stated = next((value for name in ("License-Expression", "License") for value in fields.get_all(name) or []), "")
    stated = stated.strip().split("\n")[0]
    if stated and len(stated) <= _LONGEST_NAME:
        return stated
    classifiers = [line for line in fields.get_all("Classifier") or [] if line.startswith("License ::")]
    return classifiers[0].rsplit(":: ", 1)[-1] if classifiers else stated[:_LONGEST_NAME]


def _legal_files(distribution: Distribution) -> Iterator[Path]:
    for file in distribution.files or []:
        is_text = file.suffix.lower() in ("", ".txt", ".md", ".rst")
        if is_text and (_LEGAL_FILE.search(file.name) or "licenses" in file.parts):
            yield Path(str(file.locate()))


def _own_texts(licence: str) -> tuple[Path, ...]:
    return next((tuple(LICENCES / name for name in names) for key, names in _OWN_TEXTS.items() if key in licence), ())


def _python() -> Part:
    text = Path(sysconfig.get_path("stdlib")) / "LICENSE.txt"
    return Part("Python", platform.python_version(), "PSF-2.0", (text,) if text.is_file() else ())


def _key(name: str) -> str:
    """Distributions are the same whatever the case and the dashes."""
    return re.sub(r"[-_.]+", "-", name).lower()
