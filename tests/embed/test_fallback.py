"""When a device fails, the work goes on elsewhere: every text has its vector, and the person is told why."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from rag_core.embed.encoder import Encoder
from rag_core.embed.opening import encoder_of, open_encoder
from rag_core.errors import Cancelled, DeviceFailed, PackCorrupt, ProviderUnavailable, UserError
from rag_core.messages import literal
from rag_core.progress import CancelToken
from rag_core.runtime.pack import Pack
from rag_core.runtime.places import Place, Places
from rag_core.runtime.plugins import CPU, QNN
from rag_core.runtime.session import Session
from tests.embed.static_encoders import Log, source_pack, static_pack, static_place
from tests.runtime.fakes import Disguised, the_processor

MANY = tuple(f"{n} the notice " + "is " * (n % 28) for n in range(50))
GONE = DeviceFailed("The Snapdragon NPU refused a run.", "")


@dataclass
class TwoDevices:
    """An NPU that is a CPU in disguise, and the CPU."""

    source: Pack
    static: Pack
    log: Log = field(default_factory=Log)
    told: list[str] = field(default_factory=list)

    def encoder(self, first: Place | None = None, reason: str = "", second: bool = True) -> Encoder:
        processor = Place(the_processor(), self.source, threads=2)
        found = (first or self.npu(), *([processor] if second else []))
        return encoder_of(self.source, Places(found, literal(reason)))

    def npu(self) -> Disguised:
        return static_place(self.static, self.log, told=self.told)


@pytest.fixture
def places(tmp_path: Path) -> TwoDevices:
    source = source_pack(tmp_path)
    return TwoDevices(source, static_pack(tmp_path, source))


def _where(encoder: Encoder) -> tuple[str, str, str]:
    placement = encoder.placement
    return placement.device.provider, placement.precision, str(placement.reason)


def _nearest(encoder: Encoder, places: TwoDevices) -> float:
    wanted = open_encoder(places.source, threads=1).encode_passages(MANY)
    return float(np.sum(encoder.encode_passages(MANY) * wanted, axis=1).min())


def test_the_first_place_that_works_does_all_the_work(places: TwoDevices) -> None:
    encoder = places.encoder()
    assert _nearest(encoder, places) > 0.9999
    assert _where(encoder) == (QNN, "fp16", "")
    assert places.told == []


@pytest.mark.parametrize("fail_at", [0, 1, 5, 20])
def test_a_failure_at_any_run_loses_and_mixes_no_text(places: TwoDevices, fail_at: int) -> None:
    places.log.fail_at, places.log.error = fail_at, GONE
    encoder = places.encoder()
    assert _nearest(encoder, places) > 0.9999
    assert len(places.log.runs) == fail_at + 1
    assert _where(encoder) == (CPU, "fp32", "The Snapdragon NPU refused a run. Now the processor (CPU) is used.")
    assert places.told == ["The Snapdragon NPU refused a run."]


def test_what_has_its_vector_is_not_encoded_again(places: TwoDevices) -> None:
    places.log.fail_at, places.log.error = 8, GONE
    rows = [row for rows, _ in places.encoder().batches(MANY, "passage", None) for row in rows]
    assert sorted(rows) == list(range(len(MANY)))


def test_a_place_that_does_not_open_is_passed_over_and_only_a_failed_device_is_remembered(places: TwoDevices) -> None:
    def missing(session: Session) -> Session:
        raise ProviderUnavailable("This machine has no NPU.")

    encoder = places.encoder(replace(places.npu(), noted=missing), "The contexts are old.")
    encoder.placement.opened()
    assert (
        str(encoder.placement.reason)
        == "The contexts are old. This machine has no NPU. Now the processor (CPU) is used."
    )
    assert encoder.encode_queries(["notice"]).shape == (1, encoder.dim)
    assert places.told == []


def test_without_another_place_the_failure_is_raised_and_remembered(places: TwoDevices) -> None:
    places.log.fail_at, places.log.error = 3, GONE
    with pytest.raises(DeviceFailed, match="refused a run"):
        places.encoder(second=False).encode_passages(MANY)
    assert places.told == ["The Snapdragon NPU refused a run."]


@pytest.mark.parametrize("error", [PackCorrupt("The context is cut short."), ProviderUnavailable("No memory.")])
def test_damaged_files_say_nothing_about_the_device(places: TwoDevices, error: UserError) -> None:
    places.log.fail_at, places.log.error = 2, error
    encoder = places.encoder()
    assert _nearest(encoder, places) > 0.9999
    assert str(encoder.placement.reason).startswith(str(error.message))
    assert places.told == []


def test_cancelled_work_stays_where_it_is(places: TwoDevices) -> None:
    encoder = places.encoder()
    token = CancelToken()
    steps = encoder.batches(MANY, "passage", token)
    next(steps)
    token.cancel()
    with pytest.raises(Cancelled):
        list(steps)
    assert _where(encoder) == (QNN, "fp16", "")
