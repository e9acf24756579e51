"""A house is set up from the command line alone: database, bureaus, units, people, a call; and it says what it refuses."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from notifications.words import kinds
from service.cli import cli
from service.settings import fresh_key

Run = Callable[..., Result]
UNIT = "91430104MAXTE5T16B"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a command in a production house of its own, whose tables stand."""
    key = fresh_key()
    environment = {
        "VERMILION_DATABASE_URL": f"sqlite:///{tmp_path / 'vermilion.db'}",
        "VERMILION_SMTP_URL": "smtp://127.0.0.1:2525",
        "VERMILION_MAIL_FROM": "no-reply@example.cn",
        "VERMILION_BASE_URL": "https://vermilion.example.cn",
        "VERMILION_FILES": str(tmp_path / "files"),
        **{f"VERMILION_{name}_KEY": key for name in ("MASTER", "SESSION", "CHECKPOINT")},
    }

    def command(*words: str) -> Result:
        return CliRunner(env=environment).invoke(cli, words)

    assert command("db", "upgrade").exit_code == 0
    return command


def test_bureaus_units_and_their_people_are_registered(run: Run) -> None:
    assert run("directory", "bureaus", "43").exit_code == 0
    registered = run(
        "directory", "unit", UNIT, "湖南岳麓智模科技有限公司", "--county", "430104", "--registered-on", "2021-06-18"
    )
    assert "已登记" in registered.output
    person = run(
        "people", "add", "wang@example.cn", "王芳", "--grant", f"unit.admin@{UNIT}", "--grant", "bureau.head@430104"
    )
    assert person.exit_code == 0, person.output
    assert f"unit.admin@{UNIT}" in run("people", "list").output
    assert run("people", "link", "wang@example.cn").output.startswith("https://vermilion.example.cn/sign-in/")
    assert run("people", "sign-out", "wang@example.cn").output == "结束 · ended: 0\n"
    assert run("people", "sign-out", "nobody@example.cn").exit_code == 1


def test_registering_again_changes_nothing(run: Run) -> None:
    run("directory", "bureaus", "43")
    assert "新登记 0 个" in run("directory", "bureaus", "43").output


def test_a_packaged_call_is_published_by_its_id_once(run: Run) -> None:
    assert "已发布" in run("calls", "publish", "hn-2025").output
    assert "已在" in run("calls", "publish", "hn-2025").output
    assert "hn-2025" in run("calls", "list").output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("calls", "publish", "hn-1999"), "hn-2025"),
        (("directory", "bureaus", "99"), "99"),
        (("directory", "bureaus", "430100"), "430100"),
        (
            ("directory", "unit", "91430104MAXTE5T16C", "甲", "--county", "430104", "--registered-on", "2021-06-18"),
            "校验",
        ),
        (("directory", "unit", UNIT, "甲", "--county", "4301", "--registered-on", "2021-06-18"), "行政区划"),
        (("people", "add", "wang@example.cn", "王芳", "--grant", "bureau.head@430104"), "430104"),
    ],
)
def test_what_cannot_be_done_is_said_and_ends_with_one(run: Run, words: tuple[str, ...], said: str) -> None:
    refused = run(*words)
    assert refused.exit_code == 1
    assert said in refused.output


def test_the_book_of_a_new_house_is_verified_against_a_checkpoint_kept_outside(run: Run, tmp_path: Path) -> None:
    run("calls", "publish", "hn-2025")
    note = str(tmp_path / "checkpoint.txt")
    assert run("checkpoint", "--out", note).exit_code == 0
    run("directory", "bureaus", "43")
    assert run("verify", "--checkpoint", note).exit_code == 0
    assert run("rebuild", "--compare").exit_code == 0


def test_every_missing_setting_is_named_at_once() -> None:
    told = CliRunner(env={"VERMILION_DATABASE_URL": ""}).invoke(cli, ["doctor"])
    assert told.exit_code == 2
    assert "VERMILION_MASTER_KEY" in told.output
    assert "VERMILION_BASE_URL" in told.output


def test_what_letters_say_is_listed_tried_and_checked_from_the_command_line(run: Run, tmp_path: Path) -> None:
    listed = run("letters", "texts")
    assert listed.exit_code == 0, listed.output
    assert len(listed.output.splitlines()) == len(kinds())
    assert "awarded" in listed.output
    shown = run("letters", "preview", "awarded", "--reader", "en")
    assert "Subject: [已立项] HN-AI-2025-0001 申报已立项" in shown.output, shown.output
    assert "was awarded" in shown.output
    assert run("letters", "preview", "awarded", "--html").output.startswith("<!DOCTYPE html>")
    text = tmp_path / "text.txt"
    text.write_text("您已立项\n{{ unit }}的 {{ number }} 立项了。\n{{ gone }}", encoding="utf-8")
    for words in (("preview", "awarded", "--file", str(text)), ("check", "awarded", "zh", str(text))):
        refused = run("letters", *words)
        assert refused.exit_code == 1
        assert "第 2 行第 4 列" in refused.output, "the second line of the body"
    assert run("letters", "check").exit_code == 0
    assert run("letters", "preview", "none").exit_code == 2
    assert "awarded.unit.whole" in run("letters", "preview", "awarded", "--sample", "x").output
    assert run("letters", "check", "awarded").exit_code == 2


def test_a_bureau_gets_a_mailbox_that_replies_go_to(run: Run) -> None:
    run("directory", "bureaus", "43")
    assert "已设置" in run("directory", "bureau-email", "430104", "gxj@yuelu.example.cn").output
    assert "没有变化" in run("directory", "bureau-email", "430104", "gxj@yuelu.example.cn").output
    assert "已设置" in run("directory", "bureau-email", "430104").output
    assert run("directory", "bureau-email", "430104", "no address").exit_code == 1
    assert "没有登记的主管部门" in run("directory", "bureau-email", "999999", "a@b.cn").output
