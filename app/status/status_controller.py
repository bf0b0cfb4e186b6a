"""Where things run, and that nothing leaves the machine: asks the engine, measures the window."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal

from app.engine.controller import Controller
from app.engine.jobs import EngineLink, JobHandle
from app.engine.silence import NetworkWatch, measure_window
from app.kit.background import Background
from app.kit.notices import Notice
from app.kit.text import tr, tr_message
from app.status.silence_model import SilenceModel
from app.status.stages_model import StagesModel, stage_name, unit_of
from rag_core.host.events import DeviceCrashed, Failed, StageCheck, StageMoved
from rag_core.host.jobs import CheckStages, Job, ProveSilence, RetryDevices
from rag_core.settings import InEffect
from rag_core.types import Answer

DELAY_MS = 700


class StatusController(Controller):
    """`stages` and `silence` are for the badges and their dialogs.

    The check waits a little after the engine has started: the first question should not wait for it. `checked` follows
    it, `in_effect_known` carries what the settings come to (`InEffect`).
    """

    checked = Signal()
    in_effect_known = Signal(object)

    def __init__(
        self,
        engine: EngineLink,
        watch: NetworkWatch | None = None,
        delay_ms: int = DELAY_MS,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(engine, parent)
        self.stages = StagesModel(self)
        self.silence = SilenceModel(self)
        self._checking: JobHandle | None = None
        self._wants_retry = False
        self._moved: set[str] = set()  # the stages that the person was told of
        self._proving: JobHandle | None = None
        self._delay = QTimer(self, interval=delay_ms, singleShot=True)
        self._delay.timeout.connect(self.check_stages)
        self._watch = watch
        self._background = Background(self)
        engine.engine_ready.connect(self.check_soon)
        engine.news_received.connect(self._take_news)

    def check_soon(self) -> None:
        """After a start of the engine, and after every change of the settings."""
        self._delay.start()

    def check_stages(self) -> None:
        """Run each stage once, now."""
        self._check(CheckStages())

    def retry_devices(self) -> None:
        """Try again what failed before; after the check that is on its way, where there is one."""
        self._wants_retry = self._checking is not None
        self._check(RetryDevices())

    def _check(self, job: Job) -> None:
        self._delay.stop()
        if self._checking is not None:
            return
        self._checking = self._job(job, self._take_checks, self._take_failure)
        self._checking.event_received.connect(self._take_step)
        self._checking.stopped.connect(lambda: self.stages.fail(""))
        self._checking.ended.connect(self._end_check)
        self.stages.begin()
        self._checking.start()

    def take_answer(self, answer: Answer) -> None:
        """An answer that has finished tells where its stages ran."""
        self.stages.take_providers(answer.providers, answer.reasons)

    def prove_silence(self) -> None:
        """Measure the engine with its children, and the window."""
        if self._proving is not None:
            return
        self.silence.begin()
        self._proving = self._job(ProveSilence(), self.silence.set_engine, self._take_unproven)
        self._proving.stopped.connect(lambda: self.silence.fail(tr("The check was stopped.")))
        self._proving.ended.connect(self._end_proof)
        self._background.run(lambda: measure_window(self._watch), self.silence.set_window)
        self._proving.start()

    def shutdown(self) -> None:
        self._delay.stop()
        self._background.shutdown()

    def _take_checks(self, checks: tuple[StageCheck, ...]) -> None:
        self.stages.set_checks(tuple(checks))
        back = [check.stage for check in checks if check.stage in self._moved and unit_of(check.provider) == "npu"]
        self._moved -= set(back)
        for stage in back:
            text = tr("“{step}” runs on the NPU again.", step=stage_name(stage))
            self.noticed.emit(Notice("success", text, topic=_topic(stage)))

    def _take_failure(self, failure: Failed) -> None:
        problem = tr_message(failure.message)
        self.stages.fail(problem)
        if failure.kind == "bug":
            text = tr("Alcove could not check where the models run.")
            self.noticed.emit(Notice("warning", text, problem, details=failure.details))

    def _take_step(self, step: object) -> None:
        if isinstance(step, InEffect):
            self.in_effect_known.emit(step)

    def _end_check(self) -> None:
        self._checking = None
        if self._wants_retry:
            self.retry_devices()
        else:
            self.checked.emit()

    def _take_news(self, news: object) -> None:
        if isinstance(news, StageMoved):
            self.stages.move(news)
            self._moved.add(news.stage)
            self.noticed.emit(
                Notice(
                    "warning",
                    tr("“{step}” continues on the processor.", step=stage_name(news.stage)),
                    tr_message(news.reason),
                    tr("Try the NPU again"),
                    self.retry_devices,
                    lasting=True,
                    topic=_topic(news.stage),
                )
            )
        elif isinstance(news, DeviceCrashed):
            notice = Notice("warning", tr_message(news.reason), lasting=True, topic="crash")
            if news.can_retry:
                notice = replace(notice, action_label=tr("Try the NPU again"), action=self.retry_devices)
            self.noticed.emit(notice)

    def _take_unproven(self, failure: Failed) -> None:
        self.silence.fail(tr_message(failure.message))

    def _end_proof(self) -> None:
        self._proving = None


def _topic(stage: str) -> str:
    """Of what is told about where a stage runs: only the newest is true."""
    return f"moved {stage}"
