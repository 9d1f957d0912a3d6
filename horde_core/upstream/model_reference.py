"""The model reference: the static side of every model, from the v2 service or the two legacy files.

Both formats give the same :class:`ModelRecord`, one a model. The legacy text file lists each model once for every
backend (bare, ``aphrodite/``, ``koboldcpp/``); those are folded into one record here, before anything else sees them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from horde_core.upstream.api_records import (
    LenientAddress,
    LenientCount,
    LenientFlag,
    LenientText,
    Name,
    whole_number,
)
from horde_core.upstream.bounds import LONGEST_NAME, LONGEST_TEXT, MOST_PARTS, MOST_ROWS
from horde_core.upstream.errors import ShapeError
from horde_core.upstream.parsed import Parsed, Unknowns
from horde_core.upstream.parsing import read_json
from horde_core.vocabulary import MODEL_TYPES, ModelType

LEGACY_BASELINES = {
    "stable diffusion 1": "stable_diffusion_1",
    "stable diffusion 2": "stable_diffusion_2_768",
    "stable diffusion 2 512": "stable_diffusion_2_512",
}
"""Baselines as the legacy files spell them, and as the v2 service does."""

LEGACY_BACKENDS = ("aphrodite/", "koboldcpp/")
"""Prefixes under which the legacy text file lists a model again."""

_SIZE_TAG = re.compile(r"[0-9.]+[BM]")


def _blank_is_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _baseline(value: object) -> object:
    value = _blank_is_none(value)
    return LEGACY_BASELINES.get(value, value) if isinstance(value, str) else value


def _lower(value: object) -> object:
    value = _blank_is_none(value)
    return value.lower() if isinstance(value, str) else value


def _texts(value: object) -> list[str]:
    items = value if isinstance(value, list | tuple) else ()
    return [text for text in items if isinstance(text, str) and text.strip()]


def _without_sizes(value: object) -> list[str]:
    return [tag for tag in _texts(value) if not _SIZE_TAG.fullmatch(tag)]


def _options(value: object) -> dict[str, str]:
    """Options by name, their values in words; what is neither text, a number nor a list of them is left out."""
    stated = {str(name): _in_words(option) for name, option in value.items()} if isinstance(value, dict) else {}
    return {name: words for name, words in stated.items() if words}


def _bounded(texts: list[str], longest: int) -> tuple[str, ...]:
    return tuple(islice((text for text in texts if len(text) <= longest), MOST_PARTS))


def _some_tags(value: object) -> object:
    return _bounded(_without_sizes(value), LONGEST_NAME)


def _some_texts(value: object) -> object:
    return _bounded(_texts(value), LONGEST_TEXT)


def _some_options(value: object) -> object:
    options = _options(value).items()
    return dict(islice((pair for pair in options if max(map(len, pair)) <= LONGEST_NAME), MOST_PARTS))


def _in_words(option: object) -> str:
    if isinstance(option, bool):
        return "yes" if option else "no"
    if isinstance(option, int | float):
        return f"{option:g}" if abs(option) < 1e6 else str(option)
    if isinstance(option, list | tuple):
        return ", ".join(filter(None, map(_in_words, option)))
    return option if isinstance(option, str) else ""


Texts = Annotated[tuple[str, ...], BeforeValidator(_some_texts)]
Options = Annotated[dict[str, str], BeforeValidator(_some_options)]


class ModelRecord(BaseModel):
    """One model of the reference. None is "not stated"; sizes are bytes, ``parameters`` a count of weights."""

    model_config = ConfigDict(frozen=True, defer_build=True, extra="ignore")

    name: Name
    baseline: Annotated[LenientText, BeforeValidator(_baseline)] = None
    description: Annotated[LenientText, BeforeValidator(_blank_is_none)] = None
    nsfw: LenientFlag = None
    style: Annotated[LenientText, BeforeValidator(_lower)] = None
    tags: Annotated[tuple[str, ...], BeforeValidator(_some_tags)] = ()
    size: LenientCount = Field(None, description="bytes on disk: the stated total, else the sum of all its files")
    size_at_least: LenientCount = Field(None, description="bytes of the files that state theirs, where not all do")
    downloads: tuple[str, ...] = Field((), description="download URLs, as given")
    parameters: LenientCount = None
    url: Annotated[LenientAddress, BeforeValidator(_blank_is_none)] = Field(None, description="home page")
    text_model_group: Annotated[LenientText, BeforeValidator(_blank_is_none)] = Field(None, description="its family")
    version: Annotated[LenientText, BeforeValidator(_blank_is_none)] = None
    inpainting: LenientFlag = Field(False, description="made for inpainting; records of other models do not say so")
    requirements: Options = Field({}, description="what requests must ask")
    trigger: Texts = Field((), description="words that bring its style")
    showcases: Texts = Field((), description="addresses of images")
    instruct_format: Annotated[LenientText, BeforeValidator(_blank_is_none)] = None
    settings: Options = Field({}, description="recommended for requests")


class ModelReference(Mapping[str, ModelRecord]):
    """The records of one category by model name, in the reference's order. Immutable."""

    def __init__(self, records: Mapping[str, ModelRecord] | None = None, available: bool = True) -> None:
        self.available = available
        self._records = MappingProxyType(dict(records or {}))

    def __getitem__(self, name: str) -> ModelRecord:
        return self._records[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._records)

    def __len__(self) -> int:
        return len(self._records)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ModelReference) and self._records == other._records

    __hash__ = None  # type: ignore[assignment]


def parse_reference(body: bytes, model_type: ModelType | None = None) -> Parsed[ModelReference]:
    """Parse a reference of either format and either category.

    Records that cannot be used are dropped and counted; those that state to be of another type than ``model_type`` are
    left out. Raises :class:`~horde_core.upstream.errors.ShapeError` for anything but an object of records.
    """
    document = read_json(body)
    if not isinstance(document, dict) or not document:
        raise ShapeError("an object with a record for each model was expected")
    records: dict[str, ModelRecord] = {}
    types = [f"{kind}_generation" for kind in MODEL_TYPES if model_type in (None, kind)]
    unknowns = Unknowns()
    if len(document) > MOST_ROWS:
        unknowns.add("skipped", "", f"beyond the first {MOST_ROWS:,} records", len(document) - MOST_ROWS)
    for key, raw in islice(document.items(), MOST_ROWS):
        stated = raw.get("record_type") if isinstance(raw, dict) else None
        if stated is not None and stated not in types:
            unknowns.add("foreign type", "record_type", stated)
            continue
        try:
            records[key] = _record(key, raw)
        except (ValidationError, TypeError):
            unknowns.add("skipped", "", {key: raw})
        else:
            _note_what_is_unknown(raw, records[key], unknowns)
    if not records:
        raise ShapeError("no record of the reference could be used")
    return unknowns.parsed(ModelReference(_folded(records)))


def _note_what_is_unknown(raw: Mapping[str, Any], record: ModelRecord, unknowns: Unknowns) -> None:
    for key, value in raw.items():
        if key in _READ_AS:
            unknowns.add_value(key, value, getattr(record, _READ_AS[key]))
        elif key not in _UNREAD_FIELDS:
            unknowns.add("unknown field", key, value)
    for key, stated in _READ_IN_PARTS.items():
        unknowns.add_value(key, list(stated(raw.get(key))), tuple(getattr(record, key)))
    unknowns.add_value("config.download", _addresses(_parts(raw, "download")), record.downloads)


def _record(key: str, raw: Any) -> ModelRecord:
    if not isinstance(raw, dict) or (raw and not raw.keys() & {"name", "config", *_PLAIN_FIELDS}):
        raise TypeError("a record must be an object that speaks of a model")
    downloads = _parts(raw, "download")
    size, at_least = _size(raw.get("size_on_disk_bytes"), downloads or _parts(raw, "files"))
    return ModelRecord(
        name=key,
        **{field: raw[field] for field in _PLAIN_FIELDS if field in raw},
        url=raw.get("url") or raw.get("homepage"),
        size=size,
        size_at_least=at_least,
        downloads=_bounded(_addresses(downloads), LONGEST_TEXT),
    )


def _parts(raw: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    """The files of one kind that a record lists."""
    config = raw.get("config")
    files = config.get(kind) if isinstance(config, dict) else None
    return [file for file in files if isinstance(file, dict)] if isinstance(files, list) else []


def _addresses(files: list[dict[str, Any]]) -> list[str]:
    return _texts([file.get("file_url") for file in files])


def _size(stated: object, files: list[dict[str, Any]]) -> tuple[int | None, int | None]:
    """The bytes on disk, or what they are at least: the total, else the sum of the files."""
    total = whole_number(stated)
    sizes = [whole_number(file.get("size_bytes")) for file in files]
    known = [size for size in sizes if size is not None]
    if total is not None or not known:
        return total, None
    return (sum(known), None) if len(known) == len(sizes) else (None, sum(known))


_PLAIN_FIELDS = (
    "baseline", "description", "nsfw", "style", "tags", "parameters", "text_model_group", "version", "inpainting",
    "requirements", "trigger", "showcases", "instruct_format", "settings",
)  # fmt: skip
_READ_IN_PARTS: dict[str, Callable[[object], list[str] | dict[str, str]]] = {
    "tags": _without_sizes, "trigger": _texts, "showcases": _texts, "requirements": _options, "settings": _options,
}  # fmt: skip
_READ_AS = {field: field for field in _PLAIN_FIELDS if field not in _READ_IN_PARTS} | {"size_on_disk_bytes": "size"}
"""The fields of a record whose values are read or unknown, and what they are called here."""

_UNREAD_FIELDS = _READ_IN_PARTS.keys() | {
    "available", "config", "display_name", "download_all", "features_not_supported", "homepage", "metadata",
    "min_bridge_version", "model_classification", "model_name", "name", "optimization", "record_type", "type", "url",
}  # fmt: skip
"""Documented fields that are read in another way, or that no figure needs."""


def _folded(records: Mapping[str, ModelRecord]) -> dict[str, ModelRecord]:
    """Keep one record a model: a key with a backend in front only stands where no bare one has its last segment."""
    bare = {key: record for key, record in records.items() if not key.startswith(LEGACY_BACKENDS)}
    known = {_last_segment(key) for key in bare}
    for key, record in records.items():
        if key not in bare and _last_segment(key) not in known:
            known.add(_last_segment(key))
            name = key.partition("/")[2]
            bare[name] = record.model_copy(update={"name": name})
    return bare


def _last_segment(name: str) -> str:
    return name.rpartition("/")[2].casefold()
