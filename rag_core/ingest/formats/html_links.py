"""Which parts of a page are lists of links to other pages: menus, "most popular", "share this"."""

from __future__ import annotations

from typing import Any

_CONTAINERS = frozenset("ul ol div section aside footer header table p dl center".split())
_MIN_LINKS = 4
_MIN_LINK_SHARE = 0.7
_MAX_CHARS_PER_LINK = 70  # a bibliography or a news archive has longer entries
_MAX_DROPPED_SHARE = 0.7  # a page that is nothing but links is itself what somebody wants to find


def link_lists(root: Any, unread: frozenset[str]) -> set[Any]:
    """The outermost elements that are lists of links; nothing if they are most of the page."""
    dropped: set[Any] = set()
    texts, links, counts = _measure(root, unread)
    total = texts.get(root, 0)
    amount = 0
    stack = [root]
    while stack:
        element = stack.pop()
        if element.tag in _CONTAINERS and _is_menu(texts[element], links[element], counts[element]):
            dropped.add(element)
            amount += texts[element]
        else:
            stack.extend(child for child in element if child in texts)
    return dropped if amount <= _MAX_DROPPED_SHARE * total else set()


def _is_menu(text: int, link: int, count: int) -> bool:
    return count >= _MIN_LINKS and link >= _MIN_LINK_SHARE * text and link <= _MAX_CHARS_PER_LINK * count


def _measure(root: Any, unread: frozenset[str]) -> tuple[dict[Any, int], dict[Any, int], dict[Any, int]]:
    """For each element: characters, characters in links, number of links."""
    texts: dict[Any, int] = {}
    links: dict[Any, int] = {}
    counts: dict[Any, int] = {}

    def visit(element: Any) -> None:
        own = _chars(element.text)
        link = count = 0
        for child in element:
            if isinstance(child.tag, str) and child.tag not in unread:
                visit(child)
                own += texts[child]
                link += links[child]
                count += counts[child]
            own += _chars(child.tail)
        if element.tag == "a" and element.get("href"):
            link, count = own, int(own > 0)
        texts[element], links[element], counts[element] = own, link, count

    visit(root)
    return texts, links, counts


def _chars(text: str | None) -> int:
    return len("".join(text.split())) if text else 0
