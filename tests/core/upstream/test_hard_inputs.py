"""Hard inputs: slow servers, huge numbers, malformed settings."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from horde_core.settings import Settings, SettingsError
from horde_core.upstream.api_records import HordeTotals
from horde_core.upstream.client import HordeClient
from horde_core.upstream.errors import ShapeError, StatusError, TransportError
from horde_core.upstream.model_reference import parse_reference
from horde_core.upstream.parsing import parse_status, parse_usage
from tests.fixtures.horde_server import HordeServer
from tests.fixtures.upstream import URL


def connect(**settings: object) -> HordeClient:
    return HordeClient(Settings.model_validate(settings))


def test_the_deadline_is_for_all_tries_together(horde_server: HordeServer) -> None:
    client = connect(api_timeout=1.0)
    horde_server.answer("/v2/workers", delay=0.8, drop=True)
    threading.Timer(0.9, horde_server.answer, ["/v2/workers"], {"delay": 60.0}).start()
    began = time.monotonic()
    with pytest.raises(TransportError):
        client.get(f"{horde_server.url}/v2/workers")
    seconds = time.monotonic() - began
    client.close()
    assert seconds < 1.5, seconds


def test_the_deadline_also_ends_a_silence_after_the_first_bytes(horde_server: HordeServer) -> None:
    client = connect(api_timeout=1.0)
    horde_server.answer("/v2/workers", "[]", trickle=0.95)
    began = time.monotonic()
    with pytest.raises(TransportError):
        client.get(f"{horde_server.url}/v2/workers")
    seconds = time.monotonic() - began
    client.close()
    assert seconds < 1.5, seconds


def test_a_body_that_is_too_long_is_not_fetched_again() -> None:
    asked: list[httpx.Request] = []

    class Endless(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            while True:
                yield bytes(8 * 1024 * 1024)

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, stream=Endless())

    client = HordeClient(Settings(), httpx.MockTransport(handler))
    with pytest.raises(ShapeError):
        client.get(URL)
    client.close()
    assert len(asked) == 1


@pytest.mark.parametrize("value", ["Mon, 01 Jan 2024 00:00:00 +999999999999999", "9" * 400])
def test_no_retry_after_makes_anything_but_a_status_error(value: str) -> None:
    client = HordeClient(Settings(), httpx.MockTransport(lambda _: httpx.Response(503, headers={"Retry-After": value})))
    try:
        with pytest.raises(StatusError) as error:
            client.get(URL)
        assert error.value.retry_after is None or error.value.retry_after <= 300
    finally:
        client.close()


@pytest.mark.parametrize("field", ["queued", "performance"])
def test_a_number_too_large_drops_its_row_only(field: str) -> None:
    body = b'[{"name":"a","' + field.encode() + b'":1' + b"0" * 400 + b'},{"name":"b"}]'
    assert [row.name for row in parse_status(body, "text").data][-1] == "b"


def test_one_name_that_is_no_unicode_costs_its_row_only() -> None:
    body = b'[{"name":"\\ud800","count":1},{"name":"good"}]'
    assert [row.name for row in parse_status(body, "text").data][-1] == "good"


def test_usage_without_one_usable_count_is_a_failure() -> None:
    with pytest.raises(ShapeError):
        parse_usage(b'{"day":{"a":null},"month":{"a":"x"},"total":{"a":-1}}')


def test_an_error_object_is_no_reference() -> None:
    with pytest.raises(ShapeError):
        parse_reference(b'{"error": {"code": 500, "message": "Internal Server Error"}}')


def test_blanks_around_an_address_do_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HORDE_API_URL", " https://aihorde.net/api ")
    assert Settings.load().api_url == "https://aihorde.net/api"


def test_a_refusal_does_not_print_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HORDE_REDIS_URL", "redi://user:secret@host")
    with pytest.raises(SettingsError) as refusal:
        Settings.load()
    assert "secret" not in str(refusal.value)


def test_a_settings_file_that_is_no_text_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"HORDE_SOURCE=d\xe9mo\n")
    with pytest.raises(SettingsError):
        Settings.load()


def test_totals_beyond_2_to_the_53_are_known() -> None:
    # horde-api.md section 3: ps of the total may exceed 2^53 (4.95e15 live in 2026)

    assert HordeTotals.model_validate({"total": {"images": 1, "ps": 10**16}}).total.ps == 10**16


def test_an_unknown_option_of_the_redis_address_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HORDE_REDIS_URL", "redis://localhost:6379/0?nonsense=1")
    with pytest.raises(SettingsError, match=r"HORDE_REDIS_URL=.*unknown option.*nonsense"):
        Settings.load()


def test_an_address_is_used_as_it_was_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HORDE_API_URL", "https:aihorde.net/api/")
    assert Settings.load().api_url == "https://aihorde.net/api"
