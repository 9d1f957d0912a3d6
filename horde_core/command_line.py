"""The same questions for who has no server: ``python -m horde_core audit image_generation --preset critical``.

Parameters and figures are those of the routes. The exit code is 0, 1 when the answer cannot be written, 2 for a
question that is not understood, and 3 when a source that it needs is unavailable: what can be told is told anyhow.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from typing import Any, Literal, get_args, get_origin

import pandas as pd
from pydantic import BaseModel

from horde_core.cache.freshness import State
from horde_core.endpoints import answers
from horde_core.endpoints.parameters import CATEGORIES, Query, QueryError, SourcesQuery, is_list, read_query
from horde_core.endpoints.table import QUESTIONS, Question
from horde_core.live.integration import HordeAPIIntegration
from horde_core.live.results import SharedResults
from horde_core.numbers import UNKNOWN
from horde_core.safe_csv import csv_bytes
from horde_core.settings import SettingsError
from horde_core.vocabulary import ModelType

NOT_WRITTEN, NOT_UNDERSTOOD, UNAVAILABLE = 1, 2, 3
WIDEST_CELL = 60
AUDIT_COLUMNS = ("name", "severity", "usage_month", "share_month", "threads", "workers", "size", "age", "reasons")
"""What a terminal has room for."""


def main(arguments: Sequence[str]) -> int:
    """Answer one question on standard output and return the exit code."""
    logging.basicConfig(format="%(levelname)s %(message)s", level=logging.ERROR)
    asked = _parser().parse_args(arguments)
    question: Question = asked.question
    kinds = tuple(CATEGORIES.values()) if not question.has_category else (CATEGORIES[asked.category],)
    try:
        query = read_query(question.query(kinds[0]), _given(asked, question))
        integration = HordeAPIIntegration()
    except (QueryError, SettingsError) as error:
        print(error, file=sys.stderr)
        return NOT_UNDERSTOOD
    try:
        answer = _answered(SharedResults(integration), question, kinds, query)
    finally:
        integration.client.close()
    try:
        _print(_written(answer, asked.format))
    except OSError as error:
        print(f"The answer could not be written: {error.strerror}.", file=sys.stderr)
        # What is left of it would be tried again at the end, and fail with a traceback.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOT_WRITTEN
    if answer.state is State.STALE:
        print("Stale: some figures are older than they should be.", file=sys.stderr)
    if answer.unknown:
        print(f"Unavailable, so what rests on it is unknown: {', '.join(answer.unknown)}.", file=sys.stderr)
        return UNAVAILABLE
    return 0


def _answered(results: SharedResults, question: Question, kinds: tuple[ModelType, ...], query: Query) -> Any:
    wait = 2 * results.integration.settings.api_timeout
    if isinstance(query, SourcesQuery):
        results.integration.read(results.integration.all_sources(), wait)
        return answers.sources_answer(results)
    return question.answer(results, question.look(results, kinds, query, wait), query)


def _print(text: str) -> None:
    """Write to standard output, whatever its encoding can hold."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
    sys.stdout.flush()


def _written(answer: BaseModel, form: str) -> str:
    if form == "json":
        return answer.model_dump_json(exclude_unset=True, indent=2) + "\n"
    if isinstance(answer, answers.StatisticsAnswer):
        figures = pd.json_normalize(answer.model_dump(mode="json")["statistics"], sep=" ").iloc[0]
        told = figures[[not isinstance(value, list) for value in figures]]
        return _table(pd.DataFrame({"figure": told.index, "value": told.to_numpy()}))
    rows = answers.rows_of(answer)
    if form == "csv":
        return csv_bytes(rows).decode("utf-8-sig")
    return _table(rows[list(AUDIT_COLUMNS)] if isinstance(answer, answers.AuditAnswer) else rows)


def _table(rows: pd.DataFrame) -> str:
    """Columns of text: lists joined, names on one line, long ones cut."""
    shown = rows.map(_cell)
    return f"{shown.to_string(index=False)}\n" if len(shown) else "no rows\n"


def _cell(value: Any) -> str:
    if isinstance(value, list | tuple):
        text = ", ".join(map(str, value))
    elif value is None or value is pd.NA or value != value:
        return UNKNOWN
    else:
        text = f"{value:g}" if isinstance(value, float) else str(value)
    line = "".join(character if character.isprintable() else " " for character in text)
    return line if len(line) <= WIDEST_CELL else line[: WIDEST_CELL - 1] + "…"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m horde_core", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="question")
    for question in QUESTIONS:
        command = commands.add_parser(
            question.name, help=question.summary, description=question.summary, allow_abbrev=False
        )
        command.set_defaults(question=question)
        if question.has_category:
            command.add_argument("category", choices=list(CATEGORIES))
        for name, query in _parameters(question).items():
            _add(command, name, query)
        command.add_argument("--format", choices=["table", *question.formats], default="table")
    return parser


def _parameters(question: Question) -> dict[str, type[Query]]:
    """What a question may be asked, of either category; the category itself says which of it means anything."""
    return {
        name: query for kind in CATEGORIES.values() for query in [question.query(kind)] for name in query.model_fields
    }


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
    """The words of a choice, however deep they stand in its type."""
    if get_origin(kind) is Literal:
        return [str(word) for word in get_args(kind)]
    return [word for part in get_args(kind) for word in _words(part)]


def _given(asked: argparse.Namespace, question: Question) -> list[tuple[str, str]]:
    """The parameters that were given, as a link would have them."""
    pairs: list[tuple[str, str]] = []
    for name in _parameters(question):
        value = getattr(asked, f"ask_{name}")
        given = value if isinstance(value, list) else [] if value is None else [value]
        pairs += [(name, str(one).lower() if isinstance(one, bool) else one) for one in given]
    return pairs
