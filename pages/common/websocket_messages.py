"""What the messages between a browser and Streamlit say, as far as the guard before them has to know."""

from __future__ import annotations

from google.protobuf.message import DecodeError
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from horde_core.web.middleware.session_guard import Asks

PATH = "/_stcore/stream"
LONGEST_END_OF_RUN = 1024
"""Bytes; what is longer draws something, and is not read."""


def asks(frame: bytes) -> Asks:
    """Tell what a browser's message asks for; Streamlit itself refuses what cannot be read."""
    try:
        kind = BackMsg.FromString(frame).WhichOneof("type")
    except DecodeError:
        return "something else"
    if kind == "rerun_script":
        return "run"
    return "clear cache" if kind == "clear_cache" else "something else"


def is_end_of_run(frame: bytes) -> bool:
    """Whether the server's message says that a run of a script is over."""
    if not 0 < len(frame) <= LONGEST_END_OF_RUN:
        return False
    return bool(ForwardMsg.FromString(frame).WhichOneof("type") == "script_finished")
