"""Model folders of several graphs compiled for Qualcomm's NPU, as Microsoft and Qualcomm publish them.

onnxruntime-genai calls them “decoder-pipeline”: the graphs (stages) run one after the other, and those for the NPU are
EPContext nodes around a binary of Qualcomm's compiler. They run on that NPU or nowhere. What is read here: stages and
their files, for which chip and with which QAIRT (Qualcomm's runtime) they were compiled, and what they may hold.
Format: onnxruntime-genai, src/config.cpp; EPContext: ONNX Runtime, docs/ContribOperators.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from models.convert.decoder.inspect import CompiledPart, compiled_parts, external_files
from models.imports.llm_folder import not_usable, positive, safe_name
from rag_core.messages import NOTHING, Message, joined, say
from rag_core.runtime.devices import Inventory
from rag_core.runtime.npu.targets import TARGETS, Target, this_target
from rag_core.runtime.plugins import QNN

# What a folder may tell the NPU's provider: how fast, how exact, for which chip. Options that name files or libraries
# would run or overwrite what this program does not know.
_FORBIDDEN = re.compile(r"path|dir|dump|package|library|saver|skel", re.IGNORECASE)
_BACKENDS = frozenset({"QnnHtp.dll", "libQnnHtp.so", "htp", ""})
_SOC_NUMBERS = {"SC8380XP": "60", "SC8480XP": "88"}
ADVICE = say("choose-processor-model")


@dataclass(frozen=True, slots=True)
class PipelineStage:
    """One graph. `parts` are what was compiled of it for the NPU, empty for a graph that runs on the processor."""

    name: str
    graph: str
    files: tuple[str, ...]
    parts: tuple[CompiledPart, ...]


@dataclass(frozen=True, slots=True)
class Pipeline:
    """`window_tokens` is how much of a prompt is read at a time, 0 where it is not said. `socs` and `archs` are
    Qualcomm's numbers of chips, `qairt` the version of its runtime; empty where the files do not say.
    """

    stages: tuple[PipelineStage, ...]
    context_tokens: int
    window_tokens: int
    socs: tuple[str, ...]
    archs: tuple[str, ...]
    qairt: str

    @property
    def files(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(file for stage in self.stages for file in stage.files))

    @property
    def chip(self) -> str:
        """What it was compiled for, as a person knows it."""
        titles = [target.title for target in TARGETS if target.chip_names and target.soc_model in self.socs]
        unknown = set(self.socs) - {target.soc_model for target in TARGETS}
        titles += [f"Qualcomm's chip number {soc}" for soc in sorted(unknown)]
        return " and ".join(titles) or "a chip that its files do not name"

    @property
    def summary(self) -> str:
        names = ", ".join(stage.name for stage in self.stages)
        read = f", reads {self.window_tokens} at a time" if self.window_tokens else ""
        made = f" with QAIRT {self.qairt}" if self.qairt else ""
        return (
            f"{len(self.stages)} graphs ({names}) compiled{made} for {self.chip}; holds {self.context_tokens} tokens"
            f"{read}"
        )


def is_pipeline(model: dict[str, Any]) -> bool:
    return model.get("type") == "decoder-pipeline" or "pipeline" in model["decoder"]


def read_pipeline(folder: Path, model: dict[str, Any]) -> Pipeline:
    """Read and check the stages of `model` (the part “model” of genai_config.json). Raises UserError."""
    decoder = model["decoder"]
    named = list(_stages(folder, decoder))
    options = [one for _, settings in named for one in _qnn_options(folder, settings, decoder)]
    stages = tuple(_stage(folder, name, settings) for name, settings in named)
    parts = [part for stage in stages for part in stage.parts]
    if not parts:
        raise not_usable(folder, say("it-is-uncompiled-pipeline"), ADVICE)
    if any(QNN not in part.source and "QNN" not in part.source for part in parts):
        raise not_usable(folder, say("it-is-for-another-npu", source=parts[0].source), ADVICE)
    window = decoder.get("sliding_window")
    return Pipeline(
        stages,
        positive(folder, model, "context_length"),
        int(window.get("window_size", 0)) if isinstance(window, dict) else 0,
        _sorted([_number(one.get("soc_model", "")) for one in options] + [soc for part in parts for soc in part.socs]),
        _sorted([one.get("htp_arch", "") for one in options] + [arch for part in parts for arch in part.archs]),
        next((part.qairt for part in parts if part.qairt), ""),
    )


def why_not_here(pipeline: Pipeline, inventory: Inventory) -> Message:
    """Why `pipeline` cannot run on this machine; `NOTHING` where it may."""
    npu = next((device for device in inventory.devices if device.provider == QNN and device.kind == "npu"), None)
    what = say("it-is-for-qualcomm", summary=pipeline.summary)
    if npu is None:
        return joined((what, *inventory.notes, say("no-such-npu")))
    if npu.emulated:
        return joined((what, say("npu-only-emulated")))
    target = this_target(inventory)
    if target is not None and pipeline.archs and not _may_run(pipeline, target):
        return joined((what, say("npu-older", chip=target.title)))
    return NOTHING


def _may_run(pipeline: Pipeline, target: Target) -> bool:
    """A context runs on the generation that it was compiled for, and on newer ones."""
    return min(int(arch) for arch in pipeline.archs) <= int(target.htp_arch)


def _stages(folder: Path, decoder: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and settings of each; genai takes a list of objects with one stage or several each."""
    pipeline = decoder.get("pipeline")
    for group in pipeline if isinstance(pipeline, list) else []:
        for name, settings in group.items() if isinstance(group, dict) else ():
            if not isinstance(settings, dict) or not isinstance(settings.get("filename"), str):
                raise not_usable(folder, say("its-stage-names-no-graph", name=name))
            yield name, settings
    if not isinstance(pipeline, list) or not pipeline:
        raise not_usable(folder, say("it-lists-no-stages"))


def _stage(folder: Path, name: str, settings: dict[str, Any]) -> PipelineStage:
    graph = safe_name(folder, settings["filename"])
    parts = compiled_parts(folder / graph)
    beside = [*external_files(folder / graph), *(part.binary for part in parts if part.binary)]
    if any(Path(file).is_absolute() for file in beside):
        raise not_usable(folder, say("it-names-file-outside", name=graph))
    place = PurePosixPath(graph).parent
    files = [graph, *(safe_name(folder, str(place / file.replace("\\", "/"))) for file in beside)]
    return PipelineStage(name, graph, tuple(dict.fromkeys(files)), parts)


def _qnn_options(folder: Path, settings: dict[str, Any], decoder: dict[str, Any]) -> Iterator[dict[str, str]]:
    """What the stage tells the NPU's provider. A stage without session options has the decoder's."""
    session = settings.get("session_options", decoder.get("session_options", {}))
    for entry in session.get("provider_options", []) if isinstance(session, dict) else []:
        for provider, options in entry.items() if isinstance(entry, dict) else ():
            if provider.removesuffix("ExecutionProvider").upper() != "QNN" or not isinstance(options, dict):
                raise not_usable(folder, say("it-is-for-provider", provider=provider), ADVICE)
            told = {key: str(value) for key, value in options.items()}
            if told.get("backend_path", "") not in _BACKENDS or any(
                _FORBIDDEN.search(key) for key in told.keys() - {"backend_path"}
            ):
                raise not_usable(folder, say("it-names-own-libraries"))
            yield told


def _number(soc: str) -> str:
    return _SOC_NUMBERS.get(soc.upper(), soc)


def _sorted(numbers: list[str]) -> tuple[str, ...]:
    """The numbers among them, each once; 0 stands for “not said”, and a list is written with commas."""
    single = {one for number in numbers for one in number.split(",")}
    return tuple(sorted((one for one in single if one.isdigit() and int(one)), key=int))
