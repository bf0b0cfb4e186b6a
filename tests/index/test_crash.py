"""A writer is killed at random moments, again and again: every document is whole or absent."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rag_core.index.store import Store

ROUNDS = 25
WRITER = """
import random, sys
from pathlib import Path
from rag_core.index.store import Store
from tests.index.builders import add, vectors

seed = int(sys.argv[2])
rng = random.Random(seed)
index = Store.open(Path(sys.argv[1]))
print("open", flush=True)
for step in range(100_000):
    path = f"/documents/{rng.randrange(60)}.txt"
    kind = rng.random()
    if kind < 0.7:
        pages = [[f"Text {seed} {step} {page} {part} " * 20 for part in range(3)] for page in range(4)]
        add(index, path, *pages, title=f"Title {step}")
    elif kind < 0.8:
        index.put_failure(path, 1, 1, "It is empty.")
    elif kind < 0.9:
        index.remove_paths([path])
    else:
        pending = index.pending_chunks(40)
        index.put_vectors([chunk.chunk_id for chunk in pending], vectors(len(pending), seed=step))
        index.save()
"""


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1])
def test_killed_writers_leave_whole_documents(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    survivors = 0
    for number in range(ROUNDS):
        command = [sys.executable, "-c", WRITER, str(tmp_path), str(1000 * seed + number)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as child:
            assert child.stdout is not None
            assert child.stdout.readline().strip() == b"open"
            time.sleep(rng.uniform(0.0, 0.4))
            child.kill()
        survivors = _check(tmp_path)
    assert survivors > 10


def _check(folder: Path) -> int:
    with Store.open(folder) as store:
        assert store.problems(thorough=True) == []
        assert len(store.dense) == store.vector_count()
        documents = [d for d in store.documents() if d.state != "failed"]
        for document in documents:
            assert (document.pages, document.chunks) == (4, 12)
            for number in range(1, 5):
                assert store.page(document.document_id, number).text.startswith("Text")
        return len(documents)
