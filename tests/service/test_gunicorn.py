"""gunicorn itself, with the settings the house ships: it serves, counts, writes lines, and ends what it began when told to stop."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import IO

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import NullPool

from eventstore.clock import SettableClock
from eventstore.rebuild import APPEND_LOCK
from service import serving, wiring, world
from service.running import publish_packaged
from service.settings import Settings, for_the_demo
from tests.databases import postgres_database
from tests.faults.instances import answers as answers_at
from tests.faults.instances import free_port, until
from tests.scenario import at


@dataclass
class Gunicorn:
    port: int
    process: "subprocess.Popen[str]"
    engine: Engine
    token: str
    lines: list[str] = field(default_factory=list[str])

    def ask(self, path: str, method: str = "GET", body: str | None = None, **headers: str) -> tuple[int, bytes]:
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=40)) as line:
            line.request(method, path, body, headers)
            answer = line.getresponse()
            return answer.status, answer.read()

    def well(self) -> bool:
        assert self.process.poll() is None, self.lines
        with suppress(OSError):
            return self.ask("/healthz")[0] == 200
        return False

    def loggers(self) -> set[str]:
        return {json.loads(line)["logger"] for line in list(self.lines)}

    def waiting(self) -> int:
        """How many of its statements wait for a lock."""
        with self.engine.connect() as db:
            asked = "SELECT count(*) FROM pg_locks WHERE NOT granted"
            return int(db.exec_driver_sql(asked).scalar() or 0)

    def open_application(self, key: str) -> int:
        body = json.dumps({"call": "hn-2025", "direction": "L-V", "unit": "91430104MAXTE5T16B"})
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", "Idempotency-Key": key}
        return self.ask("/api/v1/applications", "POST", body, **headers)[0]

    def kept(self, pipe: IO[str]) -> None:
        self.lines += iter(pipe)


def environment_of(settings: Settings, **more: str) -> dict[str, str]:
    found = {name: value for name, value in os.environ.items() if not name.startswith("VERMILION_")}
    for name, value in settings.model_dump(exclude_none=True).items():
        secret = getattr(value, "get_secret_value", None)
        found[f"VERMILION_{name.upper()}"] = str(secret() if secret else value)
    return {**found, **more}


@contextmanager
def started(folder: Path, url: str) -> Iterator[Gunicorn]:
    port = free_port()
    settings = for_the_demo(
        folder, base_url="http://127.0.0.1", smtp_url="smtp://127.0.0.1:9", database_url=url, mode="test",
        broker="redis", broker_url="redis://127.0.0.1:1/0", metrics_token="m" * 40,
    )  # fmt: skip
    house = wiring.build(settings.model_copy(update={"broker": "local"}))
    house.prepare()
    publish_packaged(house)
    tokens = world.populate(house)
    with house.store.begin() as db:
        SettableClock().set(db, at("2025-11-24 10:00"))
    counting = folder / "counting"
    counting.mkdir()
    more = {"WEB_CONCURRENCY": "2", "PROMETHEUS_MULTIPROC_DIR": str(counting), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "service", "serve", "--bind", f"127.0.0.1:{port}"]
    process = subprocess.Popen(command, env=environment_of(settings, **more), stderr=subprocess.PIPE, text=True)
    found = Gunicorn(port, process, house.engine, tokens["admin"])
    assert process.stderr is not None
    reader = threading.Thread(target=found.kept, args=(process.stderr,), daemon=True)
    reader.start()
    try:
        until(found.well, "gunicorn answers")
        yield found
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        process.wait(60)
        reader.join(10)
        process.stderr.close()
        house.close()


@pytest.fixture(scope="module")
def gunicorn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gunicorn]:
    with postgres_database() as url, started(tmp_path_factory.mktemp("gunicorn"), url) as found:
        yield found


def test_it_serves_by_threads_and_two_workers_count_together(gunicorn: Gunicorn) -> None:
    for _ in range(30):
        assert gunicorn.ask("/notices")[0] == 200
    status, said = gunicorn.ask("/metrics", Authorization="Bearer " + "m" * 40)
    assert status == 200
    [count] = [line for line in said.decode().splitlines() if line.startswith("vermilion_requests_total{") and '"/notices"' in line]  # fmt: skip
    assert float(count.rsplit(" ", 1)[1]) >= 30
    assert any("gthread" in line for line in gunicorn.lines)


def test_every_line_it_writes_is_json(gunicorn: Gunicorn) -> None:
    gunicorn.ask("/notices?q=13907318888")
    until(lambda: {"gunicorn.error", "service.requests"} <= gunicorn.loggers(), "both have written")
    assert "13907318888" not in "".join(gunicorn.lines)


@pytest.mark.parametrize(
    "head",
    ["Content-Length: 5\r\nTransfer-Encoding: chunked", "Content-Length: 5\r\nContent-Length: 6", "Content-Length: +5",
     "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "Transfer-Encoding: xchunked", "Content_Length: 5\r\nContent-Length : 5",
     "Content-Length: 5\r\n\x00X: y"],
)  # fmt: skip
def test_a_message_of_doubtful_length_is_refused(gunicorn: Gunicorn, head: str) -> None:
    """What a proxy and a server could cut at different places is cut nowhere: one answer, a refusal, and the line is closed."""
    hidden = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    message = f"POST /sign-in HTTP/1.1\r\nHost: localhost\r\n{head}\r\n\r\n0\r\n\r\n{hidden}"
    with closing(socket.create_connection(("127.0.0.1", gunicorn.port), timeout=10)) as line:
        line.sendall(message.encode("latin-1"))
        said = b""
        with suppress(OSError):
            while chunk := line.recv(65536):
                said += chunk
    assert said.count(b"HTTP/1.1 ") <= 1, said
    assert not said or 400 <= int(said.split(b" ", 2)[1]) < 502, said[:200]


def test_told_to_stop_it_ends_what_it_began_and_takes_nothing_new(tmp_path: Path) -> None:
    with postgres_database() as url, started(tmp_path, url) as found:
        assert found.open_application("before") == 201
        answers: list[int] = []

        def act(number: int) -> None:
            answers.append(found.open_application(f"k{number}"))

        idler = create_engine(url, poolclass=NullPool)
        with idler.connect() as db:
            db.exec_driver_sql(f"SELECT pg_advisory_lock({APPEND_LOCK})")  # whoever writes now waits
            acting = [threading.Thread(target=act, args=(number,)) for number in range(4)]
            for thread in acting:
                thread.start()
            until(lambda: found.waiting() == len(acting), "each waits for the log")
            found.process.send_signal(signal.SIGTERM)
            until(lambda: not answers_at(found.port), "it takes nothing new")
            with pytest.raises(ConnectionError):
                found.ask("/healthz")
            db.exec_driver_sql(f"SELECT pg_advisory_unlock({APPEND_LOCK})")
        for thread in acting:
            thread.join(40)
        assert len(answers) == 4, "an answer came to each, whole"
        assert set(answers) <= {201, 503}, "done, or told to come back; never cut off"
        assert found.process.wait(serving.graceful_timeout + 5) == 0
