"""Replicas on one Redis: one fetch for all, no older value replaces a newer one, a refresh reaches all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from horde_core.cache import dual_layer_cache as cache_module
from horde_core.cache.freshness import State
from horde_core.cache.source_state import Event
from horde_core.upstream.errors import StatusError
from tests.fixtures.horde_server import HordeServer
from tests.fixtures.processes import wait_until
from tests.fixtures.redis_server import RedisServer
from tests.fixtures.upstream import WAIT, CacheBench, NewProcess, TurnedClock, open_storage

REPOSITORY = Path(__file__).parents[3]
TTL = 60.0


class TestOneFetch:
    def test_two_processes_of_fifty_threads_each_make_one_request_a_source(
        self, horde_server: HordeServer, redis_server: RedisServer
    ) -> None:
        for path in ("/v2/status/models", "/v2/stats/img/models", "/v2/workers"):
            horde_server.answer(path, delay=0.3)
        environment = {
            **os.environ,
            **horde_server.environment,
            "HORDE_REDIS_URL": redis_server.url,
        }
        command = [sys.executable, "-m", "tests.fixtures.replica", "--threads", "50"]
        replicas = [
            subprocess.Popen(
                command,
                cwd=REPOSITORY,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
            for _ in range(2)
        ]
        for replica in replicas:
            assert replica.stdout is not None
            assert replica.stdout.readline() == b"ready\n"
        reports = []
        with ThreadPoolExecutor(2) as pool:
            for out, err in pool.map(lambda replica: replica.communicate(b"go\n", timeout=60), replicas):
                assert out, err.decode()
                reports.append(json.loads(out))
        assert [set(report) for report in reports] == [{"fresh"}, {"fresh"}]
        assert sum(sum(report.values()) for report in reports) == 2 * 50 * 4
        assert len(horde_server.requests) == 4
        assert set(horde_server.requests.values()) == {1}, horde_server.requests

    def test_a_waiting_replica_takes_what_the_other_fetched(self, new_process: NewProcess) -> None:
        one, two = new_process(), new_process()
        with ThreadPoolExecutor(2) as pool:
            with one.upstream.hanging():
                first = pool.submit(one.read, one.source())
                wait_until(lambda: one.upstream.asked == 1, "the first fetches")
                second = pool.submit(two.read, two.source())
                wait_until(lambda: two.cache.counters("status")[Event.LOCK_WAIT] == 1, "the second waits")
            assert (first.result().value, second.result().value) == (["first"], ["first"])
        assert two.upstream.asked == 0

    def test_a_replica_with_nothing_to_show_does_not_wait_for_a_dead_one(
        self, new_process: NewProcess, redis_server: RedisServer, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(cache_module, "LOCK_PATIENCE_SECONDS", 0.3)
        with open_storage(redis_server.url, clock) as dead:
            assert dead.lease("status", 60) is not None
            process = new_process()
            assert process.read(process.source()).state is State.FRESH
            assert process.upstream.asked == 1

    def test_a_replica_with_stale_data_serves_it_while_another_fetches(
        self, new_process: NewProcess, redis_server: RedisServer, clock: TurnedClock
    ) -> None:
        process = new_process()
        process.read(process.source())
        clock.advance(TTL)
        with open_storage(redis_server.url, clock) as other:
            give_back = other.lease("status", 60)
            assert give_back is not None
            reading = process.cache.read(process.source(), WAIT)
            assert (reading.value, reading.state) == (["first"], State.STALE)
            process.upstream.answer(["second"])
            give_back()
        assert process.settled(process.source()).value == ["second"]


class TestOrder:
    def test_a_slow_older_answer_does_not_replace_a_newer_one(
        self, new_process: NewProcess, clock: TurnedClock, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        slow, quick = new_process(), new_process()
        monkeypatch.setattr(cache_module, "LOCK_PATIENCE_SECONDS", 0.2)
        slow.upstream.answer(["older"])
        with ThreadPoolExecutor(1) as pool, slow.upstream.hanging():
            older = pool.submit(slow.read, slow.source())
            wait_until(lambda: slow.upstream.asked == 1, "the slow fetch has begun")
            clock.advance(1)
            quick.upstream.answer(["newer"])
            assert quick.read(quick.source()).value == ["newer"]
            clock.advance(1)
            slow.upstream.answer(["older"])
            slow.upstream._running.set()
            assert older.result().value == ["newer"]
        third = new_process()
        assert third.read(third.source()).value == ["newer"]

    def test_a_replica_whose_clock_runs_behind_does_not_take_the_same_value_for_a_newer_one(
        self, redis_server: RedisServer, clock: TurnedClock, new_process: NewProcess
    ) -> None:
        one = new_process()
        one.read(one.source())
        behind = TurnedClock()
        behind.step_wall(-45)
        with open_storage(redis_server.url, behind) as storage:
            two = CacheBench(storage, behind)
            assert two.read(two.source()).value == ["first"]
            behind.advance(0.1)  # by Redis' clock hardly any time has passed: its value seems 0.1 s newer
            two.cache.refresh_ahead([two.source()], TTL, WAIT)
            assert two.upstream.asked == 1


class TestForcedRefresh:
    def test_it_is_one_a_while_for_all_replicas_and_the_refused_learn_when(self, new_process: NewProcess) -> None:
        one, two = new_process(), new_process()
        one.read(one.source())
        two.read(two.source())
        assert one.cache.refresh([one.source()], WAIT)[0].result == "unchanged"
        (refused,) = two.cache.refresh([two.source()], WAIT)
        assert refused.result == "refused"
        assert refused.retry_in is not None
        assert 8 < refused.retry_in <= 10
        assert (one.upstream.asked, two.upstream.asked) == (2, 0)

    def test_twenty_from_two_replicas_in_a_second_make_one_request(self, new_process: NewProcess) -> None:
        processes = [new_process(), new_process()]
        processes[0].read(processes[0].source())
        processes[1].read(processes[1].source())
        with ThreadPoolExecutor(20) as pool:
            asked = [pool.submit(p.cache.refresh, [p.source()], WAIT) for p in processes * 10]
            results = {future.result()[0].result for future in asked}
        assert processes[0].upstream.asked + processes[1].upstream.asked == 2
        assert results <= {"unchanged", "refused"}

    def test_it_reaches_the_other_replicas_while_theirs_is_fresh(
        self, new_process: NewProcess, clock: TurnedClock
    ) -> None:
        one, two = new_process(), new_process()
        one.read(one.source())
        two.read(two.source())
        clock.advance(5)
        one.upstream.answer(["forced"])
        one.cache.refresh([one.source()], WAIT)
        assert two.read(two.source()).value == ["first"]
        two.cache.take_over()
        assert two.settled(two.source()).value == ["forced"]
        assert two.upstream.asked == 0

    def test_it_ends_another_replicas_pause(self, new_process: NewProcess, clock: TurnedClock) -> None:
        one, two = new_process(), new_process()
        two.upstream.answer(StatusError(503, retry_after=3_000))
        assert two.read(two.source()).state is State.UNAVAILABLE
        one.read(one.source())
        two.cache.take_over()
        assert two.settled(two.source()).state is State.FRESH
        assert two.upstream.asked == 1

    def test_what_the_server_asked_for_does_not_outlive_its_end(
        self, new_process: NewProcess, clock: TurnedClock
    ) -> None:
        one, two = new_process(), new_process()
        two.upstream.answer(StatusError(503, retry_after=3_000))
        two.read(two.source())
        assert two.cache.peek(two.source()).retry_in == 300
        one.read(one.source())
        two.cache.take_over()
        two.settled(two.source())
        two.upstream.answer(["second"])
        assert two.cache.refresh([two.source()], WAIT)[0].result == "new"

    def test_taking_over_known_data_starts_no_refresh(self, new_process: NewProcess) -> None:
        process = new_process()
        process.settled(process.source())
        process.cache.take_over()
        assert not process.cache.read(process.source()).refreshing
        assert process.upstream.asked == 1
