"""What to serve next: the models where one more thread helps most."""

from __future__ import annotations

from collections.abc import Mapping

from horde_core.frames.queue import serve_next
from horde_core.live.snapshot import PageView, Snapshot
from horde_core.vocabulary import WORK_UNIT, ModelType
from pages.common import bars, data, panels, tables, unavailable, words
from pages.common.chart_frame import DEMAND_COLOUR, FULL_NAME, UNSERVED_COLOUR

SCOPES: Mapping[ModelType, str] = {
    "image": "Those that nobody serves first, with their whole queue",
    "text": "AI Horde lists only text models that somebody serves",
}


def chart(view: PageView, snapshot: Snapshot) -> panels.Chart:
    """The models where one more thread helps most."""
    unit = WORK_UNIT[snapshot.model_type][0]
    rows = serve_next(data.category_frame(snapshot), 8)
    title = f"Queued work for each thread, by {snapshot.model_type} model"
    scope = f"{SCOPES[snapshot.model_type]} · {unit}"
    if not len(rows):
        why = unavailable.sentence(
            view,
            ("status",),
            "it is unknown what waits",
            f"AI Horde lists no {snapshot.model_type} model with work waiting.",
            snapshot.model_type,
        )
        return panels.Chart(title, scope, None, why)
    is_unserved = rows["unserved"].fillna(False).astype(bool)
    figures = words.known(rows["queued"].where(is_unserved, rows["queue_per_thread"]))
    told = [words.queue_for(row, snapshot.model_type, unit) for row in rows.to_dict("records")]
    return panels.Chart(
        title,
        scope,
        bars.ranked_bars(
            list(rows["name"]),
            [figure or 0.0 for figure in figures],
            [
                f"{words.amount(figure)}, unserved" if flag else words.amount(figure)
                for figure, flag in zip(figures, is_unserved, strict=True)
            ],
            [f"{words.one_line(name, FULL_NAME)}\n{said}" for name, said in zip(rows["name"], told, strict=True)],
            [UNSERVED_COLOUR if flag else DEMAND_COLOUR for flag in is_unserved],
            unit,
            headroom=1.5,
        ),
        words.ranking(list(rows["name"]), told, title),
        rows,
        {
            "name": tables.name_column(),
            "queued": tables.amount_column(f"Queued ({unit})"),
            "threads": tables.count_column("Threads"),
            "queue_per_thread": tables.amount_column("Queue for each thread"),
            "drain_time": tables.duration_column("Drain time"),
        },
    )
