"""A driver may fail, hang or be late; whoever waits for it does not, and is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidArgument

from rag_core.errors import Cancelled, DeviceFailed
from rag_core.messages import literal
from rag_core.progress import CancelToken
from rag_core.runtime.watchdog import Watchdog
from tests.runtime.fakes import FakeHandle, session_on

X = {"x": np.zeros(1, np.float32)}


@pytest.fixture
def watchdog() -> Iterator[Watchdog]:
    made = Watchdog(grace_s=0.05, idle_s=30)
    yield made
    made.close()


@pytest.fixture
def stuck() -> Iterator[threading.Event]:
    """What a driver waits for that hangs; it comes in the end, so that no thread is left."""
    event = threading.Event()
    yield event
    event.set()


def test_runs_share_one_thread_and_give_their_results(watchdog: Watchdog) -> None:
    handle = FakeHandle()
    session = session_on(handle, watchdog)
    assert [session.run(X)[0].item() for _ in range(3)] == [1, 2, 3]
    assert set(handle.threads) == {"accelerator"}


def test_a_driver_error_at_the_third_token_is_a_failed_device(watchdog: Watchdog) -> None:
    def fail_at_third(number: int, options: Any) -> None:
        if number == 3:
            raise Fail("[ONNXRuntimeError] : 1 : FAIL : QNN graph execute error. Error code: 1100")

    session = session_on(FakeHandle(fail_at_third), watchdog)
    session.run(X)
    session.run(X)
    with pytest.raises(DeviceFailed) as failure:
        session.run(X)
    told = "The Snapdragon NPU failed in the graph “step”: QNN graph execute error. Error code: 1100."
    assert str(failure.value.message) == told, "a whole sentence: others follow"
    assert session.run(X)[0].item() == 4  # the thread has survived it


@pytest.mark.parametrize(
    ("feeds", "complaint"),
    [
        ({}, "“x” is missing"),
        ({**X, "y": np.zeros(1, np.float32)}, "“y” is not an input"),
        ({"x": np.zeros(1, np.float16)}, r"“x” is tensor\(float16\) \(1,\), not tensor\(float\) \(1,\)"),
        ({"x": np.zeros(2, np.float32)}, r"“x” is tensor\(float\) \(2,\)"),
        ({"x": np.zeros((1, 1), np.float32)}, r"“x” is tensor\(float\) \(1, 1\)"),
    ],
)
def test_what_a_graph_does_not_take_is_no_failed_device(
    watchdog: Watchdog, feeds: dict[str, Any], complaint: str
) -> None:
    """A mistake of ours must show as one, and keep nobody from the NPU."""

    def refuse(number: int, options: Any) -> None:
        raise InvalidArgument("[ONNXRuntimeError] : 2 : INVALID_ARGUMENT : Unexpected input")

    with pytest.raises(ValueError, match=complaint):
        session_on(FakeHandle(refuse), watchdog).run(feeds)
    with pytest.raises(DeviceFailed):
        session_on(FakeHandle(refuse), watchdog).run(X)


def test_a_run_that_takes_too_long_is_stopped(watchdog: Watchdog) -> None:
    stopped = threading.Event()

    def wait(number: int, options: Any) -> None:
        while not options.terminate:
            stopped.wait(0.001)
        raise Fail("Exiting due to terminate flag being set to true.")

    with pytest.raises(DeviceFailed, match=r"did not finish within 0\.01 seconds, and was stopped"):
        session_on(FakeHandle(wait), watchdog, limit_s=0.01).run(X)


def test_a_run_that_does_not_stop_is_left_behind_and_the_next_has_another_thread(
    watchdog: Watchdog, stuck: threading.Event
) -> None:
    def hang(number: int, options: Any) -> None:
        if number == 1:
            stuck.wait()

    session = session_on(FakeHandle(hang), watchdog, limit_s=0.01)
    with pytest.raises(DeviceFailed, match="did not stop when it was told to"):
        session.run(X)
    assert session_on(FakeHandle(), watchdog).run(X)[0].item() == 1
    assert sum(thread.name == "accelerator" for thread in threading.enumerate()) == 2


def test_a_result_that_comes_too_late_is_a_failure(watchdog: Watchdog) -> None:
    def late(number: int, options: Any) -> None:
        while not options.terminate:
            threading.Event().wait(0.001)

    with pytest.raises(DeviceFailed, match="was stopped"):
        session_on(FakeHandle(late), watchdog, limit_s=0.01).run(X)


def test_cancelling_is_no_failure_and_does_not_wait_for_the_driver(watchdog: Watchdog, stuck: threading.Event) -> None:
    token, begun = CancelToken(), threading.Event()

    def wait(number: int, options: Any) -> None:
        if number == 1:
            begun.set()
            stuck.wait()

    session = session_on(FakeHandle(wait), watchdog)
    with ThreadPoolExecutor(1) as executor:
        waiting = executor.submit(session.run, X, token)
        begun.wait()
        token.cancel()
        with pytest.raises(Cancelled):
            waiting.result()
        following = executor.submit(session.run, X)  # one run at a time: it waits for the one that nobody wants
        assert not following.done()
        stuck.set()
        assert following.result()[0].item() == 2
    assert token._callbacks == []


def test_a_token_that_is_cancelled_already_starts_nothing(watchdog: Watchdog) -> None:
    token, handle = CancelToken(), FakeHandle()
    token.cancel()
    with pytest.raises(Cancelled):
        session_on(handle, watchdog).run(X, token)
    assert handle.runs == 0


def test_a_cancelled_run_that_hangs_fails_the_next_one(watchdog: Watchdog, stuck: threading.Event) -> None:
    token = CancelToken()

    def hang(number: int, options: Any) -> None:
        if number == 1:
            token.cancel()
            stuck.wait()

    session = session_on(FakeHandle(hang), watchdog, limit_s=0.05)
    with pytest.raises(Cancelled):
        session.run(X, token)
    with pytest.raises(DeviceFailed, match="did not stop"):
        session.run(X)
    assert session.run(X)[0].item() == 2


def test_one_run_at_a_time(watchdog: Watchdog) -> None:
    inside: list[int] = []
    most: list[int] = []

    def count(number: int, options: Any) -> None:
        inside.append(number)
        most.append(len(inside))
        inside.remove(number)

    sessions = [session_on(FakeHandle(count), watchdog) for _ in range(4)]
    with ThreadPoolExecutor(4) as executor:
        list(executor.map(lambda session: [session.run(X) for _ in range(50)], sessions))
    assert len(most) == 200 and max(most) == 1


def test_a_mistake_of_ours_is_not_taken_for_the_devices(watchdog: Watchdog) -> None:
    def mistake(number: int, options: Any) -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        session_on(FakeHandle(mistake), watchdog).run(X)


def test_an_idle_thread_ends_and_the_next_run_starts_another(watchdog: Watchdog) -> None:
    brief = Watchdog(idle_s=0)
    for _ in range(3):
        assert brief.run(lambda: 7, lambda: None, 30, literal("It")) == 7
    watchdog.close()
    assert watchdog.run(lambda: 8, lambda: None, 30, literal("It")) == 8
