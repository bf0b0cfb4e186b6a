"""Running headers, footers and page numbers: on every page, about nothing.

They stay in the page's text, where a reader sees them, but are marked so that no chunk begins with them: the same words
in every chunk would make all chunks alike to the embedder, and "Page 3 of 6" in the middle of a sentence helps nobody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rag_core.types import Block, Page

_EDGE_BLOCKS = 3  # how many blocks at the top and at the bottom of a page may be furniture
_LEAST_PAGES = 3
_SHARE_OF_PAGES = 0.5
_LONGEST_CHARS = 160


def mark_furniture(pages: Sequence[Page]) -> tuple[Page, ...]:
    """Pages with repeated edge blocks turned into kind "furniture"; only the page's own number may differ in them."""
    if len(pages) < _LEAST_PAGES:
        return tuple(pages)
    seen = Counter(text for page in pages for text in {_bare(page, page.blocks[i]) for i in _edges(page)})
    needed = max(_LEAST_PAGES, len(pages) * _SHARE_OF_PAGES)
    repeated = {text for text, count in seen.items() if count >= needed and len(text) <= _LONGEST_CHARS}
    return tuple(_marked(page, repeated) for page in pages)


def _marked(page: Page, repeated: set[str]) -> Page:
    """From each edge inwards, up to the first block that is not repeated: furniture never has text outside it."""
    edges = set(_edges(page))
    count = len(page.blocks)
    marked: set[int] = set()
    for order in (range(count), range(count - 1, -1, -1)):
        for i in order:
            if i not in edges or _bare(page, page.blocks[i]) not in repeated:
                break
            marked.add(i)
    if not marked:
        return page
    blocks = [Block("furniture", b.start, b.end) if i in marked else b for i, b in enumerate(page.blocks)]
    return replace(page, blocks=tuple(blocks))


def _edges(page: Page) -> Iterator[int]:
    count = len(page.blocks)
    return (i for i in range(count) if i < _EDGE_BLOCKS or i >= count - _EDGE_BLOCKS)


def _bare(page: Page, block: Block) -> str:
    """The block without the page's number. Other numbers stay: "Total: 45" on every invoice is not furniture."""
    own = {str(page.number), page.label} - {""}
    words = page.text[block.start : block.end].split()
    first = next((i for i, word in enumerate(words) if word.strip("-–—().") in own), None)  # "4" in "Page 4 of 4"
    return " ".join("#" if i == first else word for i, word in enumerate(words))
