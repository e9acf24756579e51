"""The one door parcels leave by: an HTTP client that asks the resolver once and knocks only at addresses it may.

The same at save, at a test, in delivery and at a replay. Follows no redirect, reads no proxy from the environment, unpacks
nothing, keeps no cookie; time and bytes are bounded as a whole, so that a slow drip ends too. Decides no retry.
"""

import asyncio
import re
import socket
import ssl
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import IPv4Address, ip_address
from itertools import chain
from typing import Protocol

import aiohttp
import structlog
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from webhooks.addresses import Table

LONGEST_URL = 2000
READ_AT_MOST = 16 * 1024
HEAD_AT_MOST = 2 * 1024
_PORTS = (443, 8443)
_URL = re.compile(r"(https?)://([a-z0-9.-]{1,253}|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?((?:/[!$-;=?-Z_a-z~%]*)?)", re.I)
_NAME = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?", re.I)
_HEADERS = re.compile(r"[\x20-\x7e]{0,8192}")
_log = structlog.get_logger(__name__)


class Shut(Exception):
    """The door does not open for this address. *why* is one word that may be told; the address itself is not."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


class Unanswered(Exception):
    """No whole answer came. *why*: timeout, connect, tls, resolve, broken."""

    def __init__(self, why: str, said: str = "") -> None:
        self.why = why
        super().__init__(f"{why}: {said}" if said else why)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the other side said, cut to what is kept. *head*: status line and headers."""

    code: int
    head: str
    body: bytes
    retry_after: str = ""

    @property
    def taken(self) -> bool:
        return 200 <= self.code < 300


class Resolver(Protocol):
    """From a name to its addresses. The system's, or one that a test leads astray."""

    async def __call__(self, host: str, port: int, /) -> Sequence[str]: ...


async def by_the_system(host: str, port: int, /) -> Sequence[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """*table*: which addresses. *plain*: also http and any port, for an intranet or a test; never on the open net."""

    table: Table = field(default_factory=Table)
    plain: bool = False
    resolver: Resolver = by_the_system
    tls: ssl.SSLContext | None = None
    connect_s: float = 5.0
    total_s: float = 15.0

    def read(self, text: str) -> URL:
        """*text* as an address of ours. Raises Shut: our grammar is narrower than any parser's, so that none can differ."""
        found = _URL.fullmatch(text) if len(text) <= LONGEST_URL else None
        if found is None:
            raise Shut("grammar")
        scheme, host, port = found[1].lower(), found[2], found[3]
        if not _NAME.fullmatch(host) and not self._may_be_literal(host):
            raise Shut("host")
        if port is not None and not 0 < int(port) < 65536:
            raise Shut("grammar")
        if not self.plain and (scheme != "https" or (port is not None and int(port) not in _PORTS)):
            raise Shut("scheme" if scheme != "https" else "port")
        return URL(text, encoded=True)

    def _may_be_literal(self, host: str) -> bool:
        """A number instead of a name only where the operator opened its network."""
        try:
            address = ip_address(host.strip("[]"))
        except ValueError:
            return False
        written_so = host == str(address) if isinstance(address, IPv4Address) else host == f"[{address}]"
        return written_so and self.table.opens(address)

    async def look(self, text: str) -> None:
        """Ask the resolver now, as every delivery will. Raises Shut, or Unanswered where the name has no address."""
        url = self.read(text)
        await self.vetted(url.host or "", url.port or 0)

    async def vetted(self, host: str, port: int) -> list[str]:
        """The addresses of *host*, if we may knock at every one of them."""
        try:
            async with asyncio.timeout(self.connect_s):
                addresses = list(dict.fromkeys(await self.resolver(host, port)))
        except (OSError, UnicodeError, TimeoutError) as error:
            _log.warning("webhook_name_not_resolved", host=host, error=type(error).__name__)
            raise Unanswered("resolve") from error
        if not addresses:
            raise Unanswered("resolve")
        refused = [address for address in addresses if not self.table.lets(address)]
        if refused:
            _log.warning("webhook_address_refused", host=host, addresses=refused)
            raise Shut("address")
        return addresses

    @asynccontextmanager
    async def open(self) -> "AsyncGenerator[Line]":
        """Connections that are kept while several parcels go the same way; all closed at the end."""
        connector = aiohttp.TCPConnector(
            resolver=_Vetting(self),
            socket_factory=self._socket,
            use_dns_cache=False,  # every new connection asks anew and is judged anew
            limit=0,
            keepalive_timeout=10,
            happy_eyeballs_delay=None,
            ssl=self.tls or True,
        )
        session = aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=self.total_s, connect=self.connect_s),
            trust_env=False,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding"),
            read_bufsize=READ_AT_MOST,
        )
        async with session:
            yield Line(self, session)

    def _socket(self, info: tuple[int, int, int, str, tuple[str | int, ...]]) -> socket.socket:
        """The last look, at the very address that is about to be connected to: no way leads around this one."""
        family, kind, protocol, _, address = info
        if not self.table.lets(str(address[0])):
            _log.warning("webhook_address_refused", addresses=[str(address[0])])
            raise Shut("address")
        made = socket.socket(family=family, type=kind, proto=protocol)
        made.setblocking(False)
        return made


@dataclass(frozen=True, slots=True)
class Line:
    """An open door."""

    door: Door
    session: aiohttp.ClientSession
    _read: dict[str, URL] = field(default_factory=dict[str, URL])  # few endpoints, many parcels

    async def post(self, text: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Hand over *body*. Raises Shut or Unanswered; any answer at all is a Reply."""
        url = self._read.get(text) or self._read.setdefault(text, self.door.read(text))
        if not _HEADERS.fullmatch("".join(chain.from_iterable(headers.items()))):
            raise Shut("header")
        sent = {**headers, "Accept-Encoding": "identity"}
        try:
            async with self.session.post(url, data=body, headers=sent, allow_redirects=False) as answer:
                kept = await _bounded(answer)
                head = _head(answer)
                return Reply(
                    code=answer.status, head=head, body=kept, retry_after=answer.headers.get("Retry-After", "")[:64]
                )
        except TimeoutError as error:
            raise Unanswered("timeout") from error
        except aiohttp.ClientConnectorDNSError as error:
            raise Unanswered("resolve") from error
        except aiohttp.ClientSSLError as error:
            raise Unanswered("tls", type(error).__name__) from error
        except aiohttp.ClientConnectionError as error:
            raise Unanswered("connect", type(error).__name__) from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise Unanswered("broken", type(error).__name__) from error


class _Vetting(AbstractResolver):
    """Gives the client only addresses that were judged; it connects to these and to no others."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [_result(host, address, port) for address in await self._door.vetted(host, port)]

    async def close(self) -> None:
        return None


def _result(host: str, address: str, port: int) -> ResolveResult:
    family = socket.AF_INET if isinstance(ip_address(address), IPv4Address) else socket.AF_INET6
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=flags)


async def _bounded(answer: aiohttp.ClientResponse) -> bytes:
    """As much of the body as we read; where there is more, the connection is dropped instead of emptied."""
    kept = bytearray()
    while len(kept) < READ_AT_MOST:
        some = await answer.content.read(READ_AT_MOST - len(kept))
        if not some:
            return bytes(kept)
        kept += some
    answer.close()
    return bytes(kept)


def _head(answer: aiohttp.ClientResponse) -> str:
    lines = [f"HTTP {answer.status} {answer.reason or ''}".rstrip()]
    lines += [f"{name}: {value}" for name, value in answer.headers.items() if name.lower() != "set-cookie"]
    return "\n".join(lines)[:HEAD_AT_MOST]
