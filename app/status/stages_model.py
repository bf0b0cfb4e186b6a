"""Where each stage of an answer really runs, as the window shows it: told by runs, never by a processor's name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from PySide6.QtCore import QObject, Signal

from app.kit.text import tr, tr_message
from rag_core.host.events import StageCheck, StageMoved
from rag_core.messages import NOTHING, Message
from rag_core.stages import STAGES

Unit = Literal["npu", "gpu", "cpu", "other", ""]

_UNITS: dict[str, Unit] = {
    "QNNExecutionProvider": "npu",
    "VitisAIExecutionProvider": "npu",
    "OpenVINOExecutionProvider": "other",
    "CPUExecutionProvider": "cpu",
    "CUDAExecutionProvider": "gpu",
    "DmlExecutionProvider": "gpu",
    "CoreMLExecutionProvider": "other",
    "WebGpuExecutionProvider": "gpu",
}
_ASKED: dict[str, Unit] = {"cpu": "cpu", "npu": "npu", "qnn": "npu", "gpu": "gpu"}
_NUMBER = re.compile(r"\d+")
_STAGES = [stage.name for stage in STAGES]
_ORDER: tuple[Unit, ...] = ("npu", "gpu", "cpu", "other")


@dataclass(frozen=True, slots=True)
class StagesSummary:
    """What the bottom bar shows. `is_warning`: something cannot run, runs elsewhere than was asked, or has failed."""

    text: str
    explanation: str
    is_warning: bool = False


class StagesModel(QObject):
    """The latest `StageCheck` of each stage; `changed` after every change of anything."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.checks: tuple[StageCheck, ...] = ()
        self.is_checking = False
        self.problem = ""

    def begin(self) -> None:
        self.is_checking = True
        self.changed.emit()

    def set_checks(self, checks: tuple[StageCheck, ...]) -> None:
        self.checks = checks
        self.is_checking = False
        self.problem = ""
        self.changed.emit()

    def fail(self, problem: str) -> None:
        """The check itself did not work; what earlier runs told stays. Empty: it was only stopped."""
        self.is_checking = False
        self.problem = problem
        self.changed.emit()

    def take_providers(self, providers: Mapping[str, str], reasons: Mapping[str, Message] | None = None) -> None:
        """What the last answer really ran on and why, which is newer than the last check."""
        told = reasons or {}
        known = {check.stage: check for check in self.checks}
        for stage, provider in providers.items():
            before = known.get(stage)
            if before is None:
                known[stage] = StageCheck(stage, provider, "", "", told.get(stage, NOTHING))
            elif before.provider != provider:
                known[stage] = _moved(before, provider, told.get(stage, NOTHING))
        if tuple(known.values()) != self.checks:
            self.checks = tuple(sorted(known.values(), key=_place_in_a_question))
            self.changed.emit()

    def move(self, moved: StageMoved) -> None:
        """A stage went on elsewhere because its device failed."""
        self.checks = tuple(
            replace(_moved(check, moved.provider, moved.reason), can_retry=True)
            if check.stage == moved.stage
            else check
            for check in self.checks
        )
        self.changed.emit()

    @property
    def can_retry(self) -> bool:
        """A device failed before, and is left alone until the person wants another try."""
        return any(check.can_retry for check in self.checks)

    def summary(self) -> StagesSummary:
        if not self.checks:
            if self.problem:
                return StagesSummary(tr("Not checked"), self.problem, is_warning=True)
            return StagesSummary(
                tr("Checking…") if self.is_checking else tr("Not checked yet"), tr("Where the models run")
            )
        stopped = [check for check in self.checks if not check.provider]
        if stopped:
            names = tr(", ").join(stage_name(check.stage) for check in stopped)
            return StagesSummary(tr("Needs attention"), tr("Cannot run: {stages}", stages=names), is_warning=True)
        told = tr("; ").join(f"{stage_name(check.stage)}: {place_name(check)}" for check in self.checks)
        places = {unit_of(check.provider): place_name(check) for check in self.checks}
        text = tr(" + ").join(places[unit] for unit in _ORDER if unit in places)
        return StagesSummary(
            text, told, is_warning=any(is_elsewhere(check) or check.can_retry for check in self.checks)
        )


def _moved(check: StageCheck, provider: str, reason: Message) -> StageCheck:
    """What was known of the place before is not true of this one."""
    return replace(check, provider=provider, device="", reason=reason, elapsed_ms=0.0, precision="")


def _place_in_a_question(check: StageCheck) -> int:
    return _STAGES.index(check.stage) if check.stage in _STAGES else len(_STAGES)


def unit_of(provider: str) -> Unit:
    return _UNITS.get(provider, "other") if provider else ""


def is_emulated(check: StageCheck) -> bool:
    return unit_of(check.provider) == "npu" and "emulated" in f"{check.device} {check.reason}".lower()


def is_elsewhere(check: StageCheck) -> bool:
    """Whether it does not run, or not where it was asked to. "auto" asks for nothing in particular."""
    if not check.provider or is_emulated(check):
        return True
    asked = _asked(check.requested)
    return bool(asked) and asked != unit_of(check.provider)


def stage_name(stage: str) -> str:
    """A stage in plain words."""
    if stage == "embed":
        return tr("Finding by meaning")
    if stage == "generate":
        return tr("Writing answers")
    if stage == "rerank":
        return tr("Reading passages")
    return stage


def place_name(check: StageCheck) -> str:
    """The part of the machine that did the work."""
    if not check.provider:
        return tr("Cannot run")
    if is_emulated(check):
        return tr("NPU (emulated)")
    return _unit_name(unit_of(check.provider)) or check.provider.removesuffix("ExecutionProvider")


def _unit_name(unit: Unit) -> str:
    return {"npu": tr("NPU"), "gpu": tr("GPU"), "cpu": tr("Processor")}.get(unit, "")


def _asked(requested: str) -> Unit:
    return _ASKED.get(requested.lower()) or unit_of(requested if "Provider" in requested else "")


def precision_name(check: StageCheck) -> str:
    """How exactly the model computes; empty where that is not known."""
    bits = "/".join(_NUMBER.findall(check.precision))
    return tr("{bits}-bit numbers", bits=bits) if bits else check.precision


def requested_name(requested: str) -> str:
    """What the settings asked for."""
    return _unit_name(_asked(requested)) or (tr("Automatic") if requested.lower() in ("", "auto") else requested)


def reason_text(check: StageCheck) -> str:
    """Why it is not where it was asked to be, in the person's language; empty where nothing is to be said."""
    if check.reason:
        return tr_message(check.reason)
    if is_emulated(check):
        return tr("The NPU is only emulated on this computer: the results are right, but slow.")
    if not is_elsewhere(check):
        return ""
    return tr(
        "{asked} was asked for; the last run was on: {used}.",
        asked=requested_name(check.requested),
        used=place_name(check),
    )
