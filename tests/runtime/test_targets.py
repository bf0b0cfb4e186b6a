"""Which chip models are prepared for here: known from what the system calls the processor."""

from __future__ import annotations

import pytest

from rag_core.errors import UserError
from rag_core.messages import literal
from rag_core.runtime.devices import Inventory
from rag_core.runtime.npu.targets import EMULATOR, TARGETS, target_named, target_of_chip, this_target, why_no_target
from tests.runtime.fakes import PROCESSOR, device


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Snapdragon(R) X Elite - X1E80100 - Qualcomm(R) Oryon(TM) CPU", "snapdragon-x-elite"),
        ("Snapdragon(R) X 12-core X1E78100 @ 3.40 GHz", "snapdragon-x-elite"),
        ("Snapdragon(R) X 10-core X1P64100 @ 3.40 GHz", "snapdragon-x-elite"),
        ("Snapdragon(R) X Plus - X1P-42-100 - Qualcomm(R) Oryon(TM) CPU", "snapdragon-x-plus"),
        ("Snapdragon(R) X - X126100 - Qualcomm(R) Hexagon(TM) NPU", "snapdragon-x-plus"),
        ("Snapdragon(R) X2 Elite Extreme - X2E94100 - Qualcomm Oryon(TM) CPU", "snapdragon-x2-elite"),
        ("Snapdragon(R) X2 Plus - X2P42100", None),
        ("ARMv8 (64-bit) Family 8 Model 1 Revision 201, Qualcomm Technologies Inc", None),
        ("Intel(R) Core(TM) Ultra 7 155H", None),
        ("", None),
    ],
)
def test_a_chip_is_known_by_its_model_number(name: str, expected: str | None) -> None:
    found = target_of_chip(name)
    assert (found.id if found else None) == expected
    machine = Inventory((device(name="NPU"), PROCESSOR))
    target = this_target(machine, name)
    assert (target.id if target else None) == expected


def test_the_npus_own_name_helps_where_the_processors_says_nothing() -> None:
    target = this_target(Inventory((device(), PROCESSOR)), "ARMv8 (64-bit) Family 8 Model 1")
    assert target is not None and target.id == "snapdragon-x-elite"


def test_what_is_emulated_has_contexts_of_its_own() -> None:
    assert this_target(Inventory((device(emulated=True), PROCESSOR)), "AMD EPYC") is EMULATOR
    assert not EMULATOR.shares_weights


def test_no_npu_and_an_unknown_one_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag_core.runtime.npu.targets.processor_name", lambda: "Snapdragon X9")
    assert this_target(Inventory((PROCESSOR,))) is None
    assert why_no_target(Inventory((PROCESSOR,), (literal("It is not installed."),))) == literal("It is not installed.")
    unknown = Inventory((device(name="NPU"), PROCESSOR))
    assert this_target(unknown) is None
    assert str(why_no_target(unknown)) == "This NPU is not one that models are prepared for (Snapdragon X9)."


def test_targets_are_named_and_complete() -> None:
    assert target_named("snapdragon-x2-elite").options == {"soc_model": "88", "htp_arch": "81"}
    with pytest.raises(UserError, match="snapdragon-x-elite, snapdragon-x-plus"):
        target_named("snapdragon-8-gen-3")
    assert len({target.id for target in TARGETS}) == len(TARGETS)
