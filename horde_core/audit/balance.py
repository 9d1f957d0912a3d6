"""How unevenly a text model's requests and threads spread over its backends. Pure."""

from __future__ import annotations

from horde_core.analytics.records import CombinedModelStatistics
from horde_core.audit.records import AuditFacts, BackendBalance, BackendShare


def backend_balance(statistics: CombinedModelStatistics) -> BackendBalance | None:
    """Compare each backend's share of a model's month usage with its share of the threads.

    None when usage, threads or the backends are unknown.
    """
    variations = statistics.backend_variations
    if variations is None or statistics.usage("month") is None or statistics.thread_count is None:
        return None
    carried = [
        (name, variation.usage_month or 0, variation.thread_count or 0)
        for name, variation in variations.items()
        if variation.usage_month or variation.thread_count
    ]
    usage = sum([requests for _, requests, _ in carried])
    threads = sum([count for _, _, count in carried])
    imbalance = None
    if len(carried) > 1 and usage and threads:
        # In whole numbers, divided once, so that an imbalance of exactly 0.3 is not rounded to less.
        difference = sum([abs(requests * threads - count * usage) for _, requests, count in carried])
        imbalance = difference / (2 * usage * threads)
    shares = tuple(
        [
            BackendShare(name, requests / usage if usage else None, count / threads if threads else None)
            for name, requests, count in carried
        ]
    )
    return BackendBalance(
        shares=shares,
        imbalance=imbalance,
        largest_usage_share=max([share.usage or 0.0 for share in shares]) if usage else None,
        largest_thread_share=max([share.threads or 0.0 for share in shares]) if threads else None,
    )


def most_uneven_share(facts: AuditFacts) -> BackendShare | None:
    """The backend whose shares of the model's requests and of its threads differ most; None without a difference."""
    shares = facts.balance.shares if facts.balance and facts.balance.imbalance is not None else ()
    return max(shares, key=lambda share: abs((share.usage or 0.0) - (share.threads or 0.0)), default=None)
