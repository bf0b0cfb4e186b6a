"""A question set says what it means, or says which line is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag_core.errors import UserError
from rag_core.evaluate.questions import Claim, Question, load_questions
from rag_core.types import ChatMessage


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "mine.jsonl"
    path.write_bytes(text.encode())
    return path


def test_every_field_is_read(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        '\ufeff{"question": "How long?", "path": "a/policy.docx", "page": 2, "excerpt": "seven years", "answer": "7",'
        ' "history": [{"role": "user", "content": "Files?"}], "demo": true, "note": "mine",'
        ' "claims": [{"text": "Seven years.", "supported": true}]}\r\n'
        "\r\n"
        '{"question": "Gym?", "answerable": false}\r\n',
    )
    assert load_questions(path) == [
        Question(
            "How long?",
            ("a/policy.docx",),
            2,
            "seven years",
            "7",
            True,
            (ChatMessage("user", "Files?"),),
            True,
            (Claim("Seven years.", True),),
        ),
        Question("Gym?", answerable=False),
    ]


def test_several_files_may_hold_the_answer(tmp_path: Path) -> None:
    assert load_questions(written(tmp_path, '{"question": "q", "path": ["a.md", "b.md"]}'))[0].paths == ("a.md", "b.md")


def test_a_line_separator_inside_a_text_does_not_end_the_line(tmp_path: Path) -> None:
    assert len(load_questions(written(tmp_path, '{"question": "one\u2028two"}'))) == 1


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("How long?", "Line 2 of mine.jsonl is not JSON"),
        ('["How long?"]', "not a JSON object"),
        ('{"answer": "7"}', "no “question”"),
        ('{"question": 7}', "“question” must be a text"),
        ('{"question": "q", "path": 3}', "“path” must be the name"),
        ('{"question": "q", "path": "a", "page": "2"}', "“page” must be a whole number"),
        ('{"question": "q", "path": "a", "page": true}', "“page” must be a whole number"),
        ('{"question": "q", "page": 2}', "“page” but no “path”"),
        ('{"question": "q", "answerable": "no"}', "“answerable” must be true or false"),
        ('{"question": "q", "answerable": false, "answer": "7"}', "has no answer, and gives one"),
        ('{"question": "q", "history": "before"}', "“history” must be a list"),
        ('{"question": "q", "claims": "Seven years."}', "“claims” must be a list"),
        ('{"question": "q", "claims": [{"text": "Seven years."}]}', "each of the “claims”"),
        ('{"question": "q", "claims": [{"text": " ", "supported": true}]}', "each of the “claims”"),
        ('{"question": "q", "history": [{"role": "system", "content": "x"}]}', "each message of “history”"),
    ],
)
def test_a_fault_is_named_with_its_line(tmp_path: Path, line: str, complaint: str) -> None:
    with pytest.raises(UserError, match=r"^Line 2 of mine\.jsonl") as caught:
        load_questions(written(tmp_path, '{"question": "fine"}\n' + line))
    assert complaint in str(caught.value.message)


def test_an_unreadable_set_is_a_persons_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        load_questions(tmp_path / "absent.jsonl")
    with pytest.raises(UserError, match="is empty"):
        load_questions(written(tmp_path, "\n \n"))
    (tmp_path / "latin.jsonl").write_bytes(b'{"question": "caf\xe9"}')
    with pytest.raises(UserError, match="not UTF-8"):
        load_questions(tmp_path / "latin.jsonl")
