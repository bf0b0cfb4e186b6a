"""The encoder that runs graphs of fixed shapes, as accelerators want them (`rag_core.runtime.npu.static`).

Texts are sorted by length and shared out among the graphs by `rag_core.runtime.npu.static_graphs`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, nullcontext

from rag_core.embed.encoder import Batch, Encoder, Purpose
from rag_core.embed.pooling import unit
from rag_core.embed.proof import disagreement
from rag_core.errors import PackCorrupt
from rag_core.progress import CancelToken
from rag_core.runtime.npu.static import Bucket, static_encoder
from rag_core.runtime.npu.static_graphs import EXACT, Run, StaticGraphs, canonical_rows, plan
from rag_core.runtime.options import Power
from rag_core.runtime.pack import Pack
from rag_core.runtime.session import Session
from rag_core.runtime.tokenizer import PackTokenizer

_OUTPUT = "vectors"
_POWER: dict[Purpose, Power] = {"query": "burst", "passage": "efficient"}  # a person waits for a question


class StaticEncoder(Encoder):
    """An encoder of `source` that runs `pack`: a static pack of it, or a context pack that was compiled from one.

    `open_graph` opens a graph of `pack` by its name, when a text first needs it; it stays open. `at_work` of its name
    surrounds the opening and the first run, which proves the graph. Safe to use from several threads. Raises
    PackCorrupt for a description that does not fit; encoding raises DeviceFailed where a graph computes something else,
    and what `open_graph` and its sessions raise.
    """

    def __init__(
        self,
        source: Pack,
        pack: Pack,
        tokenizer: PackTokenizer,
        open_graph: Callable[[str], Session],
        provider: str,
        requested: str = "auto",
        at_work: Callable[[str], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        super().__init__(source, tokenizer, requested)
        static = static_encoder(pack)
        if static.dim != self.dim or max((bucket.tokens for bucket in static.buckets), default=0) < self.max_tokens:
            raise PackCorrupt(
                f"The graphs of fixed shapes of “{pack.id}” are not those of its embedder.", "Prepare the models again."
            )
        self._provider = provider
        self._canonical = source.manifest.canonical
        (empty,) = tokenizer.encode_batch([""], self.max_tokens)
        self._graphs = StaticGraphs(pack, static.buckets, empty, open_graph, self._complaint_about, at_work)

    @property
    def provider(self) -> str:
        return self._provider

    @property
    def precision(self) -> str:
        return self._graphs.precision

    @property
    def reason(self) -> str:
        return ""

    def batches(
        self, texts: Sequence[str], purpose: Purpose, cancel: CancelToken | None
    ) -> Generator[Batch, None, None]:
        """One run of a graph each."""
        ids = self._tokens(texts, purpose)
        for bucket, rows in plan([len(text) for text in ids], self._graphs.buckets):
            yield rows, unit(self._graphs.run(bucket, [ids[row] for row in rows], _POWER[purpose], cancel)[_OUTPUT])

    def open_smallest(self) -> None:
        """The graph that a question needs: whether the device works shows before there is work for it."""
        self._graphs.open(min(self._graphs.buckets, key=lambda bucket: bucket.batch * bucket.tokens))

    def _complaint_about(self, bucket: Bucket, run: Run) -> str:
        """After one run, of as many canonical texts as it holds."""
        ids = self._tokens(self._canonical.inputs, "passage")
        fitting = [row for row, text in enumerate(ids) if len(text) <= bucket.tokens][: bucket.batch]
        vectors = unit(run([ids[row] for row in fitting])[_OUTPUT])
        proof = canonical_rows(self._canonical, fitting)
        return disagreement(proof, bucket.graph, lambda _: vectors, self.precision not in EXACT)
