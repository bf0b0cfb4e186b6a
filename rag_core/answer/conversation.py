"""Follow-up questions: what to search for when a question leans on what was said before it.

"And for part-time staff?" finds nothing by itself. A question that points back (a pronoun, a conjunction at its start,
or hardly a content word) is searched together with the question before it. A question that stands alone is left alone:
old words would only blur it. Rules rather than a model: they cost nothing and a person can foresee them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag_core.text.words import content_terms, fold
from rag_core.types import ChatMessage

_POINTS_BACK = re.compile(
    r"\b(it|its|they|them|their|theirs|that|those|this|these|he|she|him|his|her|there|one|ones|same|else)\b"
    r"|^(and|but|or|so|then|what about|how about|also)\b"
    r"|それ|その|これ|この|そこ|あれ|彼|では|じゃあ|ほかに|他に"
)
_FEW_TERMS = 2


def leans_on_history(question: str) -> bool:
    """Whether a question needs the one before it to be understood."""
    return bool(_POINTS_BACK.search(fold(question))) or len(content_terms(question)) < _FEW_TERMS


def search_query(question: str, history: Sequence[ChatMessage]) -> str:
    """The text to search for: the question, preceded by the questions that it leans on (at most two back)."""
    asked = [message.content for message in history if message.role == "user"]
    parts = [question]
    while asked and len(parts) < 3 and leans_on_history(parts[0]):
        parts.insert(0, asked.pop())
    return " ".join(parts)
