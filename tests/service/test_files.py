"""What an operator sees of received files: the doctor, `verify --files`, `files rescan`, `files sweep`; and the work behind requests."""

import io
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result

from service import doctor, world
from service.cli import cli
from service.keeping import Keeping, damaged
from service.paper import pdf
from service.running import Running, publish_packaged, running
from service.settings import Settings, SettingsFaulty, read
from tests.adversary.site import Played, Site, multipart
from tests.workflow.scanner import MARK, speaking
from workflow import verdicts
from workflow.importing import MarkedCopies


@pytest.fixture
def ran(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path, tick_s=3600, mode="test") as found:
        publish_packaged(found.house)
        yield found


def attached(ran: Running, content: bytes) -> tuple[str, str]:
    """The ids of an application and of the file that was put into it."""
    site = Site(running=ran, tokens=world.populate(ran.house), played=Played(ran.house))
    draft = site.played.open()
    kind, body = multipart({}, {"file": ("a.pdf", content)})
    said = site.ask("editor", "POST", f"/applications/{draft}/attachments/L-8", raw=body, kind=kind)
    assert said.status == 201, said.text
    return str(draft), said.json["file_id"]


def vermilion(settings: Settings, *arguments: str, **over: str) -> Result:
    environment = {name: None for name in os.environ if name.startswith("VERMILION_")}
    given: dict[str, Any] = {}
    for name, value in settings.model_dump(exclude_none=True).items():
        secret = getattr(value, "get_secret_value", None)
        given[f"VERMILION_{name.upper()}"] = str(secret() if secret else value)
    return CliRunner().invoke(cli, list(arguments), env={**environment, **given, **over})


def bytes_of(ran: Running, file_id: str) -> Path:
    return next(ran.house.settings.files.rglob(file_id))


def test_a_flipped_byte_is_named_with_its_application(ran: Running) -> None:
    draft, file_id = attached(ran, pdf("a"))
    said = vermilion(ran.house.settings, "verify", "--files")
    assert said.exit_code == 0, said.output
    content = bytearray(bytes_of(ran, file_id).read_bytes())
    content[30] ^= 1
    bytes_of(ran, file_id).write_bytes(content)
    said = vermilion(ran.house.settings, "verify", "--files")
    assert said.exit_code == 1
    assert draft in said.output
    assert file_id in said.output
    assert vermilion(ran.house.settings, "verify").exit_code == 0


def test_a_kept_scan_that_changed_is_named(ran: Running) -> None:
    digest = ran.house.files.keep_scan(io.BytesIO(pdf("a")), "a.pdf")
    path = next((ran.house.settings.files / "scans").iterdir())
    path.write_bytes(path.read_bytes()[:-1])
    assert [lost.file for lost in damaged(ran.house, lambda done, total: None)] == [digest]


def test_orphans_go_after_a_day_and_what_is_attached_stays(ran: Running) -> None:
    _, file_id = attached(ran, pdf("a"))
    orphan = ran.house.files.receive(io.BytesIO(pdf("b")), "b.pdf").file_id
    half = bytes_of(ran, orphan).with_suffix(".part")
    half.write_bytes(b"half")
    assert Keeping(ran.house).sweep() == 0
    long_ago = time.time() - 25 * 3600
    for path in (bytes_of(ran, file_id), bytes_of(ran, orphan), half):
        os.utime(path, (long_ago, long_ago))
    assert vermilion(ran.house.settings, "files", "sweep").exit_code == 0
    assert bytes_of(ran, file_id).exists()
    assert not half.exists()
    assert not list(ran.house.settings.files.rglob(orphan))


def test_marked_copies_hold_what_was_typed_and_go_after_a_day(ran: Running) -> None:
    draft, token = str(uuid4()), uuid4().hex
    copies = MarkedCopies(ran.house.files.folder)
    copies.keep(draft, token, b"names and telephones")
    path = next(ran.house.settings.files.rglob(f"*{token}*"))
    assert not path.stat().st_mode & 0o007
    assert Keeping(ran.house).sweep() == 0
    os.utime(path, (time.time() - 25 * 3600,) * 2)
    assert Keeping(ran.house).sweep() == 1
    assert copies.get(draft, token) is None


def test_looking_again_needs_a_scanner_and_says_what_it_found(ran: Running) -> None:
    attached(ran, pdf(secrets.token_hex(4)).replace(b"%%EOF\n", f"% {MARK}\n%%EOF\n".encode()))
    assert vermilion(ran.house.settings, "files", "rescan").exit_code == 2
    with speaking() as server:
        said = vermilion(ran.house.settings, "files", "rescan", VERMILION_CLAMD=server.place)
    assert said.exit_code == 1, said.output
    assert "infected 1" in said.output
    assert vermilion(ran.house.settings, "files", "rescan", VERMILION_CLAMD="127.0.0.1:1").exit_code == 2


def test_the_doctor_says_whether_anybody_looks(ran: Running) -> None:
    attached(ran, pdf("a"))
    found = {one.what: one for one in doctor.examine(ran.house.settings)}["查毒 virus scanner"]
    assert found.grade == doctor.SOUND
    assert "not scanned" in found.said
    away = ran.house.settings.model_copy(update={"clamd": "127.0.0.1:1"})
    found = {one.what: one for one in doctor.examine(away)}["查毒 virus scanner"]
    assert found.grade == doctor.FAILING
    assert "1 个没有结论" in found.said
    with speaking() as server:
        there = ran.house.settings.model_copy(update={"clamd": server.place})
        found = {one.what: one for one in doctor.examine(there)}["查毒 virus scanner"]
    assert found.grade == doctor.SOUND


def is_looked_at(ran: Running) -> bool:
    """Whether somebody looks at the one file that there is, within 20 s."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        with ran.house.store.reading() as db:
            if verdicts.counts(db) == {"clean": 1}:
                return True
        time.sleep(0.1)
    return False


def test_a_file_is_looked_at_right_after_it_was_attached(tmp_path: Path) -> None:
    with speaking() as server, running(tmp_path, tick_s=3600, mode="test", clamd=server.place) as ran:
        publish_packaged(ran.house)
        attached(ran, pdf("a"))
        assert is_looked_at(ran)


def test_a_lost_wake_up_is_made_good_by_the_tick(tmp_path: Path) -> None:
    with speaking() as server, running(tmp_path, tick_s=0.5, mode="test", clamd=server.place) as ran:
        publish_packaged(ran.house)
        ran.house.dispatcher.on_commit.clear()
        attached(ran, pdf("a"))
        assert is_looked_at(ran)


@pytest.mark.parametrize(
    "place", ["clamd", "host:", "host:0", "host:99999", ":3310", "unix:relative", "/run/clamd.sock"]
)
def test_a_scanner_that_cannot_be_meant_is_a_fault_of_the_settings(ran: Running, place: str) -> None:
    given = {
        name: getattr(v, "get_secret_value", lambda v=v: v)() for name, v in ran.house.settings.model_dump().items()
    }
    with pytest.raises(SettingsFaulty, match="CLAMD"):
        read({**given, "clamd": place})
