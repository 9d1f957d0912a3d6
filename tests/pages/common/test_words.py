"""Figures in words: unknown is n/a, zero is zero, and hostile names stay on one line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import pytest
from babel import Locale
from babel.localedata import locale_identifiers
from hypothesis import given
from hypothesis import strategies as st

from horde_core.frames.models import category_frame
from pages.common import words
from tests.fixtures.snapshots import snapshot

UNKNOWN: tuple[Any, ...] = (None, pd.NA, float("nan"), pd.array([None], dtype="Int64")[0])


@pytest.mark.parametrize("say", [words.count, words.amount, words.share, words.duration])
@pytest.mark.parametrize("unknown", UNKNOWN)
def test_unknown_is_na_and_zero_is_not(say: Callable[[Any], str], unknown: Any) -> None:
    assert say(unknown) == "n/a"
    assert say(0).startswith("0")


@pytest.mark.parametrize(("value", "said"), [(0, "0"), (999, "999"), (1_234_567, "1,234,567"), (5.0, "5")])
def test_counts_are_grouped_by_thousands(value: float, said: str) -> None:
    assert words.count(value) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0"),
        (3, "3"),
        (0.5, "0.500"),
        (2.097152, "2.10"),
        (42.25, "42.2"),
        (1_234.5, "1,234"),
        (0.000123, "0.000123"),
    ],
)
def test_amounts_have_the_digits_that_they_deserve(value: float, said: str) -> None:
    assert words.amount(value) == said


@pytest.mark.parametrize(
    ("percent", "said"),
    [
        (0, "0 %"),
        (100, "100 %"),
        (100.0, "100 %"),
        (12.34, "12.3 %"),
        (1.0, "1.0 %"),
        (0.0065, "0.0065 %"),
        (0.00001234, "0.000012 %"),
    ],
)
def test_shares_have_enough_digits_not_to_be_zero(percent: float, said: str) -> None:
    assert words.share(percent) == said


@pytest.mark.parametrize("percent", [1e-9, 0.004, 0.05, 99.95, 99.9999])
def test_a_share_that_is_not_nothing_nor_all_never_reads_so(percent: float) -> None:
    assert 0 < float(words.share(percent).removesuffix(" %")) < 100


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (0.9, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (200, "3 min 20 s"),
        (3_600, "1 h"),
        (90_061, "1 d 1 h"),
        (-5, "0 s"),
    ],
)
def test_durations_are_in_their_two_largest_units(seconds: float, said: str) -> None:
    assert words.duration(seconds) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (119.9, "119 s"), (120, "2 min"), (7_199, "119 min"), (7_200, "2 h"), (172_800, "2 d")],
)
def test_ages_are_in_one_unit(seconds: float, said: str) -> None:
    assert words.age(seconds) == said


def test_moments_are_in_utc_where_nothing_is_known_of_the_visitor() -> None:
    assert words.moment(1_765_584_000.9) == "13 Dec 2025, 00:00:00 UTC"


@pytest.fixture
def visitor() -> Iterator[Callable[[str | None, str | None], None]]:
    """Set the visitor's locale and time zone; reset them afterwards."""
    yield words.speak
    words.speak(None, None)


Speak = Callable[[str | None, str | None], None]


def test_figures_and_moments_are_written_as_the_visitors_locale_and_zone_do(visitor: Speak) -> None:
    visitor("de-DE", "Europe/Berlin")
    assert words.count(1_234_567) == "1.234.567"
    assert words.share(0.0312) == "0,031 %"
    assert words.amount(12.34) == "12,3"
    assert words.ratio(1.5) == "1,5 x"
    assert words.moment(1_765_584_000) == "13 Dez. 2025, 01:00:00 MEZ"


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("en", "-12,345.5"),
        ("en-DE", "-12.345,5"),
        ("en-IN", "-12,345.5"),
        ("de", "-12.345,5"),
        ("de-DE", "-12.345,5"),
        ("DE_de", "-12.345,5"),
        ("de-US", "-12.345,5"),
        ("de-DE-1996", "-12.345,5"),
        ("de-Latn-DE-x-private", "-12.345,5"),
        ("de-DE@euro", "-12.345,5"),
        ("de-DE.UTF-8", "-12.345,5"),
        ("de-CH", "-12\u2019345.5"),
        ("nl-DE", "-12.345,5"),
        ("no-NO", "-12\xa0345,5"),
        ("nb-NO", "-12\xa0345,5"),
        ("fr-US", "-12\u202f345,5"),
        ("fr-FR-u-hc-h12", "-12\u202f345,5"),
        ("fr-FR-u-ca-buddhist-nu-latn-x-" + "y" * 500, "-12\u202f345,5"),
        ("sv-SE", "-12\xa0345,5"),
        ("es-ES", "-12.345,5"),
        ("es-419", "-12,345.5"),
        ("pt-BR", "-12.345,5"),
        ("zh-Hant-TW", "-12,345.5"),
        ("zh-Hant-US", "-12,345.5"),
        ("sr-Cyrl-US", "-12.345,5"),
        ("iw-IL", "-12,345.5"),
    ],
)
def test_any_spelling_of_a_language_writes_figures_as_its_nearest_locale(visitor: Speak, tag: str, said: str) -> None:
    visitor(tag, None)
    assert words.exact(-12_345.5) == said


@pytest.mark.parametrize(
    "language",
    [
        None,
        "",
        "*",
        "xx-YY",
        "not a language",
        "en-US-u-nu-latn",
        "i-klingon",
        "-",
        "_",
        "\0",
        "deutsch",
        "aa",
        "e" * 10_000,
    ],
)
@pytest.mark.parametrize("zone", [None, "", "Nowhere/At All", "Etc/Unknown", "../../etc/passwd", "Z" * 100_000, "a\0b"])
def test_an_unknown_language_or_zone_is_english_and_utc(visitor: Speak, language: str | None, zone: str | None) -> None:
    visitor(language, zone)
    assert words.exact(1_234.5) == "1,234.5"
    assert words.moment(0) == "1 Jan 1970, 00:00:00 UTC"


@given(st.text(max_size=40) | st.from_regex(r"[a-zA-Z]{2,3}([-_][a-zA-Z0-9]{1,8}){0,4}", fullmatch=True))
def test_any_tag_is_some_supported_locale(tag: str) -> None:
    assert Locale.parse(words.supported_locale(tag)).language in words.LANGUAGES


def test_what_clients_say_is_kept_within_bounds(visitor: Speak) -> None:
    for number in range(2_000):
        visitor(f"de-DE-x-{number}" + "y" * 1_000, f"Zone/{number}")
    kept = words.supported_locale.cache_info()
    assert kept.maxsize is not None
    assert kept.currsize <= kept.maxsize * words.LONGEST_TAG


def test_locales_that_write_numbers_alike_share_what_is_kept_by_that(visitor: Speak) -> None:
    ways = set()
    for tag in locale_identifiers():
        visitor(tag, None)
        ways.add(words.numbers())
    assert len(ways) < 25


@pytest.mark.parametrize(
    ("value", "said"),
    [(None, "n/a"), (0, "0 x"), (0.004, "0.0040 x"), (0.27, "0.27 x"), (7.14, "7.1 x"), (31.6, "32 x")],
)
def test_ratios_have_two_digits_and_are_0_only_for_zero(value: float | None, said: str) -> None:
    assert words.ratio(value) == said


def test_a_change_has_its_sign() -> None:
    assert [words.change(value) for value in (1_200, -3, 0.5)] == ["+1,200", "-3", "+0.500"]


def test_names_beyond_the_first_few_are_counted() -> None:
    assert words.first_few(["a", "b"]) == "a, b"
    assert words.first_few([str(n) for n in range(8)]) == "0, 1, 2, 3, 4 and 3 more"


def test_a_unit_is_in_the_singular_for_one() -> None:
    assert [words.plural_amount(value, "forms") for value in (1, 2, None)] == ["1 form", "2 forms", "n/a forms"]


def test_listings_and_plurals() -> None:
    assert [words.listing(list("abc")[:length]) for length in range(4)] == ["", "a", "a and b", "a, b and c"]
    assert [words.plural(number, "model") for number in (0, 1, 1_234)] == ["0 models", "1 model", "1,234 models"]
    assert words.plural(2, "category", "categories") == "2 categories"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("plain", "plain"),
        ("two\nlines\tand\rmore", "two lines and more"),
        ("\x00bell\x07separator\u2029", "bell separator"),
        ("turned \u202earound", "turned  around"),
        ("", "(no name)"),
        (" \n ", "(no name)"),
        ("<b>bold</b>", "<b>bold</b>"),
        ("x" * 60, "x" * 60),
        ("x" * 61, "x" * 59 + "…"),
    ],
)
def test_a_name_is_one_line(name: str, shown: str) -> None:
    assert words.one_line(name) == shown


def test_queue_states_name_what_is_remarkable() -> None:
    image = category_frame(snapshot("image"))
    states = {row["name"]: words.queue_state(row) for row in image.to_dict("records")}
    assert states == {
        "Deliberate": "",
        "AlbedoBase XL (SDXL)": "",
        "Retired Model": "",
        "Flux.1-Schnell": "■ nobody serves it",
    }
    text = category_frame(snapshot("text"))
    told = [state for row in text.to_dict("records") if (state := words.queue_state(row))]
    assert told == ["? speed unknown"]


def test_a_ranking_tells_the_first_few_and_how_many_more() -> None:
    names, figures = ["a", "b\n", "c"], ["3", "2", "1"]
    assert words.ranking(names, figures, "Share") == "Share:\na 3;\nb 2;\nc 1."
    assert words.ranking(names, figures, "Share", most=2) == "Share:\na 3;\nb 2;\nand 1 more."
