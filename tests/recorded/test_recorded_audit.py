"""The audit of two recorded days, against a short script on the plain bodies.

The script shares no code with the core, and counts on dictionaries alone. One thing it takes as given: which API names
belong to a text model, and to which of its backends; the tests of the recorded names are about that. An image model's
names are those that spell it.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import astuple
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from horde_core.audit import AuditThresholds, CategoryAuditResponse
from horde_core.frames.backends import backend_summary, backend_totals_frame
from horde_core.live.snapshot import Snapshot
from horde_core.settings import Settings
from horde_core.upstream.model_ages import ModelAges, parse_ages
from horde_core.vocabulary import ModelType
from tests.fixtures.snapshots import snapshot

Bodies = dict[str, Any]
NamesByBackend = dict[str, list[str]]

DAYS = ("2025-12-12", "2025-12-13")
PERIODS = ("day", "month", "total")
AS_OF = date(2026, 6, 20)  # of the models that nobody used then, some are 14 days old by this day, and some 104
GRACE_DAYS = 30
LOW_USAGE = {"image": 0.0065, "text": 0.02}
CRITICAL_BELOW = {"image": 1, "text": 10}
UNEVEN_FROM = 0.3
DOWNLOAD_FLAGS = {"has_multiple_hosts", "has_non_preferred_host", "has_unknown_host", "no_download_urls"}
CASES = [(day, "image", ref) for day in DAYS for ref in ("v2", "legacy")] + [(day, "text", "v2") for day in DAYS]

# ----------------------------------------------------------------------------------------------------------------------
# The independent side: plain dictionaries in, plain dictionaries out.


def image_names(bodies: Bodies) -> dict[str, NamesByBackend]:
    """The names of each image model: its own, and those that differ from every model's in case only."""
    sent = {*bodies["usage"]["month"], *bodies["usage"]["total"], *(row["name"] for row in bodies["status"])}
    sent |= {name for one in bodies["workers"] if one["type"] == "image" for name in one["models"]}
    reference = bodies["reference"]
    return {
        model: {
            "": [name for name in sent if name == model or (name.lower() == model.lower() and name not in reference)]
        }
        for model in reference
    }


def imbalance_of(backends: NamesByBackend, bodies: Bodies) -> float | None:
    """Half the sum of the differences between a backend's share of the requests and its share of the threads."""
    month, threads = bodies["usage"]["month"], Counter[str]()
    for row in bodies["status"]:
        threads[row["name"]] += row["count"]
    parts = [
        (sum(month.get(name, 0) for name in names), sum(threads[name] for name in names)) for names in backends.values()
    ]
    parts = [part for part in parts if any(part)]
    used, served = sum(part[0] for part in parts), sum(part[1] for part in parts)
    if len(parts) < 2 or not used or not served:
        return None
    return sum(abs(requests / used - count / served) for requests, count in parts) / 2


def hosts_of(record: dict[str, Any]) -> tuple[list[str], set[str], bool]:
    """The download URLs of a record, their hosts, and whether one has none."""
    urls = [file["file_url"] for file in record["config"]["download"] if file.get("file_url")]
    hosts = [re.match(r"https?://([^/:?#]+)", url) for url in urls]
    return urls, {host[1].lower() for host in hosts if host}, None in hosts


def found_by_hand(model: str, kind: str, backends: NamesByBackend, bodies: Bodies, added: dict[str, int]) -> Bodies:
    """Audit one model."""
    record, names = bodies["reference"][model], {name for listed in backends.values() for name in listed}
    used = {period: sum(bodies["usage"][period].get(name, 0) for name in names) for period in PERIODS}
    rows = [row for row in bodies["status"] if row["name"] in names]
    staff = {
        one["id"]
        for one in bodies["workers"]
        if one["type"] == kind and one["online"] and not one["maintenance_mode"] and names & set(one["models"])
    }
    urls, hosts, has_unreadable = hosts_of(record)
    imbalance = imbalance_of(backends, bodies) if kind == "text" else None
    is_image = kind == "image"
    flags = {
        "zero_usage_day": used["day"] == 0,
        "zero_usage_month": used["month"] == 0,
        "zero_usage_total": used["total"] == 0,
        "no_active_workers": not staff,
        "has_multiple_hosts": is_image and len(hosts) > 1,
        "has_non_preferred_host": is_image and any(not f".{host}".endswith(".huggingface.co") for host in hosts),
        "has_unknown_host": is_image and has_unreadable,
        "no_download_urls": is_image and not urls,
        "missing_description": not (record.get("description") or "").strip(),
        "missing_baseline": not (record.get("baseline") or "").strip(),
        "low_usage": 100 * used["month"] / sum(bodies["usage"]["month"].values()) < LOW_USAGE[kind],
        "uneven_backends": imbalance is not None and imbalance >= UNEVEN_FROM,
        "unserved_queue": sum(row["queued"] for row in rows) > 0 and sum(row["count"] for row in rows) == 0,
    }
    found = {flag for flag, is_set in flags.items() if is_set}
    # No row: an image model that nobody serves has nothing queued; of any other it is unknown.
    unknown = {"unserved_queue"} if not rows and (staff or not is_image) else set()
    is_critical = used["month"] < CRITICAL_BELOW[kind] and not staff
    seconds = added.get(model) if is_image else None
    age = None if seconds is None else (AS_OF - datetime.fromtimestamp(seconds, UTC).date()).days
    return {
        "month": used["month"],
        "found": found,
        "unknown": unknown,
        "has_row": bool(rows),
        "severity": "critical"
        if is_critical
        else "warning"
        if found & DOWNLOAD_FLAGS
        else "notice"
        if found
        else "none",
        "age": age,
        "is_new": age is not None and age < GRACE_DAYS,
        "imbalance": imbalance,
    }


PRESETS: dict[str, Callable[[Bodies], bool]] = {
    "deletion_candidates": lambda one: (
        (one["severity"] == "critical" or {"low_usage", "no_active_workers"} <= one["found"]) and not one["is_new"]
    ),
    "critical": lambda one: one["severity"] == "critical",
    "zero_usage": lambda one: "zero_usage_month" in one["found"],
    "no_workers": lambda one: "no_active_workers" in one["found"],
    "low_usage": lambda one: "low_usage" in one["found"],
    "missing_data": lambda one: bool({"missing_description", "missing_baseline"} & one["found"]),
    "host_issues": lambda one: bool(DOWNLOAD_FLAGS & one["found"]),
    "uneven_backends": lambda one: "uneven_backends" in one["found"],
    "unserved_queue": lambda one: "unserved_queue" in one["found"],
}

# ----------------------------------------------------------------------------------------------------------------------


class Recorded(NamedTuple):
    """A recorded category: its bodies, the snapshot of them, its ages, and what was found by hand."""

    kind: ModelType
    bodies: Bodies
    taken: Snapshot
    ages: ModelAges
    by_hand: dict[str, Bodies]

    def audit(self, *missing: str) -> CategoryAuditResponse:
        """Audit it, without some of its sources."""
        sources = [source for source in missing if source != "ages"]
        taken = snapshot(self.kind, **(self.bodies | dict.fromkeys(sources))) if sources else self.taken
        thresholds = AuditThresholds.from_settings(Settings(), self.kind)
        return taken.audit(thresholds, AS_OF, None if "ages" in missing else self.ages)


def read(recordings: Path, day: str, kind: ModelType, reference: str = "v2") -> Recorded:
    """Read a recorded category, and audit it by hand."""
    files = {
        "status": f"{day}/status_models_{kind}.json",
        "usage": f"{day}/stats_{'img' if kind == 'image' else 'text'}_models.json",
        "workers": f"{day}/workers.json",
        "reference": f"reference/reference_{kind}_{reference}.json",
    }
    bodies = {name: json.loads((recordings / path).read_bytes()) for name, path in files.items()}
    dates = (recordings / "reference/reference_image_ages.json").read_bytes()
    added = {name: entry["date_added"] for name, entry in json.loads(dates).items()}
    taken = snapshot(kind, **bodies)
    names = image_names(bodies) if kind == "image" else names_given(taken)
    by_hand = {
        model: found_by_hand(model, kind, backends, bodies, added)
        for model, backends in ((model, names[model]) for model in bodies["reference"])
    }
    return Recorded(kind, bodies, taken, parse_ages(dates).data, by_hand)


def names_given(taken: Snapshot) -> dict[str, NamesByBackend]:
    """The names of each text model by backend, as the core attributes them.

    Names that only a worker lists are in no variation: they have neither requests nor threads.
    """
    given: dict[str, NamesByBackend] = {}
    for model, one in taken.merged.models.items():
        variations = (one.backend_variations or {}).values()
        backends = {variation.backend: list(variation.names) for variation in variations}
        told = {name for listed in backends.values() for name in listed}
        given[model] = backends | {"": [name for name in one.names if name not in told]}
    return given


@pytest.fixture(scope="module", params=CASES, ids=" ".join)
def recorded(request: pytest.FixtureRequest, recordings: Path) -> Recorded:
    return read(recordings, *request.param)


def test_findings_severities_ages_and_imbalances_are_those_of_the_script(recorded: Recorded) -> None:
    response = recorded.audit()
    assert [info.name for info in response.models] == list(recorded.bodies["reference"])
    for info in response.models:
        by_hand = recorded.by_hand[info.name]
        assert set(info.flags.unknown_flags()) == by_hand["unknown"], info.name
        assert set(info.flags.set_flags()) == by_hand["found"], info.name
        assert (info.severity, info.is_new, info.age_days) == (
            by_hand["severity"], by_hand["is_new"], by_hand["age"],
        )  # fmt: skip
        assert (info.at_risk, info.risk_score) == (bool(by_hand["found"]), len(by_hand["found"]))
        assert info.usage_month == by_hand["month"]
        month = sum(recorded.bodies["usage"]["month"].values())
        assert info.usage_percentage_of_category == pytest.approx(100 * by_hand["month"] / month)
        measured = info.balance.imbalance if info.balance else None
        assert measured == (None if by_hand["imbalance"] is None else pytest.approx(by_hand["imbalance"]))


def test_counts_of_every_flag_severity_and_preset_are_those_of_the_script(recorded: Recorded) -> None:
    summary, by_hand = recorded.audit().summary, list(recorded.by_hand.values())
    assert summary.models == len(by_hand)
    flags = Counter(flag for one in by_hand for flag in one["found"])
    unknown = Counter(flag for one in by_hand for flag in one["unknown"])
    assert {flag: astuple(count) for flag, count in summary.by_flag.items()} == {
        flag: (flags[flag], len(by_hand) - flags[flag] - unknown[flag], unknown[flag]) for flag in summary.by_flag
    }
    assert flags.keys() <= set(summary.by_flag)
    severities = Counter(one["severity"] for one in by_hand)
    assert {severity.value: count for severity, count in summary.by_severity.items() if count} == severities
    assert summary.by_preset == {
        key: None if unknown[key] else sum(map(holds, by_hand)) for key, holds in PRESETS.items()
    }


UNKNOWN_WITHOUT: dict[str, set[str]] = {
    "usage": {"zero_usage_day", "zero_usage_month", "zero_usage_total", "low_usage", "uneven_backends"},
    "status": {"unserved_queue", "uneven_backends"},
    "workers": set(),  # rows of the status tell who is served
    "ages": set(),
}
"""The flags of which nothing is known without a source; ``uneven_backends`` is judged of text only."""

UNKNOWN_WITHOUT_A_ROW = {"no_active_workers", "unserved_queue", "uneven_backends"}
"""The flags of which nothing is known of a model that no row of the status names, without workers."""


def unknown_of(one: Bodies, kind: ModelType, missing: str) -> set[str]:
    """The flags of which nothing is known of one model without a source."""
    unknown = UNKNOWN_WITHOUT[missing] | one["unknown"]
    if missing == "workers" and not one["has_row"]:
        unknown |= UNKNOWN_WITHOUT_A_ROW
    return unknown - ({"uneven_backends"} if kind == "image" else set())


def presets_unknown_without(recorded: Recorded, missing: str, flags: set[str]) -> set[str]:
    """The presets without a count: those of an unknown flag, and those that what is missing would decide."""
    of_flags = {
        "no_active_workers": "no_workers",
        "zero_usage_month": "zero_usage",
        "low_usage": "low_usage",
        "uneven_backends": "uneven_backends",
        "unserved_queue": "unserved_queue",
    }
    presets = {preset for flag, preset in of_flags.items() if flag in flags}
    by_hand = recorded.by_hand.values()
    idle = [one for one in by_hand if "no_active_workers" in one["found"]]
    if missing == "usage":
        presets |= {"critical"} if idle else set()
        presets |= {"deletion_candidates"} if not all(one["is_new"] for one in idle) else set()
    if missing == "ages" and recorded.kind == "image":
        unneeded = [PRESETS["deletion_candidates"]({**one, "is_new": False}) for one in by_hand]
        presets |= {"deletion_candidates"} if any(unneeded) else set()
    if "no_active_workers" in flags:
        without_row = [one for one in by_hand if not one["has_row"]]
        may_be_critical = [one for one in without_row if one["month"] < CRITICAL_BELOW[recorded.kind]]
        may_be_candidates = [one for one in without_row if "low_usage" in one["found"] and not one["is_new"]]
        presets |= {"critical"} if may_be_critical else set()
        presets |= {"deletion_candidates"} if may_be_candidates else set()
    return presets


@pytest.mark.parametrize("missing", UNKNOWN_WITHOUT)
def test_without_a_source_nothing_is_found_that_rests_on_it_and_with_it_the_counts_are_back(
    recorded: Recorded, missing: str
) -> None:
    before = recorded.audit()
    elsewhere = {"no_active_workers"} if missing == "workers" else set()
    response = recorded.audit(missing)
    of_any = set()
    for info in response.models:
        unknown = unknown_of(recorded.by_hand[info.name], recorded.kind, missing)
        of_any |= unknown
        assert set(info.flags.unknown_flags()) == unknown
        assert set(info.flags.set_flags()) - elsewhere == recorded.by_hand[info.name]["found"] - unknown - elsewhere
    without_count = {key for key, count in response.summary.by_preset.items() if count is None}
    assert without_count == presets_unknown_without(recorded, missing, of_any)
    assert recorded.audit() == before


def test_without_workers_and_threads_idleness_is_unknown(recorded: Recorded) -> None:
    response = recorded.audit("workers", "status")
    assert {info.flags.no_active_workers for info in response.models} == {None}
    assert response.summary.by_preset["no_workers"] is None
    little_used = [one for one in recorded.by_hand.values() if one["month"] < CRITICAL_BELOW[recorded.kind]]
    assert response.summary.by_preset["critical"] == (None if little_used else 0)
    assert not any(info.is_critical for info in response.models)


def test_without_workers_those_without_threads_are_idle_where_the_status_lists_them(recorded: Recorded) -> None:
    threads = Counter[str]()
    for row in recorded.bodies["status"]:
        threads[row["name"]] += row["count"]
    names = {model: one.names for model, one in recorded.taken.merged.models.items()}
    for info in recorded.audit("workers").models:
        has_row = not threads.keys().isdisjoint(names[info.name])
        is_idle = sum(threads[name] for name in names[info.name]) == 0
        assert info.flags.no_active_workers is (is_idle if has_row else None)


def test_an_audit_of_a_recorded_day_survives_a_json_round_trip(recorded: Recorded) -> None:
    response = recorded.audit()
    assert CategoryAuditResponse.model_validate_json(response.model_dump_json()) == response


def test_families_are_made_of_all_models_and_of_the_same_requests(recordings: Path) -> None:
    recorded = read(recordings, DAYS[0], "text")
    thresholds = AuditThresholds.from_settings(Settings(), "text")
    families = recorded.taken.audit(thresholds, AS_OF, level="family").models
    assert sorted(name for info in families for name in info.members) == sorted(recorded.bodies["reference"])
    for info in families:
        month = sum(recorded.by_hand[name]["month"] for name in info.members)
        assert (info.usage_month, info.flags.zero_usage_month) == (month, month == 0)


def test_nineteen_text_models_have_several_backends_and_one_is_uneven(recordings: Path) -> None:
    recorded = read(recordings, DAYS[0], "text")
    response = recorded.audit()
    imbalances = [one["imbalance"] for one in recorded.by_hand.values() if one["imbalance"] is not None]
    summary = backend_summary(backend_totals_frame(recorded.taken), {info.name: info for info in response.models})
    assert (summary.several_backends, summary.uneven) == (19, 1)
    shown = [info.balance.imbalance for info in response.models if info.flags.uneven_backends and info.balance]
    assert shown == pytest.approx([max(imbalances)])


def test_what_is_found_on_one_day_is_what_was_written_down_once(recordings: Path) -> None:
    """So that both sides cannot err alike."""
    image, text = (read(recordings, DAYS[0], kind).audit().summary for kind in ("image", "text"))  # type: ignore[arg-type]
    assert (image.models, text.models) == (161, 719)
    assert list(image.by_severity.values()) == [7, 2, 38, 0, 114]
    assert list(text.by_severity.values()) == [626, 0, 89, 0, 4]
    assert (image.by_preset["low_usage"], image.by_preset["no_workers"], image.by_preset["host_issues"]) == (39, 13, 9)
    assert (image.by_preset["deletion_candidates"], text.by_preset["deletion_candidates"]) == (5, 652)
    assert text.by_preset["missing_data"] == 659
