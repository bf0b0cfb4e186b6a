"""Where the parts of an open graph really are: told by ONNX Runtime node by node, not by what was asked for."""

from __future__ import annotations

from collections import Counter
from typing import Any

RECORD = "session.record_ep_graph_assignment_info"  # has to be "1" in the options of the session


def nodes_by_provider(handle: Any) -> dict[str, int]:
    """How many nodes each provider has; a compiled context is one node. `handle` is an InferenceSession."""
    nodes: Counter[str] = Counter()
    for part in handle.get_provider_graph_assignment_info():
        nodes[part.ep_name] += len(part.get_nodes())
    return dict(nodes)


def what_is_elsewhere(handle: Any, provider: str) -> str:
    """The kinds of node that another provider has, for a person to report; empty where `provider` has them all."""
    kinds = {
        node.op_type
        for part in handle.get_provider_graph_assignment_info()
        if part.ep_name != provider
        for node in part.get_nodes()
    }
    return ", ".join(sorted(kinds))
