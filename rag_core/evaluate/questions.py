"""Question sets: what a person asks to find out how well their own library answers.

A set is a text file in UTF-8 with one JSON object a line (JSON Lines); blank lines are skipped. Only `question` is
needed; the more of the rest is given, the more can be measured:

    {"question": "How long are closed files kept?", "path": "policies/retention.docx", "page": 2,
     "excerpt": "Closed client files are kept for seven years", "answer": "seven years"}
    {"question": "Is there a gym?", "answerable": false}

- `question`: what is asked. Needed.
- `path`: the file that holds the answer (its name, or as much of the end of its path as makes it unique), or a list of
  files of which any one will do.
- `page`: the page, slide or sheet in that file, a whole number from 1. Needs `path`.
- `excerpt`: the words that answer the question, copied from the document. White space does not matter.
- `answer`: a short correct answer, compared with what is generated.
- `answerable`: false where the documents do not hold the answer and the right reply is to say so. True when left out.
- `history`: the conversation before a follow-up question, a list of `{"role": "user" or "assistant", "content": ...}`.
- `demo`: true where `alcove demo` asks this question.
- `claims`: sentences that could stand in an answer, each with whether the documents say so, a list of
  `{"text": ..., "supported": true or false}`: they are checked as the sentences of an answer are.

Further fields are allowed and ignored, so that notes can stand beside a question.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag_core.errors import UserError
from rag_core.messages import Message, say
from rag_core.types import ChatMessage

_ADVICE = say("correct-that-line")


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence, and whether the documents say so."""

    text: str
    supported: bool


@dataclass(frozen=True, slots=True)
class Question:
    """One line of a question set. `paths` is empty and `page` None where the person did not say."""

    question: str
    paths: tuple[str, ...] = ()
    page: int | None = None
    excerpt: str = ""
    answer: str = ""
    answerable: bool = True
    history: tuple[ChatMessage, ...] = ()
    demo: bool = False
    claims: tuple[Claim, ...] = ()

    @property
    def locates(self) -> bool:
        """Whether a retrieved passage can be judged right or wrong."""
        return self.answerable and bool(self.paths or self.excerpt)


def load_questions(path: Path) -> list[Question]:
    """Read a question set. Raises UserError, naming line and fault, for anything that is not as described above."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UserError(
            say("questions-unreadable", path=str(path), reason=error.strerror or ""), say("check-the-path")
        ) from error
    except UnicodeDecodeError as error:
        raise UserError(say("questions-not-utf8", path=str(path)), say("save-as-utf8")) from error
    # Not splitlines(): JSON may hold characters (U+2028 ...) that only Python takes for the end of a line.
    lines = enumerate(text.split("\n"), start=1)
    questions = [
        _question(line, say("line-of-file", number=number, name=path.name)) for number, line in lines if line.strip()
    ]
    if not questions:
        raise UserError(say("questions-empty", path=str(path)), say("write-questions"))
    return questions


def _question(line: str, where: Message) -> Question:
    try:
        stored = json.loads(line)
    except ValueError as error:
        raise UserError(say("line-not-json", line=where, error=str(error)), _ADVICE) from error
    if not isinstance(stored, dict):
        raise UserError(say("line-no-object", line=where), _ADVICE)
    question = Question(
        question=_text(stored, "question", where),
        paths=_paths(stored, where),
        page=_page(stored, where),
        excerpt=_text(stored, "excerpt", where),
        answer=_text(stored, "answer", where),
        answerable=_flag(stored, "answerable", where, default=True),
        history=_history(stored, where),
        demo=_flag(stored, "demo", where, default=False),
        claims=_claims(stored, where),
    )
    _check_sense(question, where)
    return question


def _check_sense(question: Question, where: Message) -> None:
    if not question.question.strip():
        raise UserError(say("line-no-question", line=where), _ADVICE)
    if question.page is not None and not question.paths:
        raise UserError(say("line-page-without-path", line=where), _ADVICE)
    if not question.answerable and (question.excerpt or question.answer or question.paths):
        raise UserError(say("line-contradicts-itself", line=where), _ADVICE)


def _text(stored: dict[str, Any], name: str, where: Message) -> str:
    value = stored.get(name)
    if value is not None and not isinstance(value, str):
        raise UserError(
            say("must-be-text", line=where, name=name, value=json.dumps(value, ensure_ascii=False)), _ADVICE
        )
    return value or ""


def _flag(stored: dict[str, Any], name: str, where: Message, *, default: bool) -> bool:
    value = stored.get(name, default)
    if not isinstance(value, bool):
        raise UserError(say("must-be-true-or-false", line=where, name=name), _ADVICE)
    return value


def _paths(stored: dict[str, Any], where: Message) -> tuple[str, ...]:
    value = stored.get("path")
    paths = [value] if isinstance(value, str) else (value or [])
    if not isinstance(paths, list) or not all(isinstance(path, str) and path.strip() for path in paths):
        raise UserError(say("path-must-be-name", line=where), _ADVICE)
    return tuple(paths)


def _page(stored: dict[str, Any], where: Message) -> int | None:
    value = stored.get("page")
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise UserError(say("page-must-be-number", line=where), _ADVICE)
    return value


def _history(stored: dict[str, Any], where: Message) -> tuple[ChatMessage, ...]:
    turns = stored.get("history") or []
    if not isinstance(turns, list):
        raise UserError(say("history-must-be-list", line=where), _ADVICE)
    for turn in turns:
        right = isinstance(turn, dict) and isinstance(turn.get("content"), str)
        if not right or turn.get("role") not in ("user", "assistant"):
            raise UserError(say("history-message-lacks", line=where), _ADVICE)
    return tuple(ChatMessage(turn["role"], turn["content"]) for turn in turns)


def _claims(stored: dict[str, Any], where: Message) -> tuple[Claim, ...]:
    claims = stored.get("claims") or []
    if not isinstance(claims, list):
        raise UserError(say("claims-must-be-list", line=where), _ADVICE)
    for claim in claims:
        right = isinstance(claim, dict) and isinstance(claim.get("text"), str) and claim["text"].strip()
        if not right or not isinstance(claim.get("supported"), bool):
            raise UserError(say("claim-lacks", line=where), _ADVICE)
    return tuple(Claim(claim["text"], claim["supported"]) for claim in claims)
