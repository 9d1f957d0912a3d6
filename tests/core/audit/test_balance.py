"""How requests and threads of a text model spread over its backends."""

from __future__ import annotations

from typing import Any

import pytest

from horde_core.audit import backend_balance
from horde_core.audit.rules import most_uneven_share
from tests.fixtures.audits import audit, statistics


@pytest.mark.parametrize(
    ("backends", "imbalance"),
    [
        ({"a": (50, 2), "b": (50, 2)}, 0.0),
        ({"a": (100, 0), "b": (0, 4)}, 1.0),
        ({"a": (75, 1), "b": (25, 1)}, 0.25),
        ({"a": (60, 1), "b": (40, 1), "c": (0, 2)}, 0.5),
        ({"a": (4, 7), "b": (6, 3)}, 0.3),
        ({"a": (100, 2)}, None),
        ({"a": (0, 2), "b": (0, 2)}, None),
        ({"a": (5, 0), "b": (5, 0)}, None),
        ({"a": (5, 1), "b": (0, 0)}, None),
        ({}, None),
    ],
)
def test_imbalance_is_half_the_sum_of_the_differences_of_shares(
    backends: dict[str, tuple[int, int]], imbalance: float | None
) -> None:
    balance = backend_balance(statistics(backends=backends))
    assert balance is not None
    assert balance.imbalance == imbalance
    assert balance.backends == tuple(name for name, figures in backends.items() if any(figures))
    flags = audit(None, statistics(backends=backends), "text").flags
    assert flags.uneven_backends is (imbalance is not None and imbalance >= 0.3)


def test_the_largest_shares_are_shown_beside_it() -> None:
    balance = backend_balance(statistics(backends={"a": (75, 1), "b": (25, 3)}))
    assert balance is not None
    assert (balance.largest_usage_share, balance.largest_thread_share) == (0.75, 0.75)
    assert [(one.backend, one.usage, one.threads) for one in balance.shares] == [("a", 0.75, 0.25), ("b", 0.25, 0.75)]
    unused = backend_balance(statistics(backends={"a": (0, 1)}))
    assert unused is not None
    assert (unused.largest_usage_share, unused.largest_thread_share) == (None, 1.0)


@pytest.mark.parametrize("unknown", [{"month": None}, {"thread_count": None}, {"backends": None}])
def test_without_usage_threads_or_backends_it_is_unknown(unknown: dict[str, Any]) -> None:
    info = audit(None, statistics(**{"backends": {"a": (5, 1), "b": (5, 1)}, **unknown}), "text")
    assert info.balance is None
    assert info.flags.uneven_backends is None


def test_image_models_have_no_backends() -> None:
    info = audit(None, statistics(backends={"a": (9, 0), "b": (0, 9)}))
    assert (info.balance, info.flags.uneven_backends) == (None, False)


def test_the_threshold_can_be_tried() -> None:
    spread = statistics(backends={"a": (75, 1), "b": (25, 1)})
    assert audit(None, spread, "text", backend_imbalance=0.25).flags.uneven_backends is True
    assert audit(None, spread, "text", backend_imbalance=0.26).flags.uneven_backends is False


def test_at_a_threshold_of_zero_a_single_backend_is_still_not_uneven() -> None:
    assert audit(None, statistics(backends={"a": (75, 1)}), "text", backend_imbalance=0).flags.uneven_backends is False


def test_the_most_uneven_share_is_that_with_the_largest_difference() -> None:
    worst = most_uneven_share(audit(None, statistics(backends={"a": (60, 1), "b": (40, 1), "c": (0, 2)}), "text"))
    assert worst is not None
    assert worst.backend == "c"
    assert most_uneven_share(audit(None, statistics(backends={"a": (60, 1)}), "text")) is None
    assert most_uneven_share(audit()) is None
