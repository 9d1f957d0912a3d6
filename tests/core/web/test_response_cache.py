"""The response cache: answers are made once, not modified, compressed, and cause no fetch."""

from __future__ import annotations

import asyncio
import gzip
import random
import threading
from collections.abc import Callable
from functools import partial

import pytest

from horde_core import HordeAPIIntegration
from horde_core.endpoints import answers
from horde_core.web.response_cache import (
    BYTES_BESIDES,
    COMPRESSED_FROM,
    MOST_AT_ONCE,
    Made,
    ResponseCache,
    TooManyAtOnceError,
)
from tests.fixtures.horde_bodies import IMAGE_USAGE, TEXT_USAGE
from tests.fixtures.horde_server import HordeServer
from tests.fixtures.processes import wait_until
from tests.fixtures.routes import EVERY_PATH, Client, with_parameters
from tests.fixtures.upstream import TurnedClock

MODELS = "/statistics/text_generation/with-stats"
SMALL = "/resolve?name=x&category=text_generation"
TTL, REFERENCE_TTL = 60.0, 3_600.0
THREADS = 16


def settled(horde: HordeAPIIntegration) -> None:
    """Wait until no source is being refreshed."""
    peek = horde.cache.peek
    wait_until(lambda: not any(peek(one).refreshing for one in horde.all_sources()), "every refresh is over")


def refreshed(horde: HordeAPIIntegration, clock: TurnedClock) -> None:
    """Have every source that is due fetched anew."""
    clock.advance(TTL)
    horde.read(horde.all_sources())
    settled(horde)


class TestTags:
    @pytest.mark.parametrize("path", EVERY_PATH)
    def test_a_client_with_the_current_tag_gets_not_modified(self, client: Client, path: str) -> None:
        first = client.ask(path)
        again = client.ask(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        for name in ("etag", "cache-control", "vary"):
            assert again.headers[name] == first.headers[name]

    @pytest.mark.parametrize("named", ["{}", "{strong}", '"other", {}', '"other",{strong} , "x"', "*"])
    def test_a_tag_is_compared_weakly_and_may_be_one_of_a_list(self, client: Client, named: str) -> None:
        tag = client.ask(MODELS).headers["etag"]
        assert tag.startswith('W/"')
        sent = named.format(tag, strong=tag.removeprefix("W/"))
        assert client.ask(MODELS, headers={"If-None-Match": sent}).status_code == 304

    @pytest.mark.parametrize("named", ['"other"', 'W/"other"', "", '"*"', "nonsense"])
    def test_who_has_something_else_is_sent_it(self, client: Client, named: str) -> None:
        assert client.ask(MODELS, headers={"If-None-Match": named}).status_code == 200

    def test_every_question_has_a_tag_of_its_own(self, client: Client) -> None:
        asked = [*EVERY_PATH, f"{MODELS}?limit=1", f"{MODELS}?offset=1", f"{MODELS}?format=csv", SMALL]
        assert len({client.ask(path).headers["etag"] for path in asked}) == len(asked)

    def test_one_question_has_one_tag_however_it_is_put(self, client: Client) -> None:
        tags = {client.ask(f"{MODELS}{asked}").headers["etag"] for asked in ("", "?format=json", "?sort_by=name")}
        assert len(tags) == 1

    def test_it_stays_with_age_and_changes_with_the_state(
        self, client: Client, horde: HordeAPIIntegration, horde_server: HordeServer, clock: TurnedClock
    ) -> None:
        fresh = client.ask(MODELS).headers["etag"]
        clock.advance(TTL - 1)
        assert client.ask(MODELS).headers["etag"] == fresh
        horde_server.stop()
        clock.advance(1)
        stale = client.ask(MODELS).headers["etag"]
        assert stale != fresh
        settled(horde)
        horde_server.start()
        refreshed(horde, clock)
        assert client.ask(MODELS).headers["etag"] == fresh

    def test_it_stays_when_what_is_fetched_is_the_same(
        self, client: Client, horde: HordeAPIIntegration, clock: TurnedClock
    ) -> None:
        before = client.ask(MODELS)
        refreshed(horde, clock)
        after = client.ask(MODELS)
        assert after.headers["etag"] == before.headers["etag"]
        assert after.json()["sources"] != before.json()["sources"], "a new time of fetching is told to who asks anew"

    def test_it_changes_with_the_content_of_a_source_and_only_where_that_counts(
        self, client: Client, horde: HordeAPIIntegration, horde_server: HordeServer, clock: TurnedClock
    ) -> None:
        before = {path: client.ask(path).headers["etag"] for path in EVERY_PATH}
        horde_server.answer("/v2/stats/text/models", {**TEXT_USAGE, "month": {**TEXT_USAGE["month"], "new": 1}})
        refreshed(horde, clock)
        after = {path: client.ask(path).headers["etag"] for path in EVERY_PATH}
        changed = {path for path in EVERY_PATH if before[path] != after[path]}
        assert changed >= {path for path in EVERY_PATH if "text_generation" in path}
        assert not any("image_generation" in path for path in changed)

    def test_figures_change_with_it(
        self, client: Client, horde: HordeAPIIntegration, horde_server: HordeServer, clock: TurnedClock
    ) -> None:
        path = "/statistics/image_generation"
        assert client.body(path)["statistics"]["concentration"]["month"]["requests"] == 4_300
        horde_server.answer("/v2/stats/img/models", {**IMAGE_USAGE, "month": {**IMAGE_USAGE["month"], "new": 1}})
        refreshed(horde, clock)
        assert client.body(path)["statistics"]["concentration"]["month"]["requests"] == 4_301


class TestCacheControl:
    @pytest.mark.parametrize("path", EVERY_PATH)
    @pytest.mark.parametrize("age", [0, 1, 20.5, 59.5])
    def test_an_answer_stays_fresh_for_what_is_left_of_the_ttl(
        self, client: Client, clock: TurnedClock, path: str, age: float
    ) -> None:
        clock.advance(age)
        ttl = REFERENCE_TTL if path.startswith("/resolve") else TTL  # which rests on the references alone
        assert client.ask(path).headers["cache-control"] == f"public, max-age={int(ttl - age)}"

    def test_the_source_that_goes_stale_first_decides(self, cold: HordeAPIIntegration, clock: TurnedClock) -> None:
        cold.read([cold.workers_source])
        clock.advance(45)
        cold.read(cold.all_sources())
        assert Client().ask(MODELS).headers["cache-control"] == "public, max-age=15"

    def test_a_stale_answer_is_not_to_be_kept(
        self, client: Client, horde_server: HordeServer, clock: TurnedClock
    ) -> None:
        horde_server.stop()
        clock.advance(TTL)
        assert client.ask(MODELS).headers["cache-control"] == "public, max-age=0"

    def test_without_a_source_it_is_not_to_be_kept(self, cold: HordeAPIIntegration, horde_server: HordeServer) -> None:
        horde_server.answer("/v2/workers", status=404)
        cold.read(cold.all_sources())
        assert Client().ask(MODELS).headers["cache-control"] == "public, max-age=0"


class TestCompression:
    @pytest.mark.parametrize("accepted", ["gzip", "gzip, deflate, br", "br;q=1.0, gzip;q=0.8", "GZIP"])
    def test_a_large_answer_is_compressed_for_clients_that_accept_it(self, client: Client, accepted: str) -> None:
        plain = client.ask(MODELS, headers={"Accept-Encoding": "identity"})
        packed = client.ask(MODELS, headers={"Accept-Encoding": accepted})
        assert len(plain.content) >= COMPRESSED_FROM
        assert packed.headers["content-encoding"] == "gzip"
        assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) == len(plain.content)
        assert packed.content == plain.content
        assert packed.headers["etag"] == plain.headers["etag"]

    @pytest.mark.parametrize("accepted", ["", "identity", "deflate, br", "gzip;q=0", "gzip; q=0.0, identity"])
    def test_it_is_not_for_who_does_not(self, client: Client, accepted: str) -> None:
        answer = client.ask(MODELS, headers={"Accept-Encoding": accepted})
        assert "content-encoding" not in answer.headers
        assert len(answer.content) >= COMPRESSED_FROM

    def test_a_small_answer_is_sent_as_it_is(self, client: Client) -> None:
        answer = client.ask(SMALL, headers={"Accept-Encoding": "gzip"})
        assert len(answer.content) < COMPRESSED_FROM
        assert "content-encoding" not in answer.headers

    def test_caches_on_the_way_are_told_that_it_depends_on_who_asks(self, client: Client) -> None:
        for headers in ({"Accept-Encoding": "gzip"}, {"Accept-Encoding": "identity"}, {"Origin": "https://a.example"}):
            vary = client.ask(MODELS, headers=headers).headers["vary"]
            assert "accept-encoding" in [name.strip().lower() for name in vary.split(",")]

    def test_what_is_compressed_is_the_whole(self) -> None:
        for size in (0, COMPRESSED_FROM - 1, COMPRESSED_FROM, 100_000):
            body = b"x" * size
            made = Made.of(body)
            assert made.plain == body
            assert (made.compressed is None) == (size < COMPRESSED_FROM)
            assert made.compressed is None or gzip.decompress(made.compressed) == body


class TestOtherPagesAndHead:
    @pytest.mark.parametrize("path", [*EVERY_PATH, "/sources", "/openapi.json", "/"])
    def test_any_page_may_read_an_answer_and_its_tag(self, client: Client, path: str) -> None:
        headers = client.ask(path, headers={"Origin": "https://elsewhere.example"}).headers
        assert headers["access-control-allow-origin"] == "*"
        assert {"ETag", "Retry-After"} <= {one.strip() for one in headers["access-control-expose-headers"].split(",")}
        assert "access-control-allow-credentials" not in headers

    def test_a_browser_that_asks_first_may_read_and_not_write(self, client: Client) -> None:
        def allowed(method: str) -> int:
            asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": method}
            return client.ask(MODELS, "OPTIONS", asked).status_code

        assert allowed("GET") == 200
        assert allowed("POST") == allowed("DELETE") == 400

    @pytest.mark.parametrize("path", [*EVERY_PATH, "/sources", f"{MODELS}?format=csv", "/nowhere", f"{MODELS}?x=1"])
    def test_head_answers_as_get_does_without_the_body(self, client: Client, path: str) -> None:
        got, told = client.ask(path), client.ask(path, "HEAD")
        assert (told.status_code, told.content) == (got.status_code, b"")
        assert told.headers == got.headers

    def test_every_answer_has_the_security_headers(self, client: Client) -> None:
        for path in (MODELS, "/nowhere", "/"):
            assert client.ask(path).headers["x-content-type-options"] == "nosniff"


class TestUpstream:
    def test_many_who_ask_at_once_of_an_app_that_holds_nothing_cost_one_request_a_source(
        self, cold: HordeAPIIntegration, horde_server: HordeServer
    ) -> None:
        assert cold.settings.cold_wait > 0
        told = Client().ask_all([*EVERY_PATH] * 5)
        assert {answer.status_code for answer in told} == {200}
        settled(cold)
        assert set(horde_server.requests.values()) == {1}
        assert horde_server.requests.total() == 8, "the network's own totals are no part of any answer"

    def test_any_number_of_requests_costs_one_request_a_source_and_ttl(
        self, client: Client, horde: HordeAPIIntegration, horde_server: HordeServer, clock: TurnedClock
    ) -> None:
        paths = [with_parameters(path, limit=str(n)) for path in EVERY_PATH if "-stats" in path for n in range(1, 9)]
        for round_number in (1, 2, 3):
            client.ask_all([*EVERY_PATH, *paths])
            settled(horde)
            client.ask_all(EVERY_PATH)
            live = {path: n for path, n in horde_server.requests.items() if path.startswith(("/v2/st", "/v2/workers"))}
            assert max(live.values()) == round_number
            clock.advance(TTL)
        assert max(horde_server.requests.values()) == 3

    def test_a_source_that_fails_is_not_asked_by_every_request(
        self, client: Client, horde: HordeAPIIntegration, horde_server: HordeServer, clock: TurnedClock
    ) -> None:
        for path in ("/v2/status/models", "/v2/stats/img/models", "/v2/stats/text/models", "/v2/workers"):
            horde_server.answer(path, status=404)
        before = horde_server.requests["/v2/workers"]
        clock.advance(TTL)
        for _ in range(5):
            assert {answer.json()["state"] for answer in client.ask_all([MODELS] * 5)} == {"stale"}
            settled(horde)
        assert horde_server.requests["/v2/workers"] == before + 1

    def test_an_answer_is_made_once_for_a_snapshot_and_a_question(
        self,
        client: Client,
        horde: HordeAPIIntegration,
        horde_server: HordeServer,
        clock: TurnedClock,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        made: list[object] = []
        make: Callable[..., object] = answers.models_answer
        monkeypatch.setattr(answers, "models_answer", lambda *given: made.append(given) or make(*given))
        assert len({answer.content for answer in client.ask_all([MODELS, f"{MODELS}?format=json"] * 10)}) == 1
        assert len(made) == 1
        client.ask(f"{MODELS}?limit=1")
        assert len(made) == 2
        horde_server.answer("/v2/stats/text/models", {**TEXT_USAGE, "month": {}})
        refreshed(horde, clock)
        client.ask_all([MODELS] * 10)
        assert len(made) == 3


def make(held: ResponseCache, key: object, body: Callable[[], bytes]) -> Made:
    """Ask for one answer and wait for it."""
    return asyncio.run(held.make(key, lambda: Made.of(body()), "someone"))


class TestResponseCache:
    def test_each_is_made_once_however_many_ask_at_a_time(self) -> None:
        held, made = ResponseCache(), list[int]()

        def answer(key: int) -> Made:
            made.append(key)
            return Made.of(bytes([key]))

        async def all_at_once() -> list[Made]:
            asked = [held.make(key, partial(answer, key), str(who)) for who in range(THREADS) for key in range(5)]
            return await asyncio.gather(*asked)

        told = asyncio.run(all_at_once())
        assert sorted(made) == list(range(5))
        assert all(one is told[place % 5] for place, one in enumerate(told))

    def test_one_address_does_not_have_everybody_wait(self) -> None:
        held, may_go = ResponseCache(), threading.Event()

        def slowly() -> Made:
            may_go.wait(TTL)
            return Made.of(b"x")

        async def crowd() -> None:
            waiting = [asyncio.ensure_future(held.make(key, slowly, "greedy")) for key in range(MOST_AT_ONCE)]
            await asyncio.sleep(0)  # each has been asked for by now
            with pytest.raises(TooManyAtOnceError):
                await held.make("one more", slowly, "greedy")
            another = asyncio.ensure_future(held.make("another", slowly, "modest"))
            same = asyncio.ensure_future(held.make(0, slowly, "greedy"))
            may_go.set()
            assert {made.plain for made in await asyncio.gather(*waiting, another, same)} == {b"x"}
            assert (await held.make("one more", slowly, "greedy")).plain == b"x"

        asyncio.run(crowd())

    def test_what_all_take_stays_below_the_bound(self) -> None:
        held, chance = ResponseCache(most_bytes=20_000), random.Random(7)
        sizes = {key: chance.randrange(1, 4_000) for key in range(200)}
        for key, size in sizes.items():
            make(held, key, partial(chance.randbytes, size))
            kept = [made for made in map(held.held, sizes) if made is not None]
            assert sum(made.size for made in kept) <= 20_000
            assert held.held(key) is not None

    def test_those_longest_not_asked_for_leave_first(self) -> None:
        held = ResponseCache(most_bytes=3 * (BYTES_BESIDES + 1_000))
        for key in "abc":
            make(held, key, lambda: bytes(1_000))
        assert held.held("a") is not None
        make(held, "d", lambda: bytes(1_000))
        assert held.held("b") is None
        assert all(held.held(key) for key in "acd")

    def test_the_compressed_bytes_and_what_holding_takes_count_too(self) -> None:
        made = Made.of(random.Random(7).randbytes(2_000))
        assert made.compressed is not None
        assert made.size == len(made.plain) + len(made.compressed) + BYTES_BESIDES > 4_000

    def test_one_that_is_larger_than_the_bound_is_served_and_leaves_with_the_next(self) -> None:
        held = ResponseCache(most_bytes=500)
        assert len(make(held, "large", lambda: bytes(900)).plain) == 900
        make(held, "small", lambda: b"x")
        assert held.held("large") is None

    def test_one_that_could_not_be_made_is_made_by_the_next_who_asks(self) -> None:
        held = ResponseCache()
        with pytest.raises(ZeroDivisionError):
            make(held, "key", lambda: bytes(1 // 0))
        assert held.held("key") is None
        assert make(held, "key", lambda: b"x").plain == b"x"
