"""The ASGI entry: ``streamlit run app.py``."""

import contextlib
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.types import ASGIApp
from streamlit import file_util

try:
    from horde_core import CacheHydrator, HordeAPIIntegration, web
    from horde_core.history.keeper import HistoryKeeper
    from horde_core.live.repeating import Repeating
    from horde_core.web import log_limits, open_files
    from horde_core.web.garbage import LOOK_SECONDS, GarbageSchedule
    from horde_core.web.middleware.negotiation import GzipWhereAccepted
    from horde_core.web.middleware.page_paths import PagePaths
    from horde_core.web.middleware.security_headers import SecurityHeaders
    from horde_core.web.middleware.session_guard import SessionGuard
    from horde_core.web.middleware.site_guard import SiteGuard
    from horde_core.web.middleware.static_files import StaticFiles
    from horde_core.web.middleware.tcp_nodelay import NoDelay
    from pages.common import browser_files, data, streamlit_shortcuts, websocket_messages
    from pages.common import panels as panels  # what every page draws with
    from pages.common.failure import page_failed
    from pages.common.freshness_header import VISITORS
    from pages.page_table import PAGES

    HordeAPIIntegration.shared()  # reads the settings and opens no connection
except (ValueError, OSError) as error:
    # A setting, or a variable that a library reads: its own message says which value is wrong.
    raise SystemExit(" ".join(str(error).split())) from error

logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s")
logging.getLogger("horde_core").setLevel(logging.INFO)
# The core logs what came of a fetch; each single retry is no news.
logging.getLogger("stamina").setLevel(logging.ERROR)
LOG_LIMITS = log_limits.install()
streamlit_shortcuts.install()

TAKE_OVER_SECONDS = 2.0
"""How soon a replica notices what another has fetched: one small question to Redis each time."""


def warm_up() -> None:
    """Start the first fetches, so that the first visitor does not wait for them."""
    horde = HordeAPIIntegration.shared()
    horde.read(horde.all_sources(), wait=0)


@contextlib.asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Warm up before the first visitor, and run what runs in the background until the end."""
    open_files.raise_limit()
    warm_up()
    horde = HordeAPIIntegration.shared()
    garbage = GarbageSchedule()
    garbage.begin()
    background: list[Repeating | CacheHydrator] = [
        Repeating("garbage", garbage.look, LOOK_SECONDS),
        Repeating("log-limits", LOG_LIMITS.tell, log_limits.INTERVAL_SECONDS),
        HistoryKeeper.of(horde),
    ]
    if horde.redis is not None:
        background.append(Repeating("take-over", horde.cache.take_over, TAKE_OVER_SECONDS))
    if horde.settings.cache_hydration_enabled:
        background.append(CacheHydrator(horde, data.recompute))
    with contextlib.ExitStack() as running:
        running.callback(LOG_LIMITS.tell)
        for work in background:
            work.start()
            running.callback(work.stop)
        yield


BASE = f"/{st.get_option('server.baseUrlPath').strip('/')}".rstrip("/")
"""The path that every page and route begins with: none, or such as ``/horde``."""

PATHS = [page.path for page in PAGES]
FILES = browser_files.served(Path(file_util.get_static_dir()), BASE, PATHS)

app: ASGIApp = st.App(
    "pages/main.py",
    lifespan=lifespan,
    routes=web.routes(VISITORS.count, BASE),
    middleware=[
        Middleware(SecurityHeaders),
        Middleware(StaticFiles, FILES, browser_files.edited),
        Middleware(GzipWhereAccepted),
        Middleware(PagePaths, BASE, PATHS),
    ],
    exception_handlers={Exception: web.failed},
    on_script_error=page_failed,
)
# Outside of Streamlit's own middleware, which hides the connection. Streamlit looks for the assignment above.
app = SessionGuard(app, websocket_messages.asks, websocket_messages.is_end_of_run, websocket_messages.PATH)
origins = st.get_option("server.corsAllowedOrigins") if st.get_option("server.enableCORS") else None
app = SiteGuard(app, st.get_option("server.allowedHosts"), origins)
app = NoDelay(app)
