"""The ASGI entry: ``streamlit run app.py``."""

import asyncio
import contextlib
import gc
import importlib
import logging
from collections.abc import AsyncIterator

import streamlit as st

from horde_core import CacheHydrator, HordeAPIIntegration
from horde_core.background import Repeating
from horde_core.integration import USAGE_PATHS
from horde_core.settings import Settings, SettingsError

try:
    Settings.load()
except SettingsError as error:
    raise SystemExit(str(error)) from error

logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s")
logging.getLogger("horde_core").setLevel(logging.INFO)
# The core logs what came of a fetch; each single retry is no news.
logging.getLogger("stamina").setLevel(logging.ERROR)

TAKE_OVER_SECONDS = 2.0
"""How soon a replica notices what another has fetched: one small question to Redis each time."""


def warm_up() -> None:
    """Import what every page needs, and set the first fetches going, so that the first visitor waits for neither."""
    for module in ("charts", "data", "findings", "panels", "status"):
        importlib.import_module(f"pages.common.{module}")
    for model_type in USAGE_PATHS:
        HordeAPIIntegration.shared().read_category(model_type, wait=0)
    gc.freeze()


def recompute() -> None:
    """Derive what the pages need; imported late, as it takes a second."""
    importlib.import_module("pages.common.data").recompute()


@contextlib.asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Warm up before the first visitor, and run what runs in the background until the end."""
    await asyncio.to_thread(warm_up)
    horde = HordeAPIIntegration.shared()
    background: list[Repeating | CacheHydrator] = []
    if horde.redis is not None:
        background.append(Repeating("take-over", horde.cache.take_over, TAKE_OVER_SECONDS))
    if horde.settings.cache_hydration_enabled:
        background.append(CacheHydrator(horde, recompute))
    with contextlib.ExitStack() as running:
        for work in background:
            work.start()
            running.callback(work.stop)
        yield


app = st.App("pages/main.py", lifespan=lifespan)
