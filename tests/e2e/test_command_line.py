"""The real program in its own process, with the real packs: what a person at a terminal sees."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from rag_core.paths import SAMPLES

pytestmark = [pytest.mark.e2e, pytest.mark.packs]

# Ends the process at the first attempt to reach the network: what a firewall would have had to stop.
_SILENT = """
import os, sys
def refuse(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        os.write(2, f"network: {event} {args}".encode()); os._exit(99)
sys.addaudithook(refuse)
from app.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory, packs_dir: Path) -> Path:
    """A fresh data folder that shares the packs."""
    data = tmp_path_factory.mktemp("data")
    (data / "packs").symlink_to(packs_dir, target_is_directory=True)
    return data


def alcove(data_dir: Path, *arguments: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", _SILENT, *map(str, arguments)]
    environment = os.environ | {
        "ALCOVE_DATA_DIR": str(data_dir),
        "PYTHONIOENCODING": "utf-8",
        "QT_QPA_PLATFORM": "offscreen",  # where there is a screen, the demo ends with its window and waits for it
    }
    return subprocess.run(command, capture_output=True, text=True, env=environment, input=stdin, timeout=300)


def as_json(done: subprocess.CompletedProcess[str], codes: Sequence[int] = (0,)) -> Any:
    assert done.returncode in codes, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def samples(data_dir: Path) -> Path:
    done = alcove(data_dir, "add", SAMPLES)
    assert done.returncode == 0, done.stdout + done.stderr
    return data_dir


def test_the_demo_answers_cites_and_declines_without_network(data_dir: Path) -> None:
    done = alcove(data_dir, "demo")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "25" in done.stdout
    assert "office-handbook.pdf, page 3" in done.stdout
    assert "This was not found in these documents." in done.stdout
    assert "CPUExecutionProvider" in done.stdout
    assert "alcove ask --library samples" in done.stderr  # nobody would see a window here


def test_the_search_contract_holds(samples: Path) -> None:
    found = as_json(alcove(samples, "search", "annual leave for full-time employees", "--json", "--top-k", "3"))
    assert found["version"] == 1
    assert len(found["passages"]) == 3
    first = found["passages"][0]
    assert {
        "rank", "path", "page", "char_start", "char_end", "text",
        "dense_score", "lexical_score", "fused_score", "rerank_score",
    } <= set(first)  # fmt: skip
    assert first["path"].endswith("office-handbook.pdf") and first["page"] == 3
    assert first["char_end"] - first["char_start"] == len(first["text"])


def test_the_answer_contract_holds(samples: Path) -> None:
    answer = as_json(alcove(samples, "ask", "How many days of annual leave do full-time employees get?", "--json"))
    assert {"text", "not_found", "citations", "timings_ms", "providers"} <= set(answer)
    assert "25" in answer["text"]
    for citation in answer["citations"]:
        assert {"passage", "quote", "page", "start", "end"} <= set(citation)
        assert answer["text"][citation["start"] : citation["end"]] == f"[{citation['passage']}]"
        assert any(citation["quote"] in passage["text"] for passage in answer["passages"])
    assert answer["providers"] == dict.fromkeys(("embed", "rerank", "generate"), "CPUExecutionProvider")
    assert answer["counts"]["reranked"] > 0 and answer["reasons"] == {}


def test_not_found_has_its_own_exit_code(samples: Path) -> None:
    answer = as_json(alcove(samples, "ask", "How deep is the Mariana Trench?", "--json"), codes=(4,))
    assert answer["not_found"] is True
    assert answer["citations"] == []


def test_japanese_is_found(samples: Path) -> None:
    found = as_json(alcove(samples, "search", "地震のときの避難場所はどこですか。", "--json"))
    assert "横浜公園" in found["passages"][0]["text"]


def test_chat_keeps_its_context(samples: Path) -> None:
    questions = "How many days of annual leave do full-time employees get?\nAnd after ten years?\n\n"
    done = alcove(samples, "chat", stdin=questions)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("office-handbook.pdf, page 3") >= 2


def test_an_empty_library_and_a_wrong_name_are_told_plainly(data_dir: Path) -> None:
    done = alcove(data_dir, "ask", "Anything?", "--library", "nowhere")
    assert (done.returncode, done.stdout) == (1, "")
    assert "There is no library “nowhere”" in done.stderr
    assert "Traceback" not in done.stderr


def test_missing_packs_are_told_plainly(tmp_path: Path) -> None:
    done = alcove(tmp_path, "add", SAMPLES)
    assert done.returncode == 1
    assert "alcove packs build" in done.stderr and "Traceback" not in done.stderr


def test_a_pack_with_one_wrong_byte_is_refused(tmp_path: Path, packs_dir: Path) -> None:
    import shutil

    shutil.copytree(packs_dir, tmp_path / "packs")
    for damaged in (tmp_path / "packs" / "all-minilm-l6-v2").glob("*.onnx*"):
        content = bytearray(damaged.read_bytes())
        content[len(content) // 2] ^= 1
        damaged.write_bytes(content)
    done = alcove(tmp_path, "add", SAMPLES)
    assert done.returncode == 1
    assert "int8.onnx" in done.stderr and "damaged" in done.stderr
    assert alcove(tmp_path, "packs", "verify").returncode == 1


def test_doctor_finds_a_healthy_library(samples: Path) -> None:
    report = as_json(alcove(samples, "doctor", "--json"))
    assert report["healthy"]
    assert any(check["found"] == "zero orphans" for check in report["checks"])
    assert any(check["found"] == "CPUExecutionProvider" for check in report["checks"])


def test_questions_of_ones_own_are_scored(samples: Path) -> None:
    scores = as_json(alcove(samples, "eval", SAMPLES / "questions.jsonl", "--search-only", "--json"))
    assert scores["recall_at_5"] > 0.8
    assert scores["abstention_auroc"] > 0.8


@pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9 on Windows")
def test_killed_in_the_middle_every_document_is_whole_or_absent_and_adding_resumes(
    tmp_path: Path, packs_dir: Path
) -> None:
    (tmp_path / "packs").symlink_to(packs_dir, target_is_directory=True)
    folder = tmp_path / "documents"
    folder.mkdir()
    for number in range(100):
        text = "\n\n".join(f"Paragraph {i} of document {number} tells something of its own." * 8 for i in range(20))
        (folder / f"{number}.txt").write_text(text)
    environment = os.environ | {"ALCOVE_DATA_DIR": str(tmp_path)}
    for wait_s in (1.2, 2.0, 3.0):
        process = subprocess.Popen([sys.executable, "-m", "app", "add", str(folder)], env=environment)
        time.sleep(wait_s)
        process.send_signal(signal.SIGKILL)
        process.wait()
        library = tmp_path / "libraries" / "default"
        if (library / "library.db").exists():
            checks = as_json(alcove(tmp_path, "doctor", "--json"), codes=(0, 1))["checks"]
            assert next(check for check in checks if check["name"] == "orphans and damage")["found"] == "zero orphans"
    report = as_json(alcove(tmp_path, "add", folder, "--json"))
    assert report["failed"] == []
    listed = as_json(alcove(tmp_path, "list", "--json"))["documents"]
    assert len(listed) == 100 and {document["state"] for document in listed} == {"searchable"}
