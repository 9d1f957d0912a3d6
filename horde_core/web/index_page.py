"""The index page of ``/api/v1``: every route with an example."""

from __future__ import annotations

from html import escape

from horde_core.endpoints.table import ENDPOINTS

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>AI Horde dashboard: the same figures for scripts</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }}
code {{ font-size: 0.95em; overflow-wrap: anywhere; }}
dt {{ margin-top: 1.2rem; }}
dd {{ margin: 0; }}
</style>
</head>
<body>
<h1>The same figures for scripts</h1>
<p>Read-only, without a key, as JSON; what lists rows also as CSV with <code>format=csv</code>. The category is
<code>image_generation</code> or <code>text_generation</code>. Every answer tells the state of its sources, and what is
unknown is <code>null</code>. Answers have an <code>ETag</code>, and <code>Cache-Control</code> says how long they stay
fresh. What may be asked is described in <a href="openapi.json">openapi.json</a> (OpenAPI 3.1).</p>
<dl>
{routes}
</dl>
</body>
</html>
"""


def index_page() -> str:
    """Return the page; its links are relative, so they hold wherever it is served."""
    routes = "\n".join(
        f"<dt><code>GET {escape(endpoint.path)}</code></dt><dd>{escape(endpoint.summary)}<br>"
        f'<a href="{escape(endpoint.example[1:])}"><code>{escape(endpoint.example)}</code></a></dd>'
        for endpoint in ENDPOINTS
    )
    return _PAGE.format(routes=routes)
