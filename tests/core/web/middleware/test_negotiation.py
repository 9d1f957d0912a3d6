"""Weights of Accept-Encoding, and tags that a client has already."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope, Send

from horde_core.web.middleware.negotiation import GzipWhereAccepted, chosen_coding, has_already

OFFERED = ("br", "gzip")


def accepting(*lines: str) -> Headers:
    return Headers(raw=[(b"accept-encoding", line.encode("latin-1")) for line in lines])


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"), ("gzip, deflate", "gzip"), ("BR", "br"), ("gzip;q=1.0, br;q=0.9", "gzip"),
        ("br;q=0.001", "br"), ("*", "br"), ("br;q=0, *", "gzip"), ("*;q=0.5, gzip", "gzip"), ("gzip ; q=0.5", "gzip"),
        ("gzip;level=3;q=0.5, br;q=0", "gzip"), ("identity;q=0.5, gzip", "gzip"), ("identity;q=0, *", "br"),
        ("", None), ("identity", None), ("deflate, zstd", None), ("gzip;q=0", None), ("gzip;q=0.000, br;q=0", None),
        ("*;q=0", None), ("gzip, *;q=0", "gzip"), ("gzip;q=0.5, identity", None), ("gzip;q=high", None),
        ("gzip;q=-1", None), ("gzip;q=2", None), ("gzip;q=nan", None), ("xgzip, gzipx", None), (",,;,gzip", "gzip"),
        (";q=1", None),
    ],
)  # fmt: skip
def test_the_coding_with_the_highest_weight_is_chosen_and_a_weight_of_0_refuses(
    accepted: str, coding: str | None
) -> None:
    assert chosen_coding(accepting(accepted), OFFERED) == coding


def test_without_the_header_the_plain_form_is_chosen() -> None:
    assert chosen_coding(accepting(), OFFERED) is None


def test_several_lines_are_one_list() -> None:
    assert chosen_coding(accepting("gzip;q=0.5", "br;q=0.4"), OFFERED) == "gzip"


@given(st.text(st.characters(max_codepoint=255, exclude_characters="\r\n")))
def test_no_header_breaks_it(accepted: str) -> None:
    assert chosen_coding(accepting(accepted), OFFERED) in {None, *OFFERED}


@pytest.mark.parametrize("named", ['"a"', 'W/"a"', '"b", "a"', '"b",W/"a"', "*"])
@pytest.mark.parametrize("tag", ['"a"', 'W/"a"'])
def test_a_tag_is_found_among_those_that_a_client_names(named: str, tag: str) -> None:
    assert has_already(Headers({"If-None-Match": named}), tag)
    assert not has_already(Headers({"If-None-Match": named.replace("a", "c").replace("*", '"c"')}), tag)
    assert not has_already(Headers(), tag)


@pytest.mark.parametrize(
    ("accepted", "seen"),
    [("gzip, br", "gzip"), ("*", "gzip"), ("gzip;q=0", "identity"), ("br", "identity"), ("gzip;q=0.1", "gzip")],
)
def test_the_app_behind_finds_gzip_only_where_it_is_accepted(accepted: str, seen: str) -> None:
    found: list[str] = []

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        found.extend(Headers(scope=scope).getlist("accept-encoding"))

    async def nothing(*_message: Message) -> Message:
        return {}

    given_scope = {"type": "http", "headers": accepting(accepted, "identity;q=0").raw}
    asyncio.run(GzipWhereAccepted(app)(given_scope, nothing, nothing))  # type: ignore[arg-type]
    assert found == [seen]
    assert len(given_scope["headers"]) == 2
