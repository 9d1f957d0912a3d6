"""A first visit on a slow line: Chromium with an empty cache and a throttled network, and when there is what to read.

``--url`` measures an app that runs elsewhere, such as an older one or one behind a proxy. Numbers are printed; nothing
fails on a time.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from playwright.sync_api import Browser, sync_playwright

from tests.fixtures.app_server import AppServer
from tests.fixtures.browser import launch

PATIENCE_MS = 180_000
KIBIBYTE = 1024


class Line(NamedTuple):
    """A network: milliseconds that each request waits, and bytes a second."""

    latency: float
    down: float
    up: float

    @property
    def conditions(self) -> dict[str, Any]:
        """The same for DevTools' ``Network.emulateNetworkConditions``."""
        speeds = {"downloadThroughput": self.down, "uploadThroughput": self.up}
        return {"offline": False, "latency": self.latency, **speeds}


LINES: Mapping[str, Line | None] = {
    "unthrottled": None,
    "Fast 3G": Line(150, 1.6e6 / 8, 750e3 / 8),
    "Fast 3G of DevTools": Line(562.5, 0.9 * 1.6e6 / 8, 0.9 * 750e3 / 8),
}
SEEN = {
    "heading": "[data-testid=stHeading]",
    "figures": "[data-testid=stMetricValue]",
    "chart in words": "[data-testid=stText]",
    "table": "[data-testid=stDataFrame] canvas",
    "chart": "[data-testid=stPlotlyChart] .main-svg :is(.point path, path.point, .heatmaplayer image)",
}
WATCH = """seen => {
  window.seenAfter = {};
  new MutationObserver(() => {
    for (const [what, where] of Object.entries(seen))
      if (!(what in window.seenAfter) && document.querySelector(where)) window.seenAfter[what] = performance.now();
  }).observe(document, {subtree: true, childList: true, attributes: true});
}"""


class Visit(NamedTuple):
    """Seconds until each of :data:`SEEN`, and bytes over the wire by kind of file."""

    seconds: dict[str, float]
    received: Counter[str]
    requests: int


def visit(browser: Browser, url: str, line: Line | None) -> Visit:
    """Open a page with an empty cache, and wait for its first chart and for silence after it."""
    received: Counter[str] = Counter()
    kinds: dict[str, str] = {}

    def note_request(sent: dict[str, Any]) -> None:
        kinds[sent["requestId"]] = _kind(sent["request"]["url"])

    def note_end(ended: dict[str, Any]) -> None:
        received[kinds[ended["requestId"]]] += int(ended["encodedDataLength"])

    with browser.new_context(viewport={"width": 1440, "height": 900}, ignore_https_errors=True) as context:
        page = context.new_page()
        network = context.new_cdp_session(page)
        network.on("Network.requestWillBeSent", note_request)
        network.on("Network.loadingFinished", note_end)
        network.send("Network.enable")
        if line:
            network.send("Network.emulateNetworkConditions", line.conditions)
        page.add_init_script(f"({WATCH})({SEEN!r})")
        page.goto(url, wait_until="commit", timeout=PATIENCE_MS)
        page.wait_for_selector(SEEN["chart"], state="attached", timeout=PATIENCE_MS)
        page.wait_for_load_state("networkidle", timeout=PATIENCE_MS)
        after = page.evaluate("window.seenAfter")
        return Visit({what: ms / 1e3 for what, ms in after.items()}, received, len(kinds))


def _kind(url: str) -> str:
    return Path(urlsplit(url).path).suffix.removeprefix(".") or "page and the rest"


def measure(browser: Browser, url: str, pages: list[str], times: int) -> None:
    """Print the medians of each page on each line."""
    print(f"{'page':<12}{'line':<22}" + "".join(f"{what:>16}" for what in SEEN))
    for page in pages:
        for name, line in LINES.items():
            visits = [visit(browser, f"{url}/{page}", line) for _ in range(times)]
            found = {what: [one.seconds[what] for one in visits if what in one.seconds] for what in SEEN}
            medians = [f"{statistics.median(taken):.1f} s" if taken else "-" for taken in found.values()]
            print(f"{page or 'overview':<12}{name:<22}" + "".join(f"{one:>16}" for one in medians), flush=True)
        last = visits[-1]
        told = ", ".join(f"{kind} {size / KIBIBYTE:,.0f} KiB" for kind, size in last.received.most_common())
        print(f"{'':<12}{last.received.total() / KIBIBYTE:,.0f} KiB in {last.requests} requests: {told}", flush=True)


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", help="an app that runs already; without it one is started")
    parser.add_argument("--pages", nargs="*", default=["", "usage", "audit"])
    parser.add_argument("--times", type=int, default=3)
    options = parser.parse_args()
    with sync_playwright() as playwright, launch(playwright) as browser, tempfile.TemporaryDirectory() as folder:
        if options.url:
            measure(browser, options.url, options.pages, options.times)
            return
        app = AppServer(Path(folder), {"HORDE_SOURCE": "demo"})
        app.start()
        try:
            measure(browser, app.url, options.pages, options.times)
        finally:
            app.stop()


if __name__ == "__main__":
    main()
