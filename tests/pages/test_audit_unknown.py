"""The audit page with each source away: nothing on it says "none" of what is unknown."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

import pytest
from streamlit.testing.v1 import AppTest

from tests.fixtures.dashboard import Visit
from tests.fixtures.horde_server import HordeServer

SOURCES = {
    "usage": ("/v2/stats/img/models", "/v2/stats/text/models"),
    "status": ("/v2/status/models?type=image", "/v2/status/models?type=text"),
    "workers": ("/v2/workers",),
    "ages": ("/model_mod_data.json",),
}
AWAY = [(name,) for name in SOURCES] + [("usage", "status"), ("status", "workers"), ("usage", "status", "workers")]
TABS = {"image": ("Findings", "Unlisted models"), "text": ("Findings", "Unlisted models", "Uneven backends")}
NOTHING = re.compile(r"(?<![.,\d])0(?![.,\d])|\b(no|none|nobody|nothing|never)\b", re.IGNORECASE)
ALLOWED = (
    r"0",  # a figure, which reads n/a where it is unknown
    r".* · \d+ s\]?",  # the age of a source
    r"0 of \d+ [\w ]+: .* unavailable, so others may match\.",
    r"\d+ of \d+ [\w ]+\. No filter is set\.",
    r"Nothing found",  # the name of a figure
    r"(no images|fewer than 10 requests) in 30 days and no workers",  # the rule of a severity
    r"[\w ]+ by finding and severity:\n.*",  # the words for flags, each with a count
    r"Nothing was found in what is known\.|No row that is shown is known to be a deletion candidate\.",
    r".* so whether work waits for them is unknown\.",
    r"(Unknown now|What is unknown).*",
    r".*both axes logarithmic, no use at the bottom.*",
)
"""Sentences that say none of what is known, or that name a rule."""


def said(app: AppTest) -> Iterator[str]:
    """Every sentence on the page but helps and the folded explanation, which tell rules and no figures."""
    assert not app.exception, app.exception
    folded = {id(one) for expander in app.expander for one in (*expander.markdown, *expander.caption)}
    for element in (*app.caption, *app.markdown, *app.info, *app.warning, *app.success, *app.error):
        if id(element) not in folded:
            yield element.value.replace("\\", "")
    for metric in app.metric:
        yield metric.label
        yield metric.value
    for chart in app.get("plotly_chart"):
        yield chart.proto.alt if hasattr(chart.proto, "alt") else ""


def is_true(sentence: str) -> bool:
    """Whether a sentence may stand beside unknown figures: it has no 0, no and none, or is one that may."""
    return not NOTHING.search(sentence) or any(re.fullmatch(allowed, sentence, re.DOTALL) for allowed in ALLOWED)


@pytest.mark.parametrize("away", AWAY, ids="+".join)
@pytest.mark.parametrize(("category", "tab"), [(kind, tab) for kind, tabs in TABS.items() for tab in tabs])
def test_no_sentence_says_none_of_what_is_unknown(
    visit: Visit, horde_server: HordeServer, away: tuple[str, ...], category: str, tab: str
) -> None:
    for source in away:
        for path in SOURCES[source]:
            horde_server.answer(path, "{}", status=404)
    app = visit("audit", category, audit_tab=tab)
    assert [sentence for sentence in said(app) if not is_true(sentence)] == []


@pytest.mark.parametrize("away", AWAY, ids="+".join)
@pytest.mark.parametrize("preset", ["critical", "zero_usage", "no_workers", "low_usage", "unserved_queue"])
def test_where_no_row_is_known_to_match_it_says_what_is_unknown(
    visit: Visit, horde_server: HordeServer, away: tuple[str, ...], preset: str
) -> None:
    for source in away:
        for path in SOURCES[source]:
            horde_server.answer(path, "{}", status=404)
    shown = visit("audit", preset=preset)
    notices = " ".join(element.value for element in (*shown.info, *shown.caption))
    if any(button.label.endswith("n/a") for button in shown.button if button.key == f"preset_{preset}"):
        assert "No model matches" not in notices
        assert "it is unknown which model matches" in notices
    else:
        assert "it is unknown which" not in notices


@pytest.mark.parametrize("category", TABS)
@pytest.mark.parametrize("away", AWAY, ids="+".join)
def test_files_hold_null_and_the_names_of_unknown_findings(
    visit: Visit,
    horde_server: HordeServer,
    monkeypatch: pytest.MonkeyPatch,
    away: tuple[str, ...],
    category: str,
) -> None:
    offered: dict[str, Callable[[], bytes]] = {}
    monkeypatch.setattr("streamlit.download_button", lambda label, *, data, **_: offered.update({label: data}))
    for source in away:
        for path in SOURCES[source]:
            horde_server.answer(path, "{}", status=404)
    app = visit("audit", category)
    assert not app.exception, app.exception
    rows = json.loads(offered["JSON"]())["rows"]
    assert rows
    for row in rows:
        if "usage" in away:
            assert [row[f"usage_{period}"] for period in ("day", "month", "total")] == [None] * 3
            assert row["share_month"] is row["momentum"] is None
            assert {"zero_usage_day", "zero_usage_month", "zero_usage_total", "low_usage"} <= set(row["unknown"])
        if "status" in away:
            assert row["jobs"] is None
            assert "unserved_queue" in row["unknown"]
        if "workers" in away:
            assert row["workers"] is None
        if {"status", "workers"} <= set(away):
            assert row["threads"] is None
            assert "no_active_workers" in row["unknown"]
        assert not set(row["unknown"]) & set(row["findings"])
        assert row["severity"] != "none" or not row["unknown"]
