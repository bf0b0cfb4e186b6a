"""The program as a process of its own: on a screen, raised by a second start, ended from outside, without a network."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import psutil
import pytest

from app.kit.design import LIGHT
from app.shell.preferences import load_preferences
from app.shell.single_instance import LOCK
from rag_core.paths import SAMPLES
from tests.e2e import screen
from tests.source_code import ROOT

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(sys.platform == "win32", reason="nobody can ask a window politely to end from outside there"),
]
CLOSES_WITHIN_S = 3.0
_PATIENCE_S = 60.0
_NO_NETWORK = ("unshare", "--map-root-user", "--net")


class Program:
    """`python -m app` on a data folder, after what is `before` it, with what is to be `done`."""

    def __init__(
        self, data_dir: Path, environment: Mapping[str, str], before: Sequence[str] = (), done: Sequence[str] = ()
    ) -> None:
        self.command = [*before, sys.executable, "-m", "app", *done, "--data-dir", str(data_dir)]
        self._environment = environment
        self._popen = subprocess.Popen(self.command, cwd=ROOT, env=environment)
        self.children: list[psutil.Process] = []

    def wait_until_ready(self) -> None:
        """The window watches for a second start as soon as it stands, and the engine's process runs."""
        wait_for(lambda: self._popen.poll() is not None or bool(psutil.Process(self._popen.pid).children()))
        assert self._popen.poll() is None, "the program ended by itself"
        self.children = psutil.Process(self._popen.pid).children(recursive=True)

    def start_again(self) -> int:
        return subprocess.run(
            self.command, cwd=ROOT, env=self._environment, check=False, timeout=_PATIENCE_S
        ).returncode

    def end(self) -> None:
        """Politely; it must go at once, and leave nothing."""
        self._popen.send_signal(signal.SIGTERM)
        try:
            assert self._popen.wait(timeout=CLOSES_WITHIN_S) == 0
        finally:
            self._popen.kill()
            self._popen.wait()
        left = [child.name() for child in self.children if child.is_running()]
        assert not left, f"still running: {left}"


@pytest.fixture
def offscreen() -> dict[str, str]:
    return os.environ | {"QT_QPA_PLATFORM": "offscreen"}


@pytest.fixture
def real_screen(tmp_path: Path) -> Iterator[screen.Screen]:
    if not screen.can_be_made():
        pytest.skip("Xvfb is not installed")
    folder = tmp_path / "screen"
    folder.mkdir()
    with screen.made(folder) as made:
        yield made


def test_it_opens_on_a_screen_is_raised_by_a_second_start_and_ends_when_told(
    real_screen: screen.Screen, tmp_path: Path
) -> None:
    before = real_screen.share_of(LIGHT.window)
    program = Program(tmp_path / "data", real_screen.environment())
    program.wait_until_ready()
    wait_for(lambda: real_screen.share_of(LIGHT.window) > 0.3)
    assert before < 0.01
    assert program.start_again() == 0
    program.end()
    wait_for(lambda: real_screen.share_of(LIGHT.window) < 0.01)
    assert load_preferences(tmp_path / "data").geometry


@pytest.mark.packs
def test_a_computer_without_any_network_opens_the_window_and_answers(
    offscreen: dict[str, str], tmp_path: Path, packs_dir: Path
) -> None:
    """Nothing is refused or missing: there is no network at all for these processes, not even to this computer."""
    if not _can_cut_network():
        pytest.skip("this system does not let a person take the network from a process")
    (tmp_path / "packs").symlink_to(packs_dir, target_is_directory=True)
    program = Program(tmp_path, offscreen, _NO_NETWORK)
    program.wait_until_ready()
    alcove = [*_NO_NETWORK, sys.executable, "-m", "app"]
    rest = ["--data-dir", str(tmp_path)]
    subprocess.run([*alcove, "add", str(SAMPLES), *rest], cwd=ROOT, check=True, capture_output=True, timeout=300)
    asked = subprocess.run(
        [*alcove, "ask", "How many days of annual leave do full-time employees get?", "--json", *rest],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
        timeout=300,
    )
    answer = json.loads(asked.stdout)
    assert "25" in answer["text"] and answer["citations"]
    program.end()


@pytest.mark.packs
def test_the_demo_opens_the_window_on_its_library(offscreen: dict[str, str], tmp_path: Path, packs_dir: Path) -> None:
    (tmp_path / "packs").symlink_to(packs_dir, target_is_directory=True)
    program = Program(tmp_path, offscreen, done=["demo", "--window"])
    wait_for((tmp_path / LOCK).exists)
    program.wait_until_ready()
    program.end()
    assert load_preferences(tmp_path).library == "samples"


def _can_cut_network() -> bool:
    if shutil.which("unshare") is None:
        return False
    tried = subprocess.run([*_NO_NETWORK, "true"], capture_output=True, check=False)
    return tried.returncode == 0


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + _PATIENCE_S
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)
