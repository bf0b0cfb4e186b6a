"""Which passages hold what a question's author pointed at.

A passage is relevant if it comes from the named file and page and overlaps the excerpt; without one, file and page
decide. Text is compared without white space, case, width and the shapes of quotes and dashes, because the same
words come out of a PDF, a Word file and a person's clipboard differently.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from rag_core.evaluate.questions import Question
from rag_core.types import Passage

# A passage that begins or ends inside the excerpt counts if it holds this share of it, and at least so many characters.
_LEAST_SHARE = 0.3
_LEAST_CHARS = 12

_SAME_SHAPE = str.maketrans(
    {**dict.fromkeys("‘’‚‛′`´", "'"), **dict.fromkeys("“”„‟″", '"'), **dict.fromkeys("‐‑‒–—−", "-"), "\u00ad": None}
)


def is_relevant(question: Question, passage: Passage) -> bool:
    """Whether the passage is what `question` points at. False for a question that points at nothing."""
    if not question.locates or not on_expected_page(question, passage):
        return False
    return not question.excerpt or overlaps(question.excerpt, passage.text)


def on_expected_page(question: Question, passage: Passage) -> bool:
    """Whether file and page (as far as the question names them) are those of the passage."""
    right_file = not question.paths or any(same_file(path, passage.path) for path in question.paths)
    return right_file and question.page in (None, passage.page)


def same_file(expected: str, path: str) -> bool:
    """Whether `path` is `expected` or ends with it, by whole components; `/` and `\\` are the same."""
    wanted, parts = _parts(expected), _parts(path)
    return bool(wanted) and parts[-len(wanted) :] == wanted


def overlaps(excerpt: str, text: str) -> bool:
    """Whether `text` holds the excerpt, a large enough beginning or end of it, or lies wholly inside it."""
    wanted, found = _bare(excerpt), _bare(text)
    if not wanted or not found:
        return False
    if wanted in found:
        return True
    least = max(_LEAST_CHARS, round(_LEAST_SHARE * len(wanted)))
    if found in wanted:
        return len(found) >= least
    lengths = range(len(wanted) - 1, least - 1, -1)
    return _any_edge(wanted, found, lengths)


def _any_edge(wanted: str, found: str, lengths: Iterable[int]) -> bool:
    return any(found.endswith(wanted[:length]) or found.startswith(wanted[-length:]) for length in lengths)


def _bare(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_SAME_SHAPE)
    return "".join(folded.split())


def _parts(path: str) -> list[str]:
    normal = unicodedata.normalize("NFC", path).replace("\\", "/").casefold()
    return [part for part in normal.split("/") if part not in ("", ".")]
