"""Words that hold a question together and say nothing of what it is about: "wie", "lang", "ist", "die".

The keyword index and the checks know those of English and Japanese themselves. Of other languages they are taken out of
a question before it is looked for: documents are not written as questions, so each would count as a rare word that no
passage holds.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files

from rag_core.text.language import Language
from rag_core.text.words import is_cjk


def without_function_words(text: str, language: Language) -> str:
    """All of `text` where nothing else would be left, or its language has no list."""
    listed = _listed(language)
    rest = listed.sub(" ", text) if listed else text
    return rest if any(c.isalnum() for c in rest) else text


@cache
def _listed(language: Language) -> re.Pattern[str] | None:
    lists: dict[str, str] = json.loads(files("rag_core.text").joinpath("function_words.json").read_text("utf-8"))
    if language not in lists:
        return None
    words = "|".join(map(re.escape, lists[language].split()))
    return re.compile(words if is_cjk(words) else rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE)
