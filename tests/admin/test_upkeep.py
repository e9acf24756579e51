"""The operator sees how far everything has read, what waits, whether the log is sound, and what is set: no secret among it."""

import re
import threading
from collections.abc import Generator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import insert, inspect, select, update

import migrations
from admin.schema import chores as chores_table
from admin.schema import rebuilds
from eventstore.engine import open_engine
from eventstore.event import microseconds
from eventstore.schema import projections as kept
from eventstore.subscription import Fenced
from service import actors, chores, rebuilding, wiring
from service.doctor import SOUND, examined
from service.settings import for_the_demo
from service.standing import HIDDEN, look, settings_shown
from service.wiring import ROOF
from tests.admin.office import KEYS, Office, opened
from tests.databases import postgres_database
from tests.faults.instances import until
from webhooks import health
from webhooks.endpoint import Wanted
from webhooks.health import Beat


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Generator[Office]:
    with opened(tmp_path_factory.mktemp("upkeep"), webhook_networks="127.0.0.0/8", webhook_plain=True) as found:
        found.follow()
        yield found


@pytest.mark.parametrize("who", ["operator", "auditor"])
def test_operator_and_auditor_see_it_and_nobody_else(fresh: Office, who: str) -> None:
    page = fresh.page(who, "/upkeep")
    for word in ("log_index", "letters", "applications", "VERMILION_MODE", "Asia/Shanghai"):
        assert word in page
    assert fresh.browser("lead").get("/upkeep").status_code == 403
    assert "Settings in force" in fresh.page(who, "/upkeep", language="en")


def test_no_secret_is_shown(fresh: Office) -> None:
    page = fresh.page("operator", "/upkeep")
    assert next(iter(KEYS.values())) not in page
    shown = dict(settings_shown(fresh.house.settings))
    assert {name for name, value in shown.items() if value == HIDDEN} >= {
        "VERMILION_MASTER_KEY", "VERMILION_SESSION_KEY", "VERMILION_CHECKPOINT_KEY", "VERMILION_SMTP_URL",
        "VERMILION_DATABASE_URL",
    }  # fmt: skip


def test_what_lags_is_told(fresh: Office) -> None:
    fresh.house.hooks.listener.follow()
    fresh.house.handling.catch_up()
    seen = fresh.house.store.head_position()
    fresh.played.open()
    assert {one.name: one.lag for one in look(fresh.house).cursors} == {"letters": 1, "log_index": 1, "parcels": 1}
    [tallies] = [one for one in look(fresh.house).projections if one.name == "tallies" and one.state == "live"]
    assert tallies.lag == fresh.house.store.head_position() - seen
    fresh.follow()
    fresh.house.hooks.listener.follow()
    fresh.house.handling.catch_up()
    assert {one.lag for one in look(fresh.house).cursors} == {0}
    assert {one.lag for one in look(fresh.house).projections} == {None, 0}


def test_the_last_verification_stands_there_and_a_bad_one_is_an_alarm(fresh: Office, tmp_path: Path) -> None:
    fresh.house.proofs.found("verify", sound=True, size=12)
    assert "上次核验" in fresh.page("operator", "/upkeep")
    fresh.house.proofs.found("verify", sound=False, size=12, position=7, said="edited")
    page = fresh.page("auditor", "/history")
    assert "第一个有问题的位置：7" in page


def press(office: Office, who: str, projection: str) -> int:
    browser = office.browser(who)
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/upkeep").text)
    fields = {"csrf_token": token[1] if token else "", "projection": projection}
    answer = browser.post("/upkeep/rebuilds", data=fields, headers={"Sec-Fetch-Site": "same-origin"})
    return answer.status_code


def one_of(office: Office, projection: str) -> rebuilding.Asked:
    [found] = [one for one in look(office.house).rebuilds if one.projection == projection]
    return found


def test_a_table_is_built_anew_at_a_button_and_what_differs_is_mended(fresh: Office) -> None:
    fresh.played.open()
    table = next(name for name in inspect(fresh.house.engine).get_table_names() if name.startswith("applications_r"))
    with fresh.house.engine.begin() as db:
        db.exec_driver_sql(f'DELETE FROM "{table}"')
    assert press(fresh, "operator", "applications") == 303
    assert "等后台来建" in fresh.page("operator", "/upkeep")
    assert rebuilding.work(fresh.house) == 1
    assert one_of(fresh, "applications").found == "mended"
    assert "重建完，不符的已换上" in fresh.page("operator", "/upkeep")
    assert press(fresh, "operator", "applications") == 303
    assert rebuilding.work(fresh.house) == 1
    assert one_of(fresh, "applications").found == "equal"
    assert "same as the log" in fresh.page("operator", "/upkeep", language="en")


def test_asked_twice_it_is_built_once_and_a_worker_that_died_is_followed_by_another(fresh: Office) -> None:
    assert [press(fresh, "operator", "directory") for _ in range(3)] == [303] * 3
    assert [one.projection for one in look(fresh.house).rebuilds if not one.found] == ["directory"]
    with fresh.house.engine.begin() as db:
        now = microseconds(fresh.house.wall.now(db))
        db.execute(update(rebuilds).where(rebuilds.c.projection == "directory").values(began_at=now, seen_at=now))
    assert not rebuilding.waits(fresh.house)
    assert rebuilding.work(fresh.house) == 0, "somebody builds it"
    with fresh.house.engine.begin() as db:
        silent = now - 3 * 60 * 1_000_000
        db.execute(update(rebuilds).where(rebuilds.c.projection == "directory").values(seen_at=silent))
    assert rebuilding.waits(fresh.house)
    assert rebuilding.work(fresh.house) == 1
    assert one_of(fresh, "directory").percent == 100


def test_whoever_was_silent_for_too_long_finds_the_claim_gone(fresh: Office) -> None:
    """A worker that only slept says nothing over the one that took its place."""
    house = fresh.house
    assert press(fresh, "operator", "papers") == 303
    first = rebuilding._claim(house)
    assert first is not None
    with house.engine.begin() as db:
        db.execute(update(rebuilds).where(rebuilds.c.projection == "papers").values(seen_at=0))
    second = rebuilding._claim(house)
    assert second is not None
    assert second.began_at > first.began_at
    with pytest.raises(Fenced):
        rebuilding._seen(house, first, 5, 10)
    rebuilding._end(house, first, "failed", "HistoryBroken")
    assert one_of(fresh, "papers").stage == "building"
    rebuilding._end(house, second, "equal", "")
    assert one_of(fresh, "papers").stage == "equal"


def test_while_two_tables_are_compared_the_claim_is_renewed(fresh: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    house = fresh.house
    monkeypatch.setattr(rebuilding, "RENEWED", timedelta(milliseconds=10))
    assert press(fresh, "operator", "papers") == 303
    claim = rebuilding._claim(house)
    assert claim is not None
    with house.engine.begin() as db:
        db.execute(update(rebuilds).where(rebuilds.c.projection == "papers").values(seen_at=0))

    def seen() -> int:
        with house.store.reading() as db:
            return int(db.scalar(select(rebuilds.c.seen_at).where(rebuilds.c.projection == "papers")) or 0)

    with rebuilding._renewed(house, claim):
        until(lambda: seen() > 0, "it is renewed")
    rebuilding._end(house, claim, "equal", "")


def test_another_releases_table_is_not_built_anew(fresh: Office) -> None:
    """Building the revision of this program would set it live, and turn away whoever runs the newer one."""
    house, papers = fresh.house, kept.c.name == "papers"
    assert press(fresh, "operator", "papers") == 303
    with house.engine.begin() as db:
        db.execute(update(kept).where(papers).values(revision=99))
    assert press(fresh, "operator", "papers") == 409
    assert not rebuilding.waits(house)
    assert rebuilding.work(house) == 0
    with house.engine.begin() as db:
        db.execute(update(kept).where(papers).values(revision=1))
    assert rebuilding.work(house) == 1


def test_two_workers_may_note_the_same_chore_at_once(tmp_path: Path) -> None:
    with postgres_database() as url:
        house = wiring.build(
            for_the_demo(tmp_path, base_url="http://localhost", smtp_url="smtp://127.0.0.1:1", database_url=url)
        )
        migrations.upgrade(house.engine)
        faults: list[Exception] = []

        def note() -> None:
            try:
                chores.note(house, "tick", 2.0, "")
            except Exception as fault:
                faults.append(fault)

        def waits() -> bool:
            with house.engine.connect() as db:
                return bool(db.exec_driver_sql("SELECT count(*) FROM pg_locks WHERE NOT granted").scalar())

        with house.engine.begin() as db:
            db.execute(insert(chores_table).values(name="tick", at=1, took_us=1, said=""))
            other = threading.Thread(target=note)
            other.start()
            until(waits, "the other waits for the row")
        other.join()
        assert faults == []
        with house.store.reading() as db:
            assert [one.took_ms for one in chores.listed(db)] == [2000.0]
        house.close()


def test_nobody_else_builds_and_what_is_not_there_is_not_found(fresh: Office) -> None:
    assert press(fresh, "operator", "nothing") == 404
    for who in ("auditor", "lead", "editor"):
        answer = fresh.browser(who).post("/upkeep/rebuilds", data={}, headers={"Sec-Fetch-Site": "same-origin"})
        assert answer.status_code in {400, 403}
    assert 'action="/upkeep/rebuilds"' not in fresh.page("auditor", "/upkeep")


def test_the_scheduler_tells_when_it_last_rang_and_what_failed(fresh: Office) -> None:
    def fails() -> None:
        raise ValueError("no")

    actors.ring(fresh.house, [fails, lambda: None])
    [tick] = look(fresh.house).chores
    assert tick.name == chores.TICK
    assert "fails" in tick.said
    actors.ring(fresh.house, [lambda: None])
    assert look(fresh.house).chores[0].said == ""
    assert "上次巡检" in fresh.page("operator", "/upkeep")


def test_a_follower_that_fails_is_noted_with_the_tick(tmp_path: Path) -> None:
    """A folder for signed heads that is none: each wake-up tells it, and so does the round of the clock."""
    nowhere = tmp_path / "heads"
    nowhere.touch()
    with opened(tmp_path, checkpoints=nowhere) as found:
        found.played.open()
        found.actors.tick.fn()
        [tick] = look(found.house).chores
        assert "keep" in tick.said


def test_the_tables_of_the_migration_are_the_tables_of_the_room(fresh: Office) -> None:
    found = inspect(fresh.house.engine)
    for table in (rebuilds, chores_table):
        assert {column["name"] for column in found.get_columns(table.name)} == {column.name for column in table.columns}


def test_every_finding_of_the_doctor_that_is_not_sound_says_one_command_that_mends_it(fresh: Office) -> None:
    found = examined(fresh.house)
    for finding in found:
        assert finding.grade == SOUND or finding.mend, finding
    broken = replace(fresh.house, engine=open_engine("sqlite:////nowhere/x.db"))
    for finding in examined(broken, at_once=True):
        assert finding.grade == SOUND or finding.mend, finding


def test_the_page_waits_for_nobody_on_the_network(fresh: Office) -> None:
    far = {"clamd": "192.0.2.1:3310", "s3_bucket": "far", "s3_endpoint": "http://192.0.2.1"}
    house = replace(fresh.house, settings=fresh.house.settings.model_copy(update=far))
    left_out = {"查毒 virus scanner", "文件夹 files", "邮件 mail", "代理 broker", "历史 history"}
    assert {one.what for one in examined(fresh.house)} >= left_out
    assert not {one.what for one in examined(house, at_once=True)} & left_out


def test_the_operator_holds_everything_and_releases_it_on_the_page(fresh: Office) -> None:
    """Two buttons and what they mean; the auditor sees that it is held, and has neither."""
    hold = partial(_pressed, fresh, "operator", "/upkeep/hold")
    release = partial(_pressed, fresh, what="withhold", path="/upkeep/release")
    assert hold() == 303
    assert fresh.house.holding.standing() is not None
    assert "什么也不发" in fresh.page("auditor", "/upkeep")
    assert "/upkeep/release" not in fresh.page("auditor", "/upkeep")
    assert release(who="auditor") == 403
    assert fresh.house.holding.standing() is not None
    assert "照发的，收信人可能收到第二封" in fresh.page("operator", "/upkeep")
    for slip in ("", "sned"):
        assert _pressed(fresh, "operator", "/upkeep/release", slip) == 422
        assert fresh.house.holding.standing() is not None, "what is withheld is withheld for good"
    assert release(who="operator") == 303
    assert fresh.house.holding.standing() is None


def _pressed(office: Office, who: str, path: str, what: str = "") -> int:
    browser = office.browser(who)
    token = re.search(
        r'name="csrf_token" value="([^"]+)"', browser.get("/letters" if who == "auditor" else "/upkeep").text
    )
    data = {"what": what, "csrf_token": token[1] if token else ""}
    return browser.post(path, data=data, headers={"Sec-Fetch-Site": "same-origin"}).status_code


def test_every_endpoint_stands_there_with_its_health_the_worst_first(fresh: Office) -> None:
    house, made = fresh.house, list[str]()
    for name in ("平静", "失败"):
        one = house.hooks.register.create(
            ROOF, house.as_roof(), Wanted(name=name), kind="standard", owner="province:43", url="http://127.0.0.1:9/x"
        )
        made.append(one.id)
    with house.store.begin() as db:
        health.note(db, {made[1]: [Beat(well=False)]}, house.wall.now(db))
    assert [(one.name, one.failures) for one in look(house).endpoints] == [("失败", 1), ("平静", 0)]
    assert "连续失败 1 次" in fresh.page("operator", "/upkeep")
    assert "1 failures in a row" in fresh.page("auditor", "/upkeep", language="en")
