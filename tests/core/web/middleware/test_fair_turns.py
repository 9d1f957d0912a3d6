"""Turns shared fairly between addresses."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from horde_core.web.middleware.fair_turns import FairTurns


def run(test: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(test())  # type: ignore[arg-type]


async def settle() -> None:
    """Let every task that can go on do so."""
    for _ in range(5):
        await asyncio.sleep(0)


class Visitors:
    """Takes turns for addresses and notes in which order they came."""

    def __init__(self, turns: FairTurns) -> None:
        self.turns = turns
        self.served: list[str] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def ask(self, address: str, times: int = 1) -> None:
        self.tasks += [asyncio.create_task(self._take(address)) for _ in range(times)]
        await settle()

    async def _take(self, address: str) -> None:
        await self.turns.take(address)
        self.served.append(address)


def test_free_turns_are_taken_at_once() -> None:
    async def test() -> None:
        visitors = Visitors(FairTurns(2, 2))
        await visitors.ask("a", 2)
        assert visitors.served == ["a", "a"]
        assert (visitors.turns.taken, visitors.turns.waiting) == (2, 0)

    run(test)


def test_one_address_never_takes_all_turns() -> None:
    async def test() -> None:
        visitors = Visitors(FairTurns(4, 2))
        await visitors.ask("a", 30)
        assert visitors.served == ["a", "a"]
        await visitors.ask("b")
        assert visitors.served == ["a", "a", "b"]

    run(test)


def test_thirty_questions_of_one_address_wait_for_each_other_and_others_come_next() -> None:
    async def test() -> None:
        visitors = Visitors(FairTurns(1, 1))
        await visitors.ask("a", 30)
        await visitors.ask("b", 2)
        await visitors.ask("c")
        for address in ("a", "a", "b", "c", "a"):
            visitors.turns.give_back(address)
            await settle()
        assert visitors.served[:6] == ["a", "a", "b", "c", "a", "b"]

    run(test)


def test_every_turn_that_is_given_back_is_taken_until_nobody_waits() -> None:
    async def test() -> None:
        visitors = Visitors(FairTurns(3, 2))
        for address, times in (("a", 5), ("b", 4), ("c", 1)):
            await visitors.ask(address, times)
        done = 0
        while done < 10:
            assert 0 < visitors.turns.taken <= 3
            visitors.turns.give_back(visitors.served[done])
            done += 1
            await settle()
        assert sorted(visitors.served) == sorted("aaaaabbbbc")
        assert (visitors.turns.taken, visitors.turns.waiting) == (0, 0)

    run(test)


@pytest.mark.parametrize("has_come", [False, True])
def test_a_waiting_client_that_goes_away_keeps_no_turn(has_come: bool) -> None:
    async def test() -> None:
        visitors = Visitors(FairTurns(1, 1))
        await visitors.ask("a")
        await visitors.ask("b")
        if has_come:
            visitors.turns.give_back("a")  # b has the turn, and has not run yet
        visitors.tasks[1].cancel()
        await settle()
        if not has_come:
            visitors.turns.give_back("a")
        await visitors.ask("c")
        assert visitors.served[-1] == "c"
        assert (visitors.turns.taken, visitors.turns.waiting) == (1, 0)

    run(test)
