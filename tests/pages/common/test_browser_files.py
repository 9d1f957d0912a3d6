"""Which files the app serves by itself, and what it changes in them."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit import file_util

from pages.common import browser_files, plotly_script

FOLDER = Path(file_util.get_static_dir())


@pytest.mark.parametrize("base", ["", "/horde"])
def test_every_script_and_style_and_page_has_its_path(base: str) -> None:
    served = browser_files.served(FOLDER, base, ["/", "/audit"])
    assert served[f"{base}/"] == served[f"{base}/audit"] == FOLDER / "index.html"
    assert served[f"{base}/static/js/{plotly_script.NAME}"] == FOLDER / "static" / "js" / plotly_script.NAME
    kinds = {path.suffix for path in served.values()}
    assert kinds == {".js", ".css", ".html"}
    assert len(served) == 2 + sum(path.suffix in (".js", ".css") for path in FOLDER.rglob("*"))


def test_only_what_is_meant_is_changed() -> None:
    served = set(browser_files.served(FOLDER, "", ["/"]).values())
    changed = {path.name for path in served if browser_files.edited(path.name, path.read_bytes()) != path.read_bytes()}
    assert changed == {"index.html", plotly_script.NAME}


def test_the_page_keeps_all_that_streamlit_has_in_it_but_the_font_before_the_scripts() -> None:
    before = (FOLDER / "index.html").read_text()
    after = browser_files.edited("index.html", before.encode()).decode()
    (font,) = browser_files.FONT.findall(before)
    head = browser_files.HEAD.format(font=font)
    assert after.replace(head, "</head>") == browser_files.FONT.sub("", before)
    assert (FOLDER / font).is_file()
    assert after.index('rel="stylesheet"') < after.index(f"url({font})"), "the later one of two rules for a font holds"
