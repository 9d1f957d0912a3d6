"""Turns for work that only a few may do at a time, shared fairly between addresses."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque


class FairTurns:
    """At most ``most`` turns at a time, and ``most_of_one`` of one address.

    Who waits is served address by address: an address with thirty requests waits for its own, and another address's
    single request comes next. Not thread-safe: for one event loop.
    """

    def __init__(self, most: int, most_of_one: int) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._taken: Counter[str] = Counter()
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    async def take(self, address: str) -> None:
        """Wait for a turn. Each one taken must be given back with :meth:`give_back`."""
        if self._has_room_for(address) and not self._waiting.get(address):
            self._taken[address] += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(address, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.give_back(address)  # the turn came at the moment in which its taker went away
            else:
                self._forget(address, turn)
            raise

    def give_back(self, address: str) -> None:
        """End a turn, and let the next address have one."""
        self._taken[address] -= 1
        if not self._taken[address]:
            del self._taken[address]
        self._serve()

    @property
    def taken(self) -> int:
        """How many turns are taken now."""
        return self._taken.total()

    @property
    def waiting(self) -> int:
        """How many wait for a turn."""
        return sum(map(len, self._waiting.values()))

    def _has_room_for(self, address: str) -> bool:
        return self._taken.total() < self._most and self._taken[address] < self._most_of_one

    def _serve(self) -> None:
        """Give free turns to the addresses that wait, one each, in the order in which they were last served."""
        for address in list(self._waiting):
            if self._taken.total() >= self._most:
                return
            if self._has_room_for(address):
                turn = self._waiting[address].popleft()
                self._waiting.move_to_end(address)
                if not self._waiting[address]:
                    del self._waiting[address]
                self._taken[address] += 1
                turn.set_result(None)

    def _forget(self, address: str, turn: asyncio.Future[None]) -> None:
        queue = self._waiting.get(address, deque())
        if turn in queue:
            queue.remove(turn)
        if not queue:
            self._waiting.pop(address, None)
