"""Definitions on the command line: checked, previewed, compared, published, and asked what they would have changed."""

import json
import shutil
from collections.abc import Callable, Generator
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import MetaData, create_engine, select

import migrations
import programmes
from eventstore.dispatch import Context
from eventstore.engine import open_engine, read_only
from eventstore.ids import uuid7
from programmes.catalogue import DefinitionFaulty, call_of, canonical, load
from programmes.source import read_folder
from service import publishing
from service.cli import cli
from service.settings import fresh_key
from tests.databases import postgres_database, sqlite_url
from tests.workflow.house import MASTER, OTHER_UNIT, UNIT, House
from workflow import commands as c

SHIPPED = Path(programmes.__file__).parent / "calls" / "hn-2025"
Run = Callable[..., Result]


def environment(folder: Path, url: str) -> dict[str, str]:
    key = fresh_key()
    return {
        "VERMILION_MODE": "test",
        "VERMILION_DATABASE_URL": url,
        "VERMILION_SMTP_URL": "smtp://127.0.0.1:2525",
        "VERMILION_MAIL_FROM": "no-reply@example.cn",
        "VERMILION_BASE_URL": "https://vermilion.example.cn",
        "VERMILION_FILES": str(folder / "files"),
        "VERMILION_MASTER_KEY": MASTER.hex(),
        "VERMILION_SESSION_KEY": key,
        "VERMILION_CHECKPOINT_KEY": key,
    }


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path / "hn-2025"))


def swap(folder: Path, file: str, before: str, after: str) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


def run(*words: str, **more: Any) -> Result:
    return CliRunner(env={"VERMILION_DATABASE_URL": ""}).invoke(cli, words, **more)


# -- check


def test_sound_definitions_end_with_nought(written: Path) -> None:
    told = run("calls", "check", str(written), "hn-2025", "gd-2026", str(written / "call.yaml"))
    assert told.exit_code == 0, told.output
    assert told.output.count("没有错误 · no fault") == 4


def test_every_fault_of_every_definition_is_named_with_file_and_line(written: Path) -> None:
    swap(written, "call.yaml", "panel: 5", "panle: 5")
    told = run("calls", "check", "hn-2025", str(written))
    assert told.exit_code == 1
    line = next(n for n, one in enumerate((written / "call.yaml").read_text("utf-8").splitlines(), 1) if "panle" in one)
    assert f"{written}/call.yaml:{line}: review.panle: 不认识的词“panle”，是不是“panel”？" in told.output
    assert "did you mean 'panel'?" in told.output
    assert "\x1b[" not in told.output, "no colour where nobody looks"


def test_colour_is_for_a_terminal(written: Path) -> None:
    assert "\x1b[" in run("calls", "check", str(written), color=True).output


@pytest.mark.parametrize(
    ("file", "before", "after", "meant"),
    [
        ("L/form.yaml", "max_zi: 500", "max_zii: 500", "max_zi"),
        ("L/form.yaml", "type: longtext", "type: longtxt", "longtext"),
        ("L/checks.yaml", "kind: at_least", "kind: atleast", "at_least"),
        ("L/checks.yaml", "other: revenue", "other: revenues", "revenue"),
        ("L/checks.yaml", "option: own", "option: owm", "own"),
        ("L/checks.yaml", "slot: L-7", "slot: L7", "L-7"),
        ("L/form.yaml", "{field: model_type, is: vertical}", "{field: model_type, is: vertikal}", "vertical"),
        ("call.yaml", "status: issued", "status: isued", "issued"),
        ("L/checks.yaml", "value: 8,", "valu: 8,", "value"),
    ],
)
def test_an_unknown_word_suggests_the_nearest(written: Path, file: str, before: str, after: str, meant: str) -> None:
    swap(written, file, before, after)
    told = run("calls", "check", str(written))
    assert told.exit_code == 1
    assert f"是不是“{meant}”" in told.output, told.output


def test_faults_for_programs(written: Path) -> None:
    swap(written, "call.yaml", "panel: 5", "panel: 6")
    told = run("calls", "check", "hn-2025", str(written), "--json")
    sound, faulty = json.loads(told.output)
    assert (told.exit_code, sound["sound"], sound["faults"]) == (1, True, [])
    assert [(fault["file"], fault["place"]) for fault in faulty["faults"]] == [("call.yaml", "review.panel")]
    assert set(faulty["faults"][0]) == {"file", "line", "place", "zh", "en"}


@pytest.mark.parametrize("words", [("check", "nowhere"), ("diff", "hn-2025", "nowhere"), ("preview", "nowhere")])
def test_a_definition_that_is_not_there_ends_with_two(words: tuple[str, ...]) -> None:
    told = run("calls", *words)
    assert told.exit_code == 2
    assert "gd-2026" in told.output


def test_a_folder_of_something_else_is_a_fault_not_a_crash(tmp_path: Path) -> None:
    (tmp_path / "call.yaml").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "more.yaml").symlink_to(tmp_path / "gone.yaml")
    told = run("calls", "check", str(tmp_path))
    assert told.exit_code == 1
    assert "call.yaml:1" in told.output


# -- schema, preview, diff


def test_the_schema_is_printed_and_written(tmp_path: Path) -> None:
    assert json.loads(run("calls", "schema", "programme").output)["properties"]["form"]
    assert run("calls", "schema", "--out", str(tmp_path)).exit_code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "call.schema.json",
        "definition.schema.json",
        "programme.schema.json",
    ]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(("call", "direction"), [("hn-2025", "L-G"), ("hn-2025", "P"), ("gd-2026", "B1")])
def test_a_preview_is_one_file_with_everything_an_applicant_sees(
    tmp_path: Path, call: str, direction: str, language: str
) -> None:
    page = tmp_path / "page.html"
    told = run("calls", "preview", call, "--direction", direction, "--language", language, "--out", str(page))
    assert told.exit_code == 0, told.output
    text = page.read_text(encoding="utf-8")
    definition = load(SHIPPED.parent / call)
    programme = definition.programme_of(direction)
    for word in (*programme.sections(direction), *programme.attachments, *programme.scans):
        said = word.heading if hasattr(word, "heading") else word.label
        assert f'id="{"section" if hasattr(word, "heading") else "slot"}-{word.id}"' in text
        assert (said.zh if language == "zh" else said.en).split("“")[0][:20].replace("'", "&#39;") in text
    assert programme.commitment.text.zh in text
    assert "<link" not in text
    assert "<script" not in text
    assert "src=" not in text
    assert ("盖章时" if language == "zh" else "at the seal") in text


def test_a_preview_of_a_direction_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    told = run("calls", "preview", "hn-2025", "--direction", "X", "--out", str(tmp_path / "x.html"))
    assert told.exit_code == 2
    assert "L-G, L-V" in told.output
    assert not (tmp_path / "x.html").exists()


def test_a_served_preview_shows_what_is_written_now(written: Path) -> None:
    from service.previewing import site

    client = site(written).test_client()
    assert "单位简介" in client.get("/L-V").get_data(as_text=True)
    swap(written, "L/form.yaml", "zh: 单位简介", "zh: 单位概况")
    assert "单位概况" in client.get("/L-V").get_data(as_text=True)
    assert client.get("/X").status_code == 404
    swap(written, "call.yaml", "panel: 5", "panel: 6")
    faulty = client.get("/")
    assert faulty.status_code == 422
    assert "专家组应为单数" in faulty.get_data(as_text=True)
    assert "unsafe-inline" not in faulty.headers["Content-Security-Policy"]


def test_differences_in_words_and_for_programs(written: Path) -> None:
    swap(written, "L/form.yaml", "max_zi: 500", "max_zi: 600")
    told = run("calls", "diff", str(SHIPPED), str(written))
    assert told.exit_code == 1
    assert "单位简介：上限 500 字 → 600 字" in told.output
    assert "（一）单位基本信息" in told.output
    (change,) = json.loads(run("calls", "diff", "hn-2025", str(written), "--json").output)
    assert change["kind"] == "changed"
    assert change["place"] == "programmes[L].form[unit].fields[unit_profile].max_zi"
    assert run("calls", "diff", "hn-2025", "hn-2025").exit_code == 0


# -- publish


@pytest.fixture
def house(tmp_path: Path) -> Run:
    """Commands in a house of its own whose tables stand."""
    known = environment(tmp_path, sqlite_url(tmp_path))

    def command(*words: str) -> Result:
        return CliRunner(env=known).invoke(cli, words)

    assert command("db", "upgrade").exit_code == 0
    return command


def test_a_definition_with_a_fault_cannot_be_published(house: Run, written: Path) -> None:
    swap(written, "L/checks.yaml", "other: revenue", "other: revenues")
    told = house("calls", "publish", str(written))
    assert told.exit_code == 1
    assert "L/checks.yaml:" in told.output
    assert "revenues" in told.output
    assert "hn-2025" not in house("calls", "list").output


def test_a_published_digest_can_be_compared(house: Run, written: Path) -> None:
    house("calls", "publish", str(written))
    digest = load(written).digest
    assert house("calls", "diff", digest[:12], "hn-2025").exit_code == 0
    swap(written, "call.yaml", "panel: 5", "panel: 7")
    assert "5 人 → 7 人" in house("calls", "diff", digest, str(written)).output
    assert house("calls", "diff", "0123456789ab", "hn-2025").exit_code == 2


def test_publishing_itself_refuses_a_faulty_text(tmp_path: Path, written: Path) -> None:
    """Whoever made the call: one read straight from a text that nobody checked is refused, and nothing is written."""
    swap(written, "call.yaml", "panel: 5", "panel: 6")
    faulty = call_of(canonical(read_folder(written).data))
    engine = open_engine(sqlite_url(tmp_path))
    migrations.upgrade(engine)
    house = House(engine, tmp_path / "files")
    before = house.store.head_position()
    with pytest.raises(DefinitionFaulty) as refused:
        publishing.publish(house.dispatcher, faulty, Context(actor="house", correlation_id=uuid7()))
    assert [fault.place for fault in refused.value.faults] == ["review.panel"]
    assert house.store.head_position() == before
    engine.dispose()


# -- what if


@pytest.fixture(params=["sqlite", "postgres"])
def past(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[tuple[Run, House, str]]:
    """A house with two sealed applications and a draft, and its commands."""
    if request.param == "sqlite":
        yield from _past(sqlite_url(tmp_path), tmp_path)
    else:
        with postgres_database() as url:
            yield from _past(url, tmp_path)


def _past(url: str, folder: Path) -> Generator[tuple[Run, House, str]]:
    known = environment(folder, url)

    def command(*words: str) -> Result:
        return CliRunner(env=known).invoke(cli, words)

    assert command("db", "upgrade").exit_code == 0
    assert command("calls", "publish", "hn-2025").exit_code == 0
    engine = open_engine(url)
    house = House(engine, folder / "files")
    house.sealed()
    house.sealed("wenqu-", OTHER_UNIT)
    yield command, house, url
    engine.dispose()


def contents(url: str) -> dict[str, str]:
    """Every table of the database, as one digest each."""
    engine = create_engine(url)
    tables = MetaData()
    tables.reflect(engine)
    with engine.connect() as db:
        found = {
            table.name: sha256(
                "\n".join(sorted(str(tuple(row)) for row in db.execute(select(table)))).encode()
            ).hexdigest()
            for table in tables.sorted_tables
        }
    engine.dispose()
    return found


def test_what_if_says_who_would_be_refused_by_which_rule_and_writes_nothing(
    past: tuple[Run, House, str], written: Path, tmp_path: Path
) -> None:
    command, house, url = past
    draft = house.filled()
    before = contents(url)
    unchanged = command("calls", "replay", "hn-2025", "--with", "hn-2025", "--drafts")
    assert unchanged.exit_code == 0, unchanged.output
    swap(written, "L/checks.yaml", "field: params_yi, value: 8", "field: params_yi, value: 100000")
    table = tmp_path / "cases.csv"
    told = command("calls", "replay", "hn-2025", "--with", str(written), "--csv", str(table))
    assert told.exit_code == 1, told.output
    assert "会被拒绝 · would be refused" in told.output
    assert "BELOW_MIN" in told.output
    assert "附件1 申报条件 4" in told.output
    lines = [json.loads(line) for line in command("calls", "replay", "hn-2025", "--with", str(written), "--json", "--drafts").output.splitlines()]  # fmt: skip
    *cases, summary = lines
    assert {case["outcome"] for case in cases} == {"refused"}
    assert [case["id"] for case in cases if not case["sealed"]] == [str(draft)]
    assert cases[0]["newly"][0]["params"]["limit"] == "100000"
    assert summary["judged"] == summary["refused"] == len(cases)
    assert contents(url) == before
    rows = table.read_text(encoding="utf-8-sig").splitlines()
    assert len(rows) == 1 + len([case for case in cases if case["sealed"]])
    assert "新增 newly,BELOW_MIN" in rows[1]


def test_each_is_judged_at_the_instant_of_its_own_seal(past: tuple[Run, House, str], written: Path) -> None:
    """The unit as the register knew it then, the clock as it stood then."""
    command, house, _ = past
    house.at("2026-08-01 10:00")
    swap(written, "call.yaml", "applicant_close: 2025-11-28 17:00", "applicant_close: 2025-11-20 09:59")
    swap(written, "call.yaml", "county_close: 2025-12-05 17:00", "county_close: 2025-12-05 16:00")
    told = command("calls", "replay", "hn-2025", "--with", str(written))
    assert "DEADLINE_PASSED" in told.output
    swap(written, "call.yaml", "applicant_close: 2025-11-20 09:59", "applicant_close: 2025-11-20 10:05")
    assert command("calls", "replay", "hn-2025", "--with", str(written)).exit_code == 0


def test_a_recalled_text_is_a_draft_again(past: tuple[Run, House, str], written: Path) -> None:
    command, house, _ = past
    swap(written, "L/checks.yaml", "field: params_yi, value: 8", "field: params_yi, value: 100000")
    with house.store.reading() as db:
        rows = db.exec_driver_sql("SELECT stream FROM events WHERE type = 'application.unit_sealed'").scalars().all()
    for stream in rows:
        application = house.application(stream.removeprefix("application-"))
        who = "admin" if application.lead_unit == UNIT.code else "wenqu-admin"
        house.do(who, c.Recall(application_id=UUID(application.id)))
    assert command("calls", "replay", "hn-2025", "--with", str(written)).exit_code == 0
    drafts = command("calls", "replay", "hn-2025", "--with", str(written), "--drafts")
    assert "草稿 draft" in drafts.output


def test_what_if_about_a_call_that_was_never_published(past: tuple[Run, House, str]) -> None:
    told = past[0]("calls", "replay", "hn-1999", "--with", "hn-2025")
    assert told.exit_code == 2
    assert "hn-2025" in told.output


def test_what_if_with_a_faulty_definition_says_its_faults(past: tuple[Run, House, str], written: Path) -> None:
    command, _, _ = past
    swap(written, "call.yaml", "panel: 5", "panel: 6")
    told = command("calls", "replay", "hn-2025", "--with", str(written))
    assert told.exit_code == 2
    assert "review.panel" in told.output


def test_the_connections_of_what_if_refuse_to_write(past: tuple[Run, House, str]) -> None:
    _, _, url = past
    engine = read_only(open_engine(url))
    with pytest.raises(Exception, match=r"(?i)read-?only"), engine.begin() as db:
        db.exec_driver_sql("DELETE FROM checkpoints")
    engine.dispose()


def test_cells_never_become_formulas() -> None:
    from service.replaying import _safe

    told = ("=1+1", "@x", "-2", "+3", " =1", "＝1", "甲")
    assert [_safe(cell) for cell in told] == ["'=1+1", "'@x", "'-2", "'+3", "' =1", "'＝1", "甲"]
