"""The ZIP of XML parts that DOCX and PPTX are (ECMA-376 part 2), read without following anything outside of it."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from typing import Any, BinaryIO
from urllib.parse import unquote

_CORE_PROPERTIES = "core-properties"


def local_name(element: Any) -> str:
    """The tag without its namespace: the same for transitional and strict files. "" for comments."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def attribute(element: Any, name: str, default: str = "") -> str:
    """An attribute by its local name, whatever its namespace; the default as well where there is no element."""
    if element is None:
        return default
    for key, value in element.attrib.items():
        if key.rpartition("}")[2] == name:
            return str(value)
    return default


def child(element: Any, name: str) -> Any:
    """The first child with that local name, or None."""
    if element is None:
        return None
    return next((one for one in element if local_name(one) == name), None)


def descendants(element: Any, name: str) -> Iterator[Any]:
    return (one for one in element.iter() if local_name(one) == name)


def is_on(element: Any) -> bool:
    """A toggle such as <w:vanish/>: on unless its value says otherwise."""
    return element is not None and attribute(element, "val", "1") not in ("0", "false", "off")


class OfficePackage:
    """Parts by name, and relationships by the last word of their type."""

    def __init__(self, file: BinaryIO) -> None:
        self._archive = zipfile.ZipFile(file)
        self._names = {name.lower(): name for name in self._archive.namelist()}

    def has(self, name: str) -> bool:
        return name.lower() in self._names

    def xml(self, name: str) -> Any:
        """The root of a part. Entities are not expanded, nothing is fetched."""
        from lxml import etree

        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
        return etree.fromstring(self._archive.read(self._names[name.lower()]), parser)

    def related(self, name: str, kind: str) -> list[str]:
        """Names of the parts that `name` ("" for the package) refers to as `kind`, in order; only those that exist."""
        return [target for _, target in self.relations(name, kind)]

    def relations(self, name: str, kind: str) -> list[tuple[str, str]]:
        """(relationship id, part name) for each internal relationship of that kind."""
        folder, base = posixpath.split(name)
        rels_name = posixpath.join(folder, "_rels", f"{base}.rels")
        if not self.has(rels_name):
            return []
        found = []
        for relation in self.xml(rels_name):
            if local_name(relation) != "Relationship" or attribute(relation, "TargetMode") == "External":
                continue
            if attribute(relation, "Type").rpartition("/")[2] == kind:
                target = self._resolved(folder, attribute(relation, "Target"))
                if target:
                    found.append((attribute(relation, "Id"), target))
        return found

    def title(self) -> str:
        for name in self.related("", _CORE_PROPERTIES):
            title = child(self.xml(name), "title")
            return (title.text or "").strip() if title is not None else ""
        return ""

    def _resolved(self, folder: str, target: str) -> str:
        for spelled in (target, unquote(target)):
            path = posixpath.normpath(posixpath.join("/", folder, spelled)).lstrip("/")
            if self.has(path):
                return path
        return ""
