"""The house in trouble: a lock that somebody holds, a mail server that is away. Told as 503 or not at all, and healed after."""

import sqlite3
import time
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from directory import signin
from eventstore.rebuild import APPEND_LOCK
from tests.adversary.serving import Post, ask, peopled, serving
from tests.adversary.site import Site, fresh_draft
from tests.databases import sqlite_url
from tests.faults.instances import free_port

PATIENCE_S = 8.0
"""Five seconds of waiting, and what the rest takes on a busy machine."""


@contextmanager
def held(site: Site) -> Iterator[None]:
    """Somebody holds the write lock of the log and does nothing with it."""
    if site.house.engine.dialect.name == "sqlite":
        with closing(sqlite3.connect(site.house.engine.url.database, isolation_level=None)) as idle:
            idle.execute("BEGIN IMMEDIATE")
            yield
            idle.execute("ROLLBACK")
        return
    idler = create_engine(site.house.engine.url, poolclass=NullPool)
    with idler.connect() as idle_one:
        idle_one.exec_driver_sql(f"SELECT pg_advisory_lock({APPEND_LOCK})")
        yield


def save(site: Site, draft: object) -> tuple[int, dict[str, str], float, list[str]]:
    began = time.monotonic()
    body = {"answers": {"params_yi": "72"}}
    answer = site.ask("editor", "PUT", f"/applications/{draft}/sections/model", body)
    return answer.status, dict(answer.headers), time.monotonic() - began, answer.codes


def test_a_held_lock_is_503_with_a_time_to_come_back_and_heals(either: Site) -> None:
    draft = fresh_draft(either)
    before = either.head()
    with held(either):
        status, headers, took, codes = save(either, draft)
        assert (status, codes) == (503, ["BUSY"])
        assert 1 <= int(headers["retry-after"]) <= 60
        assert took < PATIENCE_S
        began = time.monotonic()
        for who, path in (("editor", f"/applications/{draft}"), ("clerk", "/applications"), ("", "/notices")):
            assert either.ask(who, "GET", path).status == 200, "who only reads waits for nobody"
        assert either.send("GET", "/readyz", None, {}).status in (200, 503)
        assert time.monotonic() - began < 2
    assert either.head() == before
    status, _, took, _ = save(either, draft)
    assert (status, either.head()) == (200, before + 1)
    assert took < 2


def test_a_page_is_read_though_the_session_cannot_be_noted(site: Site) -> None:
    """That somebody was here a minute ago is worth a note, not a refusal."""
    browser = site.browser()
    with site.house.store.begin() as db:
        then = site.house.wall.now(db) - timedelta(minutes=5)
        browser.cookies["sid"] = signin.open_session(db, "editor", then, "adversary")
    with held(site):
        assert browser.get("/applications").status == 200
    assert browser.get("/applications").status == 200


def test_a_form_sent_while_the_lock_is_held_says_so(site: Site) -> None:
    draft = fresh_draft(site)
    browser, path = site.browser("editor"), f"/applications/{draft}/sections/model"
    browser.visit(path)
    fields = {
        "csrf_token": browser.token(),
        "version": browser.hidden("version"),
        "command_id": browser.hidden("command_id"),
    }
    with held(site):
        answer = browser.post(path, {**fields, "params_yi": "72"})
        assert answer.status == 503
        assert int(answer.headers["retry-after"]) >= 1
        assert "没有写入" in answer.text
    assert browser.post(path, {**fields, "params_yi": "72"}).status == 303


@contextmanager
def away(site: Site) -> Iterator[None]:
    """The database takes no connection and has dropped those there were."""
    url = site.house.engine.url
    keeper = create_engine(url.set(database="postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with keeper.connect() as db:
        db.exec_driver_sql(f'ALTER DATABASE "{url.database}" ALLOW_CONNECTIONS false')
        db.exec_driver_sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (url.database,))
        try:
            yield
        finally:
            db.exec_driver_sql(f'ALTER DATABASE "{url.database}" ALLOW_CONNECTIONS true')


def test_a_database_that_is_away_is_503_and_comes_back_by_itself(postgres_site: Site) -> None:
    draft, browser = fresh_draft(postgres_site), postgres_site.browser("editor")
    before = postgres_site.head()
    with away(postgres_site):
        for _ in range(3):
            status, headers, took, codes = save(postgres_site, draft)
            assert (status, codes) == (503, ["BUSY"])
            assert int(headers["retry-after"]) >= 1
            assert took < PATIENCE_S
        for path in ("/applications", "/notices", "/sign-in", f"/applications/{draft}"):
            page = browser.get(path)
            assert page.status == 503, (path, page.status)
            assert int(page.headers["retry-after"]) >= 1
            assert "default-src 'none'" in page.headers["content-security-policy"]
        assert browser.get("/healthz").status == 200
        assert browser.get("/readyz").status == 503
    deadline = time.monotonic() + 10
    while browser.get("/applications").status != 200:
        assert time.monotonic() < deadline
    assert save(postgres_site, draft)[0] == 200
    assert postgres_site.head() == before + 1


@pytest.fixture
def post() -> Generator[Post]:
    made = Post(port=free_port())
    yield made
    made.close()


def test_while_the_mail_server_is_away_everything_goes_on_and_letters_come_later(tmp_path: Path, post: Post) -> None:
    with peopled(sqlite_url(tmp_path), tmp_path, post.port) as world:
        sealed = [world.sealed(number) for number in range(1, 11)]
        with serving(world.settings) as server:
            times: list[float] = []
            for number, application in enumerate(sealed):
                began = time.monotonic()
                answer = ask(
                    server.port, world.tokens["admin"], "POST", f"/applications/{application}/recall", {}, f"k{number}"
                )
                times.append(time.monotonic() - began)
                assert answer is not None
                assert answer[0] == 200, answer
            assert max(times) < 3, times
            time.sleep(1)
        assert not post.got
        post.open()
        world.settle_the_post()
        letters = world.letters()
        assert {letter["state"] for letter in letters} == {"sent"}
        assert sorted(post.got) == sorted(letter["message_id"] for letter in letters)
        told = {letter["application_id"] for letter in letters if letter["event_type"] == "application.recalled"}
        assert told == {str(application) for application in sealed}
        world.sound()
