"""What a browser loads before it can draw a page: Streamlit's own files, two of them changed for this app."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from pages.common import plotly_script

INDEX = "index.html"
FONT = re.compile(r'<link\s+rel="preload"\s+href="([^"]+)"\s+as="font"[^>]*>')
"""Where Streamlit's page has its font loaded before everything else."""

HEAD = """<style>
      /* Text is there before its font, which comes after the scripts. */
      @font-face {{
        font-family: Source Sans; font-weight: 100 900; font-style: normal; font-display: swap;
        src: url({font}) format("woff2");
      }}
      /* A chart in words stands in its place, and takes none of its own, until Plotly has drawn it. */
      .stElementContainer:has(> .stText):has(+ .stPrintGraphic) {{ height: 0; margin-bottom: -1rem; z-index: 1; }}
      .stElementContainer:has(+ .stPrintGraphic) > .stText {{ display: block; max-height: 15rem; overflow: hidden; }}
      .stElementContainer:has(> .stText):has(+ .stPrintGraphic .main-svg) {{ display: none; }}
      .stElementContainer:has(> .stText) + .stPrintGraphic [data-testid="stSkeleton"] {{ display: none; }}
    </style>
    <script>
      // The page's server is where its scripts come from: the websocket opens at once, without a search for it.
      window.__streamlit = {{
        BACKEND_BASE_URL: new URL(".", location.href).href,
        HOST_CONFIG: {{ allowedOrigins: [location.origin], useExternalAuthToken: false }},
      }}
    </script>
  </head>"""
"""The end of the page's head."""


def served(folder: Path, base: str, pages: Collection[str]) -> dict[str, Path]:
    """Return the file for each request path below ``base``: scripts and styles in Streamlit's folder, and the pages."""
    found = {f"{base}/{one.relative_to(folder).as_posix()}": one for one in folder.glob("static/*/*.*s")}
    return found | {base + page: folder / INDEX for page in pages}


def edited(name: str, content: bytes) -> bytes:
    """Return the content under which a file is served: in most cases its own."""
    if name == plotly_script.NAME:
        return plotly_script.reduced(content.decode()).encode()
    if name == INDEX:
        return _page(content.decode()).encode()
    return content


def _page(html: str) -> str:
    (font,) = FONT.findall(html)
    return FONT.sub("", html).replace("</head>", HEAD.format(font=font), 1)
