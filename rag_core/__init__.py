"""Alcove's core: reads documents, finds passages, answers with citations. Usable without a display."""

import os

__version__ = "0.1.0"

# ONNX Runtime's official wheels record events in the person's home folder, for sending, unless this is set before
# they load; so it is set before anything of ours can load them.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
