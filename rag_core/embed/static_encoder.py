"""Texts to unit vectors, with graphs of fixed shapes, as accelerators want them (`rag_core.runtime.npu.static`)."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from rag_core.embed.backend import Batch, EncoderTokens
from rag_core.embed.pooling import unit
from rag_core.embed.proof import disagreement
from rag_core.errors import PackCorrupt
from rag_core.messages import Message, say
from rag_core.progress import CancelToken
from rag_core.runtime.npu.static import Bucket, encoder_shapes
from rag_core.runtime.npu.static_graphs import Run, StaticGraphs, canonical_rows, plan
from rag_core.runtime.options import Power
from rag_core.runtime.pack import Pack
from rag_core.runtime.places import Place
from rag_core.runtime.tokenizer import TokenIds

_OUTPUT = "vectors"


class StaticEncoder(StaticGraphs):
    """An `EncoderBackend` for the embedder of `source`. The place's pack is a static pack of it, or a context pack that
    was compiled from one.

    Raises PackCorrupt for a description that does not fit; encoding raises DeviceFailed where a graph computes
    something else, and what its sessions raise.
    """

    def __init__(self, place: Place, source: Pack, tokens: EncoderTokens) -> None:
        shapes, spec = encoder_shapes(place.pack), tokens.spec
        if shapes.dim != spec.dim or max((bucket.tokens for bucket in shapes.buckets), default=0) < spec.max_tokens:
            raise PackCorrupt(say("fixed-shapes-of-another-embedder", pack=place.pack.id), say("prepare-for-npu-again"))
        (empty,) = tokens.tokenizer.encode_batch([""], spec.max_tokens)
        super().__init__(place, shapes.buckets, empty)
        self._canonical = source.manifest.canonical
        self._tokens = tokens

    def batches(
        self, ids: Sequence[TokenIds], power: Power, cancel: CancelToken | None
    ) -> Generator[Batch, None, None]:
        """One run of a graph each."""
        for bucket, rows in plan([len(text) for text in ids], self.buckets):
            yield rows, unit(self.run(bucket, [ids[row] for row in rows], power, cancel)[_OUTPUT])

    def open_smallest(self) -> None:
        """The graph that a question needs: whether the device works shows before there is work for it."""
        self.open(min(self.buckets, key=lambda bucket: bucket.batch * bucket.tokens))

    def complaint_about(self, bucket: Bucket, run: Run) -> Message:
        """After one run, of as many canonical texts as it holds."""
        ids = self._tokens.of(self._canonical.inputs, "passage")
        fitting = [row for row, text in enumerate(ids) if len(text) <= bucket.tokens][: bucket.batch]
        vectors = unit(run([ids[row] for row in fitting])[_OUTPUT])
        proof = canonical_rows(self._canonical, fitting)
        return disagreement(proof, bucket.graph, lambda _: vectors, not self.is_exact)
