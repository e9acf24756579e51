"""Servers of our own that may be killed, stopped and flushed: PostgreSQL, Redis, RabbitMQ, each in a folder and on a port of its own."""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PATIENCE_S = 60.0


class NotHere(Exception):
    """The server's program is not installed."""


def free_port() -> int:
    """One below those that the system gives to connections that leave, so that it is still free when a server comes back to it."""
    for _ in range(200):
        with closing(socket.socket()) as found, suppress(OSError):
            port = 20_000 + secrets.randbelow(12_000)
            found.bind(("127.0.0.1", port))
            return port
    raise NotHere("a free port")


def answers(port: int) -> bool:
    with closing(socket.socket()) as asked:
        asked.settimeout(1)
        return asked.connect_ex(("127.0.0.1", port)) == 0


def until(true: Callable[[], bool], what: str | Callable[[], str], patience_s: float = PATIENCE_S) -> float:
    """Wait for it; answers how long that took."""
    began = time.monotonic()
    while not true():
        if time.monotonic() - began > patience_s:
            raise TimeoutError(what if isinstance(what, str) else what())
        time.sleep(0.02)
    return time.monotonic() - began


def program(*names: str) -> str:
    """The first of *names* that is there, on the path or where Debian keeps it."""
    for name in names:
        found = shutil.which(name) or next(iter(sorted(Path("/").glob(name.lstrip("/")), reverse=True)), None)
        if found:
            return str(found)
    raise NotHere(names[0])


def somebody(name: str) -> dict[str, Any]:
    """Servers that refuse to run as root run as their own user."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam(name)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@contextmanager
def folder(owner: str = "") -> Generator[Path]:
    with tempfile.TemporaryDirectory(prefix="vermilion-faults-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        if owner and os.geteuid() == 0:
            os.chown(name, pwd.getpwnam(owner).pw_uid, pwd.getpwnam(owner).pw_gid)
        yield Path(name)


@dataclass(kw_only=True)
class Instance:
    """A server that runs as long as nobody kills it."""

    command: Sequence[str]
    port: int
    place: Path
    who: dict[str, Any] = field(default_factory=dict[str, Any])
    environment: dict[str, str] = field(default_factory=dict[str, str])
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        with (self.place / "output").open("ab") as out:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, cwd=self.place,
                env={**os.environ, **self.environment}, **self.who,
            )  # fmt: skip

    def ready(self) -> float:
        return until(lambda: answers(self.port), lambda: (self.place / "output").read_text()[-2000:])

    def stop(self, how: signal.Signals = signal.SIGKILL) -> None:
        if self.process is None:
            return
        with suppress(ProcessLookupError):
            if how is signal.SIGKILL:
                os.killpg(self.process.pid, how)
            else:
                self.process.send_signal(how)
        try:
            self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process = None


@dataclass(kw_only=True)
class Postgres(Instance):
    """*stop* with SIGQUIT is `pg_ctl stop -m immediate`: no farewell, no checkpoint, recovery at the next start."""

    name: str = "vermilion"

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{self.name}"

    def restart(self, away_s: float = 0.0) -> float:
        """Down at once and up again; answers how long nobody was let in."""
        began = time.monotonic()
        self.stop(signal.SIGQUIT)
        time.sleep(away_s)
        self.start()
        self.takes()
        return time.monotonic() - began

    def takes(self) -> None:
        """Wait until it lets somebody in."""
        import psycopg

        def lets() -> bool:
            with suppress(psycopg.OperationalError):
                psycopg.connect(
                    f"host=127.0.0.1 port={self.port} user=postgres dbname=postgres connect_timeout=2"
                ).close()
                return True
            return False

        until(lets, "PostgreSQL does not come up")


@contextmanager
def postgres(place: Path | None = None, log: Path | None = None) -> Generator[Postgres]:
    """A cluster with checksums and one empty database; *place* and *log* (write-ahead) where they must lie somewhere, owned by its user."""
    import psycopg

    initdb = program("/usr/lib/postgresql/*/bin/initdb", "initdb")
    with folder("postgres") as own:
        data, who = (place or own) / "data", somebody("postgres")
        subprocess.run(
            [
                initdb, "-k", "-N", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-D", str(data),
                *(["-X", str(log)] if log else []),
            ],
            check=True, capture_output=True, **who,
        )  # fmt: skip
        port = free_port()
        given = ["-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={own}"]
        server = Postgres(
            command=[str(Path(initdb).with_name("postgres")), "-D", str(data), "-p", str(port), *given],
            port=port, place=own, who=who,
        )  # fmt: skip
        server.start()
        try:
            server.takes()
            with psycopg.connect(f"host=127.0.0.1 port={port} user=postgres dbname=postgres", autocommit=True) as db:
                db.execute(f'CREATE DATABASE "{server.name}"')
            yield server
        finally:
            server.stop(signal.SIGQUIT)


@contextmanager
def redis() -> Generator[Instance]:
    port = free_port()
    with folder() as place:
        server = Instance(
            command=[program("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(place)],
            port=port, place=place,
        )  # fmt: skip
        server.start()
        try:
            server.ready()
            yield server
        finally:
            server.stop()


@contextmanager
def rabbitmq() -> Generator[Instance]:
    port, distribution, epmd = free_port(), free_port(), free_port()
    start = program("/usr/lib/rabbitmq/bin/rabbitmq-server", "rabbitmq-server")
    with folder("rabbitmq") as place:
        environment = {
            "HOME": str(place),
            "ERL_EPMD_PORT": str(epmd),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"vermilion{port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(port),
            "RABBITMQ_DIST_PORT": str(distribution),
            "RABBITMQ_MNESIA_BASE": str(place / "data"),
            "RABBITMQ_LOG_BASE": str(place / "log"),
            "RABBITMQ_PID_FILE": str(place / "pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(place / "plugins"),
            "RABBITMQ_CONF_ENV_FILE": str(place / "none"),
            "RABBITMQ_CONFIG_FILE": str(place / "none"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        }
        names = Instance(
            command=[program("epmd")], port=epmd, place=place, who=somebody("rabbitmq"), environment=environment
        )
        server = Instance(command=[start], port=port, place=place, who=somebody("rabbitmq"), environment=environment)
        names.start()
        names.ready()
        server.start()
        try:
            server.ready()
            yield server
        finally:
            server.stop()
            names.stop()
