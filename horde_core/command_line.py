"""The endpoints without a server: ``python -m horde_core audit image_generation --preset critical``.

Parameters and figures are those of the routes. The exit code is 0, 1 when the answer cannot be written, 2 for a
command that is not understood, and 3 when a source that it needs is unavailable: the rest is answered all the same.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

from horde_core.cache.freshness import State
from horde_core.endpoints.parameters import CATEGORIES, Query, is_list, read_query
from horde_core.endpoints.rows import Row
from horde_core.endpoints.table import ENDPOINTS, KINDS, Endpoint
from horde_core.live.integration import HordeAPIIntegration
from horde_core.live.results import SharedResults
from horde_core.numbers import UNKNOWN, is_unknown
from horde_core.safe_csv import csv_bytes
from horde_core.settings import Settings

NOT_WRITTEN, NOT_UNDERSTOOD, UNAVAILABLE = 1, 2, 3
ACTIONS = ("info", "prune", "check")
HISTORY = (
    "The history that is kept. info: since when, its size, its writer, and its gaps. prune: delete what is older than "
    "it is kept, as is done every night. check: whether its file is whole and its rows keep the rules."
)
WIDEST_CELL = 60
"""Characters of a cell in a terminal; more are cut."""


def main(arguments: Sequence[str]) -> int:
    """Answer one command on standard output and return the exit code."""
    logging.basicConfig(format="%(levelname)s %(message)s", level=logging.ERROR)
    asked = _parser().parse_args(arguments)
    try:
        if "action" in asked:
            settings = Settings.load()
        else:
            endpoint: Endpoint = asked.endpoint
            kinds = (CATEGORIES[asked.category],) if endpoint.has_category else KINDS
            query = read_query(endpoint.query(kinds[0]), _given(asked, endpoint))
            integration = HordeAPIIntegration()
    except (ValueError, OSError) as error:  # a parameter, a setting, or a variable that a library reads
        print(" ".join(str(error).split()), file=sys.stderr)
        return NOT_UNDERSTOOD
    if "action" in asked:
        from horde_core.history.command import run  # no other command looks at the database

        return run(asked.action, settings)
    try:
        results = SharedResults(integration)
        view = endpoint.read(results, kinds, query, 2 * integration.settings.api_timeout)
        answer: Any = endpoint.answer(results, view, query)
    finally:
        integration.client.close()
    try:
        _print(_written(endpoint, answer, asked.format))
    except OSError as error:
        print(f"The answer could not be written: {error.strerror}.", file=sys.stderr)
        # Python would flush the rest of it at exit, and fail with a traceback.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOT_WRITTEN
    if answer.state is State.STALE:
        print("Stale: some figures are older than they should be.", file=sys.stderr)
    if answer.unknown:
        print(f"Unavailable, so what rests on it is unknown: {', '.join(answer.unknown)}.", file=sys.stderr)
        return UNAVAILABLE
    return 0


def _print(text: str) -> None:
    """Write to standard output; what its encoding lacks is escaped."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
    sys.stdout.flush()


def _written(endpoint: Endpoint, answer: BaseModel, form: str) -> str:
    if form == "json":
        return answer.model_dump_json(exclude_unset=True, indent=2) + "\n"
    if form == "csv" and endpoint.rows is not None:
        return csv_bytes(endpoint.rows(answer)).decode("utf-8-sig")
    return _table(endpoint.lines(answer))


def _table(rows: Sequence[Row]) -> str:
    """Write rows below their names, each column as wide as its widest cell."""
    if not rows:
        return "no rows\n"
    lines = [list(rows[0]), *([_cell(value) for value in row.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "".join(
        " ".join(text.rjust(width) for text, width in zip(line, widths, strict=True)) + "\n" for line in lines
    )


def _cell(value: Any) -> str:
    if isinstance(value, list | tuple):
        text = ", ".join(map(str, value))
    elif is_unknown(value):
        return UNKNOWN
    else:
        text = f"{value:g}" if isinstance(value, float) and not value.is_integer() else str(value).removesuffix(".0")
    line = "".join(character if character.isprintable() else " " for character in text)
    return line if len(line) <= WIDEST_CELL else line[: WIDEST_CELL - 1] + "…"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m horde_core", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="question")
    for endpoint in ENDPOINTS:
        command = commands.add_parser(
            endpoint.name, help=endpoint.summary, description=endpoint.summary, allow_abbrev=False
        )
        command.set_defaults(endpoint=endpoint)
        if endpoint.has_category:
            command.add_argument("category", choices=list(CATEGORIES))
        for name, query in _parameters(endpoint).items():
            _add(command, name, query)
        command.add_argument("--format", choices=["table", *endpoint.formats], default="table")
    history = commands.add_parser("history", help=HISTORY, description=HISTORY)
    history.add_argument("action", choices=ACTIONS)
    return parser


def _parameters(endpoint: Endpoint) -> dict[str, type[Query]]:
    """The parameters of both categories, each with its record; which of them are allowed depends on the category."""
    return {name: query for kind in KINDS for query in [endpoint.query(kind)] for name in query.model_fields}


def _add(command: argparse.ArgumentParser, name: str, query: type[Query]) -> None:
    field = query.model_fields[name]
    words = _words(field.annotation)
    told = f"{field.description or ''}{': ' if words else ''}{', '.join(words)}"
    options: dict[str, Any] = {"help": told.replace("%", "%%"), "dest": f"ask_{name}"}
    if bool in (field.annotation, *get_args(field.annotation)):
        options |= {"action": argparse.BooleanOptionalAction, "default": None}
    elif is_list(query, name):
        options |= {"action": "append", "metavar": "WORD"}
    else:
        options |= {"metavar": name.rpartition("_")[2].upper()}
    command.add_argument(f"--{name.replace('_', '-')}", required=field.is_required(), **options)


def _words(kind: Any) -> list[str]:
    """The words of a choice, at any depth of its type."""
    if get_origin(kind) is Literal:
        return [str(word) for word in get_args(kind)]
    return [word for part in get_args(kind) for word in _words(part)]


def _given(asked: argparse.Namespace, endpoint: Endpoint) -> list[tuple[str, str]]:
    """The parameters that were given, as in the query of a link."""
    pairs: list[tuple[str, str]] = []
    for name in _parameters(endpoint):
        value = getattr(asked, f"ask_{name}")
        given = value if isinstance(value, list) else [] if value is None else [value]
        pairs += [(name, str(one).lower() if isinstance(one, bool) else one) for one in given]
    return pairs
