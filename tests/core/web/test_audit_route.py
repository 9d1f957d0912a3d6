"""The audit route: every filter and threshold selects as in the core's audit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from horde_core import HordeAPIIntegration
from horde_core.analytics.groups import LEVEL_WORDS, GroupLevel
from horde_core.audit import AuditThresholds, worst_first
from horde_core.audit.filters import filters_for, selection
from horde_core.audit.presets import PRESET_OF, presets_for
from horde_core.audit.records import Severity
from horde_core.audit.rules import RULE_OF, explain, rules_for, severity_reason
from horde_core.audit.thresholds import what_ifs, with_tried
from horde_core.endpoints.parameters import CATEGORY_OF
from horde_core.live.results import today
from horde_core.live.snapshot_reader import SnapshotReader
from horde_core.numbers import ENGLISH
from horde_core.selection import Kind
from horde_core.settings import Settings
from horde_core.vocabulary import ModelType
from tests.fixtures.audits import THRESHOLDS, TYPES
from tests.fixtures.history import DAY, made, record, status, usage
from tests.fixtures.horde_server import HordeServer
from tests.fixtures.routes import Client, integration_on, names
from tests.fixtures.upstream import TurnedClock

FLUX, ALBEDO, DELIBERATE = "Flux.1-Schnell", "AlbedoBase XL (SDXL)", "Deliberate"
IMAGE_AUDIT, TEXT_AUDIT = "/audit/image_generation", "/audit/text_generation"

CHOICES: dict[str, list[Any]] = {
    "preset": [None, *PRESET_OF],
    "severity": [[severity.value for severity in Severity][:2], ["none"]],
    "flag": [["zero_usage_day"], ["no_active_workers", "low_usage"]],
    "flag_not": [["low_usage"], ["zero_usage_day", "has_non_preferred_host"]],
    "flag_unknown": [["low_usage"]],
    "baseline": [["flux_1", "Mistral"], ["nothing of the kind"]],
    "host": [["civitai.com"], ["huggingface.co", "civitai.com"]],
    "backend": [["koboldcpp"], ["aphrodite", "tabbyapi"]],
    "style": [["generalist"]],
    "tag": [["generalist"], ["anime"]],
    "nsfw": [["sfw"], ["nsfw", "not_stated"]],
    "inpainting": [["yes"], ["no", "not_stated"]],
    "requirement": [["clip_skip"]],
    "search": ["FLUX", "mistral", "no such name"],
}
BOUNDS: list[float] = [0, 1, 4, 17.5, 1_000]


def choices(kind: ModelType) -> list[dict[str, Any]]:
    """Return one choice of every filter of a category at a time, and some of two."""
    one_at_a_time = [
        {one.key: value}
        for one in filters_for(kind)
        for value in (BOUNDS if one.kind is Kind.BOUND else CHOICES[one.key])
        if value is not None and (kind, value) != ("image", "uneven_backends")
    ]
    return [
        *one_at_a_time,
        {"preset": "critical", "search": "l"},
        {"severity": ["none", "warning"], "month_from": 1.0, "threads_to": 2.0, "flag_not": ["zero_usage_month"]},
    ]


def audit_path(kind: ModelType, **asked: Any) -> str:
    """Return the address of an audit; a list is a parameter that is repeated."""
    return f"/audit/{CATEGORY_OF[kind]}?{httpx.QueryParams(asked)}"


class Page:
    """What the page has: the audit of the same snapshot, narrowed by the same choices."""

    def __init__(self, horde: HordeAPIIntegration, kind: ModelType) -> None:
        self.kind = kind
        self.view = SnapshotReader(horde).page_view((kind,), has_ages=kind == "image")

    def reasons(self) -> dict[str, tuple[str, dict[str, str]]]:
        """Return by model why it has its severity, and why each flag holds or does not, as plain words."""
        own = THRESHOLDS[self.kind]
        infos = self.view.snapshot.audit(own, today(), self.view.ages.value if self.view.ages else None).models
        return {
            info.name: (
                severity_reason(info, own, ENGLISH),
                {one.flag: one.why for one in explain(info, own, ENGLISH)},
            )
            for info in infos
        }

    def chosen(
        self, thresholds: AuditThresholds | None = None, level: GroupLevel = "model", **chosen: Any
    ) -> list[dict[str, Any]]:
        """Return what was found of each model, worst first."""
        ages = self.view.ages.value if self.view.ages else None
        response = self.view.snapshot.audit(thresholds or THRESHOLDS[self.kind], today(), ages, level)
        infos = selection(self.kind, chosen).select(worst_first(response.models))
        return [info.model_dump(mode="json") for info in infos]


def without_words(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of an answer without the sentences that only routes add."""
    return [{key: value for key, value in row.items() if key not in ("reasons", "severity_reason")} for row in rows]


def test_every_filter_of_the_table_is_tried_here() -> None:
    assert {key for kind in TYPES for chosen in choices(kind) for key in chosen} == {
        one.key for kind in TYPES for one in filters_for(kind)
    }


@pytest.mark.parametrize("kind", TYPES)
def test_every_filter_selects_as_on_the_page(horde: HordeAPIIntegration, client: Client, kind: ModelType) -> None:
    page = Page(horde, kind)
    found = set()
    for chosen in choices(kind):
        body = client.body(audit_path(kind, **chosen))
        assert without_words(body["models"]) == page.chosen(**chosen), chosen
        assert body["filters"] == [
            one.sentence(chosen[one.key], THRESHOLDS[kind], ENGLISH) for one in filters_for(kind) if one.key in chosen
        ]
        found.add(body["total_count"])
    assert found >= {0, 1, 3}, "some choose none, some one, some all"


@pytest.mark.parametrize("kind", TYPES)
def test_every_row_says_why_in_plain_words(horde: HordeAPIIntegration, client: Client, kind: ModelType) -> None:
    told = {row["name"]: (row["severity_reason"], row["reasons"]) for row in client.body(audit_path(kind))["models"]}
    assert told == Page(horde, kind).reasons()
    judged = {rule.flag for rule in rules_for(kind, THRESHOLDS[kind])}
    assert all(set(reasons) == judged for _, reasons in told.values())


TRIED: dict[ModelType, list[dict[str, float]]] = {
    "image": [
        {"low_usage_below": 50},
        {"month_minimum": 1_000},
        {"critical_below": 5_000, "critical_workers_below": 2},
        {"grace_days": 3_650},
    ],
    "text": [
        {"low_usage_below": 10},
        {"critical_below": 1_000_000, "critical_workers_below": 3},
        {"imbalance_from": 0},
    ],
}


@pytest.mark.parametrize("kind", TYPES)
def test_thresholds_that_are_tried_decide_as_on_the_page(
    horde: HordeAPIIntegration, client: Client, kind: ModelType
) -> None:
    page, own = Page(horde, kind), client.body(audit_path(kind))
    fields = {one.key: one.field for one in what_ifs(kind)}
    assert {key for tried in TRIED[kind] for key in tried} <= set(fields)
    for tried in TRIED[kind]:
        thresholds = with_tried(THRESHOLDS[kind], {fields[key]: value for key, value in tried.items()})
        body = client.body(audit_path(kind, **tried))
        assert body["thresholds"] == thresholds.model_dump(mode="json")
        assert without_words(body["models"]) == page.chosen(thresholds)
        assert body["models"] != own["models"], tried
    assert client.body(audit_path(kind)) == own, "what somebody tried is nobody else's"


def test_a_threshold_of_nothing_is_not_the_setting(client: Client) -> None:
    assert client.body(audit_path("image", grace_days=0))["thresholds"]["grace_days"] == 0
    assert Settings().audit_grace_days > 0


@pytest.mark.parametrize("level", LEVEL_WORDS)
def test_text_models_are_grouped_as_on_the_page(horde: HordeAPIIntegration, client: Client, level: GroupLevel) -> None:
    body = client.body(audit_path("text", group=level))
    assert body["group"] == level
    assert without_words(body["models"]) == Page(horde, "text").chosen(level=level)
    assert names(body) == names(client.body(audit_path("text", group=LEVEL_WORDS[level])))


@pytest.mark.parametrize(
    ("in_words", "by_key"),
    [
        ({"flag": "low usage"}, {"flag": "low_usage"}),
        ({"flag_not": ["Low usage", "unused for a day"]}, {"flag_not": ["low_usage", "zero_usage_day"]}),
        ({"preset": "Unserved queue"}, {"preset": "unserved_queue"}),
        ({"preset": "UNSERVED QUEUE"}, {"preset": "unserved_queue"}),
        ({"severity": ["Critical", "warning"]}, {"severity": ["critical", "warning"]}),
        ({"nsfw": ["not NSFW", "NSFW not stated"]}, {"nsfw": ["sfw", "not_stated"]}),
    ],
)
def test_words_are_taken_as_the_page_shows_them(
    client: Client, in_words: dict[str, Any], by_key: dict[str, Any]
) -> None:
    assert client.body(audit_path("image", **in_words)) == client.body(audit_path("image", **by_key))


@pytest.mark.parametrize("kind", TYPES)
def test_every_label_of_the_page_is_understood(client: Client, kind: ModelType) -> None:
    for preset in presets_for(kind, THRESHOLDS[kind]):
        assert client.body(audit_path(kind, preset=preset.label)) == client.body(audit_path(kind, preset=preset.key))
    for rule in rules_for(kind, THRESHOLDS[kind]):
        assert RULE_OF[rule.flag] is rule
        assert client.body(audit_path(kind, flag=rule.label)) == client.body(audit_path(kind, flag=rule.flag))


def test_presets_select_as_many_as_the_summary_announces(client: Client) -> None:
    for kind in TYPES:
        announced = client.body(audit_path(kind))["summary"]["by_preset"]
        for key, count in announced.items():
            if (kind, key) == ("image", "uneven_backends"):
                continue  # cannot be asked of images
            if (kind, key) == ("text", "unserved_queue"):
                assert count is None, "AI Horde lists no queue for text models that nobody serves"
                continue
            assert client.body(audit_path(kind, preset=key))["total_count"] == count


def test_the_summary_is_of_the_whole_category_whatever_is_chosen(client: Client) -> None:
    assert client.body(f"{IMAGE_AUDIT}?search=no+such+name")["summary"] == client.body(IMAGE_AUDIT)["summary"]


def test_an_empty_search_and_empty_choices_choose_nothing(client: Client) -> None:
    assert client.body(f"{IMAGE_AUDIT}?search=")["models"] == client.body(IMAGE_AUDIT)["models"]


@pytest.mark.parametrize(
    ("path", "named"),
    [
        (f"{IMAGE_AUDIT}?backend=koboldcpp", "backend"),
        (f"{IMAGE_AUDIT}?group=family", "group"),
        (f"{IMAGE_AUDIT}?imbalance_from=0.5", "imbalance_from"),
        (f"{TEXT_AUDIT}?host=huggingface.co", "host"),
        (f"{TEXT_AUDIT}?size_from=4", "size_from"),
        (f"{TEXT_AUDIT}?grace_days=3", "grace_days"),
    ],
)
def test_what_means_nothing_in_a_category_is_refused(client: Client, path: str, named: str) -> None:
    assert f"'{named}' is no parameter here" in client.problem(path, 422)


SEEN = ("last_used", "unused_days", "unused_at_least", "last_served", "unserved_days", "unserved_at_least")


@pytest.fixture
def with_store(
    horde_server: HordeServer, clock: TurnedClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Client]:
    """Give a client of an app whose history, in ``tmp_path``, is not begun."""
    with integration_on(horde_server, clock.both, history_url=f"sqlite:///{tmp_path}/horde.sqlite") as integration:
        monkeypatch.setattr(HordeAPIIntegration, "_shared", integration)
        integration.read(integration.all_sources())
        yield Client()


def test_when_models_were_last_used_and_served_is_told_as_soon_as_it_is_recorded(
    with_store: Client, clock: TurnedClock, tmp_path: Path
) -> None:
    before, tag = with_store.body(IMAGE_AUDIT), with_store.ask(IMAGE_AUDIT).headers["etag"]
    assert {row[field] for row in before["models"] for field in SEEN} == {None}
    assert names(with_store.body(f"{IMAGE_AUDIT}?unused_from=0")) == []

    now, store = int(clock.wall), made(tmp_path)
    for at, deliberate in ((now - DAY, (7, 9, 90)), (now, (0, 2, 90))):
        counts = {DELIBERATE: deliberate, ALBEDO: (3, 5, 90 + 3 * (at == now))}
        record(store, usage(at, counts, "image"), status(at, **{DELIBERATE: 1}))
    asked = with_store.ask(IMAGE_AUDIT)
    assert asked.headers["etag"] != tag
    told = {row["name"]: [row[field] for field in SEEN] for row in asked.json()["models"]}
    assert told[DELIBERATE] == ["2025-12-11", 1, False, "2025-12-13", 0, False]
    assert told[FLUX] == [None, 31, True, None, 0, True]
    reasons = {row["name"]: row["reasons"] for row in asked.json()["models"]}
    assert reasons[FLUX]["zero_usage_month"] == "0 images in 30 days, not used for at least 31 days"
    assert names(with_store.body(f"{IMAGE_AUDIT}?unused_from=1&unused_to=9")) == [DELIBERATE]
    (row,) = with_store.rows(f"{IMAGE_AUDIT}?unused_from=31")
    assert [row[field] for field in SEEN[:3]] == ["", "31", "True"]


def test_without_a_history_the_audit_is_as_it_would_be_before_anything_is_recorded(
    with_store: Client, horde_server: HordeServer, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = with_store.body(IMAGE_AUDIT)
    with integration_on(horde_server, clock.both, history="off") as integration:
        monkeypatch.setattr(HordeAPIIntegration, "_shared", integration)
        integration.read(integration.all_sources())
        without = Client().body(IMAGE_AUDIT)
        assert without["snapshot"] == SnapshotReader(integration).page_view(("image",), has_ages=True).id
    assert without["models"] == begun["models"]
    assert without["summary"] == begun["summary"]
