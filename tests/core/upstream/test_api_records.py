"""API records: a missing field is None, a bad count is an error, other unusable values are None."""

from __future__ import annotations

import math
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from horde_core.upstream.api_records import (
    HordeModelStatsResponse,
    HordeModelStatus,
    HordeModes,
    HordePerformance,
    HordeTotals,
    HordeWorker,
    Speed,
)
from horde_core.vocabulary import PERIODS
from tests.fixtures import horde_bodies

HOSTILE_NAMES = [
    "",
    " ",
    horde_bodies.HTML_NAME,
    horde_bodies.FORMULA_NAME,
    "a\nb\x00\u202e",
    '"; DROP TABLE models; --',
    "🐎" * 255,
]
NO_COUNTS: list[Any] = [-1, -0.5, 1.5, math.inf, -math.inf, math.nan, "3", "", True, False, [], {}, 10**400]


class TestStatus:
    def test_a_whole_row(self) -> None:
        row = HordeModelStatus.model_validate(horde_bodies.TEXT_STATUS[0])
        assert row.model_dump() == {
            "name": horde_bodies.KOBOLD_MISTRAL,
            "count": 1,
            "performance": 20.0,
            "queued": 400.0,
            "jobs": 2,
            "eta": 20,
            "type": "text",
        }

    def test_a_name_is_enough_and_all_else_is_unknown(self) -> None:
        row = HordeModelStatus.model_validate({"name": "x", "a new field": 1})
        assert row.model_dump(exclude={"name"}) == dict.fromkeys(
            ("count", "performance", "queued", "jobs", "eta", "type")
        )

    @pytest.mark.parametrize("name", HOSTILE_NAMES)
    def test_any_string_is_a_name_and_stays_as_it_is(self, name: str) -> None:
        assert HordeModelStatus.model_validate({"name": name}).name == name

    @pytest.mark.parametrize("row", [{}, {"name": None}, {"name": 5}, {"name": ["x"]}, {"count": 1}])
    def test_without_a_name_there_is_no_row(self, row: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            HordeModelStatus.model_validate(row)

    @pytest.mark.parametrize("field", ["count", "jobs"])
    def test_an_integral_float_is_an_int(self, field: str) -> None:
        value = getattr(HordeModelStatus.model_validate({"name": "x", field: 4.0}), field)
        assert (value, type(value)) == (4, int)

    @pytest.mark.parametrize("field", ["count", "jobs"])
    @pytest.mark.parametrize("value", NO_COUNTS)
    def test_what_is_no_whole_number_is_no_count(self, field: str, value: object) -> None:
        with pytest.raises(ValidationError):
            HordeModelStatus.model_validate({"name": "x", field: value})

    @pytest.mark.parametrize("value", [0, 3, 0.0, 0.5, 2_097_152.25, 5e15])
    def test_queued_work_may_be_fractional(self, value: float) -> None:
        assert HordeModelStatus.model_validate({"name": "x", "queued": value}).queued == value

    @pytest.mark.parametrize("value", [-0.5, math.inf, math.nan, "3", True, []])
    def test_queued_work_is_a_finite_amount(self, value: object) -> None:
        with pytest.raises(ValidationError):
            HordeModelStatus.model_validate({"name": "x", "queued": value})

    @pytest.mark.parametrize("field", ["performance", "eta", "type"])
    @pytest.mark.parametrize("value", [-1, math.inf, math.nan, 10**400, "soon", True, None, {}])
    def test_a_speed_an_eta_or_a_type_that_cannot_be_used_is_unknown(self, field: str, value: object) -> None:
        row = HordeModelStatus.model_validate({"name": "x", "count": 1, field: value})
        assert getattr(row, field) is None
        assert row.count == 1

    def test_it_cannot_be_changed(self) -> None:
        row = HordeModelStatus(name="x")
        with pytest.raises(ValidationError, match="frozen"):
            row.name = "y"  # type: ignore[misc]


class TestUsage:
    def test_each_period_is_its_own_map_and_a_missing_one_is_unknown(self) -> None:
        usage = HordeModelStatsResponse.model_validate({"day": {"x": 1}, "total": {"x": 3.0}})
        assert [usage.period(period) for period in PERIODS] == [{"x": 1}, None, {"x": 3}]

    def test_it_survives_a_json_round_trip(self) -> None:
        usage = HordeModelStatsResponse.model_validate(horde_bodies.TEXT_USAGE)
        assert HordeModelStatsResponse.model_validate_json(usage.model_dump_json()) == usage


class TestWorker:
    def test_a_whole_image_worker(self) -> None:
        painter = HordeWorker.model_validate(horde_bodies.IMAGE_WORKERS[0])
        assert (painter.name, painter.type, painter.threads) == ("painter", "image", 2)
        assert painter.models == ("Deliberate", "AlbedoBase XL (SDXL)")
        assert (painter.post_processing, painter.painting, painter.max_pixels) == (True, False, 1_048_576)
        assert (painter.team, painter.max_length, painter.forms) == (None, None, None)
        assert painter.identity == painter.id == "00000000-0000-0000-0000-000000000001"

    def test_a_name_is_enough_and_stands_for_the_id(self) -> None:
        worker = HordeWorker.model_validate({"name": "x"})
        assert worker.identity == "x"
        assert set(worker.model_dump(exclude={"name"}).values()) == {None}
        assert worker.speed is None

    @pytest.mark.parametrize("value", NO_COUNTS)
    def test_threads_are_a_count(self, value: object) -> None:
        with pytest.raises(ValidationError):
            HordeWorker.model_validate({"name": "x", "threads": value})

    @pytest.mark.parametrize(
        ("field", "value", "kept"),
        [
            ("models", ["a", 5, None, "b"], ("a", "b")),
            ("models", [], ()),
            ("models", "a", None),
            ("models", None, None),
            ("forms", ["caption"], ("caption",)),
            ("team", {"name": "The Team", "id": "5"}, "The Team"),
            ("team", {"name": None, "id": None}, None),
            ("team", {}, None),
            ("team", 5, None),
            ("uptime", -1, None),
            ("uptime", 86_400.0, 86_400),
            ("kudos_rewards", 1.5, 1.5),
            ("kudos_rewards", "many", None),
            ("maintenance_mode", 1, None),
            ("maintenance_mode", "true", None),
            ("type", "alchemist", None),
            ("type", "interrogation", "interrogation"),
            ("id", 5, None),
            ("bridge_agent", None, None),
        ],
    )
    def test_all_else_is_kept_where_it_can_be_used(self, field: str, value: object, kept: object) -> None:
        worker = HordeWorker.model_validate({"name": "x", field: value})
        assert getattr(worker, field) == kept

    @pytest.mark.parametrize(
        ("sentence", "speed"),
        [
            ("2.5 megapixelsteps per second", Speed(2.5, "megapixelsteps per second")),
            ("7.4 tokens per second", Speed(7.4, "tokens per second")),
            ("6.8 seconds per form", Speed(6.8, "seconds per form")),
            ("0.0 tokens per second", Speed(0.0, "tokens per second")),
            ("12 tokens per second", Speed(12.0, "tokens per second")),
            ("No requests fulfilled yet", None),
            ("", None),
            (None, None),
            (7.4, None),
            ("7.4 parsecs per second", None),
            ("-7.4 tokens per second", None),
            ("1.2.3 tokens per second", None),
            ("nan tokens per second", None),
            ("7.4 tokens per second<script>", None),
            ("٣ tokens per second", None),
        ],
    )
    def test_its_speed_is_a_number_with_a_unit(self, sentence: object, speed: Speed | None) -> None:
        assert HordeWorker.model_validate({"name": "x", "performance": sentence}).speed == speed


@pytest.mark.parametrize(
    ("record", "body"),
    [
        (HordePerformance, horde_bodies.PERFORMANCE),
        (HordeTotals, {"minute": {"images": 1, "ps": 10**15}, "day": {"requests": 0, "tokens": 3}}),
        (HordeModes, {"maintenance_mode": False, "invite_only_mode": True}),
    ],
)
def test_network_figures_keep_every_field(record: type[BaseModel], body: dict[str, Any]) -> None:
    read = record.model_validate({**body, "raid_mode": True})
    assert read.model_dump(exclude_none=True) == body


def test_network_figures_that_are_missing_or_unusable_are_unknown() -> None:
    performance = HordePerformance.model_validate({"worker_count": "many", "queued_megapixelsteps": 1.5})
    assert performance.model_dump(exclude_none=True) == {"queued_megapixelsteps": 1.5}
