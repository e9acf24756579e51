"""PostgreSQL itself keeps the service from altering history: the accounts, what each may do, and a house that works under them."""

import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Connection, create_engine, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool
from werkzeug.serving import make_server

from directory.person import Identity
from eventstore.rebuild import rebuild
from eventstore.refusal import HistoryBroken, NotSignedYet
from eventstore.verify import verify
from service import actors, roles, wiring, world
from service.cli import cli
from service.client import Client
from service.demo import journeys
from service.journey import merged
from service.play import Player
from service.running import publish_packaged
from service.settings import Settings, for_the_demo
from service.sink import Mailbox, Sink
from service.site import create_app
from service.upkeep import bring_up
from tests.admin.office import KEYS
from tests.databases import postgres_database
from web.problems import problem_of

EVERY = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")


@dataclass(frozen=True)
class Accounts:
    url: str
    prefix: str

    def url_of(self, account: str) -> str:
        return make_url(self.url).set(username=f"{self.prefix}_{account}", password="x").render_as_string(False)

    @contextmanager
    def connected(self, account: str) -> Iterator[Connection]:
        engine = create_engine(self.url_of(account), poolclass=NullPool)
        with engine.begin() as db:
            yield db


def environment_of(settings: Settings) -> dict[str, str]:
    """*settings* as a process is given them."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VERMILION_")}
    for name, value in settings.model_dump(exclude_none=True).items():
        secret = getattr(value, "get_secret_value", None)
        environment[f"VERMILION_{name.upper()}"] = str(secret() if secret else value)
    return environment


def settings_of(url: str, folder: Path, smtp_url: str = "smtp://127.0.0.1:9", **more: object) -> Settings:
    return for_the_demo(
        folder, base_url="http://127.0.0.1:1", smtp_url=smtp_url, database_url=url, mode="test", **KEYS, **more
    )


@pytest.fixture(scope="module")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> Generator[Accounts]:
    """An empty database, its accounts, and the tables made by their owner."""
    with postgres_database() as url:
        prefix = f"v{secrets.token_hex(4)}"
        found, engine = Accounts(url, prefix), create_engine(url, poolclass=NullPool)
        with engine.begin() as db:
            roles.apply(db, prefix)
        house = wiring.build(settings_of(found.url_of("owner"), tmp_path_factory.mktemp("owner")))
        said = list(bring_up(house, lambda _: lambda _done, _total: None))
        assert said[-1].startswith(prefix), "an upgrade by the owner grants anew"
        house.close()
        yield found
        with engine.begin() as db:
            for account in roles.ACCOUNTS:
                db.exec_driver_sql(f"REASSIGN OWNED BY {prefix}_{account.name} TO CURRENT_USER")
                db.exec_driver_sql(f"DROP OWNED BY {prefix}_{account.name}")
                db.exec_driver_sql(f"DROP ROLE {prefix}_{account.name}")
        engine.dispose()


def rights(db: Connection, account: str, table: str) -> list[str]:
    return [
        each for each in EVERY
        if db.exec_driver_sql("SELECT has_table_privilege(%s, %s, %s)", (account, table, each)).scalar()
    ]  # fmt: skip


def tables(db: Connection) -> list[str]:
    return [name for (name,) in db.exec_driver_sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]


def test_each_role_may_do_what_its_table_says(accounts: Accounts) -> None:
    with accounts.connected("owner") as db:
        for account in roles.ACCOUNTS[1:]:
            for table in tables(db):
                wanted = [right.strip() for right in account.may(table).split(",") if right]
                assert rights(db, f"{accounts.prefix}_{account.name}", table) == wanted, (account.name, table)


def refused(db: Connection, statement: str) -> str:
    point = db.begin_nested()
    with pytest.raises(DBAPIError) as error:
        db.exec_driver_sql(statement)
    point.rollback()
    return str(getattr(error.value.orig, "sqlstate", ""))


DENIED, APPEND_ONLY = "42501", "0A000"
HARM = ("UPDATE events SET actor = 'x'", "DELETE FROM events", "TRUNCATE events", "DROP TABLE events",
        "ALTER TABLE events DISABLE TRIGGER ALL", "CREATE TRIGGER t BEFORE INSERT ON events EXECUTE FUNCTION f()")  # fmt: skip


@pytest.mark.parametrize("account", ["app", "relay"])
def test_the_service_may_read_and_insert_events_and_nothing_else(accounts: Accounts, account: str) -> None:
    with accounts.connected(account) as db:
        assert db.exec_driver_sql("SELECT count(*) FROM events").scalar() is not None
        for statement in HARM[:-1]:
            assert refused(db, statement) == DENIED, statement
        assert refused(db, "SET session_replication_role = replica") == DENIED, "which would switch the triggers off"
        assert refused(db, f"SET ROLE {accounts.prefix}_owner") == DENIED


def test_the_site_makes_no_table_and_signs_no_checkpoint(accounts: Accounts) -> None:
    with accounts.connected("app") as db:
        assert refused(db, "CREATE TABLE x (y int)") == DENIED
        assert refused(db, "INSERT INTO log_checkpoints VALUES (1, '', '', 1)") == DENIED
        assert refused(db, "DELETE FROM integrity") == DENIED


def test_an_auditor_reads_the_log_and_nothing_personal(accounts: Accounts) -> None:
    with accounts.connected("auditor") as db:
        assert db.exec_driver_sql("SELECT count(*) FROM events").scalar() is not None
        for table in ("personal_data", "subject_keys", "sessions", "letters"):
            assert refused(db, f"SELECT * FROM {table}") == DENIED, table
        assert refused(db, "INSERT INTO events DEFAULT VALUES") == DENIED


def test_an_auditor_verifies_again_and_again_and_each_time_it_is_noted(accounts: Accounts, tmp_path: Path) -> None:
    settings = settings_of(accounts.url_of("auditor"), tmp_path)
    for _ in range(2):
        done = CliRunner().invoke(cli, ["verify"], env=environment_of(settings))
        assert done.exit_code == 0, done.output
    with accounts.connected("auditor") as db:
        assert db.exec_driver_sql("SELECT count(*) FROM integrity WHERE what = 'verify'").scalar() == 1


def test_a_head_that_the_site_needs_is_asked_for_and_signed_behind_it(accounts: Accounts, tmp_path: Path) -> None:
    settings = settings_of(accounts.url_of("app"), tmp_path)
    site = wiring.build(settings)
    relay = wiring.build(settings.model_copy(update={"database_url": accounts.url_of("relay")}))
    assert relay.proofs.keep(now=True) or not relay.store.head_position()
    site.register.register_person(site.as_roof(), Identity(name="申请证明", email="proof@example.cn"), "proof")
    head = site.store.head_position()
    assert not relay.proofs.due()
    with pytest.raises(NotSignedYet) as turned_away:
        site.proofs.covering(head)
    problem = problem_of(turned_away.value)
    assert problem is not None
    assert (problem.status, [each.code for each in problem.reasons]) == (503, ["HEAD_NOT_SIGNED_YET"])
    assert int(problem.headers["Retry-After"]) > 0
    assert relay.proofs.keep(), "nobody waits for the hour"
    assert site.proofs.covering(head).size == head
    assert not relay.proofs.due()
    site.register.register_person(site.as_roof(), Identity(name="再请", email="again@example.cn"), "again")
    relay.proofs.found("checkpoint", sound=False, size=head, said="does not continue")
    with pytest.raises(HistoryBroken):
        site.proofs.covering(head + 1)
    relay.proofs.found("checkpoint", sound=True, size=head)
    site.close()
    relay.close()


def test_triggers_refuse_its_owner_too(accounts: Accounts) -> None:
    with accounts.connected("owner") as db:
        assert refused(db, "TRUNCATE events") == APPEND_ONLY
        one = "INSERT INTO events SELECT 1, 's', 1, gen_random_uuid(), 't', 1, '{}', '{}', 'a', gen_random_uuid(), NULL, 1, 'x', decode(repeat('00', 32), 'hex'), decode(repeat('01', 32), 'hex')"
        outer = db.begin_nested()
        if not db.exec_driver_sql("SELECT count(*) FROM events").scalar():
            db.exec_driver_sql(one)
        assert refused(db, "UPDATE events SET actor = 'x'") == APPEND_ONLY
        assert refused(db, "DELETE FROM events") == APPEND_ONLY
        outer.rollback()


def test_a_prefix_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="前缀"):
        roles.script('x"; DROP TABLE events; --')


@contextmanager
def behind(settings: Settings) -> Iterator[None]:
    """`vermilion relay` in a process of its own, under the account of *settings*."""
    with subprocess.Popen(
        [sys.executable, "-m", "service", "relay"], env=environment_of(settings), stderr=subprocess.PIPE
    ) as process:
        try:
            yield
        finally:
            process.terminate()
            assert process.stderr is not None
            said = process.stderr.read().decode()
        assert process.wait(20) == 0, said[-3000:]


@contextmanager
def served(settings: Settings) -> Iterator[str]:
    """The site alone, as gunicorn serves it: no worker and no ticker in its process."""
    house = wiring.build(settings)
    server = make_server("127.0.0.1", 0, create_app(house, actors.declare(house)), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        house.close()


def test_a_journey_is_played_under_the_accounts_of_site_and_relay(accounts: Accounts, tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path / "mail")
    sink = Sink(mailbox, host="127.0.0.1")
    sink.start()
    owner = settings_of(accounts.url_of("owner"), tmp_path, sink.url, tick_s=0.5)
    site = owner.model_copy(update={"database_url": accounts.url_of("app")})
    relay = owner.model_copy(update={"database_url": accounts.url_of("relay")})
    house = wiring.build(site)
    publish_packaged(house)
    tokens = world.populate(house)
    [journey] = [one for one in journeys() if one.id == "a-variant-reconsideration"]
    try:
        with behind(relay), served(site) as url:
            client = Client(url)
            assert Player(client, tokens, lambda _: None).play(merged([journey])) == []
            client.close()
            assert mailbox.wait_for(10, 30)
    finally:
        sink.stop()
    report = verify(house.engine)
    assert report.ok
    assert report.size > 50
    assert house.proofs.latest() is not None, "the relay signed"
    rebuilding = wiring.build(relay)
    for projection in rebuilding.projections:
        assert rebuild(rebuilding.store, rebuilding.read, projection).equal, projection.name
    rebuilding.close()
    house.close()
