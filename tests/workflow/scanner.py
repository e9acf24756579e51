"""Something that speaks clamd's protocol on a real socket, with the manners of a good scanner and of bad ones; and clamd itself."""

import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from workflow.clamd import Clamd, ScannerAway

MARK = "$EICAR-STANDARD-ANTIVIRUS-TEST-" + "FILE!$H+H*"
"""Part of the harmless text that scanners agree to call a virus."""
VERSION = b"ClamAV 1.4.3/27800/Mon Nov 24 10:00:00 2025"


@dataclass(kw_only=True)
class Speaking:
    """*manner*: well, limit (takes little), mute (never answers), torn (hangs up in the middle), odd (says nonsense)."""

    place: str
    manner: str = "well"
    scanned: list[int] = field(default_factory=list[int])

    def handle(self, line: socket.socket) -> None:
        with line, suppress(OSError), line.makefile("rwb") as wire:
            command = b""
            while not command.endswith(b"\0"):
                command += wire.read(1)
            if command == b"zVERSION\0":
                wire.write(VERSION + b"\0")
                return
            assert command == b"zINSTREAM\0"
            if self.manner == "torn":
                wire.read(10)
                return
            content = b""
            while length := int.from_bytes(wire.read(4), "big"):
                content += wire.read(length)
                if self.manner == "limit" and len(content) > 100:
                    wire.write(b"INSTREAM size limit exceeded. ERROR\0")
                    return
            self.scanned.append(len(content))
            if self.manner == "mute":
                time.sleep(1)
                return
            if self.manner == "odd":
                wire.write(b"stream: perhaps\0")
                return
            wire.write(b"stream: Eicar-Test FOUND\0" if MARK.encode() in content else b"stream: OK\0")


@contextmanager
def speaking(folder: Path | None = None, manner: str = "well") -> Generator[Speaking]:
    """A scanner on a socket of *folder*, or without one on a port of loopback."""
    if folder is None:
        listening = socket.create_server(("127.0.0.1", 0))
        place = f"127.0.0.1:{listening.getsockname()[1]}"
    else:
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(str(folder / "clamd.sock"))
        listening.listen()
        place = f"unix:{folder / 'clamd.sock'}"
    server = Speaking(place=place, manner=manner)

    def serve() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=server.handle, args=(listening.accept()[0],), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(5)


@contextmanager
def clamd(folder: Path) -> Generator[str | None]:
    """The real one with a single signature of our own; None where it is not installed."""
    program = shutil.which("clamd") or shutil.which("clamd", path="/usr/sbin")
    if program is None:
        yield None
        return
    signatures = folder / "signatures"
    signatures.mkdir()
    (signatures / "ours.ndb").write_text(f"Vermilion.Test:0:*:{MARK.encode().hex()}\n")
    place = folder / "real.sock"
    settings = folder / "clamd.conf"
    settings.write_text(
        f"Foreground yes\nDatabaseDirectory {signatures}\nLocalSocket {place}\nStreamMaxLength 64M\n"
        f"LogFile {folder / 'clamd.log'}\nTemporaryDirectory {folder}\n"
    )
    with subprocess.Popen([program, "-c", str(settings)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
        try:
            yield f"unix:{place}" if _answers(f"unix:{place}") else None
        finally:
            run.terminate()


def _answers(place: str) -> bool:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            return bool(Clamd(place).version())
        except ScannerAway:
            time.sleep(0.2)
    return False
