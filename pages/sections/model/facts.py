"""What is told of one model wherever it is shown: its row, its audit, and its figures in words."""

from __future__ import annotations

from typing import Any

from horde_core.audit import ModelAuditInfo
from horde_core.live.find_model import Found
from horde_core.live.snapshot import PageView, Snapshot
from horde_core.vocabulary import GIGABYTE, PERIODS, WORK_UNIT
from pages.common import data, findings, tables, unavailable, words


def row_of(snapshot: Snapshot, model: Found) -> dict[str, Any]:
    """Return the model's row of the category's frame."""

    def find() -> dict[Any, Any]:
        frame = data.category_frame(snapshot)
        found: dict[Any, Any] = frame[frame["name"] == model.name].iloc[0].to_dict()
        return found

    return data.kept(("row", snapshot.id, model.name), find)


def audit_of(snapshot: Snapshot, model: Found) -> ModelAuditInfo | None:
    """Return the model's audit; None outside the reference."""
    return data.audits(snapshot).get(model.name)


def facts_of(view: PageView, model: Found) -> dict[str, str]:
    """Return the model's figures in words, by what they are of; the same ones for every model."""
    snapshot = view.categories[model.model_type]
    row, audit = row_of(snapshot, model), audit_of(snapshot, model)
    noun, unit = tables.REQUEST_WORDS[model.model_type].capitalize(), WORK_UNIT[model.model_type][0]
    usage = {
        f"Requests, {tables.PERIOD_WORDS[period].lower()}": f"{words.count(row[f'usage_{period}'])} {noun.lower()}, "
        f"{words.share(row[f'share_{period}'])}, rank {words.count(row[f'rank_{period}'])}"
        for period in PERIODS
    }
    return {
        "Category": model.model_type,
        "In the reference": is_listed(snapshot, model),
        **usage,
        "Momentum": words.ratio(row["momentum"]),
        "Work queued": f"{words.at_least(model.model_type, row['queued'])}{words.amount(row['queued'])} {unit}",
        "Jobs": words.count(row["jobs"]),
        "Threads": words.count(row["threads"]),
        "Workers": words.count(row["workers"]),
        "Drain time": words.at_least(model.model_type, row["eta"]) + words.duration(row["eta"]),
        "Baseline": row["baseline"] or words.UNKNOWN,
        "Size on disk": gigabytes(model),
        "Parameters": parameters(model),
        "Backends": row["backends"]
        or (words.UNKNOWN if unavailable.clause(view, "usage", "status", model_type=model.model_type) else "none"),
        "Findings": findings_of(audit),
    }


def is_listed(snapshot: Snapshot, model: Found) -> str:
    """Say whether the model is in the reference, which is unknown without one."""
    if not snapshot.reference.available:
        return words.UNKNOWN
    return "yes" if model.record else "no"


def findings_of(audit: ModelAuditInfo | None) -> str:
    """List what the audit found; "none" only where every finding is known."""
    if audit is None:
        return words.UNKNOWN
    found = ", ".join(findings.label(flag) for flag in audit.flags.set_flags())
    if not audit.flags.unknown_flags():
        return found or "none"
    return f"{found}, others unknown" if found else words.UNKNOWN


def gigabytes(model: Found) -> str:
    """Return the size of the model's files in words."""
    size, at_least = (model.record.size, model.record.size_at_least) if model.record else (None, None)
    if size is None and at_least is not None:
        return f"at least {words.amount(at_least / GIGABYTE)} GB"
    return "not stated" if size is None else f"{words.amount(size / GIGABYTE)} GB"


def parameters(model: Found) -> str:
    """Return the number of the model's parameters in words."""
    parameters = model.record.parameters if model.record else None
    return "not stated" if parameters is None else f"{words.amount(parameters / 1e9)} billion"
