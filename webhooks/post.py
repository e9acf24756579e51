"""The one door parcels leave by: an HTTP client that asks the resolver once and knocks only at addresses it may.

The same at save, at a test, in delivery and at a replay. Follows no redirect, reads no proxy from the environment, unpacks
nothing, keeps no cookie; time and bytes are bounded as a whole, so that a slow drip ends too. Decides no retry.
"""

import asyncio
import re
import socket
import ssl
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from ipaddress import IPv4Address, ip_address
from itertools import chain
from typing import Protocol

import structlog

from webhooks.addresses import Table
from webhooks.exchange import Answer, Broken, Exchange

LONGEST_URL = 2000
HEAD_AT_MOST = 2 * 1024
RESTS_AT_MOST_S = 10.0
"""A connection that rested longer is not used again: its other side may be about to hang up."""
_PORTS = (443, 8443)
_URL = re.compile(r"(https?)://([a-z0-9.-]{1,253}|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?((?:/[!$-;=?-Z_a-z~%]*)?)", re.I)
_NAME = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?", re.I)
_HEADERS = re.compile(r"[\x20-\x7e]{0,8192}")
_DEFAULT = {"https": 443, "http": 80}
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a request goes: *target* is the request's, written as it was given."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.authority}"


class Resolver(Protocol):
    """From a name to its addresses. The system's, or one that a test leads astray."""

    async def __call__(self, host: str, port: int, /) -> Sequence[str]: ...


async def by_the_system(host: str, port: int, /) -> Sequence[str]:
    with suppress(ValueError):
        return [str(ip_address(host))]  # nobody has to be asked, and no thread to do it
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

    def read(self, text: str) -> Place:
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
        number = int(port) if port is not None else _DEFAULT[scheme]
        return Place(scheme=scheme, host=host.strip("[]").lower(), port=number, target=found[4] or "/")

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
        place = self.read(text)
        await self.vetted(place.host, place.port)

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
        line = Line(self)
        try:
            yield line
        finally:
            line.close()

    async def connect(self, place: Place) -> Exchange:
        """A new connection: the name is asked for once, and the first address that answers is it. Raises Shut, Unanswered."""
        troubles: list[OSError] = []
        try:
            async with asyncio.timeout(self.connect_s):
                for address in await self.vetted(place.host, place.port):
                    try:
                        return await self._connected(place, address)
                    except OSError as error:
                        troubles.append(error)
        except TimeoutError as error:
            raise Unanswered("timeout") from error
        last = troubles[-1]
        why = "tls" if isinstance(last, ssl.SSLError) else "connect"
        raise Unanswered(why, type(last).__name__) from last

    async def _connected(self, place: Place, address: str) -> Exchange:
        loop, made = asyncio.get_running_loop(), self._socket(address)
        try:
            await loop.sock_connect(made, (address, place.port))
            if place.scheme == "http":
                return (await loop.create_connection(Exchange, sock=made))[1]
            context = self.tls or _trusting()
            return (await loop.create_connection(Exchange, sock=made, ssl=context, server_hostname=place.host))[1]
        except BaseException:
            made.close()
            raise

    def _socket(self, address: str) -> socket.socket:
        """The last look, at the very address that is about to be connected to: no way leads around this one."""
        if not self.table.lets(address):
            _log.warning("webhook_address_refused", addresses=[address])
            raise Shut("address")
        made = socket.socket(socket.AF_INET if isinstance(ip_address(address), IPv4Address) else socket.AF_INET6)
        made.setblocking(False)
        return made


@dataclass(slots=True)
class Line:
    """An open door. Of each place the connections that rest, the latest last."""

    door: Door
    _read: dict[str, Place] = field(default_factory=dict[str, Place])  # few endpoints, many parcels
    _resting: dict[str, list[Exchange]] = field(default_factory=dict[str, list[Exchange]])

    async def post(self, text: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Hand over *body*. Raises Shut or Unanswered; any answer at all is a Reply."""
        place = self._read.get(text) or self._read.setdefault(text, self.door.read(text))
        if not _HEADERS.fullmatch("".join(chain.from_iterable(headers.items()))):
            raise Shut("header")
        request = _request(place, headers, body)
        try:
            async with asyncio.timeout(self.door.total_s):
                return _reply(await self._asked(place, request))
        except TimeoutError as error:
            raise Unanswered("timeout") from error
        except Broken as error:
            raise Unanswered("broken" if error.begun else "connect", str(error)) from error

    async def _asked(self, place: Place, request: bytes) -> Answer:
        """On a connection that rests; where that was hung up on and heard nothing of us, on a new one."""
        kept = self._take(place)
        if kept is not None:
            try:
                return await self._on(kept, place, request)
            except Broken as broken:
                if broken.begun:
                    raise
        return await self._on(await self.door.connect(place), place, request)

    async def _on(self, line: Exchange, place: Place, request: bytes) -> Answer:
        try:
            answer = await line.ask(request)
        except BaseException:
            line.close()
            raise
        if line.open:
            self._resting.setdefault(place.origin, []).append(line)
        return answer

    def _take(self, place: Place) -> Exchange | None:
        resting, now = self._resting.get(place.origin, []), asyncio.get_running_loop().time()
        while resting:
            line = resting.pop()
            if line.open and now - line.rests_since < RESTS_AT_MOST_S:
                return line
            line.close()
        return None

    def close(self) -> None:
        for line in chain.from_iterable(self._resting.values()):
            line.close()
        self._resting.clear()


@cache
def _trusting() -> ssl.SSLContext:
    """The system's authorities, read once."""
    return ssl.create_default_context()


def _request(place: Place, headers: Mapping[str, str], body: bytes) -> bytes:
    lines = [f"POST {place.target} HTTP/1.1\r\nHost: {place.authority}\r\n"]
    lines += [f"{name}: {value}\r\n" for name, value in headers.items()]
    lines.append(f"Accept-Encoding: identity\r\nContent-Length: {len(body)}\r\n\r\n")
    return "".join(lines).encode("ascii") + body


def _reply(answer: Answer) -> Reply:
    lines, wait = [f"HTTP {answer.code} {_text(answer.reason)}".rstrip()], ""
    for raw, value in answer.headers:
        name, said = _text(raw), _text(value)
        match name.lower():
            case "retry-after":
                wait = said
            case "set-cookie":
                continue
            case _:
                pass
        lines.append(f"{name}: {said}")
    return Reply(code=answer.code, head="\n".join(lines)[:HEAD_AT_MOST], body=answer.body, retry_after=wait[:64])


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
