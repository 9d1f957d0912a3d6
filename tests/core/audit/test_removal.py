"""What removing models would cost and free."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from horde_core.audit import CategoryAuditResponse, ModelAuditInfo
from horde_core.audit.removal import Remainder, Removal, remainder, removal
from horde_core.live.snapshot import Snapshot
from horde_core.vocabulary import PERIODS
from tests.fixtures.audits import audit, audited, record, statistics
from tests.fixtures.horde_bodies import IMAGE_REFERENCE, worker
from tests.fixtures.snapshots import snapshot

DELIBERATE, ALBEDO, FLUX = "Deliberate", "AlbedoBase XL (SDXL)", "Flux.1-Schnell"


def chosen_of(response: CategoryAuditResponse, names: Sequence[str]) -> list[ModelAuditInfo]:
    return [info for info in response.models if info.name in names]


def removed(taken: Snapshot, names: Sequence[str]) -> Removal:
    response = audited(taken)
    figures = [taken.merged.models[name] for name in names]
    return removal(chosen_of(response, names), figures, taken.serving_workers, response.category_month_usage)


def test_a_selection_is_added_up() -> None:
    assert removed(snapshot("image"), [DELIBERATE, FLUX]) == Removal(
        models=2,
        usage_month=3_000,
        usage_share=pytest.approx(100 * 3_000 / 4_300),
        size=2_132_626_066 + 17_246_524_772,
        without_size=0,
        workers=1,
    )


def test_nothing_chosen_costs_and_frees_nothing() -> None:
    assert removed(snapshot("image"), []) == Removal(0, 0, 0.0, 0, 0, 0)


def test_a_worker_that_serves_several_of_them_counts_once_and_one_in_maintenance_not_at_all() -> None:
    staff = [
        worker("image", 1, "both", models=[DELIBERATE, ALBEDO]),
        worker("image", 2, "one", models=[DELIBERATE]),
        worker("image", 3, "resting", models=[ALBEDO], maintenance_mode=True),
        worker("image", 4, "elsewhere", models=[FLUX]),
    ]
    assert removed(snapshot("image", workers=staff), [DELIBERATE, ALBEDO]).workers == 2


@pytest.mark.parametrize(
    ("missing", "unknown"),
    [("usage", {"usage_month", "usage_share"}), ("workers", {"workers"}), ("status", set())],
)
def test_what_rests_on_an_unavailable_source_is_unknown(missing: str, unknown: set[str]) -> None:
    figures = removed(snapshot("image", **{missing: None}), [DELIBERATE, ALBEDO])._asdict()
    assert {key for key, value in figures.items() if value is None} == unknown


def test_workers_are_unknown_where_one_does_not_say_what_it_serves() -> None:
    staff = [worker("image", 1, "secretive", models=None), worker("image", 2, "one", models=[DELIBERATE])]
    assert removed(snapshot("image", workers=staff), [DELIBERATE]).workers is None
    shy = [worker("image", 1, "shy", models=[DELIBERATE], maintenance_mode=None)]
    assert removed(snapshot("image", workers=shy), [DELIBERATE]).workers is None


def test_sizes_that_are_not_stated_are_counted_and_not_guessed() -> None:
    infos = [audit(record(name=name, size=size)) for name, size in (("a", 5), ("b", None), ("c", 7))]
    figures = removal(infos, [statistics()] * 3, frozenset(), 9_000)
    assert (figures.size, figures.without_size, figures.usage_share) == (12, 1, 100.0)


def test_models_of_several_groups_are_counted_once() -> None:
    taken = snapshot("text")
    response = audited(taken, level="exact")
    figures = removal(response.models, taken.groups("exact"), taken.serving_workers, response.category_month_usage)
    assert len(response.models) == 4
    assert (figures.models, figures.usage_month, figures.workers) == (3, 6_900, 2)


def test_what_remains_and_what_goes_are_the_whole() -> None:
    response = audited(snapshot("image"))
    parts = remainder(response.models, chosen_of(response, [FLUX]))
    sizes = {name: entry["size_on_disk_bytes"] for name, entry in IMAGE_REFERENCE.items()}
    assert parts == [
        Remainder("models", 2, 1),
        Remainder("size", sizes[DELIBERATE] + sizes[ALBEDO], sizes[FLUX]),
        Remainder("usage", 3_900, 0),
    ]
    assert [part.kept_share for part in parts] == [
        pytest.approx(200 / 3), pytest.approx(100 * (1 - sizes[FLUX] / sum(sizes.values()))), 100.0,
    ]  # fmt: skip


def test_the_share_that_remains_is_unknown_where_a_part_is_or_the_whole_is_nothing() -> None:
    without_usage = audited(snapshot("image", usage=None))
    usage = remainder(without_usage.models, chosen_of(without_usage, [FLUX]))[2]
    assert (usage.kept, usage.removed, usage.kept_share) == (None, None, None)
    unused = audited(snapshot("image", usage={period: {} for period in PERIODS}))
    assert remainder(unused.models, chosen_of(unused, [FLUX]))[2].kept_share is None


def test_an_equal_model_that_was_not_chosen_remains() -> None:
    twins = [audit(), audit()]
    assert twins[0] == twins[1]
    assert remainder(twins, twins[:1])[2] == Remainder("usage", 3_000, 3_000)


def test_what_remains_and_what_goes_are_the_whole_by_exact_name_too() -> None:
    response = audited(snapshot("text"), level="exact")
    models, _, usage = remainder(response.models, chosen_of(response, ["koboldcpp/Mistral-7B-Instruct-v0.3"]))
    assert (usage.kept, usage.removed) == (5_400, 1_500)
    assert (models.kept or 0) + (models.removed or 0) == 3
