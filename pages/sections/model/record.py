"""What the reference states of a model."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

import pandas as pd
import streamlit as st

from horde_core.live.find_model import Found
from horde_core.live.snapshot import PageView
from horde_core.upstream.model_reference import ModelRecord
from horde_core.upstream.web_address import host_of
from pages.common import data, tables, unavailable
from pages.sections.model.facts import gigabytes, parameters


def draw(view: PageView, model: Found, given: tuple[Hashable, ...]) -> None:
    """Draw the facts of its record, which depend on what is ``given``, and its links."""
    record = model.record
    if record is None:
        st.markdown("**Reference**")
        st.info(
            unavailable.sentence(
                view,
                ("reference",),
                "its size, baseline and purpose are unknown",
                "The reference has no record of it, so its size, baseline and purpose are unknown.",
                model.model_type,
            )
        )
        return
    with st.container(border=True):
        data.kept(("model's record", *given), lambda: _facts(model, record))
        with st.container(horizontal=True):
            for place, (title, url) in enumerate(_links(record)):
                st.link_button(title, url, icon=":material/open_in_new:", key=f"link_{place}")


def _facts(model: Found, record: ModelRecord) -> None:
    st.markdown("**Reference**")
    st.text(record.description or "No description.")
    facts = _stated(model, record)
    tables.show(
        pd.DataFrame({"fact": list(facts), "value": list(facts.values())}),
        {"fact": tables.text_column("Fact", width="small"), "value": tables.text_column("Value", width="large")},
        alt="What the reference states of the model",
        key="record_table",
    )


def _stated(model: Found, record: ModelRecord) -> dict[str, str]:
    """What a record states, in words."""
    yes_no = {True: "yes", False: "no", None: "not stated"}
    own = (
        {
            "Inpainting": yes_no[record.inpainting],
            "Trigger words": "; ".join(record.trigger) or "none",
            "Requirements": _options(record.requirements) or "none",
        }
        if model.model_type == "image"
        else {
            "Family": record.text_model_group or "not stated",
            "Instruct format": record.instruct_format or "not stated",
            "Settings": _options(record.settings) or "not stated",
        }
    )
    return {
        "Version": record.version or "not stated",
        "Baseline": record.baseline or "not stated",
        "Size on disk": gigabytes(model),
        "Parameters": parameters(model),
        "NSFW": yes_no[record.nsfw],
        "Style": record.style or "not stated",
        **own,
        "Tags": ", ".join(record.tags) or "none",
    }


def _options(options: Mapping[str, str]) -> str:
    return "; ".join(f"{name.replace('_', ' ')} {value}" for name, value in options.items())


def _links(record: ModelRecord) -> list[tuple[str, str]]:
    """The record's home page, downloads and images: http(s) only, named by their host; nothing is loaded from them."""
    urls = [("Home page", record.url or ""), *(("Download", url) for url in record.downloads)]
    urls += [(f"Showcase {place}", url) for place, url in enumerate(record.showcases, 1)]
    return [(f"{title} ({host})", url) for title, url in urls if (host := host_of(url))]
