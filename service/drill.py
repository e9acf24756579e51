"""The monthly drill: restore the backup to an instant, in a cluster of its own, and show that the house stands in it.

From a base backup and the archive of the write-ahead log: the log verified against the newest head that was signed by then and lies
outside, everything that would leave held back, every table built anew and compared, whoever was erased since erased again, and no
letter sent though the lanes are run. Mail leads to a port where nobody listens all the same. What is running is not touched.
"""

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, make_url, select

from eventstore.checkpoint import NotSigned
from eventstore.event import instant_of
from eventstore.outgoing import RESTORED
from eventstore.rebuild import rebuild
from eventstore.schema import events
from eventstore.signed_note import Checkpoint, open_note
from eventstore.verify import verify
from notifications.schema import letter_attempts
from service import wiring
from service.settings import Settings
from service.wiring import House
from webhooks.schema import parcel_attempts

START_S = 3600
NOWHERE = "smtp://127.0.0.1:9"


class DrillFailed(Exception):
    """A program of PostgreSQL did not do what it was asked; the message is what it said."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the drill, what came of it, and the seconds it took."""

    what: str
    good: bool
    said: str
    took_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """Where the backup lies, and which programs restore it. *user*: whom they run as, "" for whoever runs the drill."""

    base: Path
    archive: Path
    programs: Path
    user: str = ""


def perform(settings: Settings, backup: Backup, at: datetime, folder: Path) -> Iterator[Step]:
    """Restore to *at* in *folder*, which is empty or new, and look; the cluster is stopped at the end, the folder stays.

    Raises DrillFailed where the cluster cannot be restored.
    """
    began = time.monotonic()
    cluster = Cluster(backup, folder)
    cluster.lay()
    try:
        cluster.start(at)
        yield Step("恢复 restored", True, f"{at:%Y-%m-%d %H:%M:%S %Z}", time.monotonic() - began)
        house = wiring.build(restored(settings, cluster))
        try:
            yield from examined(house, at)
        finally:
            house.close()
    finally:
        cluster.stop()
    yield Step("合计 in all", True, "", time.monotonic() - began)


def restored(settings: Settings, cluster: "Cluster") -> Settings:
    """The settings of the house, with the restored database and an empty folder of files in the place of what runs, and no way out.

    What is erased again in the drill is swept from the folder of files, which must not be the one that is in use.
    """
    there = {"host": str(cluster.sockets), "port": str(cluster.port)}
    url = make_url(settings.database_url)._replace(host=None, port=None, password=None).update_query_dict(there)
    over = {
        "database_url": url.render_as_string(hide_password=False),
        "smtp_url": type(settings.smtp_url)(NOWHERE),
        "files": cluster.files,
        "s3_bucket": "",
    }
    return settings.model_copy(update=over)


def examined(house: House, at: datetime) -> Iterator[Step]:
    """Everything that must hold of a restored house, in the order in which an operator would do it."""
    with house.store.reading() as db:
        attempts = db.scalar(select(func.count()).select_from(letter_attempts)) or 0
        parcels = db.scalar(select(func.count()).select_from(parcel_attempts)) or 0
        newest = db.scalar(select(func.max(events.c.recorded_at)))
    yield _newest(newest, at)
    house.holding.hold("drill", RESTORED)
    for look in (_verified, _rebuilt, _erased):
        began = time.monotonic()
        for step in look(house, at):
            yield Step(step.what, step.good, step.said, time.monotonic() - began)
            began = time.monotonic()
    house.delivery.drain()
    house.hooks.delivery.drain()
    with house.store.reading() as db:
        after = db.scalar(select(func.count()).select_from(letter_attempts)) or 0
        tried = db.scalar(select(func.count()).select_from(parcel_attempts)) or 0
    waiting = house.holding.standing()
    held = (
        f"{waiting.letters} 封信、{waiting.parcels} 个包裹扣着 letters and parcels are held"
        if waiting
        else "没有扣住 not held"
    )
    good = waiting is not None and (after, tried) == (attempts, parcels)
    yield Step("信件 letters", good, f"{after - attempts} 封寄出 sent; {held}")


def _newest(newest: int | None, at: datetime) -> Step:
    if newest is None:
        return Step("日志 log", False, "是空的 is empty")
    behind = at - instant_of(newest)
    return Step(
        "日志 log",
        behind >= timedelta(0),
        f"最新一条早于目标 newest event before the target: {behind.total_seconds():.1f} s",
    )


def _verified(house: House, at: datetime) -> Iterator[Step]:
    head = house.store.head_position()
    try:
        kept = list(outside(house, at))
    except NotSigned as error:
        yield Step("检查点 checkpoint", False, str(error))
        return
    lost = [one.size for one in kept if one.size > head]
    if lost:
        yield Step("检查点 checkpoint", False, f"少了 lost: {head} < {max(lost)}")
    report = verify(house.engine, max(kept, key=lambda one: one.size, default=None) if not lost else None)
    against = f"对照 against #{max(one.size for one in kept)}" if kept and not lost else "没有库外的检查点 none outside"
    found = (
        f"{report.size} 条 events, {against}" if report.ok else f"#{report.position} {report.reason} {report.detail}"
    )
    yield Step("核验 verified", report.ok and bool(kept), found)


def outside(house: House, at: datetime) -> Iterator[Checkpoint]:
    """The heads that lay outside by *at*, by the time of their files. NotSigned where one is not ours."""
    folder = house.settings.checkpoints
    for path in sorted(folder.glob("[0-9]*.txt")) if folder is not None and folder.is_dir() else ():
        if path.stat().st_mtime <= at.timestamp():
            yield open_note(path.read_text("utf-8"), [house.proofs.verifier])


def _rebuilt(house: House, _: datetime) -> Iterator[Step]:
    for projection in house.projections:
        built = rebuild(house.store, house.read, projection)
        said = f"{built.events} 条 events" + ("" if built.equal else f", 不同 differed: {', '.join(built.differing)}")
        yield Step(f"重建 rebuilt {built.name}", built.equal is not False, said)


def _erased(house: House, _: datetime) -> Iterator[Step]:
    again = [one.person for one in house.erasures.apply_again(wiring.ROOF, house.as_roof())]
    house.erasures.sweep()
    yield Step("再清除 erased again", True, f"{len(again)} 人 people")


class Cluster:
    """A PostgreSQL of its own out of a base backup: reached by a socket in its folder and by no port of the machine."""

    port = 5432

    def __init__(self, backup: Backup, folder: Path) -> None:
        self._backup, self._folder = backup, folder
        self.data, self.sockets, self.files = folder / "data", folder / "sockets", folder / "files"

    def lay(self) -> None:
        """Copy the base backup. DrillFailed where the folder holds something."""
        if self._folder.exists() and any(self._folder.iterdir()):
            raise DrillFailed(f"{self._folder} 里有东西 · is not empty")
        self.sockets.mkdir(parents=True, exist_ok=True)
        shutil.copytree(self._backup.base, self.data, symlinks=True)
        for path in (self.data, self.sockets):
            path.chmod(0o700)
        self._own()
        self.files.mkdir()

    def start(self, at: datetime) -> None:
        """Replay the archive up to *at* and open; ends when the cluster takes connections."""
        quoted = str(self._backup.archive).replace("'", "''")
        lines = {
            "restore_command": f"cp \"{quoted}/%f\" \"%p\"",
            "recovery_target_time": at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f+00"),
            "recovery_target_action": "promote",
            "hot_standby": "off",
            "archive_mode": "off",
            "listen_addresses": "",
            "port": str(self.port),
            "unix_socket_directories": str(self.sockets),
            "hba_file": str(self.data / "drill_hba.conf"),
            "logging_collector": "off",
            "ssl": "off",
        }  # fmt: skip
        (self.data / "drill_hba.conf").write_text("local all all trust\n")
        (self.data / "postgresql.conf").write_text("".join(f"{name} = '{value.replace(chr(39), chr(39) * 2)}'\n" for name, value in lines.items()))  # fmt: skip
        (self.data / "postgresql.auto.conf").write_text("")
        (self.data / "recovery.signal").touch()
        self._own()
        self._run("pg_ctl", "start", "-w", "-t", str(START_S), "-D", str(self.data), "-l", str(self._folder / "log"))
        self._opened()

    def _opened(self) -> None:
        """pg_ctl comes back when it replays; it takes connections when it has arrived."""
        asked = [str(self._backup.programs / "pg_isready"), "-q", "-h", str(self.sockets), "-p", str(self.port)]
        deadline = time.monotonic() + START_S
        while subprocess.run(asked, check=False).returncode != 0:  # noqa: S603 -- PostgreSQL's own program
            if time.monotonic() > deadline or not (self.data / "postmaster.pid").exists():
                raise DrillFailed(f"pg_ctl: {self._said()}")
            time.sleep(0.2)

    def _said(self) -> str:
        log = self._folder / "log"
        return log.read_text("utf-8", "replace")[-2000:] if log.exists() else ""

    def stop(self) -> None:
        if (self.data / "postmaster.pid").exists():
            self._run("pg_ctl", "stop", "-w", "-m", "fast", "-D", str(self.data))

    def _own(self) -> None:
        if self._backup.user:
            for path in (self._folder, *self._folder.rglob("*")):
                shutil.chown(path, self._backup.user)

    def _run(self, program: str, *arguments: str) -> None:
        before = ["runuser", "-u", self._backup.user, "--"] if self._backup.user else []
        command = [*before, str(self._backup.programs / program), *arguments]
        done = subprocess.run(  # noqa: S603 -- PostgreSQL's own programs, and paths the operator gave
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False, cwd="/"
        )  # fmt: skip
        if done.returncode:
            raise DrillFailed(f"{program}: {done.stderr}{self._said()}")


def programs() -> Path:
    """Where PostgreSQL's own programs are: Debian keeps them by version, others on the path."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / "pg_ctl").exists():
            return folder
    found = shutil.which("pg_ctl")
    return Path(found).parent if found else Path("/usr/bin")


def told(steps: Sequence[Step], say: Callable[[str], None]) -> bool:
    """Say every step; whether all were good."""
    for step in steps:
        took = f"  {step.took_s:.1f} s" if step.took_s else ""
        say(f"{'通过 ok' if step.good else '失败 failed'}  {step.what}  {step.said}{took}")
    return all(step.good for step in steps)
