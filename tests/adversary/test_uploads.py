"""Uploads against a serving process of its own: flat memory, a huge body turned away early, a full disk, and a kill at any moment."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path

import pytest
from sqlalchemy import select

from eventstore.projection import of_revision
from service.paper import pdf
from tests.adversary.serving import Server, World, ask, peopled, serving
from tests.adversary.site import multipart
from tests.databases import sqlite_url
from workflow import schema
from workflow.projections import AttachedFiles

MIB = 1024 * 1024
GIB = 1024 * MIB


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with peopled(sqlite_url(tmp_path), tmp_path, 9) as made:
        yield made


def draft_of(world: World, port: int) -> str:
    body = {"call": "hn-2025", "direction": "L-V", "unit": "91430104MAXTE5T16B"}
    said = ask(port, world.tokens["editor"], "POST", "/applications", body, secrets.token_hex(8))
    assert said is not None
    assert said[0] == 201, said
    return str(said[1]["id"])


def send(world: World, port: int, draft: str, content: bytes, name: str = "a.pdf") -> tuple[int, dict[str, str], bytes]:
    kind, body = multipart({}, {"file": (name, content)})
    headers = head(world) | {"Content-Type": kind}
    with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as line:
        line.request("POST", f"/api/v1/applications/{draft}/attachments/L-8", body, headers)
        answer = line.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()


def head(world: World) -> dict[str, str]:
    return {"Authorization": f"Bearer {world.tokens['editor']}", "Idempotency-Key": secrets.token_hex(8)}


def large(size: int) -> bytes:
    """A sound PDF of about *size* bytes that do not compress."""
    return pdf("a").replace(b"%%EOF\n", b"% " + os.urandom(size).replace(b"%", b".").replace(b"/", b".") + b"\n%%EOF\n")


class Watched:
    """The largest resident size of a process while it is looked at; everything in bytes."""

    def __init__(self, pid: int) -> None:
        self.pid, self.before, self.most, self._stop = pid, _resident(pid), 0, threading.Event()
        self._thread = threading.Thread(target=self._look)

    def _look(self) -> None:
        while not self._stop.wait(0.01):
            self.most = max(self.most, _resident(self.pid))

    def __enter__(self) -> "Watched":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def grew(self) -> int:
        return self.most - self.before


def _resident(pid: int) -> int:
    with suppress(FileNotFoundError, ProcessLookupError, IndexError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def files_in(world: World) -> list[Path]:
    return [path for path in world.settings.files.rglob("*") if path.is_file()]


needs_proc = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")


@needs_proc
def test_fifty_mebibytes_come_in_with_flat_memory(world: World) -> None:
    with serving(world.settings) as server:
        draft = draft_of(world, server.port)
        assert send(world, server.port, draft, large(MIB))[0] == 201
        content = large(49 * MIB)
        with Watched(server.process.pid) as watched:
            assert send(world, server.port, draft, content)[0] == 201
        assert watched.grew < 64 * MIB, watched.grew
        assert sorted(path.stat().st_size > 40 * MIB for path in files_in(world)) == [False, True]


@needs_proc
@pytest.mark.parametrize("declared", [True, False])
def test_a_gibibyte_is_turned_away_early_and_nothing_is_kept(world: World, declared: bool) -> None:
    with serving(world.settings) as server:
        draft = draft_of(world, server.port)
        with Watched(server.process.pid) as watched:
            sent, status = _pour(world, server, draft, declared)
        assert status in (413, 0), status  # 0: the server hung up before the answer could be read
        assert sent < 128 * MIB, sent
        assert watched.grew < 64 * MIB, watched.grew
        assert files_in(world) == []
        assert send(world, server.port, draft, pdf("a"))[0] == 201


def _pour(world: World, server: Server, draft: str, declared: bool) -> tuple[int, int]:
    """Send a gibibyte until the server has enough; answers how much went and the status."""
    opening = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n%PDF-1.4\n'
    length = f"Content-Length: {GIB}" if declared else "Transfer-Encoding: chunked"
    lines = [f"POST /api/v1/applications/{draft}/attachments/L-8 HTTP/1.1", "Host: 127.0.0.1", length]
    lines += [f"{name}: {value}" for name, value in head(world).items()]
    lines += ["Content-Type: multipart/form-data; boundary=x", "", ""]
    piece, sent = b"x" * MIB, 0
    with closing(socket.create_connection(("127.0.0.1", server.port), timeout=30)) as line:
        with suppress(OSError):
            line.sendall("\r\n".join(lines).encode())
            for part in (opening, *([piece] * 1024)):
                line.sendall(part if declared else b"%x\r\n" % len(part) + part + b"\r\n")
                sent += len(part)
        with suppress(OSError):
            answer = line.recv(4096)
            return sent, int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP") else 0
    return sent, 0


@contextmanager
def small_disk(folder: Path, mebibytes: int) -> Generator[bool]:
    """A disk of its own, where this machine lets us have one."""
    folder.mkdir()
    mount = shutil.which("mount")
    made = (
        mount is not None
        and os.geteuid() == 0
        and (
            subprocess.run(
                [mount, "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", folder], capture_output=True
            ).returncode
            == 0
        )
    )
    try:
        yield made
    finally:
        if made:
            subprocess.run(["umount", folder], check=True)


def test_a_full_disk_is_a_507_with_when_to_come_back_and_reading_goes_on(world: World, tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", 64) as made:
        if not made:
            pytest.skip("no disk of our own can be mounted here")
        settings = world.settings.model_copy(update={"files": tmp_path / "small" / "files"})
        with serving(settings) as server:  # the floor is 256 MiB: such a disk is full from the beginning
            draft = draft_of(world, server.port)
            status, headers, said = send(world, server.port, draft, pdf("a"))
            assert status == 507, said
            assert int(headers["retry-after"]) > 0
            assert b"NO_ROOM" in said
            assert not [path for path in (tmp_path / "small").rglob("*") if path.is_file()]
            assert ask(server.port, world.tokens["editor"], "GET", f"/applications/{draft}", None, "k")[0] == 200  # type: ignore[index]


def test_a_disk_that_fills_while_a_file_comes_in_keeps_nothing_half(tmp_path: Path) -> None:
    from io import BytesIO

    from eventstore.ids import RandomIds
    from eventstore.refusal import NoRoom
    from workflow.files import Files, Limits

    with small_disk(tmp_path / "small", 8) as made:
        if not made:
            pytest.skip("no disk of our own can be mounted here")
        files = Files(tmp_path / "small" / "files", RandomIds(), Limits(free_bytes=0))
        with pytest.raises(NoRoom):
            files.receive(BytesIO(large(20 * MIB)), "a.pdf")
        assert not [path for path in (tmp_path / "small").rglob("*") if path.is_file()]
        files.receive(BytesIO(large(MIB)), "a.pdf")


@pytest.mark.parametrize("wait_s", [0.0, 0.05, 0.2])
def test_whenever_it_is_killed_no_row_is_without_its_bytes(world: World, wait_s: float) -> None:
    acknowledged: list[int] = []
    with serving(world.settings) as server:
        draft = draft_of(world, server.port)
        senders = [
            threading.Thread(target=_try, args=(world, server.port, draft, large(3 * MIB), acknowledged))
            for _ in range(4)
        ]
        for sender in senders:
            sender.start()
        time.sleep(0.05 + wait_s)
        os.kill(server.process.pid, signal.SIGKILL)
        for sender in senders:
            sender.join()
    table = of_revision(schema.attached_files, AttachedFiles.revision)
    with world.house.store.reading() as db:
        rows = db.execute(select(table.c.file_id, table.c.sha256)).all()
    for file_id, sha256 in rows:
        world.house.files.open(file_id, sha256).close()
    assert len(rows) >= len(acknowledged)


def _try(world: World, port: int, draft: str, content: bytes, acknowledged: list[int]) -> None:
    with suppress(Exception):
        if send(world, port, draft, content)[0] == 201:
            acknowledged.append(1)
