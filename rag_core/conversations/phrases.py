"""What a file of a conversation says besides the conversation, in the language of its questions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rag_core.text.words import is_cjk


@dataclass(frozen=True, slots=True)
class Phrases:
    """What a file says. `language` is that of the catalogue that other words come from."""

    language: str
    sources: str
    nearest: str
    unsupported: str
    checked: str
    checked_by_words: str
    not_found: str
    no_answer: str
    none_yet: str
    stopped: str
    footer: str


_ENGLISH = Phrases(
    language="en",
    sources="Sources",
    nearest="The nearest there is",
    unsupported="(not confirmed by the documents)",
    checked="Every sentence was compared with the documents.",
    checked_by_words="Every sentence was compared with the documents, by its words only.",
    not_found="This was not found in these documents.",
    no_answer="No answer: {}",
    none_yet="There is no answer yet.",
    stopped="Stopped before the answer was finished.",
    footer="Made by Alcove on this computer",
)
_JAPANESE = Phrases(
    language="ja",
    sources="出典",
    nearest="最も近い箇所",
    unsupported="（文書では確認できません）",
    checked="すべての文を文書と照合しました。",
    checked_by_words="すべての文を文書と、語句だけで照合しました。",
    not_found="この文書の中には見つかりませんでした。",
    no_answer="回答なし：{}",
    none_yet="まだ回答がありません。",
    stopped="回答の途中で停止しました。",
    footer="このコンピューターの Alcove で作成",
)


def phrases_for(questions: Iterable[str]) -> Phrases:
    """Those of the language in which most of the questions are asked."""
    in_japanese = [is_cjk(question) for question in questions]
    return _JAPANESE if sum(in_japanese) * 2 > len(in_japanese) else _ENGLISH
