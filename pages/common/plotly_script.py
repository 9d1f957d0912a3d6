"""Plotly's script as browsers load it: with the traces that the charts here are made of, and no other.

It is the largest file of every page with a chart, 4.7 MB, most of which draws maps, globes and surfaces.
"""

from __future__ import annotations

import re

NAME = "PlotlyChart.D9Z0_fxz.js"
"""The file of the Streamlit that this was tried with; its name changes with its content."""

TRACES = frozenset({"bar", "heatmap", "scatter"})
"""What charts may be made of; ``scatter`` is in Plotly's core."""

# The script is modules one after the other, name={"path"(...){...}}, which call each other as name(); the last one
# registers every trace.
_MODULE = re.compile(r'(?<=[ ,])([\w$]+)=[g_]\(\{"([^"]+)"\(')
_CALL = re.compile(r"([\w$]+)\(\)")
_ENTRY = 'return _({"lib/index.js"('
_REGISTER = re.compile(r"(?<=\.register\(\[)[^]]*")


def reduced(script: str) -> str:
    """Leave out the modules that no trace of :data:`TRACES` comes to by calls."""
    before, entry, after = script.partition(_ENTRY)
    found = list(_MODULE.finditer(before))
    ends = [one.start() for one in found[1:]] + [len(before)]
    modules = {one[1]: before[one.start() : end] for one, end in zip(found, ends, strict=True)}
    traces = {f"lib/{trace}.js" for trace in TRACES}
    registered = ",".join(f"{one[1]}()" for one in found if one[2] in traces)
    after = _REGISTER.sub(registered, after, count=1)
    needed: set[str] = set()
    to_visit = [after]
    while to_visit:
        called = (set(_CALL.findall(to_visit.pop())) & modules.keys()) - needed
        needed |= called
        to_visit += [modules[name] for name in called]
    kept = "".join([before[: found[0].start()], *(text for name, text in modules.items() if name in needed)])
    return re.sub(r"(,|var )\Z", ";", kept) + entry + after
