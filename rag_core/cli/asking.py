"""`alcove search`, `ask` and `chat`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Generator
from dataclasses import replace

from rag_core.cli import DONE, NOT_FOUND
from rag_core.cli.contract import answer_contract, search_contract
from rag_core.cli.opening import filters_of, open_engine
from rag_core.cli.output import Output
from rag_core.cli.words import in_words
from rag_core.conversations.places import place_of
from rag_core.errors import UserError
from rag_core.messages import NOTHING, Message, joined, say
from rag_core.stages import EMBED, GENERATE, READ
from rag_core.types import Answer, AskEvent, ChatMessage, Passage, Quote, SearchResult, TextStreamed

_EXCERPT_CHARS = 200
_STEPS = {
    EMBED.name: say("step-embedding"),
    READ.name: say("step-reading-closely"),
    GENERATE.name: say("step-answering"),
}


def search(arguments: argparse.Namespace) -> int:
    output = Output(arguments.json)
    with open_engine(arguments, read_only=True) as engine:
        result = engine.search(arguments.query, filters=filters_of(arguments))
    output.document(search_contract(result))
    for passage in result.passages:
        output.text(f"{passage.rank}. {place(passage)}\n   {_excerpt(passage.text)}\n")
    _show_notices(output, result)
    _show_reasons(output, result)
    if not result.passages:
        output.text(say("nothing-found"))
        return NOT_FOUND
    return DONE


def ask(arguments: argparse.Namespace) -> int:
    output = Output(arguments.json)
    with open_engine(arguments, read_only=True) as engine:
        answer = show_answer(output, engine.ask(arguments.question, filters=filters_of(arguments)))
    output.document(answer_contract(answer))
    return NOT_FOUND if answer.not_found else DONE


def chat(arguments: argparse.Namespace) -> int:
    """One question a line; an empty line or the end of input stops. Ctrl-C stops an answer, not the conversation."""
    if arguments.json:
        raise UserError(say("chat-without-json"), say("ask-with-json"))
    output = Output(as_json=False)
    filters = filters_of(arguments)
    history: list[ChatMessage] = []
    told: set[Message] = set()
    with open_engine(arguments, read_only=True) as engine:
        output.notice(say("chat-begins"))
        while question := _read_question():
            answer = _answer_or_stop(output, engine.ask(question, history=history, filters=filters), told)
            if answer is not None:
                history += [ChatMessage("user", question), ChatMessage("assistant", answer.text)]
            output.text()
    return DONE


def _read_question() -> str:
    if sys.stdin.isatty():
        sys.stderr.write("\n> ")
        sys.stderr.flush()
    return sys.stdin.readline().strip()


def _answer_or_stop(output: Output, events: Generator[AskEvent, None, Answer], told: set[Message]) -> Answer | None:
    try:
        return show_answer(output, events, told)
    except KeyboardInterrupt:
        output.notice(f"\n({in_words(say('answer-stopped'))})")
        return None


def show_answer(output: Output, events: Generator[AskEvent, None, Answer], told: set[Message] | None = None) -> Answer:
    """Print the sentence that answers, the answer as it streams, then its proof: each cited sentence with its file and
    page. The answer comes back with all that was noticed on the way.

    `told` are reasons that were given with an earlier answer of the same conversation.
    """
    answer = None
    noticed: tuple[Message, ...] = ()
    by_rank: dict[int, Passage] = {}
    for event in events:
        match event:
            case SearchResult() as result:
                _show_notices(output, result)
                noticed, by_rank = result.notices, {passage.rank: passage for passage in result.passages}
            case Quote() as quote if quote.answer_text:
                output.text(f"{_quoted(_marked(quote))}\n  {place(by_rank[quote.passage])}\n")
            case TextStreamed(text):
                output.text(text, end="")
            case Answer() as finished:
                answer = finished
    assert answer is not None, "a question always ends with its answer"
    output.text()
    _show_proof(output, answer)
    _show_notices(output, answer)
    _show_reasons(output, answer, told)
    return replace(answer, notices=(*noticed, *answer.notices))


def _marked(quote: Quote) -> str:
    """The sentence in one line, the words in it that answer between asterisks."""
    start, end = (at - quote.char_start for at in (quote.answer_start or 0, quote.answer_end or 0))
    return _one_line(f"{quote.text[:start]}*{quote.answer_text}*{quote.text[end:]}")


def _show_proof(output: Output, answer: Answer) -> None:
    by_rank = {passage.rank: passage for passage in answer.passages}
    shown: set[tuple[int, int]] = set()
    for citation in answer.citations:
        if (citation.passage, citation.char_start) in shown:
            continue
        shown.add((citation.passage, citation.char_start))
        output.text(
            f"  [{citation.passage}] {place(by_rank[citation.passage])}\n      {_quoted(_one_line(citation.quote))}"
        )
    if answer.not_found and answer.quote:
        nearest = by_rank[answer.quote.passage]
        from_there = nearest.text[answer.quote.char_start - nearest.char_start :]
        output.text(
            f"  {in_words(say('nearest-passage', place=place(nearest)))}\n      {_quoted(_excerpt(from_there))}"
        )
    for start, end in answer.unsupported:
        output.text(f"  {in_words(say('not-confirmed', sentence=answer.text[start:end]))}")


def place(passage: Passage) -> str:
    """Where a passage stands, as a person would say it."""
    headings = f" ({' > '.join(passage.headings)})" if passage.headings else ""
    page = in_words(place_of(passage))
    return f"{', '.join(part for part in (passage.path, page) if part)}{headings}"


def _show_notices(output: Output, result: SearchResult | Answer) -> None:
    for notice in result.notices:
        output.notice(notice)


def _show_reasons(output: Output, result: SearchResult | Answer, told: set[Message] | None = None) -> None:
    """Why a step did not run where it was asked to, or went on elsewhere."""
    from rag_core.runtime.devices import plain_name

    known = set() if told is None else told
    for stage, reason in result.reasons.items():
        where = plain_name(result.providers[stage]) if stage in result.providers else ""
        ran = say("step-ran-on", step=_STEPS.get(stage, stage), where=where) if where else NOTHING
        sentence = joined((ran, reason))
        if sentence not in known:
            output.notice(sentence)
            known.add(sentence)


def _quoted(words: str) -> str:
    return in_words(say("quoted", words=words))


def _excerpt(text: str) -> str:
    line = _one_line(text)
    return line if len(line) <= _EXCERPT_CHARS else line[:_EXCERPT_CHARS].rsplit(" ", 1)[0] + " …"


def _one_line(text: str) -> str:
    return " ".join(text.split())
