"""``python -m horde_core``: every question in every format, exit codes, and hostile names."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from horde_core.command_line import NOT_UNDERSTOOD, UNAVAILABLE, WIDEST_CELL, main
from horde_core.endpoints.parameters import CATEGORIES
from horde_core.endpoints.table import ENDPOINTS
from horde_core.history.store import Store
from horde_core.settings import Settings
from tests.fixtures import history
from tests.fixtures.horde_bodies import FORMULA_NAME, HTML_NAME
from tests.fixtures.horde_server import HordeServer
from tests.fixtures.routes import CATEGORIES as KINDS
from tests.fixtures.routes import csv_rows

REPOSITORY = Path(__file__).parents[2]
IMAGE, TEXT = CATEGORIES
RESOLVE = ["resolve", "--name", "koboldcpp/Cydonia-24B-v4.1-Q4_K_M"]
ASKED = [
    *([endpoint.name, category] for endpoint in ENDPOINTS if endpoint.has_category for _, category in KINDS),
    RESOLVE,
    ["history-network"],
    ["history-workers"],
    ["sources"],
]
FORMATS = [
    (asked, form)
    for asked in ASKED
    for endpoint in ENDPOINTS
    if endpoint.name == asked[0]
    for form in ("table", *endpoint.formats)
]


class Told(NamedTuple):
    """Output and exit code of one command."""

    code: int
    out: str
    err: str

    @property
    def body(self) -> Any:
        return json.loads(self.out)

    @property
    def rows(self) -> list[dict[str, str]]:
        return csv_rows(self.out.encode())


class Terminal:
    """Runs commands and reads their output."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def run(self, *arguments: str) -> Told:
        self._capsys.readouterr()
        code = main(arguments)
        written = self._capsys.readouterr()
        return Told(code, written.out, written.err)

    def refused(self, *arguments: str) -> str:
        """Return the parser's error message."""
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 2
        return self._capsys.readouterr().err


@pytest.fixture
def settings(horde_server: HordeServer) -> dict[str, str]:
    """Give the environment that points at the Horde of the test."""
    return {
        **horde_server.environment,
        "HORDE_API_TIMEOUT": "5",
    }


@pytest.fixture
def terminal(settings: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return Terminal(capsys)


class TestForms:
    @pytest.mark.parametrize(
        ("asked", "form"), FORMATS, ids=lambda value: " ".join(value) if isinstance(value, list) else value
    )
    def test_every_question_is_answered_in_every_form(self, terminal: Terminal, asked: list[str], form: str) -> None:
        if asked[0].startswith("history"):
            store = Store(Settings().history_url)
            store.prepare()
            bodies = [history.usage(history.NOON, {"a": (1, 2, 3)}, kind) for kind, _ in KINDS]
            history.record(store, *bodies, history.workers(history.NOON), history.performance(history.NOON))
        told = terminal.run(*asked, "--format", form)
        assert (told.code, told.err) == (0, "")
        if form == "json":
            assert told.body["returned_count"] > 0
            assert told.body["unknown"] == []
        elif form == "csv":
            assert told.rows
        else:
            assert len(told.out.splitlines()) > 1
        assert told.out.endswith("\n")

    def test_a_table_is_what_is_written_when_nothing_is_said(self, terminal: Terminal) -> None:
        assert terminal.run("audit", IMAGE).out == terminal.run("audit", IMAGE, "--format", "table").out

    def test_a_table_has_a_line_a_row_and_no_line_too_many(self, terminal: Terminal) -> None:
        lines = terminal.run("unlisted", TEXT).out.splitlines()
        assert len(lines) == 1 + 3
        assert lines[0].split()[:3] == ["name", "usage_day", "usage_month"]

    def test_the_table_of_the_audit_tells_the_reasons(self, terminal: Terminal) -> None:
        told = terminal.run("audit", IMAGE).out
        header, worst, *_ = told.splitlines()
        assert header.split() == [
            "name", "severity", "usage_month", "share_month", "threads", "workers", "size", "age", "reasons",
        ]  # fmt: skip
        assert worst.split()[:3] == ["Flux.1-Schnell", "critical", "0"]
        assert "0 workers serve it" in worst

    def test_statistics_are_a_table_of_figures(self, terminal: Terminal) -> None:
        told = [line.rsplit(None, 1) for line in terminal.run("statistics", IMAGE).out.splitlines()]
        figures = {line[0].strip(): line[-1] for line in told}
        assert figures["catalogue models"] == "3"
        assert figures["coverage served"] == "2"
        assert figures["concentration month requests"] == "4300"

    def test_what_is_unknown_says_so_in_a_table(self, terminal: Terminal, horde_server: HordeServer) -> None:
        horde_server.answer("/v2/stats/img/models", status=404)
        told = terminal.run("with-stats", IMAGE)
        assert all("n/a" in line for line in told.out.splitlines()[1:])

    def test_a_table_without_rows_says_so(self, terminal: Terminal) -> None:
        told = terminal.run("audit", IMAGE, "--search", "no such name")
        assert (told.code, told.out) == (0, "no rows\n")


class TestParameters:
    def test_they_are_those_of_the_routes(self, terminal: Terminal) -> None:
        told = terminal.run("audit", IMAGE, "--preset", "Host issues", "--flag-not", "low usage", "--format=json")
        assert [row["name"] for row in told.body["models"]] == ["AlbedoBase XL (SDXL)"]
        assert told.body["thresholds"]["grace_days"] == 30
        told = terminal.run(
            "audit", IMAGE, "--grace-days", "0", "--severity=critical", "--severity=none", "--format=json"
        )
        assert told.body["thresholds"]["grace_days"] == 0
        assert [row["severity"] for row in told.body["models"]] == ["critical", "none"]

    def test_groups_of_text_models(self, terminal: Terminal) -> None:
        told = terminal.run("audit", TEXT, "--group", "By family", "--format=json")
        assert {row["name"] for row in told.body["models"]} == {"Mistral", "Cydonia", "Stheno"}

    def test_order_pages_and_parts(self, terminal: Terminal) -> None:
        asked = ("--sort-by=usage_month", "--sort-desc", "--limit=1", "--include-workers", "--format=json")
        told = terminal.run("with-stats", TEXT, *asked).body
        assert (told["total_count"], told["returned_count"]) == (3, 1)
        assert told["models"][0]["name"] == "mistralai/Mistral-7B-Instruct-v0.3"
        assert len(told["models"][0]["worker_summaries"]) == 2
        assert "backend_variations" not in told["models"][0]
        told = terminal.run("unlisted", TEXT, "--no-sort-desc", "--format=json").body
        assert [row["usage_stats"]["month"] for row in told["models"]] == [0, 10, 100]

    def test_a_name_in_one_category(self, terminal: Terminal) -> None:
        told = terminal.run(*RESOLVE, "--category", TEXT, "--format=json").body
        assert [row["model"] for row in told["resolutions"]] == ["TheDrummer/Cydonia-24B-v4.1"]

    @pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
    def test_help_tells_every_parameter(self, capsys: pytest.CaptureFixture[str], endpoint: Any) -> None:
        with pytest.raises(SystemExit) as ended:
            main([endpoint.name, "--help"])
        assert ended.value.code == 0
        told = capsys.readouterr().out
        parameters = {name for kind, _ in KINDS for name in endpoint.query(kind).model_fields}
        assert [name for name in parameters if f"--{name.replace('_', '-')}" not in told] == []


class TestRefusals:
    @pytest.mark.parametrize(
        ("arguments", "named"),
        [
            (["audit", IMAGE, "--preset", "nonsense"], ["preset='nonsense'", "'deletion_candidates'"]),
            (["audit", IMAGE, "--group", "family"], ["'group' is no parameter here"]),
            (["audit", TEXT, "--size-from", "4"], ["'size_from' is no parameter here"]),
            (["with-stats", IMAGE, "--limit", "0"], ["limit='0'", "greater than or equal to 1"]),
            (["with-stats", IMAGE, "--sort-by", "size"], ["sort_by='size'", "'eta'"]),
            (["resolve", "--name", "x", "--category", "image"], ["category='image'", TEXT]),
        ],
    )
    def test_a_value_that_is_not_allowed_is_named_with_what_is(
        self, terminal: Terminal, horde_server: HordeServer, arguments: list[str], named: list[str]
    ) -> None:
        told = terminal.run(*arguments)
        assert (told.code, told.out) == (NOT_UNDERSTOOD, "") == (2, "")
        assert [part for part in named if part not in told.err] == []
        assert "Traceback" not in told.err
        assert horde_server.requests.total() == 0

    @pytest.mark.parametrize(
        ("arguments", "named"),
        [
            ([], "question"),
            (["nonsense"], "nonsense"),
            (["audit"], "category"),
            (["audit", "image"], TEXT),
            (["audit", IMAGE, "--no-such-thing"], "--no-such-thing"),
            (["audit", IMAGE, "--format", "xml"], "csv"),
            (["statistics", IMAGE, "--format", "csv"], "csv"),
            (["resolve"], "--name"),
        ],
    )
    def test_an_unknown_command_is_refused_before_any_request(
        self, terminal: Terminal, horde_server: HordeServer, arguments: list[str], named: str
    ) -> None:
        assert named in terminal.refused(*arguments)
        assert horde_server.requests.total() == 0

    def test_a_setting_that_is_not_allowed_is_named(self, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HORDE_API_TIMEOUT", "soon")
        told = terminal.run("sources")
        assert (told.code, told.out) == (NOT_UNDERSTOOD, "")
        assert "HORDE_API_TIMEOUT='soon' is not allowed" in told.err
        assert len(told.err.splitlines()) == 1


class TestUnavailable:
    @pytest.mark.parametrize("form", ["table", "json", "csv"])
    def test_what_is_unavailable_is_named_and_what_can_be_told_is(
        self, terminal: Terminal, horde_server: HordeServer, form: str
    ) -> None:
        horde_server.answer("/v2/stats/img/models", status=404)
        told = terminal.run("audit", IMAGE, "--format", form)
        assert told.code == UNAVAILABLE == 3
        assert "usage:image" in told.err
        assert "workers" not in told.err
        assert "Flux.1-Schnell" in told.out

    def test_nothing_but_figures_is_written_where_a_program_reads(
        self, terminal: Terminal, horde_server: HordeServer
    ) -> None:
        horde_server.answer("/v2/stats/img/models", status=404)
        assert terminal.run("with-stats", IMAGE, "--format=json").body["unknown"] == ["usage:image"]
        rows = terminal.run("with-stats", IMAGE, "--format=csv").rows
        assert [row["usage_month"] for row in rows] == ["", "", ""]

    def test_a_source_that_the_question_does_not_need_does_not_matter(
        self, terminal: Terminal, horde_server: HordeServer
    ) -> None:
        horde_server.answer("/v2/stats/img/models", status=404)
        horde_server.answer("/model_mod_data.json", status=404)
        for asked in (["with-stats", TEXT], ["audit", TEXT], RESOLVE):
            assert terminal.run(*asked).code == 0, asked
        assert "ages" in terminal.run("audit", IMAGE).err

    def test_without_a_horde_everything_is_unavailable(self, terminal: Terminal, horde_server: HordeServer) -> None:
        horde_server.stop()
        told = terminal.run("statistics", IMAGE, "--format=json")
        assert told.code == UNAVAILABLE
        assert told.body["unknown"] == ["status:image", "usage:image", "workers", "reference:image"]
        assert told.body["statistics"]["catalogue"] is None
        assert "Traceback" not in told.err


class TestNames:
    @pytest.mark.parametrize("question", ["unlisted", "resolve"])
    def test_a_name_with_a_line_break_stays_on_its_line(self, terminal: Terminal, question: str) -> None:
        asked = ["unlisted", TEXT] if question == "unlisted" else ["resolve", "--name", HTML_NAME]
        told = terminal.run(*asked)
        assert told.code == 0
        assert all(character.isprintable() or character == "\n" for character in told.out)
        assert len(told.out.splitlines()) == 1 + (3 if question == "unlisted" else 2)

    def test_a_name_that_moves_the_cursor_is_only_text(self, terminal: Terminal, horde_server: HordeServer) -> None:
        name = "\x1b[2J\x1b]0;owned\x07\u202eevil\r\x00"
        usage = {period: {name: 1} for period in ("day", "month", "total")}
        horde_server.answer("/v2/stats/text/models", usage)
        told = terminal.run("unlisted", TEXT)
        assert "owned" in told.out
        assert all(character.isprintable() or character == "\n" for character in told.out)

    def test_a_long_name_is_cut_in_a_table_and_whole_elsewhere(
        self, terminal: Terminal, horde_server: HordeServer
    ) -> None:
        name = "x" * 500
        horde_server.answer("/v2/stats/text/models", {period: {name: 1} for period in ("day", "month", "total")})
        table = terminal.run("unlisted", TEXT).out
        assert f"{'x' * (WIDEST_CELL - 1)}…" in table
        assert "x" * WIDEST_CELL not in table
        assert name in [row["name"] for row in terminal.run("unlisted", TEXT, "--format=csv").rows]

    def test_a_formula_is_guarded_in_a_file_and_itself_in_json(self, terminal: Terminal) -> None:
        names = [row["name"] for row in terminal.run("unlisted", TEXT, "--format=csv").rows]
        assert names == [HTML_NAME, f"'{FORMULA_NAME}", ""]
        body = terminal.run("unlisted", TEXT, "--format=json").body
        assert [row["name"] for row in body["models"]] == [HTML_NAME, FORMULA_NAME, ""]


class TestProcess:
    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith("HORDE_")}
        return subprocess.run(
            [sys.executable, "-W", "error", "-m", "horde_core", *arguments],
            env={**own, "PYTHONPATH": str(REPOSITORY), "PYTHONIOENCODING": "utf-8", **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def test_it_answers_without_a_server_and_without_a_horde(self) -> None:
        told = self.run("audit", IMAGE, "--preset", "critical", "--format", "json", HORDE_SOURCE="demo")
        assert (told.returncode, told.stderr) == (0, "")
        body = json.loads(told.stdout)
        assert body["simulated"] is True
        assert body["total_count"] == len(body["models"]) > 0

    def test_the_exit_code_is_that_of_the_answer(self, settings: dict[str, str], horde_server: HordeServer) -> None:
        horde_server.answer("/v2/workers", status=404)
        told = self.run("with-stats", TEXT, **settings)
        assert told.returncode == UNAVAILABLE
        assert "Unavailable" in told.stderr
        assert "workers" in told.stderr
        assert self.run("with-stats", TEXT, "--limit=0", **settings).returncode == NOT_UNDERSTOOD


def test_an_answer_that_cannot_be_written_is_said_in_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "horde_core", "resolve", "--name", "x"],
            env={**os.environ, "HORDE_SOURCE": "demo", "PYTHONPATH": str(REPOSITORY)},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert (ended.returncode, ended.stderr) == (1, "The answer could not be written: No space left on device.\n")


def test_a_terminal_that_knows_ascii_only_gets_the_rest_escaped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HORDE_SOURCE", "demo")
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
    assert main(["audit", "text_generation", "--limit", "3"]) == 0
    assert b"\\u2026" in written.getvalue()
