"""The words of the field: types, periods, units and nouns that every room uses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

ModelType = Literal["image", "text"]
MODEL_TYPES: tuple[ModelType, ...] = ("image", "text")
WorkerType = Literal["image", "text", "interrogation"]
Period = Literal["day", "month", "total"]
PERIODS: tuple[Period, ...] = ("day", "month", "total")

NOUNS: Mapping[ModelType, str] = {"image": "image", "text": "request"}
"""What one unit of usage is called."""

WORK_UNIT: Mapping[ModelType, tuple[str, float]] = {"image": ("megapixelsteps", 1e6), "text": ("tokens", 1.0)}
"""The unit of queued work and of speed on screen, and how many of the API's units make one."""

GIBIBYTE = 1024**3
GIGABYTE = 10**9
