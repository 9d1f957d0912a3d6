"""Properties of families for any API data: figures and flags follow from the members."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from horde_core.audit import DOWNLOAD_FLAGS
from tests.core.audit.test_properties import RECORD_FLAGS, SOURCES, Category, categories


class TestFamilies:
    @given(categories(("text",)), st.sets(st.sampled_from(SOURCES)))
    def test_figures_are_sums_and_workers_are_distinct(self, category: Category, missing: set[str]) -> None:
        given_category = category.without(*missing)
        models = {info.name: info for info in given_category.audit().models}
        owned = given_category.snapshot().merged.models
        for family in given_category.audit("family").models:
            members = [models[name] for name in family.members]
            for figure in ("usage_day", "usage_month", "usage_total"):
                parts = [getattr(member, figure) for member in members]
                assert getattr(family, figure) == (None if None in parts else sum(parts)), figure
            for figure in ("thread_count", "queued_jobs"):
                # Over the rows of the status: a member that no row names takes nothing from the others.
                parts = [getattr(one, figure) for one in members if owned[one.name].thread_count_source == "status"]
                assert getattr(family, figure) == sum(parts) if parts else family.queued_jobs is None, figure
            if given_category.workers is None:
                assert family.worker_count is None
                continue
            names = {name for member in family.members for name in owned[member].names}
            serving = [w for w in given_category.workers if not w.maintenance_mode and names & set(w.models or ())]
            assert family.worker_count == len(serving)

    @given(categories(("text",)))
    def test_a_family_never_inherits_what_is_so_of_an_idle_member(self, category: Category) -> None:
        models = {info.name: info for info in category.audit().models}
        for family in category.audit("family").models:
            members = [models[name] for name in family.members]
            for flag in ("zero_usage_day", "zero_usage_month", "zero_usage_total", "no_active_workers"):
                assert family.flags.value(flag) is all(member.flags.value(flag) for member in members), flag
            if not all(member.flags.low_usage for member in members):
                assert family.flags.low_usage is not True
            if not all(member.is_critical for member in members):
                assert family.is_critical is False
            if any(member.thread_count for member in members):
                assert family.flags.unserved_queue is False

    @given(categories(("text",)))
    def test_flags_of_the_records_are_those_of_any_member(self, category: Category) -> None:
        models = {info.name: info for info in category.audit().models}
        for family in category.audit("family").models:
            for flag in RECORD_FLAGS:
                assert family.flags.value(flag) is any(models[name].flags.value(flag) for name in family.members)

    @given(categories(("text",)))
    def test_flags_of_the_downloads_are_those_of_any_member(self, category: Category) -> None:
        models = {info.name: info for info in category.audit().models}
        for family in category.audit("family").models:
            for flag in DOWNLOAD_FLAGS:
                assert family.flags.value(flag) is any(models[name].flags.value(flag) for name in family.members), flag
