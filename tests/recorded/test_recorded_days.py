"""Two recorded days of the real Horde, against arithmetic on the plain bodies."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from horde_core.audit import AuditThresholds
from horde_core.backend_frames import backend_frame, backend_totals_frame
from horde_core.frames import audit_frame, category_frame
from horde_core.merger import merge_category_with_horde_data, unlisted_models
from horde_core.models import ModelType
from horde_core.settings import Settings
from horde_core.snapshot import Snapshot
from horde_core.summaries import audit_summary, backend_summary, queue_summary, usage_summary
from tests.fixtures.snapshots import snapshot

Bodies = dict[str, Any]
Category = tuple[Bodies, Snapshot]

DAYS = ("2025-12-12", "2025-12-13")
TYPES: tuple[ModelType, ...] = ("image", "text")
PERIODS = ("day", "month", "total")
THRESHOLDS = AuditThresholds.from_settings(Settings())
DOWNLOAD_FINDINGS = {"has_multiple_hosts", "has_non_preferred_host", "has_unknown_host", "no_download_urls"}


def read(recordings: Path, day: str, model_type: ModelType, reference: str = "v2") -> Category:
    """Return the bodies of a recorded day as plain dictionaries, and the snapshot of them."""
    usage_name = {"image": "img", "text": "text"}[model_type]
    files = {
        "status": f"{day}/status_models_{model_type}.json",
        "usage": f"{day}/stats_{usage_name}_models.json",
        "workers": f"{day}/workers.json",
        "reference": f"reference/reference_{model_type}_{reference}.json",
    }
    bodies = {name: json.loads((recordings / path).read_bytes()) for name, path in files.items()}
    return bodies, snapshot(model_type, **bodies)


@pytest.fixture(scope="module", params=[(day, kind) for day in DAYS for kind in TYPES], ids=" ".join)
def category(request: pytest.FixtureRequest, recordings: Path) -> Category:
    return read(recordings, *request.param)


@pytest.fixture(scope="module", params=[(day, ref) for day in DAYS for ref in ("v2", "legacy")], ids=" ".join)
def image(request: pytest.FixtureRequest, recordings: Path) -> Category:
    day, reference = request.param
    return read(recordings, day, "image", reference)


@pytest.fixture(scope="module", params=DAYS)
def text(request: pytest.FixtureRequest, recordings: Path) -> Category:
    return read(recordings, request.param, "text")


def live_sums(bodies: Bodies) -> dict[str, float]:
    return {
        figure: sum(row[field] for row in bodies["status"])
        for field, figure in (("count", "thread_count"), ("jobs", "queued_jobs"), ("queued", "queued"))
    }


class TestConservation:
    def test_models_and_unlisted_names_make_the_maps_sum_to_the_unit(self, category: Category) -> None:
        bodies, taken = category
        sources = (list(bodies["reference"]), taken.status, taken.usage, taken.workers)
        models = merge_category_with_horde_data(*sources, model_type=taken.model_type)
        unlisted = unlisted_models(*sources, model_type=taken.model_type)
        assert list(models) == list(bodies["reference"])
        for period in PERIODS:
            counts = bodies["usage"][period]
            merged = [getattr(one.usage_stats, period) for one in [*models.values(), *unlisted.values()]]
            assert sum(merged) == sum(counts.values()) > 0
        for figure, expected in live_sums(bodies).items():
            assert sum(getattr(one, figure) for one in [*models.values(), *unlisted.values()]) == expected > 0

    def test_what_the_pages_show_adds_up_to_the_maps_sum(self, category: Category) -> None:
        bodies, taken = category
        frame, reconciliation = category_frame(taken), taken.merged.reconciliation
        for period in PERIODS:
            expected = sum(bodies["usage"][period].values())
            summary = usage_summary(frame, reconciliation, period, reference_available=True)
            assert frame[f"usage_{period}"].sum() == summary.total == expected
            assert (summary.listed or 0) + (summary.unlisted or 0) == expected
            assert frame.loc[frame["listed"], f"usage_{period}"].sum() == summary.listed
            assert frame[f"share_{period}"].sum() == pytest.approx(100)
        unit = 1e6 if taken.model_type == "image" else 1
        queue, live = queue_summary(frame, reconciliation, unit), live_sums(bodies)
        assert (queue.threads, queue.jobs) == (live["thread_count"], live["queued_jobs"])
        assert (frame["threads"].sum(), frame["jobs"].sum()) == (queue.threads, queue.jobs)
        assert queue.queued == pytest.approx(live["queued"] / unit)
        assert frame["queued"].sum() == pytest.approx(queue.queued)

    def test_every_name_that_the_api_sent_is_in_one_row(self, category: Category) -> None:
        bodies, taken = category
        sent = {row["name"] for row in bodies["status"]} | {name for map_ in bodies["usage"].values() for name in map_}
        sent |= {name for one in bodies["workers"] if one["type"] == taken.model_type for name in one.get("models", ())}
        merged = taken.merged
        placed = [name for one in [*merged.models.values(), *merged.unlisted.values()] for name in one.names]
        assert sorted(placed) == sorted(sent)

    def test_backends_add_up_to_the_maps_sum(self, text: Category) -> None:
        bodies, taken = text
        for frame in (backend_frame(taken), backend_totals_frame(taken)):
            for period in PERIODS:
                assert frame[f"usage_{period}"].sum() == sum(bodies["usage"][period].values())
            assert frame["threads"].sum() == live_sums(bodies)["thread_count"]

    def test_image_names_match_to_the_letter_or_without_case(self, image: Category) -> None:
        bodies, taken = image
        for model, one in taken.merged.models.items():
            assert set(one.names) <= {
                name for name in (*bodies["usage"]["total"], *names_served(bodies)) if name.lower() == model.lower()
            }


def names_served(bodies: Bodies) -> list[str]:
    """Return every name in the status and in the lists of the workers."""
    listed = [name for one in bodies["workers"] for name in one.get("models", ())]
    return [row["name"] for row in bodies["status"]] + listed


def spellings(model: str, bodies: Bodies) -> set[str]:
    """Return the names that belong to an image model: its own, and those that differ from every model's in case."""
    sent = {*bodies["usage"]["total"], *names_served(bodies)}
    return {
        name for name in sent if name == model or (name.lower() == model.lower() and name not in bodies["reference"])
    }


def findings_of(model: str, bodies: Bodies) -> tuple[set[str], str]:
    """Audit one image model by hand: its flags and its severity."""
    record, names = bodies["reference"][model], spellings(model, bodies)
    used = {period: sum(bodies["usage"][period].get(name, 0) for name in names) for period in PERIODS}
    rows = [row for row in bodies["status"] if row["name"] in names]
    staff = {
        one["id"]
        for one in bodies["workers"]
        if one["type"] == "image" and not one["maintenance_mode"] and names & set(one["models"])
    }
    urls = [file["file_url"] for file in record["config"]["download"] if file.get("file_url")]
    hosts = {found[1].lower() for url in urls if (found := re.match(r"https?://([^/:?#]+)", url))}
    flags = {
        "zero_usage_day": used["day"] == 0,
        "zero_usage_month": used["month"] == 0,
        "zero_usage_total": used["total"] == 0,
        "no_active_workers": not staff,
        "has_multiple_hosts": len(hosts) > 1,
        "has_non_preferred_host": any(not f".{host}".endswith(".huggingface.co") for host in hosts),
        "has_unknown_host": any(not re.match(r"https?://[^/]", url) for url in urls),
        "no_download_urls": not urls,
        "missing_description": not (record.get("description") or "").strip(),
        "missing_baseline": not (record.get("baseline") or "").strip(),
        "low_usage": 100 * used["month"] / sum(bodies["usage"]["month"].values()) < 0.0065,
        "unserved_queue": sum(row["queued"] for row in rows) > 0 and sum(row["count"] for row in rows) == 0,
    }
    found = {flag for flag, is_set in flags.items() if is_set}
    if used["month"] == 0 and not staff:
        return found, "critical"
    return found, "warning" if found & DOWNLOAD_FINDINGS else "notice" if found else "none"


class TestAudit:
    def test_flags_and_severities_are_those_of_an_independent_count(self, image: Category) -> None:
        bodies, taken = image
        expected = {model: findings_of(model, bodies) for model in bodies["reference"]}
        audits = taken.audit(THRESHOLDS)
        assert {name: (set(info.flags.set_flags()), info.severity) for name, info in audits.items()} == expected
        assert all(not info.flags.unknown_flags() for info in audits.values())

    def test_counts_of_findings_severities_and_presets_agree(self, image: Category) -> None:
        bodies, taken = image
        expected = [findings_of(model, bodies) for model in bodies["reference"]]
        frame, summary = audit_frame(taken.audit(THRESHOLDS)), audit_summary(taken.audit(THRESHOLDS))
        assert Counter(frame["findings"].explode().dropna()) == Counter(flag for found, _ in expected for flag in found)
        severities = Counter(severity for _, severity in expected)
        assert Counter(frame["severity"]) == severities
        assert {severity: count for severity, count in summary.by_severity.items() if count} == severities
        presets = {
            "zero_usage": lambda found, _: "zero_usage_month" in found,
            "no_workers": lambda found, _: "no_active_workers" in found,
            "missing_data": lambda found, _: bool(found & {"missing_description", "missing_baseline"}),
            "host_issues": lambda found, _: bool(found & DOWNLOAD_FINDINGS),
            "critical": lambda _, severity: severity == "critical",
            "low_usage": lambda found, _: "low_usage" in found,
            "uneven_backends": lambda found, _: False,
            "unserved_queue": lambda found, _: "unserved_queue" in found,
            "deletion_candidates": lambda found, severity: (
                severity == "critical" or {"low_usage", "no_active_workers"} <= found
            ),
        }
        assert summary.by_preset == {key: sum(rule(*one) for one in expected) for key, rule in presets.items()}

    def test_record_flags_of_text_are_those_of_the_plain_records(self, text: Category) -> None:
        bodies, taken = text
        for name, info in taken.audit(THRESHOLDS).items():
            record = bodies["reference"][name]
            assert info.flags.missing_description is (not (record.get("description") or "").strip())
            assert info.flags.missing_baseline is (not (record.get("baseline") or "").strip())
            assert not DOWNLOAD_FINDINGS & set(info.flags.set_flags())


def test_nineteen_text_models_have_several_backends_and_one_is_uneven(recordings: Path) -> None:
    bodies, taken = read(recordings, "2025-12-12", "text")
    requests, threads = bodies["usage"]["month"], {row["name"]: row["count"] for row in bodies["status"]}
    imbalances = []
    for one in taken.merged.models.values():
        names_of = [part.names for part in (one.backend_variations or {}).values()]
        parts = [
            (sum(requests.get(name, 0) for name in names), sum(threads.get(name, 0) for name in names))
            for names in names_of
        ]
        parts = [part for part in parts if any(part)]
        if len(parts) > 1:
            used, served = (sum(figures) for figures in zip(*parts, strict=True))
            imbalances.append(sum(abs(u / used - t / served) for u, t in parts) / 2 if used and served else 0)
    assert (len(imbalances), sum(imbalance >= 0.3 for imbalance in imbalances)) == (19, 1)
    summary = backend_summary(backend_totals_frame(taken), taken.audit(THRESHOLDS))
    assert (summary.several_backends, summary.uneven) == (19, 1)
    shown = [info.balance.imbalance for info in taken.audit(THRESHOLDS).values() if info.flags.uneven_backends]
    assert shown == pytest.approx([max(imbalances)])


def test_the_image_reference_has_something_to_find(recordings: Path) -> None:
    """The counts of one day as they were written down once, so that both sides cannot err alike."""
    _, taken = read(recordings, "2025-12-12", "image")
    summary = audit_summary(taken.audit(THRESHOLDS))
    assert summary.models == 161
    assert (summary.by_severity, summary.by_preset["low_usage"], summary.by_preset["no_workers"]) == (
        {"critical": 7, "warning": 2, "notice": 38, "unknown": 0, "none": 114}, 39, 13,
    )  # fmt: skip
