"""Design R13: a backup is restored to an instant with PostgreSQL's own programs, the log verifies, and no letter is sent."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from pydantic import SecretStr

from directory.actor import CONSOLE
from directory.person import Identity
from eventstore.dispatch import Context
from service import drill, wiring, world
from service.running import publish_packaged
from service.settings import for_the_demo
from service.wiring import House
from tests.databases import demanded
from tests.faults.instances import until
from tests.scenario import OPENED, SEALED
from workflow.handling import FOLD

USER = "postgres" if os.geteuid() == 0 else ""
SECOND = timedelta(seconds=1)


class Primary:
    """A cluster with an archive, as `deploy/compose.yaml` runs one."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder, self.programs = folder, programs
        self.data, self.archive, self.base, self.sockets = (
            folder / name for name in ("data", "archive", "base", "sock")
        )

    def run(self, program: str, *arguments: str) -> None:
        before = ["runuser", "-u", USER, "--"] if USER else []
        done = subprocess.run([*before, str(self.programs / program), *arguments], stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False, cwd="/")  # fmt: skip
        assert done.returncode == 0, done.stderr

    def begin(self) -> None:
        for path in (self.archive, self.sockets):
            path.mkdir(parents=True)
        if USER:
            for path in (self.folder, self.archive, self.sockets):
                shutil.chown(path, USER)
        self.run("initdb", "-D", str(self.data), "-k", "-A", "trust", "-U", "postgres")
        options = {"listen_addresses": "", "unix_socket_directories": self.sockets, "wal_level": "replica", "fsync": "off",
                   "archive_mode": "on", "archive_command": f"cp %p {self.archive}/%f", "max_connections": 40}  # fmt: skip
        with (self.data / "postgresql.conf").open("a") as conf:
            conf.writelines(f"{name} = '{value}'\n" for name, value in options.items())
        self.run("pg_ctl", "start", "-w", "-D", str(self.data), "-l", str(self.folder / "log"))

    def back_up(self) -> None:
        self.run(
            "pg_basebackup", "-h", str(self.sockets), "-U", "postgres", "-D", str(self.base), "-X", "none", "-c", "fast"
        )

    def stop(self) -> None:
        self.run("pg_ctl", "stop", "-m", "immediate", "-D", str(self.data))

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://postgres@/postgres?host={self.sockets}"


def seal(house: House, number: int) -> UUID:
    application = house.ids.uuid7()
    opened = replace(OPENED, application_id=str(application), number=f"HN-AI-2025-{number:04}",
                     definition_digest=house.calls.get("hn-2025").digest, opened_by="editor")  # fmt: skip
    context = Context(actor="person:editor", correlation_id=application)
    house.dispatcher.dispatch(f"application-{application}", FOLD, lambda *_: [opened, SEALED], context)
    return application


@pytest.fixture(scope="module")
def primary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Primary]:
    programs = drill.programs()
    if not (programs / "initdb").exists():
        demanded("PostgreSQL's own programs are not installed")
    folder = Path("/var/tmp") / f"vermilion-drill-{os.getpid()}"
    folder.mkdir(mode=0o755)
    found = Primary(folder, programs)
    found.begin()
    yield found
    found.stop()
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def house(primary: Primary, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    settings = for_the_demo(folder, base_url="http://127.0.0.1:1", smtp_url="smtp://127.0.0.1:9", database_url=primary.url,
                            mode="test")  # fmt: skip
    made = wiring.build(settings)
    made.prepare()
    publish_packaged(made)
    world.populate(made)
    yield made
    made.close()


@pytest.fixture(scope="module")
def instant(primary: Primary, house: House) -> datetime:
    """A base backup, life after it, an instant, and more life after that: an erasure among it."""
    primary.back_up()
    for number in range(1, 4):
        seal(house, number)
    house.listener.follow()
    house.index.follow()
    house.handling.catch_up()
    assert house.proofs.keep(now=True)
    house.register.register_person(house.as_roof(), Identity(name="将被清除", email="gone@example.cn"), "gone")
    with house.store.reading() as db:
        then = house.wall.now(db)
    until(lambda: written_at(primary.folder / "now") > then, "the clock of files has passed the instant")
    seal(house, 4)
    house.register.restrict(house.as_roof(), CONSOLE, "gone", "依申请")
    house.register.erase(house.as_roof(), "gone", "依申请")
    house.erasures.keep()
    assert house.proofs.keep(now=True)
    with house.engine.begin() as db:
        last = str(db.exec_driver_sql("SELECT pg_walfile_name(pg_switch_wal())").scalar())
    until(lambda: archived(house) >= last, f"{last} is in the archive")
    return then


def written_at(path: Path) -> datetime:
    """What the clock of files says now."""
    path.touch()
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def archived(house: House) -> str:
    with house.engine.connect() as db:
        return str(db.exec_driver_sql("SELECT last_archived_wal FROM pg_stat_archiver").scalar() or "")


def backup_of(primary: Primary) -> drill.Backup:
    return drill.Backup(base=primary.base, archive=primary.archive, programs=primary.programs, user=USER)


def test_a_restore_to_an_instant_ends_in_a_verified_log_and_no_letter(
    primary: Primary, house: House, instant: datetime
) -> None:
    folder = primary.folder / "restored"
    steps = list(drill.perform(house.settings, backup_of(primary), instant, folder))
    said = {step.what: step for step in steps}
    assert all(step.good for step in steps), steps
    assert "against #" in said["核验 verified"].said
    assert said["再清除 erased again"].said.startswith("1 "), "whoever was erased after the instant is erased again"
    assert said["信件 letters"].said.startswith("0 封寄出")
    assert "; 0 封信" not in said["信件 letters"].said, "there are letters that would leave, were they not held"
    names = {step.what.removeprefix("重建 rebuilt ") for step in steps if step.what.startswith("重建")}
    assert names == {projection.name for projection in house.projections}
    for step in steps:
        print(f"{step.what:<32} {step.said}  {step.took_s:.1f} s")


def test_the_files_that_are_in_use_are_out_of_its_reach(primary: Primary, house: House, tmp_path: Path) -> None:
    """Erasing again clears papers and files away, in the folder of the drill alone."""
    over = {"s3_bucket": "in-use", "s3_endpoint": "http://127.0.0.1:9", "s3_access_key": SecretStr("k"), "s3_secret_key": SecretStr("k")}  # fmt: skip
    cluster = drill.Cluster(backup_of(primary), tmp_path / "drill")
    found = drill.restored(house.settings.model_copy(update=over), cluster)
    assert (found.files, found.s3_bucket) == (tmp_path / "drill" / "files", "")
    assert found.checkpoints == house.settings.checkpoints, "which it reads"


def test_a_log_that_lost_what_was_signed_by_then_is_told(primary: Primary, house: House, instant: datetime) -> None:
    """The archive ends too early, so that the restored log is shorter than a head that lay outside by then."""
    checkpoints = house.settings.checkpoints
    assert checkpoints is not None
    for path in checkpoints.glob("*.txt"):
        os.utime(path, (instant.timestamp() - 1, instant.timestamp() - 1))
    steps = {
        step.what: step for step in drill.perform(house.settings, backup_of(primary), instant, primary.folder / "short")
    }
    assert not steps["检查点 checkpoint"].good
    assert "<" in steps["检查点 checkpoint"].said


def test_a_folder_with_something_in_it_is_left_alone(primary: Primary, house: House, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("x")
    with pytest.raises(drill.DrillFailed, match="not empty"):
        list(drill.perform(house.settings, backup_of(primary), datetime.now(UTC), tmp_path))
    assert (tmp_path / "precious").read_text() == "x"


def test_an_instant_before_the_backup_is_not_taken_for_reached(
    primary: Primary, house: House, instant: datetime
) -> None:
    early = instant - timedelta(days=1)
    steps = {
        step.what: step for step in drill.perform(house.settings, backup_of(primary), early, primary.folder / "early")
    }
    assert not steps["日志 log"].good, "what the backup holds is younger than what was asked for"
