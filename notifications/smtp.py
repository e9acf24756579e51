"""The one door mail leaves by: a conversation with one SMTP server, step by step, so that the step to DATA can be recorded.

Answers tell apart what was turned down, what broke off, and a server that cannot be reached. Retries are not decided here.
"""

import ssl
from dataclasses import dataclass
from typing import Literal, Self
from urllib.parse import unquote, urlsplit

from aiosmtplib import SMTP
from aiosmtplib.errors import (
    SMTPException,
    SMTPResponseException,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)

Security = Literal["none", "starttls", "tls"]
_SCHEMES: dict[str, tuple[Security, int]] = {
    "smtp": ("none", 25),
    "smtp+starttls": ("starttls", 587),
    "smtps": ("tls", 465),
}
CONNECTIONS = 8
"""Conversations at a time. A server takes most of its time to answer, and a line waits for each answer: lines are what is fast."""


class RelayDown(Exception):
    """No conversation came about: the server is away, refuses us, or speaks no SMTP."""


class LineLost(Exception):
    """The conversation broke off; what was said last may or may not have been heard."""


class TurnedDown(Exception):
    """The server said no, with a code: 4xx for now, 5xx for good."""

    def __init__(self, code: int, said: str) -> None:
        self.code, self.said = code, said
        super().__init__(f"{code} {said}")

    @property
    def for_good(self) -> bool:
        return self.code >= 500


@dataclass(frozen=True, slots=True)
class Receipt:
    """The server took responsibility; *said* holds its queue id."""

    code: int
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """The mail server and how to speak with it. *connections* at most at a time; every step has *timeout_s*."""

    host: str
    port: int
    security: Security = "none"
    username: str | None = None
    password: str | None = None
    local_hostname: str = "vermilion"
    timeout_s: float = 20.0
    connections: int = CONNECTIONS
    tls: ssl.SSLContext | None = None

    @classmethod
    def of(
        cls, url: str, local_hostname: str = "vermilion", timeout_s: float = 20.0, connections: int = CONNECTIONS
    ) -> Self:
        """`smtp://host:port`, `smtp+starttls://user:password@host`, `smtps://…`. ValueError for anything else."""
        parts = urlsplit(url)
        if parts.scheme not in _SCHEMES or not parts.hostname:
            raise ValueError("a mail server is smtp://host:port, smtp+starttls:// or smtps://")
        security, port = _SCHEMES[parts.scheme]
        return cls(
            host=parts.hostname,
            port=parts.port or port,
            security=security,
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            local_hostname=local_hostname,
            timeout_s=timeout_s,
            connections=connections,
        )

    async def open(self) -> "Line":
        """A new conversation, greeted, secured and signed in as configured. Raises RelayDown."""
        client = SMTP(
            hostname=self.host,
            port=self.port,
            username=self.username,
            password=self.password,
            local_hostname=self.local_hostname,  # unset, it would ask the resolver for our name each time
            timeout=self.timeout_s,
            use_tls=self.security == "tls",
            start_tls=self.security == "starttls",  # demanded or not done; never "if offered", which can be stripped
            tls_context=self.tls,
        )
        try:
            await client.connect()
        except (SMTPException, OSError, ValueError) as error:
            client.close()
            raise RelayDown(f"{type(error).__name__}: {error}") from error
        return Line(client)


class Line:
    """One conversation. After any exception it is of no more use: close it."""

    def __init__(self, client: SMTP) -> None:
        self._client = client
        self.carried = 0

    async def offer(self, return_path: str, recipient: str) -> None:
        """MAIL and RCPT: nothing has left yet. Raises TurnedDown or LineLost."""
        try:
            await self._client.mail(return_path)
            await self._client.rcpt(recipient)
        except (SMTPException, OSError, ValueError) as error:
            raise _said_no(error) from error

    async def reset(self) -> bool:
        """Forget what was offered, after a no; whether the conversation can go on."""
        try:
            await self._client.rset()
        except (SMTPException, OSError, ValueError):
            return False
        return True

    async def send(self, body: bytes) -> Receipt:
        """DATA: from here on a broken line means that nobody knows. Raises TurnedDown or LineLost."""
        try:
            answer = await self._client.data(body)
        except (SMTPException, OSError, ValueError) as error:
            raise _said_no(error) from error
        self.carried += 1
        return Receipt(answer.code, answer.message)

    async def close(self) -> None:
        """Say QUIT if anybody listens, and hang up."""
        try:
            await self._client.quit(timeout=2)
        except (SMTPException, OSError, ValueError):
            self._client.close()


def _said_no(error: Exception) -> TurnedDown | LineLost:
    match error:
        case SMTPServerDisconnected() | SMTPTimeoutError():
            return LineLost(f"{type(error).__name__}: {error}")
        case SMTPResponseException(code=code, message=said) if 400 <= code < 600:
            return LineLost(f"{code} {said}") if code == 421 else TurnedDown(code, str(said))
        case _:
            return LineLost(f"{type(error).__name__}: {error}")
