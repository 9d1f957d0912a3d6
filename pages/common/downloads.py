"""Buttons that offer files, which are made when one is pressed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple

import pandas as pd
import streamlit as st

from horde_core.safe_csv import csv_bytes
from pages.common import exports


class File(NamedTuple):
    """One file that is offered: its button, its name, what it is for, and how it is made."""

    label: str
    name: str
    ending: str
    mime: str
    purpose: str
    make: Callable[[], bytes]


def rows_files(
    name: str, rows: Callable[[], pd.DataFrame], about: Mapping[str, str], csv: str, json: str
) -> list[File]:
    """The rows of a table as CSV and JSON, with what each is for."""
    return [
        File("CSV", name, "csv", "text/csv", csv, lambda: csv_bytes(rows(), about)),
        File("JSON", name, "json", "application/json", json, lambda: exports.json_bytes(rows(), about)),
    ]


def offer(files: Sequence[File], kind: Literal["secondary", "tertiary"] = "secondary") -> None:
    """One button a file."""
    for file in files:
        st.download_button(
            file.label,
            data=file.make,
            file_name=exports.file_name(file.name, file.ending),
            mime=file.mime,
            icon=":material/download:",
            key=f"{file.name}_{file.ending}",
            on_click="ignore",
            type=kind,
            help=file.purpose,
        )
