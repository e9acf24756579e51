"""Whether this is a restored log is known before anything leaves and before anybody can add to it; a database that is away is waited for."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from sqlalchemy import create_engine, make_url
from sqlalchemy.pool import NullPool

from service.running import working
from service.settings import for_the_demo
from service.site import create_app
from tests.admin.test_holding import Shorter
from tests.adversary.serving import peopled
from tests.databases import postgres_database, server_url, sqlite_url
from tests.faults.instances import free_port

NOWHERE = "http://127.0.0.1:1"


@contextmanager
def away(url: str) -> Iterator[None]:
    """The database goes by another name for a while."""
    name = make_url(url).database
    server = create_engine(server_url(), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with server.connect() as db:
        db.exec_driver_sql(f'ALTER DATABASE "{name}" RENAME TO "{name}_away"')
        try:
            yield
        finally:
            db.exec_driver_sql(f'ALTER DATABASE "{name}_away" RENAME TO "{name}"')


def test_the_site_holds_before_its_first_answer(tmp_path: Path) -> None:
    """Under gunicorn nobody else may have asked: with a few requests answered the log would be as long as the head again."""
    with peopled(sqlite_url(tmp_path), tmp_path, free_port(), checkpoints=tmp_path / "outside") as world:
        assert world.house.proofs.keep(now=True)
        shorter = Shorter(world.house.proofs)
        house = replace(world.house, proofs=shorter)  # type: ignore[arg-type]
        client = create_app(house).test_client()
        assert client.get("/healthz").status_code == 200
        assert house.holding.standing() is None
        assert client.get("/notices").status_code == 200
        assert house.holding.standing() is not None
        house.holding.release("operator", send=True)
        assert client.get("/notices").status_code == 200
        assert house.holding.standing() is None


def test_while_nobody_knows_whoever_comes_is_told_when_to_come_back(tmp_path: Path) -> None:
    with postgres_database() as url, peopled(url, tmp_path, free_port()) as world:
        client = create_app(world.house).test_client()
        world.house.engine.dispose()
        with away(url):
            answer = client.get("/notices")
            assert answer.status_code == 503
            assert answer.headers["Retry-After"]
            assert client.get("/healthz").status_code == 200
        assert client.get("/notices").status_code == 200


def test_a_worker_waits_for_a_database_that_is_away_and_then_works(tmp_path: Path) -> None:
    with postgres_database() as url, peopled(url, tmp_path, free_port()) as world:
        settings, at_work, stop = (
            world.settings.model_copy(update={"tick_s": 0.2}),
            threading.Event(),
            threading.Event(),
        )
        world.house.engine.dispose()
        trouble: list[BaseException] = []

        def work() -> None:
            try:
                with working(settings, 1, stop):
                    at_work.set()
                    stop.wait(60)
            except BaseException as error:
                trouble.append(error)

        thread = threading.Thread(target=work)
        with away(url):
            thread.start()
            thread.join(1)
            assert (thread.is_alive(), at_work.is_set()) == (True, False), trouble
        assert at_work.wait(60), trouble
        stop.set()
        thread.join(60)
        assert not trouble


def test_a_worker_that_is_told_to_stop_waits_no_longer(tmp_path: Path) -> None:
    with postgres_database() as url:
        stop = threading.Event()
        stop.set()
        with away(url):
            settings = for_the_demo(tmp_path, base_url=NOWHERE, smtp_url="smtp://127.0.0.1:1", database_url=url)
            with working(settings, 1, stop):
                pass
