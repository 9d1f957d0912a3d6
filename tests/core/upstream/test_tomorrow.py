"""Unknown fields, values and rows change no figure, and are reported with an example."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horde_core.upstream.api_records import HordeModes, HordePerformance, HordeTotals
from horde_core.upstream.model_ages import parse_ages
from horde_core.upstream.model_reference import parse_reference
from horde_core.upstream.parsed import LONGEST_EXAMPLE, MOST_KINDS, NotUnderstood, Unknowns
from horde_core.upstream.parsing import parse_object, parse_status, parse_usage, parse_workers
from horde_core.vocabulary import MODEL_TYPES, ModelType
from tests.fixtures import horde_bodies
from tests.fixtures.horde_server import encoded
from tests.fixtures.snapshots import USUAL
from tests.fixtures.tomorrow import Bodies, figures, not_understood, with_something_new

TODAY: dict[ModelType, Bodies] = {
    kind: {
        **USUAL[kind],
        "workers": [*horde_bodies.IMAGE_WORKERS, *horde_bodies.TEXT_WORKERS],
        "performance": horde_bodies.PERFORMANCE,
        "totals": horde_bodies.IMAGE_TOTALS if kind == "image" else horde_bodies.TEXT_TOTALS,
        "modes": {"maintenance_mode": False, "invite_only_mode": False},
    }
    for kind in MODEL_TYPES
}


@pytest.mark.parametrize("kind", MODEL_TYPES)
def test_all_that_is_sent_today_is_understood(kind: ModelType) -> None:
    assert not any(not_understood(kind, TODAY[kind]).values())


@pytest.mark.parametrize("kind", MODEL_TYPES)
@given(data=st.data())
def test_what_comes_tomorrow_changes_no_figure_and_is_told_of(kind: ModelType, data: st.DataObject) -> None:
    tomorrow = data.draw(with_something_new(TODAY[kind]))
    assert figures(kind, tomorrow) == figures(kind, TODAY[kind])
    told = not_understood(kind, tomorrow)
    assert {name for name, found in told.items() if found} == {
        name for name, body in tomorrow.items() if body != TODAY[kind][name]
    }


WORKER = horde_bodies.worker("image", 1, "painter", performance="1.0 megapixelsteps per second", models=["Deliberate"])


@pytest.mark.parametrize(
    ("parse", "document", "told"),
    [
        (
            lambda body: parse_status(body, "image"),
            [*horde_bodies.IMAGE_STATUS, {"name": "Film", "type": "video"}, {"name": "Song", "type": "audio"}],
            NotUnderstood("foreign type", "type", 2, "video"),
        ),
        (
            parse_workers,
            [WORKER, {**WORKER, "type": ["image"]}],
            NotUnderstood("foreign type", "type", 1, "['image']"),
        ),
        (parse_workers, [WORKER, {"name": 5}, None], NotUnderstood("skipped", "", 2, "{'name': 5}")),
        (parse_workers, [{**WORKER, "gpu": "H100"}], NotUnderstood("unknown field", "gpu", 1, "H100")),
        (parse_workers, [{**WORKER, "nsfw": "partly"}], NotUnderstood("unknown value", "nsfw", 1, "partly")),
        (
            parse_workers,
            [{**WORKER, "models": ["Deliberate", 5, None]}],
            NotUnderstood("unknown value", "models", 2, "['Deliberate', 5, None]"),
        ),
        (
            parse_workers,
            [{**WORKER, "performance": "3.0 frames per second"}],
            NotUnderstood("unknown value", "performance", 1, "3.0 frames per second"),
        ),
        (
            parse_usage,
            {"day": {"a": 1, "b": -1}, "month": {"a": 1}, "total": {"a": 1}},
            NotUnderstood("skipped", "day", 1, "{'b': -1}"),
        ),
        (
            parse_usage,
            {**horde_bodies.TEXT_USAGE, "week": {"a": 1}},
            NotUnderstood("unknown field", "week", 1, "{'a': 1}"),
        ),
        (
            parse_object(HordePerformance),
            {**horde_bodies.PERFORMANCE, "queued_films": 3},
            NotUnderstood("unknown field", "queued_films", 1, "3"),
        ),
        (
            parse_object(HordeTotals),
            {**horde_bodies.IMAGE_TOTALS, "hour": {"images": 3, "frames": 9}},
            NotUnderstood("unknown field", "hour.frames", 1, "9"),
        ),
        (
            parse_object(HordeTotals),
            {**horde_bodies.IMAGE_TOTALS, "minute": 5},
            NotUnderstood("unknown value", "minute", 1, "5"),
        ),
        (
            parse_object(HordeModes),
            {"maintenance_mode": "soon", "invite_only_mode": False},
            NotUnderstood("unknown value", "maintenance_mode", 1, "soon"),
        ),
        (
            lambda body: parse_reference(body, "text"),
            {**horde_bodies.TEXT_REFERENCE, "film": {"name": "film", "record_type": "video_generation"}},
            NotUnderstood("foreign type", "record_type", 1, "video_generation"),
        ),
        (
            lambda body: parse_reference(body, "text"),
            {**horde_bodies.TEXT_REFERENCE, "film": None},
            NotUnderstood("skipped", "", 1, "{'film': None}"),
        ),
        (
            parse_reference,
            {"Deliberate": {**horde_bodies.IMAGE_REFERENCE["Deliberate"], "size_on_disk_bytes": "2 GB"}},
            NotUnderstood("unknown value", "size_on_disk_bytes", 1, "2 GB"),
        ),
        (
            parse_ages,
            {**horde_bodies.IMAGE_AGES, "Film": {"date_added": "yesterday"}},
            NotUnderstood("skipped", "date_added", 1, "{'Film': {'date_added': 'yesterday'}}"),
        ),
    ],
)
def test_each_is_told_of_by_kind_and_field_with_the_first_as_an_example(
    parse: Any, document: object, told: NotUnderstood
) -> None:
    parsed = parse(encoded(document))
    assert parsed.not_understood == (told,)
    assert parsed.dropped == (told.times if told.kind == "skipped" else 0)


def test_what_is_told_of_is_bounded_and_short() -> None:
    unknowns = Unknowns()
    for number in range(1_000):
        unknowns.add("unknown field", f"field {number}", "long\n" * 1_000)
    found = unknowns.parsed(None).not_understood
    assert len(found) == MOST_KINDS + 1
    assert found[-1][:3] == ("unknown field", "other fields", 1_000 - MOST_KINDS)
    assert {len(one.example) for one in found} == {LONGEST_EXAMPLE}
    assert "\n" not in found[0].example


@pytest.mark.parametrize(
    ("parse", "body"),
    [
        (lambda body: parse_status(body, "image"), b'[{"name": "half \\ud800", "type": "image"}]'),
        (parse_workers, b'[{"name": "half \\ud800"}]'),
        (parse_usage, b'{"day": {"half \\ud800": 1}, "month": {"half \\ud800": 1}, "total": {"half \\ud800": 1}}'),
        (parse_object(HordePerformance), b'{"worker_count": 1, "half \\ud800": 1}'),
        (parse_reference, b'{"half \\ud800": {"name": "half \\ud800", "description": "\\udfff"}}'),
        (parse_ages, b'{"half \\ud800": {"date_added": 1668000000}}'),
    ],
)
def test_half_a_surrogate_pair_makes_no_body_unreadable(parse: Any, body: bytes) -> None:
    assert "\ud800" not in json.dumps(repr(parse(body).data))
