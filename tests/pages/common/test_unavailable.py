"""Sources in words: each with its category, two categories of one source together."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from horde_core.vocabulary import ModelType
from pages.common import unavailable


class Source(NamedTuple):
    title: str
    model_type: ModelType | None = None


@pytest.mark.parametrize(
    ("sources", "said"),
    [
        ([], ""),
        ([Source("Workers")], "workers"),
        ([Source("Queue", "text")], "text queue"),
        ([Source("Queue", "image"), Source("Queue", "text")], "image and text queue"),
        (
            [Source("Queue", "image"), Source("Workers"), Source("Queue", "text"), Source("Usage", "text")],
            "image and text queue, workers and text usage",
        ),
        ([Source("Queue", "image"), Source("Queue", "image")], "image queue"),
    ],
)
def test_sources_are_named_with_their_categories(sources: list[Source], said: str) -> None:
    assert unavailable.named(sources) == said
