"""The ASGI entry: ``streamlit run app.py``."""

import logging

import streamlit as st

from horde_core.settings import Settings, SettingsError

try:
    Settings.load()
except SettingsError as error:
    raise SystemExit(str(error)) from error

logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s")
logging.getLogger("horde_core").setLevel(logging.INFO)
# The core logs what came of a fetch; each single retry is no news.
logging.getLogger("stamina").setLevel(logging.ERROR)

app = st.App("pages/main.py")
