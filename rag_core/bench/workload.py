"""What is measured with: documents and questions that are the same on every machine, and how figures are taken."""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence
from pathlib import Path

from rag_core.evaluate.questions import Question, load_questions
from rag_core.paths import SAMPLES

_SENTENCES_PER_FILE = 120


def bench_questions() -> list[Question]:
    """The questions of the samples that stand alone."""
    return [question for question in load_questions(SAMPLES / "questions.jsonl") if not question.history]


def write_documents(folder: Path, questions: Sequence[Question], files: int) -> int:
    """Copies of the samples, and text files of shuffled sentences: the same on every machine. Returns their bytes."""
    folder.mkdir(parents=True)
    for sample in sorted(SAMPLES.iterdir()):
        if sample.suffix != ".jsonl":
            (folder / sample.name).write_bytes(sample.read_bytes())
    sentences = [q.excerpt for q in questions if q.excerpt]
    shuffle = random.Random(20261121)
    for number in range(files):
        chosen = shuffle.choices(sentences, k=_SENTENCES_PER_FILE)
        paragraphs = [" ".join(chosen[i : i + 6]) for i in range(0, len(chosen), 6)]
        (folder / f"{number:04}.txt").write_text("\n\n".join(paragraphs), encoding="utf-8", newline="\n")
    return sum(path.stat().st_size for path in folder.iterdir())


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile of a non-empty sequence."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def peak_memory_bytes() -> int:
    """The most memory that this process has held at once (resident set)."""
    if sys.platform == "win32":
        import psutil

        return int(psutil.Process().memory_info().peak_wset)
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
