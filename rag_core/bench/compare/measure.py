"""Measures one provider, in the process that is made for it.

What a stage gave counts only if the stage ran where it was asked to, from the first run to the last: otherwise its
figures are absent, with the reason, and never those of another provider.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Generator as Work
from contextlib import contextmanager
from typing import Any, cast

from rag_core.bench.compare.answers import figures_of, name_of, rerank_rate, said_of
from rag_core.bench.compare.energy_use import Use, counted
from rag_core.bench.compare.hearing import Heard, HeardModels
from rag_core.bench.compare.records import Order, ProviderRun, StageFacts
from rag_core.bench.energy import EnergyMeter
from rag_core.bench.workload import bench_questions, peak_memory_bytes
from rag_core.engine import Engine
from rag_core.engine.models import Models, StageModel
from rag_core.errors import DeviceFailed, MemoryDenied, PackCorrupt, PackMissing, ProviderUnavailable
from rag_core.messages import NOTHING, Message, say
from rag_core.paths import DataDir
from rag_core.progress import CancelToken, Progress
from rag_core.stages import EMBED, GENERATE, READ, PlacedModel, Stage
from rag_core.text.language import language_of
from rag_core.types import Answer, ChatMessage

DEPTH = 10  # searches are compared by their first ten
LIBRARY = "bench"
FIGURES = {
    EMBED.name: ("embed_tokens_per_s", "index_s", "index_s_per_mb", "index_chunks_per_s"),
    READ.name: ("rerank_pairs_per_s",),
    GENERATE.name: ("prefill_tokens_per_s", "first_token_s", "decode_tokens_per_s"),
    "query": ("query_mean_s", "query_p95_s"),
}
_NOT_THERE = (ProviderUnavailable, DeviceFailed, MemoryDenied, PackMissing, PackCorrupt)
Steps = Work[Progress | ProviderRun, None, None]
CountNodes = Callable[[StageModel[PlacedModel]], dict[str, int]]


class Measurement:
    """`steps` yields progress, and `run` as far as it is measured after each part of it. `count_nodes` tells of a
    stage that was opened how many nodes each provider has.
    """

    def __init__(self, order: Order, models: Models, meters: Sequence[EnergyMeter], count_nodes: CountNodes) -> None:
        self.run = ProviderRun(order.provider)
        self._order = order
        self._heard = HeardModels(models, [])
        self._models = cast(Models, self._heard)
        self._meters = meters
        self._count_nodes = count_nodes
        self._lost: dict[str, Message] = {}  # stages that are not where they should be, and why
        knows = models[EMBED].knows
        self._never_there: set[str] = set()  # optional stages that nothing is installed for
        self._questions = [question for question in bench_questions() if knows(language_of(question.question))]
        self._done = 0
        asked = [*self._questions[: order.work.searches], *self._questions[: order.work.questions]]
        self._total = 5 + len(asked)

    def steps(self) -> Steps:
        # The largest model first: on an NPU it decides which memory is left in one piece.
        for row in (GENERATE, EMBED, READ):
            yield from self._open(row)
        work = self._order.work
        settings = work.settings(self._order.settings, self._order.provider.id)
        with Engine(DataDir(self._order.folder), LIBRARY, settings, models=self._models) as engine:
            for stage, part in ((EMBED, self._index), (EMBED, self._search), (GENERATE, self._ask)):
                if stage.name not in self._lost:
                    yield from part(engine)
                yield self._measured()
        self._done = self._total
        yield self._progress(NOTHING)

    def _open(self, stage: Stage[Any]) -> Steps:
        yield self._progress(say("step-opening", stage=stage.word))
        on = self._models[stage]
        if stage.optional and on.is_missing:
            self._never_there.add(stage.name)
        started = time.perf_counter()
        with self._only_here(stage.name):
            model = on.model.pack_id
            load_s = time.perf_counter() - started
            nodes = self._count_nodes(on)
            self.run.stages[stage.name] = StageFacts(model, on.precision, self._where(stage.name), nodes, load_s)
        yield self._measured()

    def _index(self, engine: Engine) -> Steps:
        """First some texts whose vectors are compared; the first runs are slower than those that follow."""
        yield self._progress(say("step-embedding-texts"))
        order, reading = self._order, self._order.reading
        with self._only_here(EMBED.name):
            texts = [text for q in self._questions for text in (q.question, q.excerpt) if text]
            self.run.vectors = self._models[EMBED].model.encode_passages(texts[: order.work.texts]).tolist()
            yield self._progress(say("step-indexing"))
            with counted(self._meters, order.idle_watts) as use:
                started = time.perf_counter()
                for step in engine.add([order.documents]):
                    if isinstance(step, Progress) and step.stage == "embed":
                        yield step  # on a slow device this takes minutes
                seconds = time.perf_counter() - started
            self._keep("index", use)
            whole = reading.seconds + seconds
            self.run.figures |= {
                "embed_tokens_per_s": reading.tokens / seconds,
                "index_s": whole,
                "index_s_per_mb": whole / (reading.bytes / 1e6),
                "index_chunks_per_s": reading.chunks / whole,
            }

    def _search(self, engine: Engine) -> Steps:
        with self._only_here(EMBED.name):
            for question in self._questions[: self._order.work.searches]:
                yield self._progress(say("step-searching"))
                found = engine.search(question.question, top_k=DEPTH).passages
                self.run.found.append([name_of(passage) for passage in found])

    def _ask(self, engine: Engine) -> Steps:
        """Where the embedder is missing, passages are found by their words: the language model has its figures, but
        these are no queries.
        """
        with self._only_here(GENERATE.name):
            generator = self._models[GENERATE].model
            list(generator.generate([ChatMessage("user", "Hello")], max_new_tokens=1, cancel=CancelToken()))
            self._heard.calls.clear()
            answers: list[tuple[Answer, Heard | None]] = []
            with counted(self._meters, self._order.idle_watts) as use:
                for question in self._questions[: self._order.work.questions]:
                    yield self._progress(say("step-asking"))
                    before = len(self._heard.calls)
                    answer = engine.answer(question.question)
                    answers.append((answer, self._heard.calls[before] if len(self._heard.calls) > before else None))
            self._keep("query", use)
            self.run.said = [said_of(answer, heard) for answer, heard in answers]
            self.run.figures |= figures_of(answers)
            if rate := rerank_rate([answer for answer, _ in answers]):
                self.run.figures["rerank_pairs_per_s"] = rate
        for used in (EMBED.name, READ.name):
            with self._only_here(used):
                pass  # it was used for the questions too

    @contextmanager
    def _only_here(self, stage: str) -> Iterator[None]:
        """What is measured inside is given up where the stage refuses, or does not end where it should run."""
        try:
            yield
        except _NOT_THERE as refusal:
            self._give_up(stage, refusal.message)
            return
        if stage not in self._lost and (where := self._where(stage)) != self._order.provider.name:
            self._give_up(stage, self._models.reasons.get(stage) or say("ran-elsewhere", where=where))

    def _where(self, stage: str) -> str:
        return self._models.providers.get(stage, "–")

    def _give_up(self, stage: str, reason: Message) -> None:
        self._lost[stage] = reason

    def _keep(self, name: str, use: Use) -> None:
        self.run.energies[name] = use.energies
        self.run.energy_notes[name] = use.notes
        self.run.intervals[name] = use.interval

    def _measured(self) -> ProviderRun:
        """Without anything of the stages that are given up. A question is whole without a reader where none is
        installed: then it is so for every provider.
        """
        run, lost = self.run, dict(self._lost)
        needed = [reason for stage, reason in lost.items() if stage not in self._never_there]
        if needed:
            lost["query"] = needed[0]
            run.energies.pop("query", None)
        if EMBED.name in lost:
            run.vectors, run.found = [], []
            run.energies.pop("index", None)
        if GENERATE.name in lost:
            run.said = []
        for stage, reason in lost.items():
            run.stages.pop(stage, None)
            for name in FIGURES[stage]:
                run.figures.pop(name, None)
                run.absent[name] = reason
        run.figures["peak_memory_mib"] = peak_memory_bytes() / 1024**2
        return run

    def _progress(self, detail: Message) -> Progress:
        done = self._done
        self._done = min(self._total, done + 1)
        return Progress("measure", done, self._total, say("unit-steps-on", provider=self._order.provider.title), detail)
