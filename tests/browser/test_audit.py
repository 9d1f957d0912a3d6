"""The audit in a real browser, as a maintainer uses it on the simulated Horde: the README's recipes, and files."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml
from playwright.sync_api import Locator, expect

from tests.browser.test_dashboard import CHART, TABLE
from tests.fixtures.browser import AppPage

ROW = 35
"""Pixels from one row of a table to the next."""


def file_of(page: AppPage, label: str) -> bytes:
    """What a download holds."""
    with page.page.expect_download() as download:
        page.page.get_by_role("button", name=label, exact=True).click()
    return Path(download.value.path()).read_bytes()


def rows_of(page: AppPage) -> list[dict[str, Any]]:
    """The rows that are chosen, from their file."""
    rows: list[dict[str, Any]] = json.loads(file_of(page, "JSON"))["rows"]
    return rows


def choose(page: AppPage, filter_name: str, word: str) -> None:
    """Choose a word in a filter."""
    box = page.page.get_by_role("combobox", name=filter_name, exact=True)
    box.fill(word)
    box.press("Enter")
    box.press("Escape")
    page.wait_until_idle()


def bound(page: AppPage, label: str, figure: str) -> None:
    """Type a bound into a range."""
    page.page.get_by_role("button", name="Ranges").click()
    field = page.page.get_by_label(label, exact=True)
    field.fill(figure)
    field.press("Enter")
    page.wait_until_idle()
    page.page.keyboard.press("Escape")


def go(page: AppPage, to: str) -> None:
    """Follow the navigation, as from the first page."""
    page.page.get_by_role("link", name=to).first.click()
    expect(page.page.get_by_role("heading", name=to, exact=True).first).to_be_visible()
    page.wait_until_idle()


def table(page: AppPage) -> Locator:
    return page.page.locator("[data-testid=stDataFrame]").first


def said(page: AppPage) -> str:
    return page.page.get_by_text(re.compile(r"^[\d,]+ of [\d,]+ models")).first.inner_text()


def test_what_removing_large_unused_models_frees_and_the_list_of_them(page: AppPage) -> None:
    page.open("/")
    go(page, "Audit")
    page.page.get_by_role("button", name="Deletion candidates · ").click()
    page.wait_until_idle()
    choose(page, "Has", "unused for 30 days")
    bound(page, "Size (GB) from", "4")
    expect(page.page.get_by_text("size (GB) from 4").first).to_be_visible()
    found = rows_of(page)
    assert found
    for row in found:
        assert {"zero_usage_month", "no_active_workers"} <= set(row["findings"])
        assert row["size"] >= 4
        assert row["age"] >= 30
    freed = sum(row["size"] for row in found)
    shown = page.page.locator("[data-testid=stMetric]").filter(has_text="Disk reclaimed").inner_text()
    assert float(re.findall(r"([\d.]+) GB", shown)[0]) == pytest.approx(freed, rel=0.01)
    lines = file_of(page, "Removal list").decode().splitlines()
    assert [line for line in lines if not line.startswith("#")] == [row["name"] for row in found]
    told = " ".join(line for line in lines if line.startswith("#"))
    for part in ("simulated Horde", "fetched", "thresholds: low usage below 0.0065", "size (GB) from 4"):
        assert part in told
    skipped = yaml.safe_load(file_of(page, "models_to_skip"))
    assert skipped == {"models_to_skip": [row["name"] for row in found]}
    expect(page.page.locator(CHART).filter(has_text="% of the reference as it is").first).to_be_visible()
    assert page.problems == []


def test_the_unlisted_text_model_with_the_most_usage(page: AppPage) -> None:
    page.open("/")
    go(page, "Audit")
    page.page.locator("[data-testid=stButtonGroup]").get_by_text("Text", exact=True).click()
    page.page.get_by_role("tab", name="Unlisted models").click()
    expect(page.page.get_by_text(re.compile(r"unlisted names: requests this month"))).to_be_visible()
    usage = [row["usage_month"] for row in rows_of(page)]
    assert usage[0] == max(usage) > 0
    assert page.problems == []


def test_the_model_whose_backends_are_most_uneven(page: AppPage) -> None:
    page.open("/")
    go(page, "Audit")
    page.page.locator("[data-testid=stButtonGroup]").get_by_text("Text", exact=True).click()
    page.page.get_by_role("tab", name="Uneven backends").click()
    expect(page.page.locator(CHART).filter(has_text="% of the model's own").first).to_be_visible()
    rows = rows_of(page)
    assert rows[0]["imbalance"] == max(row["imbalance"] or 0 for row in rows) >= 0.3
    assert rows[0]["is_uneven"] is True
    chart = page.page.locator(CHART).first
    expect(chart.get_by_text(str(rows[0]["name"])[:15]).first).to_be_visible()
    assert page.problems == []


def test_a_preset_is_in_the_link_and_the_link_brings_its_rows_back(page: AppPage) -> None:
    page.open("/audit?severity=critical")
    page.page.get_by_role("button", name="No workers · ").click()
    page.wait_until_idle()
    expect(page.page.get_by_text(re.compile("models: No workers"))).to_be_visible()
    assert "preset=no_workers" in page.page.url
    assert "severity=critical" in page.page.url
    before = said(page)
    page.open(page.page.url)
    assert said(page) == before
    page.page.locator("button").filter(has_text="Clear all").click()
    expect(page.page.get_by_text("No filter is set.")).to_be_visible()
    page.wait_until_idle()
    assert "preset" not in page.page.url


def test_ticked_rows_stay_ticked_through_a_filter_and_a_click_tells_of_one(page: AppPage) -> None:
    page.open("/audit")
    expect(page.page.locator(TABLE).first).to_be_attached()
    names = [row["name"] for row in rows_of(page)]
    for place in (1, 2):
        table(page).click(position={"x": 18, "y": ROW * place + ROW // 2})
        page.wait_until_idle()
    expect(page.page.get_by_text("2 rows ticked.")).to_be_visible()
    assert [row["name"] for row in rows_of(page)] == names[:2]
    page.page.get_by_label("Search names").first.fill(names[0])
    expect(page.page.get_by_text("2 rows ticked, 1 of them not among those shown now.")).to_be_visible()
    page.page.get_by_label("Search names").first.fill("")
    expect(page.page.get_by_text("2 rows ticked.")).to_be_visible()
    table(page).click(position={"x": 150, "y": ROW + ROW // 2})
    expect(page.page.get_by_text("All findings of")).to_be_visible()
    page.page.get_by_role("button", name="Untick all").click()
    expect(page.page.get_by_text("Tick rows, or narrow the table")).to_be_visible()
    assert page.problems == []


def test_the_workbook_has_findings_backends_and_where_they_are_from(page: AppPage) -> None:
    page.open("/audit?category=Text&preset=uneven_backends&imbalance_from=0.05")
    expect(page.page.get_by_text("Tried thresholds")).to_be_visible()
    rows = rows_of(page)
    workbook = openpyxl.load_workbook(io.BytesIO(file_of(page, "XLSX")))
    assert workbook.sheetnames == ["Findings", "Backends", "Provenance"]
    findings = list(workbook["Findings"].iter_rows(values_only=True))
    assert [row[0] for row in findings[1:]] == [row["name"] for row in rows]
    backends = list(workbook["Backends"].iter_rows(min_row=2, values_only=True))
    for row in rows:
        assert sum(int(str(line[4])) for line in backends if line[0] == row["name"]) == row["usage_month"]
    told = dict(workbook["Provenance"].iter_rows(min_row=2, values_only=True))
    assert "uneven from 0.05 (imbalance, 0 to 1)" in str(told["thresholds"])
    assert str(told["filters"]).startswith("Uneven backends: ")
    assert {"source", "fetched", "written", "snapshot"} <= set(told)
    content = file_of(page, "CSV").decode("utf-8-sig")
    assert content.count("\n") == len(rows) + 1 + len(told)
