"""Where things lie: a person's data (one folder, overridable) and the files that ship with the program."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

DATA_DIR_VARIABLE = "ALCOVE_DATA_DIR"
PROGRAM_ROOT = Path(__file__).resolve().parent.parent
ASSETS = PROGRAM_ROOT / "assets"
SAMPLES = ASSETS / "samples"


def whole_path(path: Path) -> Path:
    """Absolute and without “..”, links as they are: the way a library names its files."""
    return Path(os.path.normpath(path.expanduser().absolute()))


def is_inside(path: str, folder: str) -> bool:
    """Whether `path` is `folder` itself or lies below it: "/a-old/x" is not inside "/a"."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def replace_file(path: Path, content: bytes) -> None:
    """Write crash-safely: a new file beside the old one, flushed, then renamed over it. Raises OSError."""
    partial = path.with_name(f"{path.name}.partial")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError:
        with suppress(OSError):  # what matters is why it could not be written
            partial.unlink(missing_ok=True)
        raise


@dataclass(frozen=True, slots=True)
class DataDir:
    """The one folder that holds all that the program writes. Nothing is written anywhere else."""

    root: Path

    @classmethod
    def choose(cls, override: str | Path | None = None) -> DataDir:
        """`override` (--data-dir) wins over $ALCOVE_DATA_DIR, which wins over the system's place for user data."""
        chosen = override or os.environ.get(DATA_DIR_VARIABLE) or _usual_data_dir()
        return cls(Path(chosen).expanduser().resolve())

    @property
    def packs(self) -> Path:
        return self.root / "packs"

    @property
    def contexts(self) -> Path:
        """What was compiled from packs for one chip; can be made again from them."""
        return self.root / "contexts"

    @property
    def device_file(self) -> Path:
        """What is known of this machine's devices: their speed, and which of them failed."""
        return self.root / "devices.json"

    @property
    def libraries(self) -> Path:
        return self.root / "libraries"

    @property
    def downloads(self) -> Path:
        return self.root / "downloads"

    @property
    def settings_file(self) -> Path:
        return self.root / "settings.json"

    @property
    def reports(self) -> Path:
        """Our own mistakes, written down for the person to read."""
        return self.root / "reports"

    @property
    def engine_log(self) -> Path:
        """What the engine process and its libraries print; the one before it ends in ".1"."""
        return self.root / "engine.log"


def _usual_data_dir() -> str:
    from platformdirs import user_data_dir  # a tenth of the time that `alcove --help` takes, and children never ask

    return user_data_dir("alcove", appauthor=False)
