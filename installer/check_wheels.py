"""Does every dependency have a wheel for Windows on Arm? Run before a dependency is added or its range is changed.

    python installer/check_wheels.py

Asks pip, in the person's own configuration, for a wheel of each run-time dependency for the Snapdragon laptops that
Alcove is made for. Prints one line per dependency; the exit code is the number of those that have none.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

PYPROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"
TARGET = ["--platform", "win_arm64", "--python-version", "3.12", "--implementation", "cp"]


def main() -> int:
    missing = 0
    for requirement in tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]["dependencies"]:
        wanted = re.sub(r"\s*;.*", "", requirement)
        found = has_wheel(wanted)
        missing += not found
        sys.stdout.write(f"{'yes' if found else 'NO '}  {wanted}\n")
    return missing


def has_wheel(requirement: str) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", *TARGET]
        return subprocess.run([*command, "--dest", folder, requirement], capture_output=True).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
