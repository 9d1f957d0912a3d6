"""The audit page as a maintainer uses it: presets, filters, thresholds, groups, details, selection."""

from __future__ import annotations

import re
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from horde_core.audit.presets import PRESETS, presets_for
from horde_core.audit.thresholds import AuditThresholds
from horde_core.settings import Settings
from pages.common import tickable_table
from tests.fixtures.dashboard import Visit, unfolded
from tests.fixtures.horde_bodies import DEFAULT_BODIES, IMAGE_AGES, IMAGE_REFERENCE, TEXT_REFERENCE
from tests.fixtures.horde_server import HordeServer
from tests.pages.test_pages import figures, notices

FLUX, ALBEDO, DELIBERATE = "Flux.1-Schnell", "AlbedoBase XL (SDXL)", "Deliberate"
MISTRAL, CYDONIA, STHENO = (name for name in TEXT_REFERENCE)
OWN = AuditThresholds.from_settings(Settings(), "image")


def names(app: AppTest) -> list[str]:
    """The names in the table; none where it is not there."""
    assert not app.exception, app.exception
    tables = [table.value for table in app.dataframe if "severity" in table.value.columns]
    return list(tables[0]["name"]) if tables else []


def said(app: AppTest) -> str:
    """The line that says what is shown of how many."""
    lines = [caption.value.replace("\\", "") for caption in app.caption]
    return next(line for line in lines if re.match(r"\d+ of \d+ ", line))


def counted(app: AppTest) -> dict[str, int | str]:
    """What the presets announce."""
    labels = [button.label for button in app.button if str(button.key).startswith("preset_")]
    told = dict(label.split(" · ") for label in labels)
    return {label: int(count) if count.isdecimal() else count for label, count in told.items()}


def report(app: AppTest, rows: list[int], cells: list[tuple[int, str]] | None = None) -> AppTest:
    """Tick rows of the table, or click a cell, as a browser reports it."""
    key = tickable_table.element_key("audit_image_model", [(name, (name,)) for name in names(app)])
    app.session_state[key] = {"selection": {"rows": rows, "columns": [], "cells": cells or []}}
    return app.run()


class TestPresets:
    @pytest.mark.parametrize("category", ["image", "text"])
    def test_every_preset_shows_exactly_as_many_rows_as_it_announces_and_its_link_too(
        self, visit: Visit, category: Any
    ) -> None:
        app = visit("audit", category)
        announced = counted(app)
        own = AuditThresholds.from_settings(Settings(), category)
        assert list(announced) == [preset.label for preset in presets_for(category, own)]
        for preset in presets_for(category, own):
            app.button(key=f"preset_{preset.key}").click().run()
            shown = names(app)
            if (category, preset.key) == ("text", "unserved_queue"):
                assert announced[preset.label] == "n/a", "no queue is listed for text models that nobody serves"
            else:
                assert len(shown) == announced[preset.label]
            assert said(app).startswith(f"{len(shown)} of 3 models: ")
            assert names(visit("audit", category, preset=preset.key)) == shown

    def test_pressed_again_a_preset_selects_no_more(self, visit: Visit) -> None:
        app = visit("audit")
        app.button(key="preset_critical").click().run()
        assert names(app) == [FLUX]
        app.button(key="preset_critical").click().run()
        assert len(names(app)) == 3

    def test_it_is_still_chosen_after_a_look_at_another_page(self, visit: Visit) -> None:
        app = visit("audit", preset="critical")
        del app.query_params["preset"]  # as Streamlit does on the way to another page
        app.switch_page("usage.py").run()
        app.switch_page("audit.py").run()
        assert names(app) == [FLUX]
        assert app.query_params["preset"] in ("critical", ["critical"])

    def test_api_names_are_no_candidates_for_deletion_and_not_uneven(self, visit: Visit) -> None:
        told = counted(visit("audit", "text", group="By exact name"))
        assert not {"Deletion candidates", "Uneven backends"} & set(told)

    def test_a_preset_that_is_not_of_the_category_is_ignored(self, visit: Visit) -> None:
        assert len(names(visit("audit", "text", preset="host_issues"))) == 3
        assert len(names(visit("audit", "image", preset="no such preset"))) == 3

    def test_the_rule_of_each_is_its_help(self, visit: Visit) -> None:
        app = visit("audit")
        helps = {button.key: button.help for button in app.button}
        assert "no images in 30 days and no workers" in helps["preset_critical"]
        assert len({helps[f"preset_{preset.key}"] for preset in presets_for("image", OWN)}) == len(PRESETS) - 1


class TestFilters:
    def test_they_compose_with_a_preset_and_each_can_be_cleared(self, visit: Visit) -> None:
        app = visit("audit", preset="host_issues")
        app.multiselect(key="severity").set_value(["critical", "warning"]).run()
        assert names(app) == [ALBEDO]
        app.multiselect(key="flag").set_value(["zero_usage_day"]).run()
        assert names(app) == []
        assert "No model matches" in notices(app)
        app.button(key="clear_flag").click().run()
        assert names(app) == [ALBEDO]
        app.button(key="clear_preset").click().run()
        assert names(app) == [FLUX, ALBEDO]
        app.button(key="clear_severity").click().run()
        assert said(app) == "3 of 3 models. No filter is set."

    def test_all_are_cleared_at_once(self, visit: Visit) -> None:
        app = visit("audit", preset="critical", severity="critical", search="flux")
        assert names(app) == [FLUX]
        app.button(key="clear_audit").click().run()
        assert len(names(app)) == 3

    @pytest.mark.parametrize(
        ("link", "shown", "sentence"),
        [
            ({"severity": "warning"}, [ALBEDO], "severity warning"),
            ({"flag": "other host"}, [ALBEDO], "has other host"),
            ({"flag_not": "unused for a day"}, [ALBEDO, DELIBERATE], "has not unused for a day"),
            ({"baseline": "flux_1"}, [FLUX], "baseline flux_1"),
            ({"host": "civitai.com"}, [ALBEDO], "host civitai.com"),
            ({"size_from": "4", "size_to": "10"}, [ALBEDO], "size (GB) from 4; size (GB) up to 10"),
            ({"month_to": "0"}, [FLUX], "usage, 30 days up to 0"),
            ({"threads_from": "1"}, [ALBEDO, DELIBERATE], "threads from 1"),
            ({"age_from": "100000"}, [], "age (days) from 100,000"),
            ({"search": "*[x](y)"}, [], "name holds “*[x](y)”"),
        ],
    )
    def test_a_link_brings_the_rows_and_the_sentence_back(
        self, visit: Visit, link: dict[str, str], shown: list[str], sentence: str
    ) -> None:
        app = visit("audit", **link)
        assert names(app) == shown
        assert sentence in said(app)

    def test_an_unknown_flag_selects_only_where_unknown_is_asked_for(
        self, visit: Visit, horde_server: HordeServer
    ) -> None:
        horde_server.answer("/v2/stats/img/models", "{}", status=404)
        assert names(visit("audit", flag="unused for 30 days")) == []
        assert names(visit("audit", flag_not="unused for 30 days")) == []
        assert len(names(visit("audit", flag_unknown="unused for 30 days"))) == 3


class TestCategories:
    def test_each_keeps_its_own_columns_when_another_one_was_looked_at(self, visit: Visit) -> None:
        app = visit("audit", "image")
        before = list(app.dataframe[0].value.columns)
        app.get_by_key("category").set_value("text").run()
        assert "backends" in app.dataframe[0].value.columns
        app.get_by_key("category").set_value("image").run()
        assert list(app.dataframe[0].value.columns) == before

    def test_words_of_another_category_are_let_go_of(self, visit: Visit) -> None:
        app = visit("audit", "image", flag="other host", baseline="stable_diffusion_xl", size_from="4", search="a")
        assert names(app) == [ALBEDO]
        app.get_by_key("category").set_value("text").run()
        app.get_by_key("category").set_value("image").run()
        assert said(app) == "2 of 3 models: name holds “a”."
        assert not {"flag", "baseline", "size_from"} & set(app.query_params)


class TestThresholds:
    def test_a_tried_threshold_changes_the_counts_at_once_and_is_said(self, visit: Visit) -> None:
        app = unfolded(visit("audit"))
        before = counted(app)["Low usage"]
        app.number_input(key="month_minimum").set_value(4_000).run()
        assert (before, counted(app)["Low usage"]) == (1, 3)
        assert "low usage below 4,000 images in 30 days (setting: 0)" in notices(app)
        app.button(key="reset_thresholds").click().run()
        assert counted(app)["Low usage"] == before
        assert "Tried thresholds" not in notices(app)

    def test_a_link_brings_it_back(self, visit: Visit) -> None:
        app = visit("audit", critical_below="2000", critical_workers_below="5")
        assert figures(app)["Critical"] == "2"
        assert any("fewer than 2,000 images" in caption.value for caption in app.caption)

    def test_within_the_grace_period_a_model_is_no_candidate(self, visit: Visit, horde_server: HordeServer) -> None:
        assert counted(visit("audit"))["Deletion candidates"] == 1
        assert counted(visit("audit", grace_days="3650"))["Deletion candidates"] == 0

    def test_without_the_ages_who_is_a_candidate_is_unknown_unless_no_grace_is_given(
        self, visit: Visit, horde_server: HordeServer
    ) -> None:
        horde_server.answer("/model_mod_data.json", "{}", status=404)
        app = visit("audit")
        assert counted(app)["Deletion candidates"] == "n/a"
        assert counted(app)["Critical"] == 1
        assert "who is a deletion candidate" in notices(app)
        assert names(visit("audit", preset="deletion_candidates")) == []
        assert counted(visit("audit", grace_days="0"))["Deletion candidates"] == 1


class TestUnknown:
    def test_while_what_was_fetched_is_stale_the_findings_stay(self, visit: Visit, horde_server: HordeServer) -> None:
        everything = counted(visit("audit"))
        horde_server.answer("/v2/stats/img/models", "{}", status=404)
        app = visit("audit")
        app.button(key="refresh").click().run()
        assert counted(app) == everything

    @pytest.mark.parametrize(
        ("source", "unknown", "known"),
        [
            (
                "/v2/stats/img/models",
                {"Deletion candidates", "Critical", "Unused for 30 days", "Low usage"},
                {"No workers": 1, "Missing data": 0, "Host issues": 1, "Unserved queue": 1},
            ),
            ("/v2/status/models?type=image", {"Unserved queue"}, {"Critical": 1, "No workers": 1, "Low usage": 1}),
            ("/v2/workers", set(), {"No workers": 1, "Critical": 1, "Unserved queue": 1}),
            ("/model_mod_data.json", {"Deletion candidates"}, {"Critical": 1, "Low usage": 1}),
        ],
    )
    def test_what_was_never_had_is_unknown_and_said_to_be(
        self, visit: Visit, horde_server: HordeServer, source: str, unknown: set[str], known: dict[str, int]
    ) -> None:
        horde_server.answer(source, "{}", status=404)
        app = visit("audit")
        told = counted(app)
        assert {label for label, count in told.items() if count == "n/a"} == unknown
        assert {label: told[label] for label in known} == known
        assert ("Unknown now" in notices(app)) is bool(unknown)
        horde_server.answer(source, DEFAULT_BODIES[source])
        app.button(key="refresh").click().run()
        app.run()
        assert "n/a" not in counted(app).values()
        assert "Unknown now" not in notices(app)


class TestGroups:
    def test_two_quantisations_on_two_backends_are_one_row_with_both(self, visit: Visit) -> None:
        app = visit("audit", "text")
        row = app.dataframe[0].value.set_index("name").loc[MISTRAL]
        assert list(row["backends"]) == ["aphrodite", "koboldcpp"]
        assert (row["usage_month"], row["workers"]) == (6_500, 2)

    def test_families_and_exact_names_are_rows_of_their_own(self, visit: Visit) -> None:
        family = visit("audit", "text", group="By family")
        assert "Mistral" in names(family)
        assert figures(family)["Families"] == "3"
        exact = visit("audit", "text", group="By exact name")
        assert "koboldcpp/Mistral-7B-Instruct-v0.3" in names(exact)

    def test_a_reference_without_families_says_so(self, visit: Visit, horde_server: HordeServer) -> None:
        alone = {name: {**body, "text_model_group": None} for name, body in TEXT_REFERENCE.items()}
        horde_server.answer("/model_references/v2/text_generation", alone)
        assert "states no families" in notices(visit("audit", "text", group="By family"))

    def test_image_models_have_no_groups(self, visit: Visit) -> None:
        assert not [widget for widget in visit("audit").get("button_group") if widget.key == "group"]


def test_while_it_is_unknown_whether_a_model_is_critical_it_has_no_other_severity(
    visit: Visit, horde_server: HordeServer
) -> None:
    horde_server.answer("/v2/stats/img/models", "{}", status=404)
    app = visit("audit")
    rows = app.dataframe[0].value.set_index("name")["severity"]
    assert (rows[FLUX], rows[ALBEDO]) == ("? unknown", "▲ warning"), "one has no workers, the other has"
    assert names(visit("audit", severity="critical")) == []
    assert "every severity" in notices(app)


def test_a_reference_alone_is_audited_by_its_records(visit: Visit, horde_server: HordeServer) -> None:
    for path in ("/v2/stats/img/models", "/v2/status/models?type=image", "/v2/workers", "/model_mod_data.json"):
        horde_server.answer(path, "{}", status=404)
    app = visit("audit")
    assert len(names(app)) == len(IMAGE_REFERENCE)
    assert figures(app)["Critical"] == "n/a"
    assert counted(app)["Host issues"] == 1


def test_without_a_reference_it_is_unknown_what_there_is_to_audit(visit: Visit, horde_server: HordeServer) -> None:
    for path in ("/model_references/v2/image_generation", "/legacy/image.json"):
        horde_server.answer(path, "{}", status=404)
    assert "it is unknown what there is to audit" in notices(visit("audit"))


def test_a_model_is_as_old_as_the_reference_says(visit: Visit) -> None:
    rows = visit("audit").dataframe[0].value.set_index("name")
    ages = [rows.loc[name, "age"] for name in IMAGE_AGES]
    assert ages == sorted(ages, reverse=True)
    assert ages[-1] > 365


def test_hostile_names_stay_text(visit: Visit, horde_server: HordeServer) -> None:
    hostile = "=cmd()|*bold* <img src=x onerror=alert(1)>"
    record = IMAGE_REFERENCE[FLUX] | {"name": hostile}
    horde_server.answer("/model_references/v2/image_generation", {hostile: record})
    app = visit("audit", search="<img")
    assert names(app) == [hostile]
    spoken = [*app.markdown, *app.caption, *app.metric, *app.info, *app.warning, *app.button]
    values = [str(getattr(element, "label", "")) + str(getattr(element, "value", "")) for element in spoken]
    told = [value for value in values if "img" in value]
    assert told, "the sentence says what was searched for"
    assert not [value for value in told if re.search(r"(?<!\\)<", value)]


class TestSelection:
    def test_ticked_rows_are_summed_up_and_stay_ticked_when_they_are_not_shown(self, visit: Visit) -> None:
        app = report(visit("audit"), [0, 1])
        shown = figures(app)
        assert (shown["Usage lost"], shown["Disk reclaimed"], shown["Workers affected"]) == ("900", "24.2 GB", "1")
        app.text_input(key="search").set_value("deliberate").run()
        assert figures(app)["Usage lost"] == "900"
        assert any("2 of them not among those shown now" in caption.value for caption in app.caption)
        app.button(key="untick").click().run()
        assert figures(app)["Usage lost"] == "3,000"

    def test_without_a_tick_it_is_all_that_is_shown(self, visit: Visit) -> None:
        app = visit("audit", preset="critical")
        assert figures(app)["Disk reclaimed"] == "17.2 GB"
        assert figures(app)["Usage lost"] == "0"
        assert any("all that is shown: 1 row" in caption.value for caption in app.caption)

    def test_with_nothing_narrowed_no_removal_is_suggested(self, visit: Visit) -> None:
        assert "Usage lost" not in figures(visit("audit"))

    def test_what_is_unknown_of_a_selection_reads_na(self, visit: Visit, horde_server: HordeServer) -> None:
        for path in ("/v2/stats/img/models", "/v2/workers"):
            horde_server.answer(path, "{}", status=404)
        shown = figures(visit("audit", search="flux"))
        assert (shown["Usage lost"], shown["Workers affected"], shown["Disk reclaimed"]) == ("n/a", "n/a", "17.2 GB")

    def test_a_size_that_is_not_stated_makes_the_sum_a_least(self, visit: Visit, horde_server: HordeServer) -> None:
        unsized = {key: value for key, value in IMAGE_REFERENCE[FLUX].items() if key != "size_on_disk_bytes"}
        horde_server.answer("/model_references/v2/image_generation", IMAGE_REFERENCE | {FLUX: unsized})
        assert figures(report(visit("audit"), [0, 1, 2]))["Disk reclaimed"] == "≥ 9.07 GB"

    def test_a_click_tells_every_finding_of_a_row_and_what_it_adds_up(self, visit: Visit) -> None:
        app = report(visit("audit"), [], [(0, "severity")])
        assert FLUX in [text.value for text in app.text]
        explained = app.dataframe[1].value
        assert list(explained.columns) == ["what", "value", "why"]
        assert explained.iloc[0].to_list() == ["Severity", "■ critical", "0 images in 30 days, 0 workers serve it"]
        assert list(app.dataframe[2].value["name"]) == [FLUX]

    def test_all_rows_ticked_are_a_selection_too(self, visit: Visit) -> None:
        assert figures(report(visit("audit"), [0, 1, 2]))["Disk reclaimed"] == "26.3 GB"

    def test_files_are_offered_of_what_is_chosen(self, visit: Visit) -> None:
        offered = {button.label for button in visit("audit").get("download_button")}
        assert offered == {"CSV", "JSON", "XLSX", "Removal list", "models_to_skip"}
        exact = {button.label for button in visit("audit", "text", group="By exact name").get("download_button")}
        assert exact == {"CSV", "JSON", "XLSX"}


class TestLastSeen:
    @staticmethod
    def table(app: AppTest) -> Any:
        assert not app.exception, app.exception
        return next(table.value for table in app.dataframe if "severity" in table.value.columns)

    def test_the_simulated_past_says_for_how_long_models_are_unused(self, visit_simulation: Visit) -> None:
        whole = self.table(visit_simulation("audit"))
        assert "unused_days" in whole.columns
        unused = whole[whole["usage_month"] == 0]
        assert len(unused)
        assert (unused["unused_days"] >= 30).all()
        told = unused["reasons"].str.contains("last used on|not used for at least|of all time")
        assert told.all()
        chosen = self.table(visit_simulation("audit", unused_from="45"))
        assert list(chosen["name"]) == list(whole[whole["unused_days"] >= 45]["name"])

    def test_without_a_history_it_is_unknown_and_no_range_selects_anything(
        self, visit: Visit, use_horde: Any, settings_of: Any
    ) -> None:
        use_horde(settings_of(history="off"))
        assert self.table(visit("audit"))["unused_days"].isna().all()
        app = visit("audit", unused_from="0")
        assert names(app) == []
        assert not app.exception
