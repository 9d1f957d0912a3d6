"""The ASGI entry: ``streamlit run app.py``."""

import asyncio
import contextlib
import gc
import importlib
import logging
from collections.abc import AsyncIterator

import streamlit as st

from horde_core import HordeAPIIntegration
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


def warm_up() -> None:
    """Import what every page needs, and set the first fetches going, so that the first visitor waits for neither."""
    for module in ("charts", "data", "findings", "panels", "status"):
        importlib.import_module(f"pages.common.{module}")
    for model_type in USAGE_PATHS:
        HordeAPIIntegration.shared().read_category(model_type, wait=0)
    gc.freeze()


@contextlib.asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Warm up before the first visitor."""
    await asyncio.to_thread(warm_up)
    yield


app = st.App("pages/main.py", lifespan=lifespan)
