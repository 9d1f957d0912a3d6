"""How locales write numbers, compared with Babel here and with the browser's Intl in tests/browser."""

from __future__ import annotations

import pytest
from babel import Locale
from babel.localedata import locale_identifiers
from babel.numbers import format_decimal

from horde_core.numbers import ENGLISH, Numbers

LOCALES = sorted(name for name in locale_identifiers() if name != "root" and "POSIX" not in name)


def test_english_is_one_of_the_locales() -> None:
    assert Numbers.of("en") == ENGLISH


@pytest.mark.parametrize("language", sorted({name.partition("_")[0] for name in LOCALES}))
def test_numbers_are_written_as_babel_writes_them(language: str) -> None:
    for name in LOCALES:
        locale = Locale.parse(name)
        if locale.language == language:
            lakhs = locale.decimal_formats[None].grouping[1] == 2
            pattern = "#,##,##0.###" if lakhs else "#,##0.###"
            for value in (0, 12, 123, 12_345, 1_234_567.25, -98_765_432.125):
                assert Numbers.of(name).exact(value) == format_decimal(value, pattern, locale=name)


@pytest.mark.parametrize(("name", "said"), [("es", "1234"), ("pl", "1234"), ("es_MX", "1,234"), ("de", "1.234")])
def test_some_locales_leave_four_digits_ungrouped(name: str, said: str) -> None:
    assert Numbers.of(name).count(1_234) == said
