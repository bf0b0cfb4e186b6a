"""Execution providers that come as a package of their own (a *plugin*), as data: another one is another line.

A plugin has to be registered once per process. Where it is not installed, or its driver does not load, that is a normal
state of a machine: it becomes a sentence for the person, not an error.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import threading
from dataclasses import dataclass
from types import ModuleType

from rag_core.errors import ProviderUnavailable
from rag_core.messages import NOTHING, Message, say

CPU = "CPUExecutionProvider"
QNN = "QNNExecutionProvider"
PLAIN_NAMES = {CPU: "the processor (CPU)", QNN: "the Snapdragon NPU"}

_registering = threading.Lock()


@dataclass(frozen=True, slots=True)
class Plugin:
    """`module` is what Python imports, `package` what pip installs; its `get_library_path()` names the library.

    `supported` is the range of versions, from the first up to but without the second, that Alcove is made for; empty
    where any will do. `expected` plugins are missed where they are not installed.
    """

    provider: str
    module: str
    package: str
    title: Message | str
    supported: tuple[tuple[int, int], tuple[int, int]] | None = None
    expected: bool = False

    @property
    def installed(self) -> bool:
        return importlib.util.find_spec(self.module) is not None

    @property
    def version(self) -> str:
        """Empty where it is not installed as a package."""
        try:
            return importlib.metadata.version(self.package)
        except importlib.metadata.PackageNotFoundError:
            return ""

    def loaded(self) -> ModuleType:
        """Raises ProviderUnavailable where it is not installed or cannot be imported."""
        try:
            return importlib.import_module(self.module)
        except (ImportError, OSError) as error:
            raise ProviderUnavailable(_not_loading(self, error)) from error


# Every package follows ONNX Runtime's guidance for plugins: `get_library_path()`.
PLUGINS = (
    Plugin(QNN, "onnxruntime_qnn", "onnxruntime-qnn", say("npu-runtime"), ((2, 7), (2, 8)), expected=True),
    Plugin("OpenVINOExecutionProvider", "onnxruntime_ep_openvino", "onnxruntime-ep-openvino", "OpenVINO"),
    Plugin("WebGpuExecutionProvider", "onnxruntime_ep_webgpu", "onnxruntime-ep-webgpu", "WebGPU"),
)


def plugin_of(provider: str) -> Plugin | None:
    return next((plugin for plugin in PLUGINS if plugin.provider == provider), None)


def register(plugin: Plugin) -> Message:
    """Make a plugin's provider known to ONNX Runtime; harmless when repeated. Returns what the person should know of
    it in plain words (not installed, does not load, another version), else nothing.
    """
    if not plugin.installed:
        missing = say("plugin-missing", title=plugin.title, package=plugin.package)
        return missing if plugin.expected else NOTHING
    import onnxruntime

    with _registering:
        if not any(handle.ep_name == plugin.provider for handle in onnxruntime.get_ep_devices()):
            try:
                library = str(plugin.loaded().get_library_path())
                onnxruntime.register_execution_provider_library(plugin.provider, library)
            except ProviderUnavailable as error:
                return error.message
            except runtime_errors() as error:
                return _not_loading(plugin, error)
    return _other_version(plugin)


def qairt_version() -> str:
    """The version of Qualcomm's runtime in the NPU's plugin, as "2.51.0". Raises ProviderUnavailable without it."""
    plugin = plugin_of(QNN)
    if plugin is None or not plugin.installed:
        raise ProviderUnavailable(say("plugin-missing", title=say("npu-runtime"), package="onnxruntime-qnn"))
    return str(plugin.loaded().build_and_package_info.qnn_version)


def runtime_errors() -> tuple[type[Exception], ...]:
    """The exceptions that ONNX Runtime raises; they share no base class of their own."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    found = (getattr(state, name) for name in dir(state))
    return tuple(kind for kind in found if isinstance(kind, type) and issubclass(kind, Exception))


def _other_version(plugin: Plugin) -> Message:
    """A sentence where the installed version is outside of what Alcove is made for."""
    if plugin.supported is None or not plugin.version:
        return NOTHING
    first, behind = plugin.supported
    if first <= _numbers(plugin.version) < behind:
        return NOTHING
    made_for = ".".join(map(str, first))
    facts = {"package": plugin.package, "version": plugin.version, "made_for": made_for}
    return say("plugin-other-version", title=plugin.title, **facts)


def _not_loading(plugin: Plugin, error: Exception) -> Message:
    package = f"{plugin.package} {plugin.version}".strip()
    return say("plugin-not-loading", title=plugin.title, package=package, error=str(error).rstrip("."))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
