"""Up to four models side by side: their shares as a chart, and a column of figures each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd

from horde_core.live.find_model import Found
from horde_core.live.snapshot import PageView
from horde_core.vocabulary import PERIODS
from pages.common import bars, data, freshness_header, panels, tables, words
from pages.common.chart_frame import MEASURE_COLOURS
from pages.sections.model import over_time
from pages.sections.model.facts import facts_of, row_of


def draw(view: PageView, models: Sequence[Found]) -> None:
    """Draw both."""
    rows = {model.name: row_of(view.categories[model.model_type], model) for model in models}
    names = [model.name for model in models]
    ages = {
        f"{kind}: {freshness_header.usage_age(view, kind)}": None for kind in (model.model_type for model in models)
    }
    panels.chart("compare_chart", tuple(names), partial(_chart, rows), "; ".join(ages))
    over_time.draw(view, models)
    told = tuple((model.model_type, model.name) for model in models)
    data.kept(("compared", view.id, words.numbers(), *told), partial(_side_by_side, view, models))


def _side_by_side(view: PageView, models: Sequence[Found]) -> None:
    facts = {model.name: facts_of(view, model) for model in models}
    compared = pd.DataFrame(facts)
    compared.insert(0, "fact", list(compared.index))
    compared.columns = ["fact", *(f"model {place}" for place in range(1, len(models) + 1))]
    titles = [tables.text_column(words.one_line(model.name, 50)) for model in models]
    tables.show(
        compared,
        {"fact": tables.name_column("Figure")} | dict(zip(compared.columns[1:], titles, strict=True)),
        alt="Models side by side",
        key="compare_table",
        height=720,
    )


def _chart(rows: Mapping[str, Mapping[str, Any]]) -> panels.Chart:
    shares = {
        tables.PERIOD_WORDS[period]: words.known(row[f"share_{period}"] for row in rows.values()) for period in PERIODS
    }
    names = list(rows)
    return panels.Chart(
        "Share of all requests of the category, by model and period",
        "",
        bars.grouped_bars(names, shares, "% of the category", MEASURE_COLOURS),
        words.ranking(names, [words.share(share) for share in shares["30 days"]], "Share in 30 days"),
        pd.DataFrame({"name": names, **shares}),
        {"name": tables.name_column()} | {period: tables.percent_column(f"{period}, %") for period in shares},
    )
