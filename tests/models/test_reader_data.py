"""What the reader learns from: splits by document, hard negatives that do not answer, claims, and pairs of tokens."""

from __future__ import annotations

import gzip
import json
import random
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from models.recipes.reader.pairs import PairEncoder
from models.recipes.reader.recipe import WEIGHTS
from models.training.reader.claims import fm2_splits, made_from, published, varied
from models.training.reader.mining import Group, mine_split, read_groups
from models.training.reader.preparing import drawn, mine_all
from models.training.reader.sets import SETS, QuestionSet, Source, assign, read_set
from models.training.reader.settings import Data, DataFiles, read_settings
from rag_core.errors import UserError
from rag_core.runtime.pack import hash_file
from rag_core.runtime.tokenizer import PackTokenizer
from tests.fakes_encoder import FakeEncoder
from tests.models.tiny_minilm import tokenizer

RIVERS = ("Danube", "Rhine", "Elbe", "Oder", "Loire", "Tagus", "Ebro", "Tiber")


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    with gzip.open(path, "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(row) + "\n" for row in rows)


def _rows(documents: int) -> list[dict[str, Any]]:
    """Two passages a document, two questions a passage; the second one is not answered."""
    rows: list[dict[str, Any]] = []
    for document in range(documents):
        river = RIVERS[document % len(RIVERS)]
        for part in range(2):
            answer = f"mill {document} {part}"
            passage = f"On the {river} stands the {answer}. It was built of stone in the year {1500 + document}."
            told: dict[str, Any] = {"passage": passage, "title": f"The_{river}_{document}"}
            start = passage.index(answer)
            rows += [
                told | {"question": f"What is on the {river}, bend {part}?", "answer": answer, "answer_start": start},
                told | {"question": f"Who sank the mill on the {river}?", "answer": None, "answer_start": None},
            ]
    return rows


def test_no_document_is_in_two_splits_and_each_gets_its_share(tmp_path: Path) -> None:
    _write(tmp_path / "rivers.jsonl.gz", _rows(100))
    splits = read_set(QuestionSet("rivers"), tmp_path)
    subjects = [{source.subject for source in splits[name]} for name in ("train", "dev", "test")]
    assert sum(map(len, subjects)) == len(set().union(*subjects)) == 100
    for found, share in zip(subjects, (85, 5, 10), strict=True):
        assert abs(len(found) - share) <= 1
    assert "The Danube 0" in set().union(*subjects)


def test_passages_that_are_documents_are_split_as_such(tmp_path: Path) -> None:
    _write(tmp_path / "rivers.jsonl.gz", _rows(50))
    splits = read_set(QuestionSet("rivers", whole=True), tmp_path)
    passages = [{text for source in splits[name] for text in source.passages} for name in splits]
    assert sum(map(len, passages)) == len(set().union(*passages)) == 100


def test_a_split_depends_on_the_documents_alone() -> None:
    sizes = {f"document {number}": 3 for number in range(60)}
    turned = dict(reversed(sizes.items()))
    assert dict(map(reversed, assign(sizes))) == dict(map(reversed, assign(turned)))  # type: ignore[arg-type]


def _sources(tmp_path: Path) -> list[Source]:
    _write(tmp_path / "rivers.jsonl.gz", _rows(40))
    return read_set(QuestionSet("rivers"), tmp_path)["train"]


def test_wrong_passages_look_right_and_do_not_hold_the_answer(tmp_path: Path) -> None:
    path = tmp_path / "groups.jsonl.gz"
    count = mine_split(QuestionSet("rivers"), _sources(tmp_path), FakeEncoder(), path)
    groups = list(read_groups(path))
    assert len(groups) == count > 100
    for group in groups:
        assert group.negatives and group.passage not in {text for _, text in group.negatives}
        if group.span:
            answer = group.passage[slice(*group.span)]
            assert answer.startswith("mill") and group.answerable
            assert not [text for _, text in group.negatives if answer in text]
    asked = [group for group in groups if group.span]
    near = [group for group in asked if group.subject.split()[1] in group.negatives[0][1]]
    assert len(near) > 0.9 * len(asked)  # the best one is about the same river


def test_where_questions_are_generic_wrong_passages_come_from_the_same_document(tmp_path: Path) -> None:
    path = tmp_path / "groups.jsonl.gz"
    mine_split(QuestionSet("rivers", within=True), _sources(tmp_path), FakeEncoder(), path)
    groups = list(read_groups(path))
    assert any(group.negatives for group in groups)
    assert {subject for group in groups for subject, _ in group.negatives if subject != group.subject} == set()


def _claim(number: int, page: int) -> dict[str, Any]:
    label = "SUPPORTS" if number % 2 else "REFUTES"
    return {
        "claim": f"claim {number}",
        "label": label,
        "evidence": [f"page {page} sentence {number}"],
        "distractors": [f"page {page} sentence {number + 2}", f"page {page} other {number}"],
    }


def test_claims_about_one_page_stay_together(tmp_path: Path) -> None:
    path = tmp_path / "fm2.jsonl.gz"
    _write(path, [_claim(page * 10 + turn, page) for page in range(60) for turn in (0, 2, 4)])
    splits = fm2_splits(path)
    pages = [{row["evidence"][0].split()[1] for row in rows} for rows in splits.values()]
    assert sum(map(len, pages)) == len(set().union(*pages)) == 60
    assert sum(map(len, splits.values())) == 180


def test_other_sentences_alone_support_nothing() -> None:
    rows = [_claim(number, number) for number in range(400)]
    made = list(varied(rows, random.Random(0)))
    by_claim = {row["claim"]: row for row in rows}
    for checked in made:
        row = by_claim[checked.sentence]
        has_evidence = row["evidence"][0] in checked.evidence
        assert checked.label == float(has_evidence and row["label"] == "SUPPORTS")
    assert len([c for c in made if "other" in c.evidence]) > 100


def test_claims_about_pages_that_are_kept_for_testing_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "claims.jsonl.gz"
    row = {"claim": "It is high , -LRB- really -RRB- .", "label": "SUPPORTS", "evidence": ["``Very'' high ."]}
    _write(path, [row | {"group": "Mount_Everest"}, row | {"group": "K2", "label": "NEUTRAL"}])
    assert [claim.label for claim in published(path)] == [1.0, 0.0]
    (left,) = published(path, {"mount everest"})
    assert (left.sentence, left.label) == ("It is high, (really).", 0.0)


def test_sentences_with_another_answer_are_not_supported() -> None:
    passage = "The mill was built in 1512. It burnt down twice."
    groups = [
        Group("set", f"When {year}?", "Mills", passage.replace("1512", year), (22, 26), True, (("", "nothing"),))
        for year in map(str, range(1500, 1600))
    ]
    made = list(made_from(groups, random.Random(1)))
    assert {checked.label for checked in made} == {0.0, 1.0} and len(made) > 80
    for checked in made:
        assert (checked.sentence in checked.evidence) == bool(checked.label)


def _encoder(tmp_path: Path, most: int = 20) -> PairEncoder:
    tokenizer().save(str(tmp_path / "tokenizer.json"))
    return PairEncoder(tmp_path / "tokenizer.json", most)


def test_a_pair_is_laid_out_as_the_graph_takes_it(tmp_path: Path) -> None:
    encoder = _encoder(tmp_path)
    words = PackTokenizer(tmp_path / "tokenizer.json").vocabulary()
    pair = encoder.pair("what is 7", "notice period", "the period is 30 7", (11, 16))
    assert [words[token] for token in pair.ids] == (
        "[CLS] what is 7 [SEP] notice period the period is 30 7 [SEP]".split()
    )
    assert words[pair.ids[pair.passage_at]] == "the"
    assert [words[token] for token in pair.ids[pair.start : pair.end + 1]] == ["is", "30"]
    plain = encoder.pair("what is 7", "", "the period is 30 7")
    assert words[plain.ids[plain.passage_at]] == "the" and (plain.start, plain.end) == (0, 0)


def test_what_is_cut_off_is_no_answer(tmp_path: Path) -> None:
    encoder = _encoder(tmp_path)
    long = " ".join(map(str, range(30)))
    pair = encoder.pair("what", "", long, (long.index("29"), len(long)))
    assert len(pair.ids) == 20 and (pair.start, pair.end) == (0, 0)
    assert encoder.pair("what", "", long, (0, 1)).start == 3
    asked = _encoder(tmp_path, 100).pair("what " * 80, "is " * 40, "7")
    assert len(asked.ids) == 1 + 64 + 1 + 24 + 1 + 1


def test_only_the_pinned_data_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "one.jsonl.gz"
    path.write_bytes(b"data")
    files = DataFiles([Data("one", path.name, hash_file(path), "elsewhere", "MIT")], [tmp_path / "no", tmp_path])
    assert files.path("one") == path
    path.write_bytes(b"other")
    assert files.path("one") == path  # it was proven
    with pytest.raises(UserError, match="not the file that the reader was trained on"):
        DataFiles([Data("one", path.name, "0" * 64, "elsewhere", "MIT")], [tmp_path]).path("one")
    with pytest.raises(UserError, match=r"one\.jsonl\.gz is missing"):
        DataFiles([Data("one", path.name, "0" * 64, "elsewhere", "MIT")], []).path("one")


def test_the_configuration_names_every_set_with_its_licence() -> None:
    settings = read_settings()
    named = {entry.name for entry in settings.data}
    published = {name for stage in settings.stages for name in stage.published}
    assert {kind.name for kind in SETS} | published | {"fm2_claims", "fm2_pages"} == named
    steps = [stage.until for stage in settings.stages]
    assert steps == sorted(set(steps)) and steps[-1] == settings.stages[-1].training["steps"]
    assert {name for stage in settings.stages for name in stage.shares} <= named
    assert all(entry.licence and entry.source and len(entry.sha256) == 64 for entry in settings.data)
    assert set(settings.made_from) <= named


def test_a_training_is_drawn_alike_each_time(tmp_path: Path) -> None:
    """From files to groups and claims, with every set in small."""
    settings = read_settings()
    for entry in settings.data:
        _write_small(tmp_path / entry.file)
    files = DataFiles([_pinned(entry, tmp_path) for entry in settings.data], [tmp_path])
    done = list(mine_all(files, FakeEncoder(), tmp_path / "groups", ["train"]))
    assert len(done) == len(SETS) and not list(mine_all(files, FakeEncoder(), tmp_path / "groups", ["train"]))
    stage = replace(settings.stages[-1], shares={"tatqa": 2.5}, made=5)
    groups, claims = drawn(settings, stage, files, tmp_path / "groups")
    counts = Counter(group.set for group in groups)
    assert set(counts) == {kind.name for kind in SETS} and counts["tatqa"] > 2 * counts["squadshifts"]
    assert (groups, claims) == drawn(settings, stage, files, tmp_path / "groups")
    assert not [claim for claim in claims if claim.sentence == "told of a page that is tested"]


def _pinned(entry: Data, folder: Path) -> Data:
    return Data(entry.name, entry.file, hash_file(folder / entry.file), entry.source, entry.licence)


def _write_small(path: Path) -> None:
    name = path.name.split(".")[0]
    if name == "fm2_pages":
        path.write_text(json.dumps(["a tested page"]), encoding="utf-8")
    elif name == "fm2_claims":
        _write(path, [_claim(page * 10 + turn, page) for page in range(20) for turn in (0, 2)])
    elif name in {kind.name for kind in SETS}:
        _write(path, _rows(20))
    else:
        claim = {"label": "SUPPORTS", "evidence": ["e"]}
        _write(
            path,
            [
                claim | {"claim": "c", "group": "g"},
                claim | {"claim": "told of a page that is tested", "group": "A_tested page"},
            ],
        )


def test_the_weights_are_in_the_project_and_small() -> None:
    if not WEIGHTS.exists():
        pytest.skip("the reader's weights are not in this checkout")
    assert WEIGHTS.stat().st_size <= 25_000_000
