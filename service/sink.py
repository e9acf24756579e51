"""The demo's own mail server: real SMTP on loopback, every letter kept as one .eml file in a folder.

Nothing leaves the machine. What the outside world would have got can be read, searched and counted here.
"""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

LARGEST_LETTER = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One received letter: what a list of letters shows of it."""

    number: int
    sender: str
    recipients: tuple[str, ...]
    subject: str
    date: str
    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """One letter taken out of its envelope; *html* is shown in a sandbox, never as part of our page."""

    kept: Kept
    headers: tuple[tuple[str, str], ...]
    text: str
    html: str


class Mailbox:
    """A folder of letters, numbered from 1 in the order they came."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._lock = threading.Condition()
        self._kept = [_kept(int(path.stem), path.read_bytes()) for path in sorted(folder.glob("*.eml"))]

    def keep(self, letter: bytes) -> Kept:
        with self._lock:
            number = len(self._kept) + 1
            (self._folder / f"{number:06d}.eml").write_bytes(letter)
            kept = _kept(number, letter)
            self._kept.append(kept)
            self._lock.notify_all()
        return kept

    def __len__(self) -> int:
        return len(self._kept)

    def newest_first(self, recipient: str = "") -> Iterator[Kept]:
        for kept in reversed(self._kept):
            if not recipient or recipient in kept.recipients:
                yield kept

    def open(self, number: int) -> Opened | None:
        if not 1 <= number <= len(self._kept):
            return None
        message: EmailMessage = message_from_bytes(self.raw(number), policy=policy.default)
        headers = tuple((name, str(value)) for name, value in message.items())
        text, html = _body(message, "plain"), _body(message, "html")
        return Opened(kept=self._kept[number - 1], headers=headers, text=text, html=html)

    def raw(self, number: int) -> bytes:
        return (self._folder / f"{number:06d}.eml").read_bytes()

    def wait_for(self, count: int, timeout_s: float) -> bool:
        """Until *count* letters have come; False when they do not come in time."""
        with self._lock:
            return self._lock.wait_for(lambda: len(self._kept) >= count, timeout_s)


class Sink:
    """An SMTP server in this process that keeps every letter in *mailbox*, on a free port."""

    def __init__(self, mailbox: Mailbox, *, host: str = "127.0.0.1") -> None:
        self.mailbox = mailbox
        self._controller = _AnyPort(_Keeper(mailbox), hostname=host, port=0)

    @property
    def url(self) -> str:
        return f"smtp://{self._controller.hostname}:{self._controller.port}"

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop(no_assert=True)


class _Keeper:
    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_DATA(  # noqa: N802  aiosmtpd calls it so
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content
        kept = self._mailbox.keep(content if isinstance(content, bytes) else (content or "").encode())
        return f"250 OK kept as {kept.number}"


class _AnyPort(Controller):
    """aiosmtpd's controller, which says the port it got and knocks at that one."""

    def factory(self) -> SMTP:
        return SMTP(self.handler, data_size_limit=LARGEST_LETTER, enable_SMTPUTF8=True, hostname="mail.vermilion.test")

    def _trigger_server(self) -> None:
        if isinstance(self.server, asyncio.Server):
            self.port = int(self.server.sockets[0].getsockname()[1])
        super()._trigger_server()  # type: ignore[no-untyped-call]


def _kept(number: int, letter: bytes) -> Kept:
    message = message_from_bytes(letter, policy=policy.default)
    recipients = tuple(address.addr_spec for address in getattr(message["to"], "addresses", ()))
    return Kept(
        number=number,
        sender=str(message["from"] or ""),
        recipients=recipients,
        subject=str(message["subject"] or ""),
        date=str(message["date"] or ""),
        message_id=str(message["message-id"] or ""),
    )


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part is not None else ""
