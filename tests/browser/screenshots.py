"""Makes the README's pictures of the simulated Horde: ``python -m tests.browser.screenshots``."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Literal, NamedTuple

from playwright.sync_api import sync_playwright

from tests.fixtures.app_server import REPOSITORY, AppServer
from tests.fixtures.browser import AppPage, launch

FOLDER = REPOSITORY / "pages" / "assets" / "screenshots"
CHART_DRAWN = "[data-testid=stPlotlyChart] .main-svg"


class Picture(NamedTuple):
    """One picture: its file, what is opened, and how."""

    name: str
    path: str
    scheme: Literal["light", "dark"] = "light"
    width: int = 1440
    height: int = 1000


PICTURES = (
    Picture("overview", "/"),
    Picture("usage", "/usage?category=Text", "dark"),
    Picture("backends", "/backends"),
    Picture("history", "/trends?kind=Text&range=30+days"),
    Picture("audit", "/audit?preset=deletion_candidates"),
    Picture("narrow", "/queue", "dark", 390, 844),
)


def main() -> None:
    """Start the app on the simulated Horde and take every picture."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        server = AppServer(Path(folder), {"HORDE_SOURCE": "demo"})
        server.start()
        try:
            with sync_playwright() as playwright, launch(playwright) as browser:
                for picture in PICTURES:
                    with browser.new_context(
                        viewport={"width": picture.width, "height": picture.height},
                        color_scheme=picture.scheme,
                        locale="en-US",
                        timezone_id="UTC",
                    ) as context:
                        page = AppPage(context.new_page(), lambda: server)
                        page.open(picture.path)
                        page.page.locator(CHART_DRAWN).first.wait_for()
                        page.page.screenshot(path=FOLDER / f"{picture.name}.png")
        finally:
            server.stop()


if __name__ == "__main__":
    main()
