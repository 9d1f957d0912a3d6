"""The columns of the tables about models, and what is said of their rows."""

from __future__ import annotations

from typing import Any

import pandas as pd

from horde_core.analytics import formulas
from horde_core.vocabulary import ModelType, Period
from pages.common import tables


def by_usage(frame: pd.DataFrame, period: Period) -> pd.DataFrame:
    """The rows, most used in a period first, with ``rank`` and ``share`` of that period."""
    ordered = frame.sort_values(f"usage_{period}", ascending=False, kind="stable", na_position="last")
    return ordered.assign(rank=ordered[f"rank_{period}"], share=ordered[f"share_{period}"])


def usage(model_type: ModelType, largest_share: float, is_listed_told: bool = True) -> dict[str, Any]:
    """The columns of a table of :func:`by_usage`."""
    noun = tables.REQUEST_WORDS[model_type]
    listed = {"listed": tables.flag_column("In reference")}
    hidden = {
        "hidden": tables.flag_column("Hidden on purpose", "AI Horde leaves such names out of its queue: horde_special.")
    }
    backends = {"backends": tables.text_column("Backends")} if model_type == "text" else {}
    return {
        "name": tables.name_column(),
        **(listed if is_listed_told else hidden),
        "rank": tables.count_column("Rank", "Place among all names of the category."),
        "share": tables.share_column(
            "Share", f"Percent of all {noun} in this period, never of the rows shown.", largest_share
        ),
        **tables.usage_columns(model_type),
        "momentum": tables.amount_column("Momentum", formulas.MOMENTUM.help, 2),
        "threads": tables.count_column("Threads", "Threads that serve it now."),
        "workers": tables.count_column("Workers", "Distinct workers that serve it now, not in maintenance."),
        **backends,
        "baseline": tables.text_column("Baseline", "As the reference states it; unlisted names have none."),
    }


def queue(unit: str, largest_queue: float, largest_threads: float, has_marks: bool) -> dict[str, Any]:
    """The columns of a table of :func:`horde_core.frames.models.category_frame` about demand and supply."""
    marks = {"state": tables.text_column("State")} if has_marks else {}
    return {
        "name": tables.name_column(),
        "queued": tables.amount_column(f"Queued ({unit})"),
        "queue_share": tables.share_column("Share of queue", largest=largest_queue),
        "thread_share": tables.share_column("Share of threads", largest=largest_threads),
        "demand_ratio": tables.amount_column("Demand / supply", formulas.DEMAND.help, 2),
        "jobs": tables.count_column("Jobs", "Waiting or in progress."),
        "threads": tables.count_column("Threads"),
        "workers": tables.count_column("Workers", "Distinct workers, not in maintenance."),
        "performance": tables.amount_column(
            f"Speed ({unit}/s)", "Mean of the last hour for one job; n/a when no job finished."
        ),
        "drain_time": tables.duration_column("Drain time", formulas.MODEL_DRAIN.help),
        **marks,
        "listed": tables.flag_column("In reference"),
    }


WORKERS_HIDDEN = ("megapixelsteps", "kudos", "kudos_generated", "kudos_uptime", "team", "owner", "info", "meets")
"""Columns of the workers' table that are shown when they are asked for."""


def workers() -> dict[str, Any]:
    """The columns of a table of :func:`horde_core.frames.workers.worker_frame`."""
    return {
        "name": tables.name_column("Worker"),
        "type": tables.text_column("Type", width="small"),
        "threads": tables.count_column("Threads", "Jobs it works on at once."),
        "speed": tables.amount_column("Speed", "Mean of its last jobs; for alchemy lower is faster."),
        "unit": tables.text_column("Unit of speed"),
        "model_count": tables.count_column("Models", "API names it serves."),
        "models": tables.text_column("Serves", width="large"),
        "capabilities": tables.list_column("Capabilities"),
        "context": tables.count_column("Context (tokens)", "Longest context of a text worker."),
        "bridge": tables.text_column("Bridge"),
        "version": tables.text_column("Version"),
        "prerelease": tables.flag_column("Pre-release"),
        "behind": tables.flag_column("Behind", formulas.BEHIND.help),
        "trusted": tables.flag_column("Trusted", "The owner is trusted by AI Horde."),
        "maintenance": tables.flag_column("Maintenance", "It takes no new jobs."),
        "uptime": tables.duration_column("Uptime", "Over its whole life, not since the last start."),
        "requests": tables.count_column("Jobs done", "Over its whole life."),
        "meets": tables.flag_column(
            "Meets requirements", "It can do what its models require: those for inpainting need a worker that paints."
        ),
        "megapixelsteps": tables.amount_column("Megapixelsteps made", "Image workers, over their whole life."),
        "kudos": tables.amount_column("Kudos", "Over its whole life."),
        "kudos_generated": tables.amount_column("Kudos for jobs", "Over its whole life; alchemists have none."),
        "kudos_uptime": tables.amount_column("Kudos for uptime", "Over its whole life."),
        "team": tables.text_column("Team"),
        "owner": tables.text_column("Owner", "Only owners who want to be named are."),
        "info": tables.text_column("Info", "What its owner writes of it.", width="large"),
    }
