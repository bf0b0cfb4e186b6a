"""The words that the stages share. Everything here is frozen data; nothing here does work.

Offsets are Python string offsets into `Page.text` (code points, half open). Page numbers start at 1. Boxes are in
points (1/72 inch), origin at the top left of the page.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from rag_core.messages import NOTHING, Message
from rag_core.progress import Progress
from rag_core.text.language import UNKNOWN, Language

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    FloatArray = npt.NDArray[np.float32]
else:
    FloatArray = Any  # for annotations only; the children that read documents start twice as fast without numpy

BlockKind = Literal["heading", "paragraph", "list_item", "table_row", "code", "furniture"]


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of structure on a page: `Page.text[start:end]`. `level` is 1.. for headings, else 0.

    "furniture" is a running header, a footer or a page number: to be seen on the page, not to be found.
    """

    kind: BlockKind
    start: int
    end: int
    level: int = 0


@dataclass(frozen=True, slots=True)
class LineBox:
    """Where one line of text stands on its page."""

    start: int
    end: int
    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True, slots=True)
class Page:
    """One page, slide or sheet; a format without pages has one page, or several long parts.

    `blocks` are in reading order and do not overlap; text outside every block is separators. `needs_ocr` is a fact:
    the page shows an image and holds no text.
    """

    number: int
    text: str
    label: str = ""
    blocks: tuple[Block, ...] = ()
    lines: tuple[LineBox, ...] = ()
    width: float = 0.0
    height: float = 0.0
    needs_ocr: bool = False


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """What a parser found. `warnings` say what a person should know of it ("3 pages are images without text"), `place`
    what its pages are called: "page", "slide", "sheet", "part" or a word of the format's own; "" where it is one piece.
    """

    media_type: str
    pages: tuple[Page, ...]
    title: str = ""
    warnings: tuple[Message, ...] = ()
    place: str = ""
    language: Language = UNKNOWN


@dataclass(frozen=True, slots=True)
class Chunk:
    """The stored unit: `page.text[char_start:char_end]` of one page. `headings` lead to it, outermost first."""

    ordinal: int
    page: int
    char_start: int
    char_end: int
    text: str
    headings: tuple[str, ...] = ()
    token_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredChunk(Chunk):
    """A chunk of a library with what a search result shows of its document; `paths` are all places of that, sorted."""

    chunk_id: int
    document_id: str
    title: str
    media_type: str
    page_label: str
    language: Language = UNKNOWN
    place: str = ""
    paths: tuple[str, ...]


DocumentState = Literal["keyword_searchable", "searchable", "failed"]


@dataclass(frozen=True, slots=True)
class Document:
    """One file of a library, as `list` shows it. `document_id` is the SHA-256 of its bytes, in hex."""

    document_id: str
    path: str
    media_type: str
    title: str
    size_bytes: int
    modified_ns: int
    pages: int
    chunks: int
    state: DocumentState
    reason: Message = NOTHING
    warnings: tuple[Message, ...] = ()
    language: Language = UNKNOWN


@dataclass(frozen=True, slots=True)
class Filters:
    """Narrow a search. `folder` is a path prefix, `media_types` exact, dates are file modification times (ns)."""

    folder: str = ""
    media_types: tuple[str, ...] = ()
    modified_from_ns: int | None = None
    modified_to_ns: int | None = None

    def __bool__(self) -> bool:
        return self != Filters()


@dataclass(frozen=True, slots=True)
class Passage:
    """A search result: a chunk, or neighbouring chunks of one page joined. `rank` starts at 1.

    Scores are None where that retriever did not find it. `dense_score` is a cosine, `lexical_score` BM25 (higher is
    better), `fused_score` what ranks it (see `retrieve`). `rerank_score` is the reader's calibrated probability
    that the passage answers the question, None where the reader did not read it; `answer_start`/`answer_end` are the
    words that answer (offsets into the page's text) and `answer_probability` how sure that is (calibrated), None where
    the reader found none. `place` is what the page is called (see `ParsedDocument`), `language` the document's.
    """

    rank: int
    chunk_ids: tuple[int, ...]
    document_id: str
    path: str
    title: str
    page: int
    page_label: str
    char_start: int
    char_end: int
    text: str
    headings: tuple[str, ...] = ()
    dense_score: float | None = None
    lexical_score: float | None = None
    fused_score: float = 0.0
    rerank_score: float | None = None
    answer_start: int | None = None
    answer_end: int | None = None
    answer_probability: float | None = None
    media_type: str = ""
    place: str = ""
    language: Language = UNKNOWN


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reader says of one passage for one question: calibrated probabilities.

    `relevance`: the passage answers the question. `span` is where its text answers most likely (characters of the text
    that was read, half open; None where "no answer" is likelier), `span_probability` that these words answer.
    """

    relevance: float
    span: tuple[int, int] | None = None
    span_probability: float = 0.0


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One turn of a conversation, in the chat template's words."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Citation:
    """Marker `[passage]` (1-based rank) at `answer[start:end]`, and the words of the passage that it rests on.

    `quote == page.text[char_start:char_end]` of the passage's page.
    """

    passage: int
    quote: str
    page: int
    char_start: int
    char_end: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Quote:
    """The sentence, or table row, that answers the question best: the document's own words, before any model's.

    `text == page.text[char_start:char_end]`; `passage` is the rank of the passage it stands in. `answer_start` and
    `answer_end` are the words in it that answer (offsets like `char_start`), None where the reader marked none;
    `confidence` is the reader's calibrated probability of them.
    """

    passage: int
    text: str
    page: int
    char_start: int
    char_end: int
    answer_start: int | None = None
    answer_end: int | None = None
    confidence: float | None = None

    @property
    def answer_text(self) -> str:
        """The marked words; empty where none are."""
        if self.answer_start is None or self.answer_end is None:
            return ""
        return self.text[self.answer_start - self.char_start : self.answer_end - self.char_start]


@dataclass(frozen=True, slots=True)
class SentenceCheck:
    """`answer.text[start:end]`, compared with the passages: `supported` or not, and by what.

    `by` is "reader" (`probability` is calibrated) or "words" (shared words only: `probability` is None). `passage` is
    the rank of the passage that supports it best, None where none does.
    """

    start: int
    end: int
    supported: bool
    by: Literal["reader", "words"]
    probability: float | None = None
    passage: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished answer.

    Where `not_found` is true, `text` says so, nothing was generated, and `quote` is the nearest there is. Where the
    language model does not write the question's language, `generated` is false and `text` is the quote with its marker.
    `reasons` say, per stage, why it did not run where it was asked to; `notices` what a reader should know. `checks`
    are the sentences of a generated text in order; `unsupported` are the places of those that failed.
    """

    question: str
    text: str
    not_found: bool
    passages: tuple[Passage, ...]
    citations: tuple[Citation, ...]
    relevance: float
    unsupported: tuple[tuple[int, int], ...]
    timings_ms: dict[str, float]
    providers: dict[str, str]
    provenance: dict[str, str]
    counts: dict[str, int] = field(default_factory=dict)
    generated: bool = False
    quote: Quote | None = None
    reasons: dict[str, Message] = field(default_factory=dict)
    notices: tuple[Message, ...] = ()
    checks: tuple[SentenceCheck, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchResult:
    """`relevance` is the calibrated probability that the documents answer the question at all.

    `reasons` say, per stage, why it did not run where it was asked to. `counts["reranked"]` says how many passages a
    reader read.
    """

    query: str
    passages: tuple[Passage, ...]
    relevance: float
    timings_ms: dict[str, float]
    providers: dict[str, str]
    notices: tuple[Message, ...] = ()
    reasons: dict[str, Message] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TextStreamed:
    """A piece of the answer, to be shown as it is; markers included."""

    text: str


# What a question comes to, in this order: what was retrieved; unless nothing was found the nearest sentence, still
# before the language model has said a word; the text, piece by piece; all of it.
AskEvent = SearchResult | Quote | TextStreamed | Answer


@dataclass(frozen=True, slots=True)
class FileProblem:
    """A file that is not in the library, or only in part, and why."""

    path: str
    reason: Message


@dataclass(frozen=True, slots=True)
class AddReport:
    """What adding did. `failed` files are listed in the library with their reason; `skipped` ones are not."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    chunks: int = 0
    tokens: int = 0
    failed: tuple[FileProblem, ...] = ()
    skipped: tuple[FileProblem, ...] = ()
    warnings: tuple[FileProblem, ...] = ()
    elapsed_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class FilesQueued:
    """A piece of the list of files that adding is going to read."""

    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FileReading:
    """A child process has begun to read this file."""

    path: str


@dataclass(frozen=True, slots=True)
class DocumentsSearchable:
    """The last vectors of these documents are there: they can be found by meaning from now on."""

    document_ids: tuple[str, ...]


# What adding says while it is at work; a document is one file that was stored, or could not be (state "failed").
AddStep = Progress | FilesQueued | FileReading | Document | DocumentsSearchable


@dataclass(frozen=True, slots=True)
class PageInfo:
    """A page without its text. Width and height in points, 0 where the format has no pages."""

    number: int
    label: str
    width: float
    height: float
    needs_ocr: bool
    place: str = ""


@dataclass(frozen=True, slots=True)
class PageImage:
    """A drawn page: rows of BGRX pixels (32 bits, top row first), `stride_bytes` apart."""

    number: int
    width_px: int
    height_px: int
    stride_bytes: int
    pixels: bytes


@dataclass(frozen=True, slots=True)
class TextMatch:
    """Where a searched text stands: `page.text[start:end]`."""

    page: int
    start: int
    end: int
