"""The queue: its figures, what waits, what to serve next, and n/a where a source is missing."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from horde_core.frames.models import category_frame
from horde_core.frames.queue import QueueSummary, queue_summary, serve_next, unknown_drain_rows, waiting_rows
from horde_core.live.snapshot import Snapshot
from horde_core.vocabulary import WORK_UNIT
from tests.fixtures.horde_bodies import HTML_NAME, status_row
from tests.fixtures.snapshots import snapshot

MISTRAL = "mistralai/Mistral-7B-Instruct-v0.3"


def queue_of(taken: Snapshot) -> QueueSummary:
    return queue_summary(category_frame(taken), taken.merged.reconciliation, WORK_UNIT[taken.model_type][1])


class TestQueue:
    def test_text_in_figures(self) -> None:
        assert queue_of(snapshot("text")) == QueueSummary(
            queued=2_112.0,
            jobs=9,
            threads=7,
            waiting=2,
            unserved=0,
            unknown_drain=1,
            names=6,
            largest_queue_share=pytest.approx(100 * 1_600 / 2_112),
            largest_thread_share=pytest.approx(100 * 4 / 7),
        )

    def test_image_in_megapixelsteps_with_an_unserved_model(self) -> None:
        assert queue_of(snapshot("image"))[:6] == (6.097152, 6, 4, 2, 1, 0)

    def test_without_status_no_figure_is_known(self) -> None:
        assert queue_of(snapshot("text", status=None))[:6] == (None,) * 6

    def test_an_empty_answer_is_a_queue_of_nothing(self) -> None:
        assert queue_of(snapshot("text", status=[]))[:6] == (0,) * 6

    def test_waiting_rows_are_the_longest_queues_first(self) -> None:
        frame = category_frame(snapshot("text"))
        assert list(waiting_rows(frame)["name"]) == [MISTRAL, HTML_NAME]
        assert list(unknown_drain_rows(frame)["name"]) == [HTML_NAME]

    def test_an_unserved_row_waits_but_its_speed_is_not_what_is_unknown(self) -> None:
        frame = category_frame(snapshot("image"))
        assert list(waiting_rows(frame)["name"]) == ["Deliberate", "Flux.1-Schnell"]
        assert list(unknown_drain_rows(frame)["name"]) == []


def waiting(*rows: dict[str, Any]) -> pd.DataFrame:
    return category_frame(snapshot("text", status=list(rows)))


def row(name: str, queued: float, count: int) -> dict[str, Any]:
    return status_row("text", name, count=count, performance=1.0, queued=queued, jobs=1.0, eta=1)


def test_what_nobody_serves_comes_first_and_then_the_longest_queue_for_each_thread() -> None:
    frame = waiting(
        row("long", 900, 9), row("short", 500, 1), row("alone", 10, 0), row("lost", 20, 0), row("idle", 0, 5)
    )
    assert list(serve_next(frame, 10)["name"]) == ["lost", "alone", "short", "long"]
    assert list(serve_next(frame, 2)["name"]) == ["lost", "alone"]


def test_without_the_queue_there_is_nothing_to_recommend() -> None:
    assert len(serve_next(category_frame(snapshot("text", status=None)), 5)) == 0


def test_the_share_of_queue_over_the_share_of_threads_is_unknown_without_threads() -> None:
    frame = waiting(row("short", 300, 1), row("long", 100, 3), row("lost", 100, 0)).set_index("name")
    assert frame.loc["short", "demand_ratio"] == pytest.approx(60 / 25)
    assert frame.loc["long", "demand_ratio"] == pytest.approx(20 / 75)
    assert pd.isna(frame.loc["lost", "demand_ratio"])
    assert pd.isna(frame.loc["lost", "queue_per_thread"])


def test_hostile_names_are_ranked_like_any_other() -> None:
    assert HTML_NAME in set(serve_next(category_frame(snapshot("text")), 10)["name"])


def test_figures_are_over_the_names_that_the_api_lists() -> None:
    row_of_one = [
        status_row("text", "koboldcpp/unheard-of", count=0, performance=0.0, queued=5.0, jobs=1.0, eta=10_000)
    ]
    summary = queue_of(snapshot("text", status=row_of_one))
    assert (summary.queued, summary.jobs, summary.threads, summary.waiting, summary.unserved) == (5.0, 1, 0, 1, 1)
