"""Workers of the simulated past: how each of them ran, and how many there were each day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection

from horde_core.demo.horde import KINDS
from horde_core.demo.seeded import Counts
from horde_core.demo.workers import Roster, Worker
from horde_core.history import tables
from horde_core.history.recording.stretches import set_of
from horde_core.history.recording.worker_days import Presence, WorkerDay, worker_days
from horde_core.history.simulated.rows import Names, write
from horde_core.history.simulated.stretches import Held, Stretches
from horde_core.history.simulated.watch import DAY, HOUR, Watch
from horde_core.upstream.api_records import HordeWorker
from horde_core.vocabulary import WorkerType

KEPT_DAYS = 90
"""Days back for which workers are known by name; before, only how many there were."""


class Run(NamedTuple):
    """A worker, and the names that it lists while it runs so."""

    worker: Worker
    models: tuple[str, ...]


class WorkersPast:
    """The runs of workers that were written so far."""

    def __init__(self, roster: Roster, watch: Watch, names: Names) -> None:
        self._roster = roster
        self._watch = watch
        self._names = names
        self._runs: list[Run] = []
        self._states: dict[tuple[str, tuple[str, ...]], int] = {}
        self._stretches = Stretches[str]()
        self._numbers: dict[str, int] = {}
        self._recent: list[Held[str]] = []
        self._first_seen: dict[str, int] = {}
        self._bridges: dict[str, int] = {}
        self._sets: dict[str, int] = {}
        self._until: int | None = None

    def write(self, connection: Connection, until: int) -> None:
        """Write the samples that are not written yet."""
        first = self._watch.since if self._until is None else self._until + 1
        held: list[Held[str]] = []
        days: list[WorkerDay] = []
        counted = first - first % DAY
        for times in self._watch.days(first, until):
            ended = self._take(times[times % HOUR == 0])
            held += ended
            self._recent += ended
            days += self._days(counted, int(times[0]) // DAY * DAY)
            counted = int(times[0]) // DAY * DAY
        self._until = until
        write(connection, tables.source_hour, self._watch.hours("workers", first, until))
        write(connection, tables.worker_day, days)
        self._write_runs(connection, [*held, *self._stretches.open.values()], until)

    def _take(self, hours: Counts) -> list[Held[str]]:
        if not len(hours):
            return []
        day = int(hours[0]) // DAY
        workers = [worker for kind in KINDS for worker in self._roster.on(kind, day)]
        presence = np.concatenate([self._roster.presence(kind, hours // HOUR) for kind in KINDS])
        states = np.array([[self._state(worker, day)] for worker in workers])
        return self._stretches.take([worker.identity for worker in workers], states * presence, hours.tolist())

    def _state(self, worker: Worker, day: int) -> int:
        key = worker.identity, tuple(worker.serves(day))
        if key not in self._states:
            self._runs.append(Run(worker, key[1]))
            self._states[key] = len(self._runs)
            self._numbers.setdefault(worker.identity, len(self._numbers) + 1)
        return self._states[key]

    def _run(self, one: Held[str]) -> Run:
        return self._runs[one.state - 1]

    def _days(self, first: int, until: int) -> list[WorkerDay]:
        """Count the workers of the covered days from ``first`` up to, not including, ``until``."""
        self._recent = [one for one in self._recent if one.ended is None or one.ended >= first - DAY]
        presences = [
            Presence(self._numbers[one.key], self._run(one).worker.kind, one.began, one.ended)
            for one in (*self._recent, *self._stretches.open.values())
        ]
        return [
            counted
            for day in range(first, until, DAY)
            if self._watch.is_seen(day)
            for counted in worker_days(presences, day, self._watch.is_seen(day - DAY))
        ]

    def _write_runs(self, connection: Connection, held: list[Held[str]], until: int) -> None:
        kept = [one for one in held if one.ended is None or one.ended >= until - KEPT_DAYS * DAY]
        for one in held:
            self._first_seen.setdefault(one.key, one.began)
        last_seen = {one.key: until if one.ended is None else self._watch.last_within(one.ended) for one in kept}
        workers = {one.key: self._run(one).worker for one in kept}
        write(
            connection,
            tables.worker,
            [
                (self._numbers[key], key, worker.card["name"], worker.kind, self._first_seen[key], last_seen[key])
                for key, worker in workers.items()
            ],
        )
        rows = []
        for one in kept:
            worker, models = self._run(one)
            bridge = self._bridge(connection, str(worker.card["bridge_agent"]))
            state = (worker.threads, worker.in_maintenance, bridge, self._set(connection, worker.kind, models))
            rows.append((self._numbers[one.key], one.began, one.ended, *state))
        write(connection, tables.worker_run, rows)

    def _bridge(self, connection: Connection, agent: str) -> int:
        if agent not in self._bridges:
            self._bridges[agent] = len(self._bridges) + 1
            write(connection, tables.bridge, [(self._bridges[agent], agent)])
        return self._bridges[agent]

    def _set(self, connection: Connection, kind: WorkerType, models: Sequence[str]) -> int | None:
        digest = set_of(HordeWorker(name="", type=kind, models=tuple(models)))
        if digest is not None and digest not in self._sets:
            number = self._sets[digest] = len(self._sets) + 1
            write(connection, tables.model_set, [(number, digest)])
            numbers = self._names.numbers(connection, kind, models)
            write(connection, tables.model_set_name, [(number, name) for name in numbers.values()])
        return None if digest is None else self._sets[digest]
