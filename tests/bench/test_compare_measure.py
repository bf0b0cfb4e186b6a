"""One provider's figures: only what ran where it should counts, and nothing is another provider's."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from rag_core.bench.compare.comparing import Bench, compare
from rag_core.bench.compare.kept import KeptRuns
from rag_core.bench.compare.machine import this_machine
from rag_core.bench.compare.measure import Measurement, Steps
from rag_core.bench.compare.records import Order, Provider, ProviderRun, Work
from rag_core.bench.energy import MeterFailed
from rag_core.bench.energy.meter import Source
from rag_core.engine.models import StageModel
from rag_core.errors import DeviceFailed, PackCorrupt, ProviderUnavailable
from rag_core.messages import literal
from rag_core.paths import DataDir
from rag_core.progress import Progress, run_to_end
from rag_core.settings import Settings
from rag_core.stages import EMBED, GENERATE, READ
from rag_core.types import FloatArray
from tests.fakes_encoder import FakeEncoder
from tests.fakes_generator import FakeGenerator
from tests.fakes_models import FakeModels
from tests.fakes_reader import FakeReader

WORK = Work(files=1, questions=3, searches=4, texts=6, max_new_tokens=20)
HERE = Provider("cpu", "fake", "CPU", "a processor")


class Timed(FakeGenerator):
    """Tells times, as a real one does."""

    def generate(self, *messages: object, **how: object) -> Iterator[str]:
        pieces = super().generate(*messages, **how)  # type: ignore[arg-type]
        yield from pieces
        self.stats = replace(self.stats, prefill_ms=100.0, decode_ms=50.0, time_to_first_token_ms=110.0)


@dataclass
class Counter:
    """A meter that counts a joule at each look."""

    name: str = "counter"
    covers: str = "processor package"
    source: Source = "rapl"
    counted: float = 0.0
    broken: str = ""

    def joules(self) -> float:
        if self.broken:
            raise MeterFailed(self.broken)
        self.counted += 1.0
        return self.counted

    def close(self) -> None:
        return


def absent(run: ProviderRun) -> dict[str, str]:
    return {name: str(reason) for name, reason in run.absent.items()}


def _nodes(on: StageModel[Any]) -> dict[str, int]:
    return {"fake": 7} if on.stage == EMBED else {}


def made(models: FakeModels, tmp_path: Path, *meters: Counter, provider: Provider = HERE) -> ProviderRun:
    """What measuring gives, through the steps that a comparison takes."""
    runs = compared(lambda order: models, tmp_path, [provider], *meters)
    return runs[0]


def compared(
    models: Callable[[Order], FakeModels], tmp_path: Path, providers: list[Provider], *meters: Counter
) -> list[ProviderRun]:
    def measured(order: Order) -> Generator[Progress, None, ProviderRun]:
        assert order.idle_watts.keys() == {meter.name for meter in meters if not meter.broken}
        measurement = Measurement(order, models(order), meters, _nodes)
        yield from only_progress(measurement.steps())
        return measurement.run

    bench = Bench(
        data_dir=DataDir(tmp_path / "data"),
        scratch=tmp_path / "scratch",
        settings=Settings(),
        models=FakeModels(),
        machine=this_machine(),
        meters=meters,
        rest_s=0.0,
        measured=measured,
        busy_percent=lambda: 0.0,
    )
    (tmp_path / "scratch").mkdir(parents=True)
    return list(run_to_end(compare(bench, WORK, providers, KeptRuns(tmp_path / "kept.json", "key"))).runs)


def only_progress(steps: Steps) -> Iterator[Progress]:
    with closing(steps):
        yield from (step for step in steps if isinstance(step, Progress))


def timed_models() -> FakeModels:
    return FakeModels(generator=Timed())


def test_every_figure_is_measured_where_the_stages_run_here(tmp_path: Path) -> None:
    run = made(timed_models(), tmp_path)
    assert run.figures.keys() == {
        *("embed_tokens_per_s", "index_s", "index_s_per_mb", "index_chunks_per_s", "query_mean_s", "query_p95_s"),
        *("prefill_tokens_per_s", "first_token_s", "decode_tokens_per_s", "peak_memory_mib"),
    }
    assert absent(run) == {"rerank_pairs_per_s": "It is not installed."}
    assert run.figures["first_token_s"] == pytest.approx(0.11)
    assert run.stages["embed"].model == "fake-encoder" and run.stages["embed"].placement == {"fake": 7}
    assert (len(run.said), len(run.found), len(run.vectors)) == (3, 4, 6)
    assert all(len(found) == 10 for found in run.found)
    assert "".join(run.said[0].pieces) and run.said[0].prompt and run.said[0].sources
    assert not run.failure


def test_a_reader_has_its_rate_where_it_reads_here(tmp_path: Path) -> None:
    models = timed_models()
    models[READ].give(FakeReader())
    run = made(models, tmp_path)
    assert run.figures["rerank_pairs_per_s"] > 0 and run.absent == {}
    assert run.stages["rerank"].model == "fake-reader"


def test_questions_that_were_read_elsewhere_or_not_at_all_give_no_figures(tmp_path: Path) -> None:
    models = timed_models()
    models[READ].give(FakeReader())
    models[READ].move("CPUExecutionProvider", "The NPU refused the reader.")
    run = made(models, tmp_path / "elsewhere")
    assert absent(run)["rerank_pairs_per_s"] == absent(run)["query_mean_s"] == "The NPU refused the reader."
    models = timed_models()
    models[READ].give(refusal=PackCorrupt("Its pack is damaged."))
    run = made(models, tmp_path / "nowhere")
    assert absent(run)["rerank_pairs_per_s"] == absent(run)["query_mean_s"] == "Its pack is damaged."
    assert run.figures["decode_tokens_per_s"] > 0 and "rerank" not in run.stages


def test_what_was_measured_survives_being_kept_as_json(tmp_path: Path) -> None:
    run = made(timed_models(), tmp_path, Counter())
    assert ProviderRun.from_json(json.loads(json.dumps(run.as_json()))) == run


def test_a_stage_that_is_refused_leaves_its_reason_and_the_other_its_figures(tmp_path: Path) -> None:
    models = timed_models()
    models[EMBED].refusal = ProviderUnavailable("The embedder has not been prepared for this chip.")
    run = made(models, tmp_path)
    reason = "The embedder has not been prepared for this chip."
    assert absent(run)["embed_tokens_per_s"] == absent(run)["index_s"] == absent(run)["query_mean_s"] == reason
    assert run.figures["prefill_tokens_per_s"] > 0 and run.figures["decode_tokens_per_s"] > 0
    assert not run.vectors and not run.found and "embed" not in run.stages
    assert len(run.said) == 3


def test_a_stage_that_runs_elsewhere_gives_no_figures(tmp_path: Path) -> None:
    models = timed_models()
    models[GENERATE].move("CPUExecutionProvider", "The NPU refused the model.")
    run = made(models, tmp_path, Counter())
    for name in ("prefill_tokens_per_s", "first_token_s", "decode_tokens_per_s", "query_mean_s", "query_p95_s"):
        assert name not in run.figures and absent(run)[name] == "The NPU refused the model."
    assert not run.said and "query" not in run.energies
    assert run.figures["embed_tokens_per_s"] > 0 and run.energies["index"]


def test_a_stage_that_moves_while_it_works_gives_no_figures(tmp_path: Path) -> None:
    models = timed_models()

    class Moving(FakeEncoder):
        def encode_passages(self, texts: object) -> FloatArray:
            models[EMBED].move("elsewhere")
            return super().encode_passages(texts)  # type: ignore[arg-type]

    models[EMBED].give(Moving())
    run = made(models, tmp_path)
    assert absent(run)["embed_tokens_per_s"] == absent(run)["query_mean_s"] == "It ran on elsewhere."
    assert "embed_tokens_per_s" not in run.figures and not run.vectors and not run.found
    assert run.figures["prefill_tokens_per_s"] > 0


def test_a_device_that_fails_at_a_question_costs_the_model_its_figures(tmp_path: Path) -> None:
    class Failing(Timed):
        def generate(self, *messages: object, **how: object) -> Iterator[str]:
            if len(self.seen) > 1:
                raise DeviceFailed("The NPU did not answer.")
            yield from super().generate(*messages, **how)

    run = made(FakeModels(generator=Failing()), tmp_path)
    assert absent(run)["decode_tokens_per_s"] == absent(run)["query_mean_s"] == "The NPU did not answer."
    assert not run.said and run.figures["index_s"] > 0


def test_meters_count_each_piece_of_work_and_one_that_fails_says_why(tmp_path: Path) -> None:
    run = made(timed_models(), tmp_path, Counter("whole"), Counter("broken", broken="It was unplugged."))
    assert [energy.meter_name for energy in run.energies["query"]] == ["whole"]
    assert run.energies["query"][0].idle_joules is not None
    assert run.energy_notes["query"] == run.energy_notes["index"] == [literal("It was unplugged.")]
    assert run.intervals["index"].ended <= run.intervals["query"].started


def test_settings_that_a_device_may_choose_are_the_same_for_all(tmp_path: Path) -> None:
    seen: list[Settings] = []

    def models(order: Order) -> FakeModels:
        seen.append(order.work.settings(order.settings, order.provider.id))
        return timed_models()

    runs = compared(models, tmp_path, [HERE, replace(HERE, id="npu", title="NPU")])
    assert [settings.execution_provider for settings in seen] == ["cpu", "npu"]
    first, second = (replace(settings, execution_provider="") for settings in seen)
    assert first == second and 0 not in (first.chunk_tokens, first.top_k, first.evidence_tokens, first.max_new_tokens)
    assert [said.prompt for said in runs[0].said] == [said.prompt for said in runs[1].said]
