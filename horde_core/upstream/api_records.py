"""Frozen records of the API's bodies, lenient as the real API needs.

Unknown fields are ignored. A documented field that is missing is ``None``, which means *unknown*, never zero.
A count that is negative, infinite, fractional or no number at all makes the record invalid; any other field
that cannot be used is ``None``. A text beyond its bound is cut; a model's name is not, as it would be another one's.
:mod:`horde_core.upstream.parsing` turns whole bodies into these records.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import islice
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WrapValidator
from pydantic_core.core_schema import ValidatorFunctionWrapHandler

from horde_core.upstream.bounds import LONGEST_NAME, LONGEST_TEXT, MOST_MODELS_OF_A_WORKER
from horde_core.vocabulary import ModelType, Period, WorkerType

LARGEST_COUNT = 2**53
"""Larger counts are errors: a browser's numbers are exact to the unit up to here."""

LARGEST_AMOUNT = 1e18
"""Larger amounts of work, in the API's units, are errors."""

LONGEST_ETA = 10**9
"""Seconds, thirty years: a longer time to drain counts as unknown."""

UNKNOWN_ETA = 10_000
"""The API's sentinel for "work is queued and no speed is known"; not seconds."""


def whole_number(value: object) -> int | None:
    """Return a count; None for anything else: a negative, fractional, infinite or absurd number, ``True``, ``"3"``."""
    if type(value) is int and 0 <= value <= LARGEST_COUNT:
        return value
    if type(value) is float and 0 <= value <= LARGEST_COUNT and value.is_integer():
        return int(value)
    return None


def _count(value: object) -> object:
    if value is not None and whole_number(value) is None:
        raise ValueError(f"a count must be a whole number from 0 to {LARGEST_COUNT}")
    return whole_number(value)


def _amount(value: object) -> object:
    if value is None or (isinstance(value, int | float) and type(value) is not bool and 0 <= value <= LARGEST_AMOUNT):
        return value
    raise ValueError(f"an amount must be a number from 0 to {LARGEST_AMOUNT:g}")


def _within_reason(seconds: int | None) -> int | None:
    return seconds if seconds is not None and seconds <= LONGEST_ETA else None


def _none_if_unusable(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    try:
        return handler(value)
    except ValidationError:
        return None


def _only_names(value: object) -> object:
    if not isinstance(value, list | tuple):
        return value
    names = (item for item in value if isinstance(item, str) and len(item) <= LONGEST_NAME)
    return tuple(islice(names, MOST_MODELS_OF_A_WORKER))


def _cut(longest: int) -> AfterValidator:
    def cut(text: str | None) -> str | None:
        return text if text is None or len(text) <= longest else f"{text[: longest - 1]}…"

    return AfterValidator(cut)


Count = Annotated[int | None, BeforeValidator(_count)]
Amount = Annotated[float | None, BeforeValidator(_amount)]
Lenient = WrapValidator(_none_if_unusable)
LenientCount = Annotated[Count, Lenient]
TotalCount = Annotated[int | None, Field(strict=True), Lenient]
LenientAmount = Annotated[Amount, Lenient]
Name = Annotated[str, Field(max_length=LONGEST_NAME)]
CutName = Annotated[str, _cut(LONGEST_NAME)]
LenientName = Annotated[str | None, Field(max_length=LONGEST_NAME), Lenient]
LenientText = Annotated[str | None, _cut(LONGEST_TEXT), Lenient]
LenientAddress = Annotated[str | None, Field(max_length=LONGEST_TEXT), Lenient]
LenientFlag = Annotated[bool | None, Field(strict=True), Lenient]
Names = Annotated[tuple[str, ...] | None, BeforeValidator(_only_names), Lenient]


class Record(BaseModel):
    """Base of all records: frozen, unknown fields ignored, aliases and names both accepted.

    ``unread`` are documented fields of the JSON object that no figure needs.
    """

    model_config = ConfigDict(frozen=True, defer_build=True, extra="ignore", populate_by_name=True)
    unread: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    @cache
    def fields_by_key(cls) -> dict[str, str]:
        """Return the names of the fields by their keys in JSON."""
        return {field.alias or name: name for name, field in cls.model_fields.items()}


class HordeModelStatus(Record):
    """One row of ``/v2/status/models``: one API name, live."""

    name: Name
    count: Count = Field(None, description="threads (not workers) that serve this name now")
    performance: LenientAmount = Field(None, description="pixelsteps/s or tokens/s a job; 0.0 is unknown")
    queued: Amount = Field(
        None, description="pixelsteps or tokens waiting, of one image of each request; one that names several in each"
    )
    jobs: Count = Field(None, description="images or texts waiting or in progress")
    eta: Annotated[LenientCount, AfterValidator(_within_reason)] = Field(
        None, description=f"seconds to drain the queue; {UNKNOWN_ETA} is unknown"
    )
    type: Annotated[ModelType | None, Lenient] = None


class HordeModelStatsResponse(Record):
    """The body of ``/v2/stats/{img,text}/models``: requests by API name, compiled once a day upstream.

    ``day`` is 24 hours, ``month`` 30 days, ``total`` all time. A map that the body lacks is ``None``.
    """

    day: dict[str, Count] | None = None
    month: dict[str, Count] | None = None
    total: dict[str, Count] | None = None

    def period(self, period: Period) -> dict[str, Count] | None:
        """Return the map of one period; ``None`` when the body lacks it."""
        return {"day": self.day, "month": self.month, "total": self.total}[period]


class Speed(NamedTuple):
    """A worker's speed: a number and its unit; for alchemy ``seconds per form``, where lower is better."""

    value: float
    unit: Literal["megapixelsteps per second", "tokens per second", "seconds per form"]


NOTHING_FULFILLED = "No requests fulfilled yet"
"""What an alchemist sends in place of a speed before its first finished form."""

_SPEED = re.compile(r"([0-9]+(?:\.[0-9]+)?) (megapixelsteps per second|tokens per second|seconds per form)")


def is_speed(sentence: str) -> bool:
    """Whether what a worker says of its speed is one of the sentences that are known."""
    return sentence == NOTHING_FULFILLED or _SPEED.fullmatch(sentence) is not None


def readable_name(name: str, identity: str | None) -> str:
    """The name of a worker as people read it; one that is empty has its id told instead."""
    return name if name.strip() else f"(no name) {identity or ''}".rstrip()


def _team_name(value: object) -> object:
    return value.get("name") if isinstance(value, dict) else value


class KudosDetails(Record):
    """What a worker's kudos are for."""

    generated: LenientAmount = Field(None, description="for jobs; alchemists have none")
    uptime: LenientAmount = Field(None, description="for being there")


class HordeWorker(Record):
    """One worker of ``/v2/workers``: seen in the last 300 s, those in maintenance included."""

    unread: ClassVar[frozenset[str]] = frozenset(
        {"contact", "ipaddr", "messages", "paused", "suspicious", "tokens_generated"}
    )

    name: CutName
    id: LenientName = None
    owner: LenientText = Field(None, description="whose it is, where its owner wants that told")
    info: LenientText = Field(None, description="what its owner says of it")
    type: Annotated[WorkerType | None, Lenient] = None
    models: Names = Field(None, description="API names it serves; None for alchemists, which have forms")
    forms: Names = None
    threads: Count = None
    performance: LenientText = Field(None, description="a sentence; see `speed`")
    online: LenientFlag = None
    maintenance_mode: LenientFlag = None
    trusted: LenientFlag = None
    flagged: LenientFlag = None
    nsfw: LenientFlag = None
    uptime: LenientCount = Field(None, description="seconds over its whole life, not since the last restart")
    requests_fulfilled: LenientCount = None
    uncompleted_jobs: LenientCount = None
    kudos_rewards: LenientAmount = Field(None, description="kudos over its whole life")
    kudos_details: Annotated[KudosDetails | None, Lenient] = None
    megapixelsteps_generated: LenientAmount = Field(None, description="image workers only; over its whole life")
    bridge_agent: LenientText = Field(None, description="name:version:url")
    team: Annotated[LenientText, BeforeValidator(_team_name)] = None
    max_pixels: LenientCount = None
    max_length: LenientCount = None
    max_context_length: LenientCount = None
    img2img: LenientFlag = None
    painting: LenientFlag = None
    post_processing: LenientFlag = Field(None, alias="post-processing")
    lora: LenientFlag = None
    controlnet: LenientFlag = None
    sdxl_controlnet: LenientFlag = None

    @property
    def identity(self) -> str:
        """Key of this worker: its id, or its name where the answer lacks ids."""
        return self.id if self.id is not None else self.name

    @property
    def display_name(self) -> str:
        """The name as people read it; one that is empty has its id told instead."""
        return readable_name(self.name, self.id)

    @property
    def speed(self) -> Speed | None:
        """The speed as number and unit; None before the first finished job, when the API sends an invented 1.0."""
        match = None if self.requests_fulfilled == 0 else _SPEED.fullmatch(self.performance or "")
        return Speed(float(match[1]), match[2]) if match else None  # type: ignore[arg-type]


class HordePerformance(Record):
    """``/v2/status/performance``: the network as a whole, whatever models its requests name.

    Work queued is of one image of each request. Counts of workers and threads lag by up to 300 s.
    """

    queued_requests: LenientCount = Field(None, description="image jobs waiting or in progress")
    queued_text_requests: LenientCount = None
    worker_count: LenientCount = Field(None, description="image workers, those in maintenance included")
    thread_count: LenientCount = None
    text_worker_count: LenientCount = None
    text_thread_count: LenientCount = None
    interrogator_count: LenientCount = None
    interrogator_thread_count: LenientCount = None
    queued_megapixelsteps: LenientAmount = None
    queued_tokens: LenientAmount = None
    queued_forms: LenientAmount = None
    past_minute_megapixelsteps: LenientAmount = None
    past_minute_tokens: LenientAmount = None


class HordeTotal(Record):
    """One period of the totals: image requests with pixelsteps, or text requests with requested tokens."""

    images: LenientCount = None
    ps: TotalCount = Field(None, description="pixelsteps; of all time they pass what other counts may be")
    requests: LenientCount = None
    tokens: TotalCount = None


LenientTotal = Annotated[HordeTotal | None, Lenient]


class HordeTotals(Record):
    """``/v2/stats/{img,text}/totals``: sliding windows that end at the minute they were compiled."""

    minute: LenientTotal = None
    hour: LenientTotal = None
    day: LenientTotal = None
    month: LenientTotal = None
    total: LenientTotal = None


class HordeModes(Record):
    """``/v2/status/modes``: whether the network takes requests and new workers."""

    unread: ClassVar[frozenset[str]] = frozenset({"raid_mode"})

    maintenance_mode: LenientFlag = None
    invite_only_mode: LenientFlag = None
