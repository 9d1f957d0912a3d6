"""Figures, times and names in words, figures as the visitor's locale writes them (:mod:`horde_core.numbers`)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import cache, lru_cache, wraps
from typing import Any, Concatenate, NamedTuple, ParamSpec
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale, UnknownLocaleError
from babel.dates import format_datetime

from horde_core.numbers import ENGLISH, Numbers
from horde_core.numbers import UNKNOWN as UNKNOWN
from horde_core.numbers import is_unknown as is_unknown

P = ParamSpec("P")

_MARKDOWN = re.compile(r"[!-/:-@\[-`{-~]")
"""All that CommonMark lets a backslash stand before."""

SECONDS_A_DAY = 86_400
LONGEST_HOURS = 20 * 3600
"""A stretch of so many seconds is told in days, a shorter one in hours."""

LONGEST_TAG = 64
"""Characters of a language tag that are read: more than any tag in use has."""

_LANGUAGES = """
af am ar as az be bg bn bs ca cs cy da de el en es et eu fa fi fil fr ga gl gu he hi hr hu hy id is it ja ka kk km kn
ko ky lo lt lv mk ml mn mr ms my nb ne nl nn no or pa pl ps pt ro ru sd si sk sl so sq sr sv sw ta te th tk tr uk ur
uz vi yue zh zu
"""
LANGUAGES = frozenset(_LANGUAGES.split())
"""Languages that browsers write numbers in. Babel keeps what it reads of each, about 1 MB: no others are read."""

_TAG = re.compile(r"([a-z]{2,3})(?:[-_]([a-z]{4}))?(?:[-_]([a-z]{2}|\d{3}))?(?![a-z0-9])", re.ASCII | re.IGNORECASE)
"""Language, script and region; variants and extensions (``-u-hc-h12``) do not matter to us."""


class Visitor(NamedTuple):
    """How the visitor whose page is drawn writes figures and times."""

    locale: str = "en"
    numbers: Numbers = ENGLISH
    zone: str = "UTC"


_UNKNOWN_VISITOR = Visitor()
_VISITOR: ContextVar[Visitor] = ContextVar("visitor", default=_UNKNOWN_VISITOR)


def speak(language: str | None, zone: str | None) -> None:
    """Write figures and times from now on, in this thread, as a browser with this language and time zone does.

    English where the language is missing or has no data, UTC where the zone is or has none.
    """
    locale = supported_locale((language or "")[:LONGEST_TAG])
    _VISITOR.set(Visitor(locale, Numbers.of(locale), zone if zone and zone in _zones() else "UTC"))


def visitor() -> Visitor:
    """How the visitor writes figures and times: part of the key of whatever holds both."""
    return _VISITOR.get()


def numbers() -> Numbers:
    """How the visitor writes figures: part of the key of whatever holds some."""
    return _VISITOR.get().numbers


@lru_cache(maxsize=512)
def supported_locale(tag: str) -> str:
    """Return the locale nearest to a BCP 47 language tag: with its script and region, else without; else English."""
    found = _TAG.match(tag.strip())
    language, script, region = found.groups() if found else ("", None, None)
    for parts in ((language, script, region), (language, script), (language, region), (language,)):
        try:
            locale = Locale.parse("_".join(filter(None, parts)))
        except (UnknownLocaleError, ValueError):
            continue
        return str(locale) if locale.language in LANGUAGES else "en"
    return "en"


@cache
def _zones() -> set[str]:
    return available_timezones()


def _of_visitor(method: Callable[Concatenate[Numbers, P], str]) -> Callable[P, str]:
    """A method of :class:`Numbers` as the visitor's numbers have it."""

    @wraps(method)
    def said(*given: P.args, **named: P.kwargs) -> str:
        return method(numbers(), *given, **named)

    return said


count = _of_visitor(Numbers.count)
change = _of_visitor(Numbers.change)
amount = _of_visitor(Numbers.amount)
exact = _of_visitor(Numbers.exact)
share = _of_visitor(Numbers.share)
ratio = _of_visitor(Numbers.ratio)
duration = _of_visitor(Numbers.duration)
age = _of_visitor(Numbers.age)
plural = _of_visitor(Numbers.plural)
plural_amount = _of_visitor(Numbers.plural_amount)


def known(values: Iterable[Any]) -> list[float | None]:
    """Figures as plain numbers, None for the unknown ones."""
    return [None if is_unknown(value) else float(value) for value in values]


def moment(unix_seconds: float) -> str:
    """An exact time, in the visitor's zone, which it names."""
    return _time(unix_seconds, "d MMM y, HH:mm:ss z")


def clock(unix_seconds: float) -> str:
    """A time of day, in the visitor's zone."""
    return _time(unix_seconds, "HH:mm:ss")


def day(unix_seconds: float, has_year: bool = False) -> str:
    """A day in UTC, as the API counts usage by: "5 Aug", or with its year."""
    pattern = "d MMM y" if has_year else "d MMM"
    locale = _VISITOR.get().locale
    return str(format_datetime(datetime.fromtimestamp(unix_seconds, UTC), pattern, tzinfo=UTC, locale=locale))


def hour(unix_seconds: float) -> str:
    """A day and time of day to the minute, in the visitor's zone: "5 Aug, 14:00"."""
    return _time(unix_seconds, "d MMM, HH:mm")


def stretch(begins: float, ends: float) -> str:
    """A stretch of time: days in UTC, each labelled by the day it began in, shorter ones in the visitor's zone."""
    if ends - begins < LONGEST_HOURS:
        return f"{hour(begins)} to {_time(ends, 'HH:mm z')}"
    days = round((ends - begins) / SECONDS_A_DAY)
    last = day(ends - SECONDS_A_DAY, has_year=True)
    return f"{last} (UTC)" if days <= 1 else f"{day(begins)} to {last} (UTC), {days} days"


def zone_offset(unix_seconds: float) -> int:
    """Seconds by which the visitor's clock is ahead of UTC at a moment."""
    offset = datetime.fromtimestamp(unix_seconds, ZoneInfo(_VISITOR.get().zone)).utcoffset()
    return int(offset.total_seconds()) if offset else 0


def _time(unix_seconds: float, pattern: str) -> str:
    visitor = _VISITOR.get()
    return _written_time(int(unix_seconds), pattern, visitor.zone, visitor.locale)


@lru_cache(maxsize=4096)
def _written_time(unix_seconds: int, pattern: str, zone: str, locale: str) -> str:
    time = datetime.fromtimestamp(unix_seconds, UTC)
    return str(format_datetime(time, pattern, tzinfo=ZoneInfo(zone), locale=locale))


def listing(parts: list[str]) -> str:
    """Join with commas and a final "and"."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""


def one_line(name: str, longest: int = 60) -> str:
    """A hostile name on one line: control characters made visible as spaces, shortened in the end."""
    text = "".join(character if character.isprintable() else " " for character in name).strip() or "(no name)"
    return text if len(text) <= longest else text[: longest - 1] + "…"


def queue_state(row: Mapping[Any, Any]) -> str:
    """What is remarkable about a model's queue, as a mark and a word; nothing where all is well."""
    if row["unserved"] is True:
        return "■ nobody serves it"
    if not is_unknown(row["queued"]) and row["queued"] > 0 and is_unknown(row["eta"]):
        return "? speed unknown"
    return ""


def sentence_case(text: str) -> str:
    """A text that begins with a capital, its other letters as they are."""
    return text[:1].upper() + text[1:]


def first_few(names: Sequence[str], most: int = 5) -> str:
    """The first of some names, and how many more there are."""
    told = ", ".join(one_line(name) for name in names[:most])
    return f"{told} and {count(len(names) - most)} more" if len(names) > most else told


def at_least(kind: str, amount: Any) -> str:
    """What is said before work queued and drain times: those of images are a lower bound."""
    return "at least " if kind == "image" and not is_unknown(amount) and amount > 0 else ""


def bounded(label: str, kind: str, amount: Any) -> str:
    """The label of a figure, which says where the figure is a lower bound."""
    return f"{label}, {at_least(kind, amount)}".rstrip(", ")


def queue_for(row: Mapping[Any, Any], kind: str, unit: str) -> str:
    """A model's queue against what serves it."""
    queued = f"{at_least(kind, row['queued'])}{amount(row['queued'])} {unit} queued"
    if row["unserved"] is True:
        return f"{queued}, nobody serves it"
    least = at_least(kind, row["queue_per_thread"])
    return f"{queued}, {plural(int(row['threads']), 'thread')}, {least}{amount(row['queue_per_thread'])} for each"


def pace(speed: Any, unit: str) -> str:
    """How fast a job is worked on."""
    return "no speed is known" if is_unknown(speed) else f"{amount(speed)} {unit}/s for each job"


def ranking(names: Sequence[str], figures: Sequence[str], what: str, most: int = 10) -> str:
    """A chart in words, its first few rows a line each: for readers who cannot see it, or not yet."""
    told = [f"{one_line(name)} {figure}" for name, figure in zip(names[:most], figures[:most], strict=True)]
    rest = [f"and {len(names) - most} more"] if len(names) > most else []
    return f"{what}:\n" + ";\n".join(told + rest) + "."


def escaped(text: str) -> str:
    """A hostile text where Markdown is read, such as a button's label: shown as it is, and meaning nothing."""
    return _MARKDOWN.sub(r"\\\g<0>", text)
