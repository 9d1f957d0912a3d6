"""When models were last used and served: known, at least, unknown; of groups; in words. It decides no flag."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from horde_core.audit import NOTHING_RECORDED, LastSeen, ModelAuditInfo, Recorded
from horde_core.audit.last_seen import together
from horde_core.audit.rules import RULE_OF, explain, reasons
from horde_core.numbers import ENGLISH
from tests.fixtures.audits import NOBODY, THRESHOLDS, audit, audited, flag_values, statistics
from tests.fixtures.snapshots import snapshot

MAY, JUNE = date(2026, 5, 3), date(2026, 6, 1)
USED = LastSeen(MAY, 45, False, MAY, 40, False)
AT_LEAST = LastSeen(None, 45, True, None, 40, True)
SINCE_A_GAP = LastSeen(MAY, 35, True, MAY, 12, True)
RECORD_ENDED = LastSeen(MAY, None, None, MAY, None, None)
UNUSED = statistics(0, 0, 7, **NOBODY)
MISTRAL, CYDONIA = "mistralai/Mistral-7B-Instruct-v0.3", "TheDrummer/Cydonia-24B-v4.1"


def seen_of(info: ModelAuditInfo) -> LastSeen:
    return LastSeen(**{field: getattr(info, field) for field in LastSeen._fields})


@pytest.mark.parametrize("seen", [USED, AT_LEAST, SINCE_A_GAP, RECORD_ENDED, LastSeen()])
def test_a_model_has_what_was_recorded_of_it_and_its_flags_do_not_change(seen: LastSeen) -> None:
    info = audit(None, UNUSED, seen=seen)
    assert seen_of(info) == seen
    assert flag_values(info) == flag_values(audit(None, UNUSED))
    assert info.severity == audit(None, UNUSED).severity


def test_a_model_of_which_nothing_was_recorded_is_unknown_and_never_zero() -> None:
    assert seen_of(audit(None, UNUSED)) == LastSeen(*[None] * 6)


@pytest.mark.parametrize(
    ("seen", "unused", "unserved"),
    [
        (USED, ", last used on 3 May 2026", ", served last on 3 May 2026"),
        (AT_LEAST, ", not used for at least 45 days", ", not served for at least 40 days"),
        (
            SINCE_A_GAP,
            ", not used for at least 35 days, last recorded use on 3 May 2026",
            ", not served for at least 12 days, last recorded as served on 3 May 2026",
        ),
        (RECORD_ENDED, ", last recorded use on 3 May 2026", ", last recorded as served on 3 May 2026"),
        (LastSeen(None, 30, True, None, 0, True), "", ""),
        (LastSeen(), "", ""),
    ],
)
def test_reasons_say_since_when_as_far_as_it_is_known(seen: LastSeen, unused: str, unserved: str) -> None:
    info = audit(None, UNUSED, seen=seen)
    told = reasons(info, THRESHOLDS["image"], ENGLISH)
    assert told[:2] == [f"0 images in 30 days{unused}", f"0 workers serve it{unserved}"]


def test_days_that_are_the_least_are_told_of_a_day_without_requests_where_they_are_more() -> None:
    why = RULE_OF["zero_usage_day"].reason
    several, one = (audit(None, statistics(0, 9, 9), seen=LastSeen(None, days, True)) for days in (4, 1))
    said = "0 images in the last counted 24 hours"
    assert why(several, THRESHOLDS["image"], ENGLISH) == f"{said}, not used for at least 4 days"
    assert why(one, THRESHOLDS["image"], ENGLISH) == said


def test_of_a_model_that_is_used_and_served_no_reason_speaks_of_the_past() -> None:
    told = [one.why for one in explain(audit(seen=USED), THRESHOLDS["image"], ENGLISH)]
    assert told == [one.why for one in explain(audit(), THRESHOLDS["image"], ENGLISH)]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([USED], USED),
        ([USED, LastSeen(JUNE, 16, False, JUNE, 16, True)], LastSeen(JUNE, 16, False, JUNE, 16, True)),
        ([USED, AT_LEAST], USED),
        ([USED, SINCE_A_GAP], SINCE_A_GAP),
        ([USED, LastSeen()], LastSeen(MAY, None, None, MAY, None, None)),
        ([], LastSeen()),
    ],
)
def test_a_group_was_last_seen_when_any_of_its_members_was(parts: list[LastSeen], expected: LastSeen) -> None:
    assert together(parts) == together(parts[::-1]) == expected


def test_groups_of_the_audit_take_what_was_recorded_of_their_members_or_of_their_api_name() -> None:
    taken = snapshot("text")
    recorded = Recorded({MISTRAL: USED, CYDONIA: AT_LEAST})
    for level in ("model", "family"):
        infos = audited(taken, level=level, recorded=recorded).models
        assert [seen_of(info) for info in infos] == [recorded.of(info.name, info.members) for info in infos]
        assert {seen_of(info) for info in infos if MISTRAL in info.members} <= {USED, RECORD_ENDED}
    (name, *_) = taken.names_of(MISTRAL)
    exact = audited(taken, level="exact", recorded=Recorded({name: USED}, is_by_api_name=True)).models
    assert [info.name for info in exact if seen_of(info) == USED] == [name]


def test_the_digest_changes_with_what_is_known_and_not_with_what_is_not() -> None:
    some = Recorded({"Model": USED})
    assert some.digest == Recorded({"Model": USED, "Other": LastSeen()}).digest
    assert len({one.digest for one in (some, Recorded({"Model": AT_LEAST}), NOTHING_RECORDED)}) == 3
    assert NOTHING_RECORDED.digest == Recorded({"Other": LastSeen()}).digest


@pytest.mark.parametrize("recorded", [NOTHING_RECORDED, Recorded({"Model": USED})])
def test_an_audit_says_by_what_was_recorded_it_was_made(recorded: Any) -> None:
    assert audited(snapshot("image"), recorded=recorded).recorded == recorded.digest
