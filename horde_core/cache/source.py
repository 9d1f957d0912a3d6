"""What the cache is asked for and what it returns: sources, readings, outcomes of a refresh."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar
from urllib.parse import urlsplit, urlunsplit

from horde_core.cache.freshness import Policy, State
from horde_core.upstream.parsed import NotUnderstood, Parsed
from horde_core.vocabulary import ModelType

T = TypeVar("T")


Look = Callable[[str], Any]
"""Returns what is held of another source by its key; None where nothing is."""


class Emptiness(NamedTuple, Generic[T]):
    """How answers that hold nothing are judged: the API also sends them when its own caches or tables are gone.

    Such an answer is kept beside the last good one. With each read ``doubt`` gets the answer and a look at what is held
    of every source, and returns as a sentence why the answer is not believed; None where all agree that there is
    nothing. ``witnesses`` are the keys of the sources that can confirm it.
    """

    is_empty: Callable[[T], bool]
    doubt: Callable[[T, Look], str | None]
    witnesses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Source(Generic[T]):
    """One thing to fetch, and its full description: names, purpose, addresses, parser and how long its data is kept.

    ``title`` is what the screen calls it, ``about`` one sentence on what it holds and how often that changes.
    ``model_type`` is the category that it belongs to, None where it is of the network as a whole. ``urls`` are tried in
    order; those after the first only while nothing is held. ``emptiness`` is None where every answer is believed.
    """

    key: str
    title: str
    urls: tuple[str, ...]
    parse: Callable[[bytes], Parsed[T]]
    policy: Policy
    about: str = ""
    model_type: ModelType | None = None
    emptiness: Emptiness[T] | None = None


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """What a read of ``source`` found: the value (None when unavailable) and what is known of it.

    ``content`` names the content and changes only with it. ``changed_at`` is when a change was last seen, None without
    one; ``unchanged_since`` is when this content was first seen. ``fresh_for`` is what is left of the TTL. ``doubt``
    says why the server's last answer, which held nothing, is not believed: the value is the one before it. Ages are in
    seconds.
    """

    source: Source[T]
    value: T | None
    state: State
    content: str = ""
    origin: str = ""
    kept: int | None = None
    dropped: int = 0
    not_understood: tuple[NotUnderstood, ...] = ()
    age: float | None = None
    fetched_at: float | None = None
    unchanged_since: float | None = None
    changed_at: float | None = None
    refreshing: bool = False
    error: str | None = None
    retry_in: float | None = None
    fresh_for: float | None = None
    doubt: str | None = None

    @property
    def key(self) -> str:
        """The key of its source."""
        return self.source.key

    @property
    def title(self) -> str:
        """What the screen calls its source."""
        return self.source.title

    @property
    def is_suspicious(self) -> bool:
        """Whether the server's last answer is not believed."""
        return self.doubt is not None

    @property
    def witnesses(self) -> tuple[str, ...]:
        """The keys of the sources that can confirm an answer that holds nothing."""
        return self.source.emptiness.witnesses if self.source.emptiness else ()

    @property
    def model_type(self) -> ModelType | None:
        """The category that its source belongs to; None where it is of the network as a whole."""
        return self.source.model_type

    def value_or(self, nothing: T) -> T:
        """Return the value, or ``nothing`` when it is unavailable. An empty value is a value."""
        return nothing if self.value is None else self.value


@dataclass(frozen=True, slots=True)
class RefreshOutcome:
    """What a forced refresh did for one source: ``new``, ``unchanged``, ``failed``, ``pending`` or ``refused``."""

    title: str
    result: str
    error: str | None = None
    retry_in: float | None = None
    model_type: ModelType | None = None

    @classmethod
    def of(cls, before: Reading[Any], after: Reading[Any]) -> RefreshOutcome:
        """Tell what changed between two readings of a source."""
        if after.refreshing:
            return cls(after.title, "pending", model_type=after.model_type)
        if after.error is not None:
            return cls(after.title, "failed", after.error, after.retry_in, after.model_type)
        result = "unchanged" if after.content == before.content else "new"
        return cls(after.title, result, model_type=after.model_type)


def without_secrets(url: str) -> str:
    """Return an address without user and password, and without its query."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
