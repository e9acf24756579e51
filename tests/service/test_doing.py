"""Any command from the command line, as the person whose token it is: the same rights, the same rules, the same record."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from service.cli import cli
from service.demo import staged
from service.paper import pdf
from workflow.api.wishes import WISHES

Ask = Callable[..., Result]
OPEN = {"call": "hn-2025", "direction": "L-V", "unit": "91430104MAXTE5T16B", "project_name": "运维大模型"}


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """A command as somebody of the played world, over a running service, on the third of November."""
    tmp_path = tmp_path_factory.mktemp("doing")
    with staged(tmp_path / "world", tick_s=600) as (run, tokens):
        client = run.client()
        client.call("setClock", {"now": "2025-11-03T10:00:00+08:00"}, token=tokens["operator"])
        client.close()

        def command(who: str, *words: str, stdin: str = "") -> Result:
            (tmp_path / "token").write_text(tokens[who])
            given = [*words, "--base-url", run.url, "--token", str(tmp_path / "token")]
            return CliRunner().invoke(cli, given, input=stdin)

        yield command


def opened(ask: Ask) -> str:
    made = ask("editor", "do", "openApplication", "--with", "-", "--json", stdin=json.dumps(OPEN))
    assert made.exit_code == 0, made.output
    return str(json.loads(made.output)["number"])


def test_a_draft_is_begun_written_and_given_its_file_and_it_is_that_persons(ask: Ask, tmp_path: Path) -> None:
    number = opened(ask)
    answers = json.dumps({"project_name": "运维大模型二期"})
    saved = ask(
        "editor", "do", "saveSection", "--application", number, "--set", "section=cover", "--set", f"answers={answers}"
    )
    assert saved.exit_code == 0, saved.output
    assert "application.section_saved" in saved.output
    (tmp_path / "执照.pdf").write_bytes(pdf("licence"))
    put = ask(
        "editor",
        "do",
        "attachFile",
        "--application",
        number,
        "--set",
        "slot=L-1",
        "--attach",
        f"file={tmp_path / '执照.pdf'}",
    )
    assert put.exit_code == 0, put.output
    told = ask("editor", "do", "getHistory", "--application", number, "--json")
    assert {one["actor"] for one in json.loads(told.output)["events"]} == {"林婉清"}


def test_a_rule_refuses_with_every_reason_and_ends_with_one(ask: Ask) -> None:
    number = opened(ask)
    refused = ask("admin", "do", "seal", "--application", number)
    assert refused.exit_code == 1
    assert "MISSING_COMMITMENT" in refused.output
    assert "REQUIRED" in refused.output


def test_a_dry_run_says_what_stands_in_the_way_and_does_nothing(ask: Ask) -> None:
    number = opened(ask)
    before = ask("editor", "do", "getHistory", "--application", number, "--json").output
    foreseen = ask("admin", "do", "seal", "--application", number, "--dry-run")
    assert foreseen.exit_code == 1
    assert "MISSING_COMMITMENT" in foreseen.output
    open_ = ask("editor", "do", "saveSection", "--application", number, "--dry-run")
    assert (open_.exit_code, "可以办" in open_.output) == (0, True)
    assert ask("editor", "do", "getHistory", "--application", number, "--json").output == before


def test_what_somebody_may_do_is_listed_with_its_operation_and_the_reasons_against_it(ask: Ask) -> None:
    number = opened(ask)
    listed = ask("admin", "actions", number)
    assert listed.exit_code == 0
    assert "✗ seal" in listed.output
    assert "✓ save                 saveSection" in listed.output
    assert "MISSING_COMMITMENT" in listed.output


def test_an_answer_that_is_a_file_is_kept_where_it_is_asked_for(ask: Ask, tmp_path: Path) -> None:
    number, kept = opened(ask), tmp_path / "figures.xlsx"
    shown = ask("editor", "do", "getFigures", "--application", number, "--json")
    assert (shown.exit_code, shown.stdout) == (0, "")
    assert "--out" in shown.stderr
    assert "null" not in shown.output
    taken = ask("editor", "do", "getFigures", "--application", number, "--out", str(kept))
    assert (taken.exit_code, taken.output) == (0, "")
    assert kept.read_bytes().startswith(b"PK")
    nowhere = ask("editor", "do", "getFigures", "--application", number, "--out", str(tmp_path / "no" / "such"))
    assert (nowhere.exit_code, "could not be kept" in nowhere.stderr) == (2, True), "1 is for what the rules refuse"
    refused = ask("yuhua-head", "do", "getFigures", "--application", number, "--out", str(tmp_path / "none.xlsx"))
    assert refused.exit_code != 0
    assert not (tmp_path / "none.xlsx").exists(), "nothing is kept of what was not given"


def test_nobody_gets_further_than_by_the_api_not_even_the_operator(ask: Ask) -> None:
    number = opened(ask)
    assert ask("operator", "do", "seal", "--application", number).exit_code == 2
    assert ask("yuelu-head", "do", "recommend", "--application", number).exit_code == 2
    listed = json.loads(ask("editor", "do", "listApplications", "--json").output)["items"]
    stranger = ask("operator", "do", "seal", "--application", listed[0]["id"])
    assert (stranger.exit_code, "ROLE_FORBIDDEN" in stranger.output) == (2, True)


def test_the_same_key_acts_once(ask: Ask) -> None:
    given = ("do", "openApplication", "--with", "-", "--key", "begin-once", "--json")
    first, again = (ask("editor", *given, stdin=json.dumps(OPEN)).output for _ in range(2))
    assert json.loads(first)["id"] == json.loads(again)["id"]


def test_every_command_of_the_lifecycle_is_there_and_a_word_that_is_none_is_told(ask: Ask) -> None:
    listed = {line.split()[0] for line in ask("editor", "do").output.splitlines() if line}
    assert {wish.id for wish in WISHES} <= listed
    assert ask("editor", "do", "sealEverything").exit_code == 2
    assert ask("editor", "do", "saveSection", "--with", "-", stdin="[1]").exit_code == 2
