"""Properties of the audit for any API data and any unavailable sources."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horde_core.analytics.groups import GroupLevel
from horde_core.analytics.indexes import (
    IndexedHordeModelStats,
    IndexedHordeModelStatus,
    IndexedHordeWorkers,
    SourceRows,
)
from horde_core.audit import FLAGS, AuditThresholds, CategoryAuditResponse, Flag, ModelAuditInfo, Severity
from horde_core.audit.filters import selection
from horde_core.audit.presets import PRESET_OF
from horde_core.audit.records import FlagCount
from horde_core.live.snapshot import Snapshot
from horde_core.upstream.api_records import HordeModelStatsResponse, HordeModelStatus, HordeWorker
from horde_core.upstream.model_reference import ModelRecord, ModelReference
from horde_core.vocabulary import PERIODS, ModelType
from tests.fixtures.audits import AS_OF, THRESHOLDS, TYPES, days_ago

MODELS = ("Author/Alpha-7B", "Author/Alpha-13B", "Other/Beta-8B", "Gamma", "Delta-1B")
API_NAMES: dict[ModelType, tuple[str, ...]] = {
    "text": (
        *MODELS,
        "koboldcpp/Alpha-7B-Q4_K_M",
        "aphrodite/Author/Alpha-7B",
        "aphrodite/Alpha-13B",
        "tabbyapi/Gamma",
    ),
    "image": (*MODELS, "gamma", "DELTA-1B"),
}
URLS = ("https://huggingface.co/x", "https://civitai.com/x", "https://cdn.huggingface.co/y", "no url")
USAGE_FLAGS: tuple[Flag, ...] = ("zero_usage_day", "zero_usage_month", "zero_usage_total", "low_usage")
RECORD_FLAGS: tuple[Flag, ...] = ("missing_description", "missing_baseline")
LEVELS: tuple[GroupLevel, ...] = ("exact", "model", "family")
SOURCES = ("status", "usage", "workers", "ages")

counts = st.integers(0, 3) | st.integers(0, 10**9)
said = st.none() | st.just("said")


class Category(NamedTuple):
    """The inputs of one audit. None is an unavailable source."""

    model_type: ModelType
    reference: dict[str, ModelRecord]
    status: list[HordeModelStatus] | None
    usage: HordeModelStatsResponse | None
    workers: list[HordeWorker] | None
    ages: dict[str, date] | None
    thresholds: AuditThresholds

    def snapshot(self) -> Snapshot:
        return Snapshot(
            id="drawn",
            model_type=self.model_type,
            is_simulated=False,
            status=IndexedHordeModelStatus(SourceRows.unavailable() if self.status is None else self.status),
            usage=IndexedHordeModelStats(self.usage),
            workers=IndexedHordeWorkers(SourceRows.unavailable() if self.workers is None else self.workers),
            reference=ModelReference(self.reference),
        )

    def audit(self, level: GroupLevel = "model") -> CategoryAuditResponse:
        return self.snapshot().audit(self.thresholds, AS_OF, self.ages, level)

    def without(self, *sources: str) -> Category:
        return self._replace(**dict.fromkeys(sources))


@st.composite
def records(draw: st.DrawFn) -> dict[str, ModelRecord]:
    names = draw(st.lists(st.sampled_from(MODELS), unique=True, min_size=1))
    return {
        name: ModelRecord(
            name=name,
            baseline=draw(said),
            description=draw(said),
            downloads=tuple(draw(st.lists(st.sampled_from(URLS), max_size=2))),
            size=draw(st.none() | st.integers(0, 10**11)),
            nsfw=draw(st.none() | st.booleans()),
            text_model_group=draw(st.sampled_from((None, "Alpha", "Beta"))),
        )
        for name in names
    }


@st.composite
def thresholds_of(draw: st.DrawFn, model_type: ModelType) -> AuditThresholds:
    tried = {
        "low_usage_percentage": draw(st.sampled_from((0.0, 0.02, 10.0, 50.0))),
        "minimum_month_usage": draw(st.sampled_from((0, 2))),
        "critical_usage": draw(st.sampled_from((0, 1, 10))),
        "grace_days": draw(st.sampled_from((0, 30))),
        "ignores_downloads": draw(st.booleans()),
    }
    return THRESHOLDS[model_type].model_copy(update=tried)


@st.composite
def statuses(draw: st.DrawFn, model_type: ModelType) -> list[HordeModelStatus]:
    names = draw(st.lists(st.sampled_from(API_NAMES[model_type]), unique=True, max_size=5))
    return [
        HordeModelStatus(
            name=name, count=draw(st.integers(0, 2)), queued=draw(st.sampled_from((0.0, 5.0))), jobs=1, type=model_type
        )
        for name in names
    ]


@st.composite
def usages(draw: st.DrawFn, model_type: ModelType) -> HordeModelStatsResponse:
    maps = st.dictionaries(st.sampled_from(API_NAMES[model_type]) | st.just("unlisted"), counts, max_size=6)
    return HordeModelStatsResponse(**{period: draw(maps) for period in PERIODS})


@st.composite
def staffs(draw: st.DrawFn, model_type: ModelType) -> list[HordeWorker]:
    lists = st.lists(st.sampled_from(API_NAMES[model_type]), max_size=3)
    return [
        HordeWorker(
            id=f"{n}",
            name="",
            type=model_type,
            models=tuple(draw(lists)),
            online=True,
            maintenance_mode=draw(st.booleans()),
        )
        for n in range(draw(st.integers(0, 3)))
    ]


ages_strategy = st.dictionaries(st.sampled_from(MODELS), st.integers(0, 60).map(days_ago), max_size=5)


@st.composite
def categories(draw: st.DrawFn, kinds: Sequence[ModelType] = TYPES) -> Category:
    kind = draw(st.sampled_from(kinds))
    return Category(
        kind,
        draw(records()),
        draw(statuses(kind)),
        draw(usages(kind)),
        draw(staffs(kind)),
        draw(ages_strategy),
        draw(thresholds_of(kind)),
    )


@st.composite
def incomplete(draw: st.DrawFn) -> Category:
    missing = draw(st.sets(st.sampled_from(SOURCES)))
    return draw(categories()).without(*missing)


def rests_on(sources: set[str], model_type: ModelType) -> set[Flag]:
    """The flags of which nothing can be known without these sources."""
    flags: set[Flag] = set()
    if "usage" in sources:
        flags |= set(USAGE_FLAGS)
    if "status" in sources:
        flags |= {"unserved_queue"}
    if model_type == "text" and sources & {"usage", "status"}:
        flags |= {"uneven_backends"}
    if {"status", "workers"} <= sources:
        flags |= {"no_active_workers"}
    return flags


def rests_on_a_row(info: ModelAuditInfo, are_workers_missing: bool) -> set[Flag]:
    """The flags of which nothing can be known of a model that no row of the status names."""
    flags: set[Flag] = {"unserved_queue"} if info.queued is None else set()
    if info.queued is None and are_workers_missing:
        flags |= {"no_active_workers", "uneven_backends"} if info.model_type == "text" else {"no_active_workers"}
    return flags


@given(categories(), st.sets(st.sampled_from(SOURCES)), st.sampled_from(LEVELS))
def test_a_flag_that_rests_on_an_unavailable_source_is_unknown_of_every_model_and_no_other_is(
    category: Category, missing: set[str], level: GroupLevel
) -> None:
    response = category.without(*missing).audit(level)
    unknown = [
        rests_on(missing, category.model_type) | rests_on_a_row(info, "workers" in missing) for info in response.models
    ]
    for info, expected in zip(response.models, unknown, strict=True):
        assert set(info.flags.unknown_flags()) == expected
    for flag, count in response.summary.by_flag.items():
        assert count.unknown == sum(flag in expected for expected in unknown)


@given(categories(), st.data(), st.sampled_from(("usage", "ages")))
def test_what_is_told_without_a_source_is_so_whatever_that_source_says(
    category: Category, data: st.DataObject, missing: str
) -> None:
    drawn: dict[str, Any] = {"usage": usages(category.model_type), "ages": ages_strategy}
    without = category.without(missing).audit()
    full = category._replace(**{missing: data.draw(drawn[missing])}).audit()
    for before, after in zip(without.models, full.models, strict=True):
        pairs = [(before.flags.value(flag), after.flags.value(flag)) for flag in FLAGS]
        pairs += [(preset.selects(before), preset.selects(after)) for preset in PRESET_OF.values()]
        pairs += [(before.is_critical, after.is_critical), (before.is_new, after.is_new)]
        assert all(known in (None, value) for known, value in pairs)
        assert after.at_risk or not before.at_risk
        assert after.risk_score >= before.risk_score
        if before.severity in (Severity.CRITICAL, Severity.NONE):
            assert after.severity is before.severity
        if before.severity in (Severity.WARNING, Severity.NOTICE):
            assert list(Severity).index(after.severity) <= list(Severity).index(before.severity)
    for before_count, after_count in zip(
        without.summary.by_preset.values(), full.summary.by_preset.values(), strict=True
    ):
        assert before_count in (None, after_count)
    for severity, count in without.summary.by_severity.items():
        if severity is Severity.CRITICAL:
            assert count in (None, full.summary.by_severity[severity])


@given(categories(), st.data())
def test_what_is_told_without_the_queue_is_so_with_it_but_that_threads_may_serve_what_no_worker_lists(
    category: Category, data: st.DataObject
) -> None:
    without = category.without("status").audit()
    full = category._replace(status=data.draw(statuses(category.model_type))).audit()
    for before, after in zip(without.models, full.models, strict=True):
        for flag in FLAGS:
            allowed = (None, after.flags.value(flag), *((True,) if flag == "no_active_workers" else ()))
            assert before.flags.value(flag) in allowed, flag


@given(categories(), st.sampled_from(SOURCES))
def test_presets_that_rest_on_an_unavailable_source_select_nothing_and_have_no_count(
    category: Category, missing: str
) -> None:
    response = category.without(missing).audit()
    unknown = rests_on({missing}, category.model_type)
    of_flags: dict[str, Flag] = {
        "zero_usage": "zero_usage_month",
        "no_workers": "no_active_workers",
        "low_usage": "low_usage",
        "uneven_backends": "uneven_backends",
        "unserved_queue": "unserved_queue",
    }
    for key, flag in of_flags.items():
        if flag in unknown:
            assert response.summary.by_preset[key] is None
            assert selection(category.model_type, {"preset": key}).select(response.models) == []
    if missing == "usage":
        assert selection(category.model_type, {"preset": "critical"}).select(response.models) == []
        assert selection(category.model_type, {"severity": ["critical"]}).select(response.models) == []
    if missing in ("usage", "ages") and category.model_type == "image" and category.thresholds.grace_days:
        assert selection("image", {"preset": "deletion_candidates"}).select(response.models) == []


@given(categories(("text",)))
def test_text_models_have_no_ages_to_be_unavailable(category: Category) -> None:
    assert category.without("ages").audit() == category.audit()


@given(categories(), st.sets(st.sampled_from(SOURCES)))
def test_with_its_sources_back_the_audit_is_the_same(category: Category, missing: set[str]) -> None:
    before = category.audit()
    category.without(*missing).audit()
    assert category.audit() == before


@given(incomplete(), st.sampled_from(LEVELS))
def test_percentages_are_computed_from_totals(category: Category, level: GroupLevel) -> None:
    response = category.audit(level)
    month = None if category.usage is None else sum((category.usage.month or {}).values())  # type: ignore[arg-type]
    assert response.category_month_usage == month
    for info in response.models:
        if info.usage_month is None or not month:
            assert info.usage_percentage_of_category is None
        else:
            assert info.usage_percentage_of_category == pytest.approx(100 * info.usage_month / month)
    known = [info.usage_percentage_of_category for info in response.models]
    assert None in known or sum(known) <= 100 + 1e-9  # type: ignore[arg-type]


def plain_counts(infos: Sequence[ModelAuditInfo]) -> dict[str, Any]:
    is_any_critical_unknown = any(info.is_critical is None for info in infos)
    severities = [info.severity for info in infos]
    by_severity: dict[Severity, int | None] = {severity: severities.count(severity) for severity in Severity}
    if is_any_critical_unknown:
        by_severity = {s: count if s is Severity.UNKNOWN else None for s, count in by_severity.items()}
    elif by_severity[Severity.UNKNOWN]:
        by_severity |= {Severity.NOTICE: None, Severity.NONE: None}
    flags = {flag: [info.flags.value(flag) for info in infos] for flag in FLAGS}
    selected = {key: [preset.selects(info) for info in infos] for key, preset in PRESET_OF.items()}
    return {
        "models": len(infos),
        "by_flag": {flag: FlagCount(*(values.count(v) for v in (True, False, None))) for flag, values in flags.items()},
        "by_severity": by_severity,
        "by_preset": {key: None if None in values else values.count(True) for key, values in selected.items()},
    }


@given(incomplete(), st.sampled_from(LEVELS))
def test_the_summary_equals_plain_counts(category: Category, level: GroupLevel) -> None:
    response = category.audit(level)
    summary = response.summary
    assert {field: getattr(summary, field) for field in type(summary).model_fields} == plain_counts(response.models)


chosen_values = {
    "preset": st.sampled_from(sorted(PRESET_OF)),
    "severity": st.lists(st.sampled_from([severity.value for severity in Severity]), min_size=1),
    "flag": st.lists(st.sampled_from(FLAGS), min_size=1, max_size=2),
    "flag_not": st.lists(st.sampled_from(FLAGS), min_size=1, max_size=2),
    "flag_unknown": st.lists(st.sampled_from(FLAGS), min_size=1, max_size=1),
    "baseline": st.just(["said"]),
    "nsfw": st.lists(st.sampled_from(("nsfw", "sfw", "not_stated")), min_size=1),
    "month_from": st.integers(0, 5),
    "month_to": st.integers(0, 10**9),
    "threads_to": st.integers(0, 2),
    "workers_from": st.integers(0, 2),
    "search": st.sampled_from(("alpha", "B", "none such")),
}


@given(incomplete(), st.fixed_dictionaries({}, optional=chosen_values))
def test_several_filters_select_the_intersection_of_what_each_selects(
    category: Category, chosen: dict[str, Any]
) -> None:
    infos = category.audit().models
    kept = [set(range(len(infos)))]
    for key, value in chosen.items():
        narrowed = selection(category.model_type, {key: value}).narrows(infos)
        kept.append({place for place, is_kept in enumerate(narrowed) if is_kept})
    together = selection(category.model_type, chosen).narrows(infos)
    assert {place for place, is_kept in enumerate(together) if is_kept} == set.intersection(*kept)


@given(incomplete(), st.sampled_from(LEVELS))
def test_an_audit_is_valid_and_survives_a_round_trip(category: Category, level: GroupLevel) -> None:
    response = category.audit(level)
    assert CategoryAuditResponse.model_validate_json(response.model_dump_json()) == response
    for info in response.models:
        assert ModelAuditInfo.model_validate(info.model_dump()) == info
        assert set(vars(info)) == set(ModelAuditInfo.model_fields)


@given(incomplete(), st.sampled_from(LEVELS))
def test_an_audit_is_of_the_types_that_it_declares(category: Category, level: GroupLevel) -> None:
    for info in category.audit(level).models:
        assert ModelAuditInfo.model_validate(vars(info), strict=True) == info
