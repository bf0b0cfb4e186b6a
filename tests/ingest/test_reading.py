"""Reading in child processes: whatever a file does to its reader, the program goes on and says what happened."""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from rag_core.errors import DocumentUnreadable, UnsupportedDocument, UserError
from rag_core.ingest.formats.format import Format
from rag_core.ingest.formats.registry import readable
from rag_core.ingest.reading import DocumentReader, ReadResult
from rag_core.process import pool as child_pool
from rag_core.settings import Settings
from tests.ingest.formats import samples
from tests.ingest.reading_here import read, read_many

ROOT = Path(__file__).resolve().parents[2]
BAD = Format((".bad",), ("text/x-test",), "tests.ingest.bad_format")
FORMATS = (BAD, *readable())


@pytest.fixture
def reader() -> Iterator[DocumentReader]:
    before = set(psutil.Process().children(recursive=True))
    settings = Settings(parse_memory_bytes=512 * 1024**2)
    with DocumentReader(settings, workers=2, formats=FORMATS) as one:
        yield one
    assert not set(psutil.Process().children(recursive=True)) - before


def bad(folder: Path, order: str, name: str = "file") -> Path:
    path = folder / f"{name}.bad"
    path.write_text(order)
    return path


def good(folder: Path, name: str = "good.txt") -> Path:
    path = folder / name
    path.write_text("Good text.")
    return path


def test_a_result_names_the_bytes_that_were_read(reader: DocumentReader, tmp_path: Path) -> None:
    path = good(tmp_path)
    result = read(reader, path)
    facts = path.stat()
    assert result.document_id == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (result.path, result.size_bytes, result.modified_ns) == (path, facts.st_size, facts.st_mtime_ns)
    assert result.parsed.pages[0].text == "Good text."


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ("crash", "stop unexpectedly"),
        ("exit", "stop unexpectedly"),
        ("bug", "ZeroDivisionError"),
        ("memory", "more memory"),
        ("delete", "deleted or moved while it was being read"),
        ("change", "changed while it was being read"),
    ],
)
def test_trouble_costs_one_document_and_nothing_else(
    reader: DocumentReader, tmp_path: Path, order: str, words: str
) -> None:
    if order == "delete" and sys.platform == "win32":
        pytest.skip("Windows does not let go of an open file")
    paths = [good(tmp_path, "a.txt"), bad(tmp_path, order), good(tmp_path, "b.txt"), good(tmp_path, "c.txt")]
    outcomes = dict(read_many(reader, paths))
    assert len(outcomes) == 4
    trouble = outcomes.pop(paths[1])
    assert isinstance(trouble, DocumentUnreadable)
    assert words in str(trouble.message)
    assert "file.bad" in str(trouble.message)
    assert trouble.advice
    assert all(isinstance(outcome, ReadResult) for outcome in outcomes.values())


def test_where_the_system_does_not_limit_memory_the_parent_watches(
    reader: DocumentReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child_pool, "_SYSTEM_LIMITS_MEMORY", False)
    monkeypatch.setattr(child_pool, "_memory_of", lambda pid: 2**40)
    assert "more memory" in str(refusal(reader, bad(tmp_path, "hang")).message)


def test_a_parser_that_hangs_is_stopped(tmp_path: Path) -> None:
    settings = Settings(parse_timeout_s=0.5)
    with DocumentReader(settings, workers=1, formats=FORMATS) as reader:
        read(reader, good(tmp_path))  # the first document of a child has more time, for its start
        with pytest.raises(DocumentUnreadable, match=r"longer than 0\.5 seconds"):
            read(reader, bad(tmp_path, "hang"))
        assert read(reader, good(tmp_path)).parsed.pages[0].text == "Good text."


def test_what_a_library_prints_disturbs_nothing(reader: DocumentReader, tmp_path: Path) -> None:
    assert read(reader, bad(tmp_path, "print")).parsed.pages[0].text == "print"


def test_children_are_kept_for_many_documents(reader: DocumentReader, tmp_path: Path) -> None:
    pids = {
        outcome.parsed.pages[0].text
        for _, outcome in read_many(reader, [bad(tmp_path, "pid", f"n{number}") for number in range(12)])
        if isinstance(outcome, ReadResult)
    }
    assert 1 <= len(pids) <= 2


def test_a_child_that_dies_while_idle_is_replaced(reader: DocumentReader, tmp_path: Path) -> None:
    first = read(reader, bad(tmp_path, "pid")).parsed.pages[0].text
    psutil.Process(int(first)).kill()
    psutil.wait_procs([process for process in psutil.Process().children() if process.pid == int(first)], timeout=5)
    assert read(reader, bad(tmp_path, "pid")).parsed.pages[0].text != first


def test_every_path_gets_its_own_answer(reader: DocumentReader, tmp_path: Path) -> None:
    paths = []
    for number in range(40):
        path = tmp_path / f"{number}.txt"
        path.write_text(f"Document {number}")
        paths.append(path)
    for path, outcome in read_many(reader, paths):
        assert isinstance(outcome, ReadResult)
        assert outcome.path == path
        assert outcome.parsed.pages[0].text == f"Document {path.stem}"


def test_stopping_in_the_middle_stops_the_work(reader: DocumentReader, tmp_path: Path) -> None:
    outcomes = read_many(reader, [good(tmp_path), bad(tmp_path, "hang", "one"), bad(tmp_path, "hang", "two")])
    assert next(outcomes)[0].name == "good.txt"
    outcomes.close()  # type: ignore[attr-defined]
    assert read(reader, good(tmp_path)).parsed.pages


def test_two_rounds_at_once_are_refused_not_mixed(reader: DocumentReader, tmp_path: Path) -> None:
    outcomes = read_many(reader, [good(tmp_path), bad(tmp_path, "hang")])
    next(outcomes)
    with pytest.raises(RuntimeError, match="in the middle"):
        read(reader, good(tmp_path))
    outcomes.close()  # type: ignore[attr-defined]


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_is_the_parents_to_decide_about(reader: DocumentReader, tmp_path: Path) -> None:
    child = int(read(reader, bad(tmp_path, "pid")).parsed.pages[0].text)
    os.kill(child, signal.SIGINT)
    assert read(reader, bad(tmp_path, "pid")).parsed.pages[0].text == str(child)


def test_children_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    """Also a child that is in the middle of a document."""
    script = f"""
import sys, pathlib
from rag_core.ingest.reading import DocumentReader
from tests.ingest.reading_here import read, read_many
from tests.ingest.test_reading import FORMATS
reader = DocumentReader(workers=2, formats=FORMATS)
idle = read(reader, pathlib.Path({str(bad(tmp_path, "pid", "idle"))!r})).parsed.pages[0].text
print(idle, flush=True)
list(read_many(reader, map(pathlib.Path, {[str(bad(tmp_path, "hang", "h1")), str(bad(tmp_path, "hang", "h2"))]!r})))
"""
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=ROOT)
    assert parent.stdout is not None
    with parent, contextlib.closing(parent.stdout):
        assert parent.stdout.readline().strip().isdigit()
        deadline = time.monotonic() + 10
        while len(children := psutil.Process(parent.pid).children()) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert len(children) == 2
        parent.kill()
        gone, alive = psutil.wait_procs(children, timeout=10)
    assert len(gone) == 2, alive


def test_a_child_loads_no_model_and_no_window() -> None:
    script = """
import sys
from rag_core.ingest.formats.registry import readable
from rag_core.ingest.reading_worker import ParseLimits, WorkerConfig, _prepared
_prepared(WorkerConfig(ParseLimits(), readable()))
print(*sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = set(done.stdout.split())
    assert not loaded & {"onnxruntime", "faiss", "PySide6", "onnxruntime_genai", "sqlcipher3", "lxml", "pypdfium2"}


def refusal(reader: DocumentReader, path: Path) -> UserError:
    with pytest.raises(UserError) as caught:
        read(reader, path)
    assert caught.value.advice
    return caught.value


def test_files_that_hold_nothing_readable_say_so(reader: DocumentReader, tmp_path: Path) -> None:
    def file(name: str, data: bytes) -> Path:
        (tmp_path / name).write_bytes(data)
        return tmp_path / name

    assert "is empty" in str(refusal(reader, file("a.pdf", b"")).message)
    whole = samples.docx(samples.paragraph("text " * 2000))
    assert "damaged" in str(refusal(reader, file("cut.docx", whole[: len(whole) // 2])).message)
    picture = refusal(reader, file("picture.txt", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20))
    assert isinstance(picture, UnsupportedDocument)
    assert "picture" in str(picture.message)
    assert isinstance(refusal(reader, file("noise.txt", bytes(range(256)) * 20)), UnsupportedDocument)
    for name in ("letter.rtf", "letter.txt"):
        assert isinstance(refusal(reader, file(name, b"{\\rtf1 Hello}")), UnsupportedDocument)
    assert "cannot be read yet" in str(refusal(reader, file("mail.eml", b"From: a\nTo: b\n\nHello")).message)
    assert isinstance(refusal(reader, file("code.zip", samples.package({"a.txt": "x"}))), UnsupportedDocument)


def test_places_that_are_no_files_say_so(reader: DocumentReader, tmp_path: Path) -> None:
    assert "not there" in str(refusal(reader, tmp_path / "gone.txt").message)
    assert "not a file" in str(refusal(reader, tmp_path).message)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes")
def test_a_named_pipe_does_not_block(reader: DocumentReader, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    assert "not a file" in str(refusal(reader, tmp_path / "pipe.txt").message)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_says_so(reader: DocumentReader, tmp_path: Path) -> None:
    path = good(tmp_path)
    path.chmod(0)
    assert "may not be read" in str(refusal(reader, path).message)


def test_a_very_long_path_is_read(reader: DocumentReader, tmp_path: Path) -> None:
    folder = tmp_path
    while len(str(folder)) < 300:
        folder /= "a folder with quite a long name"
    folder.mkdir(parents=True)
    assert read(reader, good(folder)).parsed.pages[0].text == "Good text."


def test_a_name_that_is_not_unicode_is_read(reader: DocumentReader, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.txt")
    try:
        path.write_text("Good text.")
    except OSError:
        pytest.skip("this file system wants Unicode names")
    assert read(reader, path).path == path


def test_a_text_file_of_200_megabytes_is_refused_without_holding_it(tmp_path: Path) -> None:
    """Text of 200 MB needs 400 MB to be decoded; the child has 320 MB in all."""
    path = tmp_path / "big.txt"
    with path.open("wb") as file:
        file.write(b"A line of a very long log file.\n" * 4000)
        file.truncate(200 * 1024**2)  # the rest is a hole: NULs, without filling the disk
    with DocumentReader(Settings(parse_memory_bytes=320 * 1024**2), workers=1) as reader:
        assert "limit of 67,108,864 characters" in str(refusal(reader, path).message)


def test_a_file_above_the_limit_is_refused_by_its_size(tmp_path: Path) -> None:
    path = good(tmp_path)
    with DocumentReader(Settings(max_file_bytes=5), workers=1) as reader:
        assert "the limit is" in str(refusal(reader, path).message)
