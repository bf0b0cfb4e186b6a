"""What the runtime does on the side."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.models.tiny_llm import QWEN_LIKE, write_folder

_PROGRAM = """
import sys, time
import rag_core
from rag_core.generate.genai_runtime import load_runtime
import onnxruntime
onnxruntime.InferenceSession(sys.argv[1] + "/model.onnx", providers=["CPUExecutionProvider"])
genai = load_runtime()
genai.Model(sys.argv[1])
time.sleep(0.5)
"""


def test_models_record_nothing_about_the_person(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "model", QWEN_LIKE, "qwen2")
    home = tmp_path / "home"
    home.mkdir()
    kept = {
        name: value for name, value in os.environ.items() if name not in ("ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME")
    }
    places = {name: str(home) for name in ("HOME", "USERPROFILE", "LOCALAPPDATA", "APPDATA")}
    subprocess.run([sys.executable, "-B", "-c", _PROGRAM, str(folder)], env=kept | places, check=True, timeout=60)
    assert [path for path in home.rglob("*") if path.is_file()] == []
