"""The door keeps its temper: no redirect, no proxy, no slow drip, no flood, no header that breaks a line."""

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.webhooks.depot import LOOPBACK, Receiver, answer
from webhooks.exchange import READ_AT_MOST
from webhooks.post import Door, Reply, Shut, Unanswered

DOOR = Door(table=LOOPBACK, plain=True, connect_s=1, total_s=1)
BODY = b'{"type":"endpoint.test","data":{}}'


def post(url: str, door: Door = DOOR, **headers: str) -> Reply:
    async def once() -> Reply:
        async with door.open() as line:
            return await line.post(url, {name.replace("_", "-"): value for name, value in headers.items()}, BODY)

    return asyncio.run(once())


@contextmanager
def server(talk: Callable[[socket.socket], None]) -> Generator[str]:
    """One that speaks no HTTP we would write ourselves."""
    listening = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []

    def accept() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            threads.append(threading.Thread(target=_talk, args=(talk, connection), daemon=True))
            threads[-1].start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/hook"
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()
        for each in threads:
            each.join(3)


def _talk(talk: Callable[[socket.socket], None], connection: socket.socket) -> None:
    with connection:
        try:
            connection.recv(65536)
            talk(connection)
        except OSError:
            return


def test_a_redirect_is_an_answer_and_not_a_way(receiver: Receiver) -> None:
    for code in (301, 302, 303, 307, 308):
        receiver.says["/hook"] = answer(code, Location=receiver.url("/elsewhere"))
        assert post(receiver.url()).code == code
    assert {one.path for one in receiver.got} == {"/hook"}


def test_no_proxy_is_read_from_the_environment(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert post(receiver.url()).taken


def test_a_slow_drip_is_cut_off_by_one_deadline_for_the_whole() -> None:
    def drip(line: socket.socket) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        for _ in range(100):
            line.sendall(b"x")
            time.sleep(0.05)

    began = time.monotonic()
    with server(drip) as url, pytest.raises(Unanswered, match="timeout"):
        post(url)
    assert time.monotonic() - began < 3


def test_headers_that_drip_are_cut_off_too() -> None:
    def drip(line: socket.socket) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\n")
        for n in range(100):
            line.sendall(f"X-{n}: y\r\n".encode())
            time.sleep(0.05)

    with server(drip) as url, pytest.raises(Unanswered, match="timeout"):
        post(url)


def test_of_an_endless_answer_only_the_beginning_is_read() -> None:
    def flood(line: socket.socket) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(4096):
            line.sendall(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")

    with server(flood) as url:
        reply = post(url)
    assert reply.taken
    assert len(reply.body) == READ_AT_MOST


def test_a_bomb_stays_packed(receiver: Receiver) -> None:
    receiver.says["/hook"] = answer(200, b"\x1f\x8bnot even gzip", Content_Encoding="gzip")
    assert post(receiver.url()).body == b"\x1f\x8bnot even gzip"
    assert receiver.got[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    "said",
    [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: " + b"y" * 20000 + b"\r\n\r\n", b"HTTP/1.1 abc OK\r\n\r\n"],
)
def test_what_speaks_no_http_is_told_as_broken(said: bytes) -> None:
    with server(lambda line: line.sendall(said)) as url, pytest.raises(Unanswered):
        post(url)


def test_a_header_that_would_break_a_line_is_refused(receiver: Receiver) -> None:
    for value in ("a\r\nX: y", "a\nb", "a\rb", "a\x00b", "名"):
        with pytest.raises(Shut, match="header"):
            post(receiver.url(), x_test=value)
    assert receiver.connections == 0


def test_one_connection_carries_several(receiver: Receiver) -> None:
    async def several() -> None:
        async with DOOR.open() as line:
            for _ in range(3):
                assert (await line.post(receiver.url(), {}, BODY)).taken

    asyncio.run(several())
    assert (len(receiver.got), receiver.connections) == (3, 1)


def test_a_connection_that_was_hung_up_on_while_it_rested_is_made_anew() -> None:
    connections: list[int] = []

    def once(line: socket.socket) -> None:
        connections.append(1)
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    async def twice(url: str) -> None:
        async with DOOR.open() as line:
            assert (await line.post(url, {}, BODY)).body == b"ok"
            assert (await line.post(url, {}, BODY)).body == b"ok"

    with server(once) as url:
        asyncio.run(twice(url))
    assert len(connections) == 2


@pytest.mark.parametrize(
    ("said", "body"),
    [
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", b"ok"),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil it ends", b"until it ends"),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", b"ok"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", b"ok"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
    ],
)
def test_every_way_to_end_an_answer_is_understood(said: bytes, body: bytes) -> None:
    with server(lambda line: line.sendall(said)) as url:
        assert post(url).body == body


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1;" + b"e" * 900_000 + b"\r\nx\r\n0\r\n\r\n",
    ],
)
def test_half_an_answer_or_two_in_one_is_none(said: bytes) -> None:
    with server(lambda line: line.sendall(said)) as url, pytest.raises(Unanswered):
        post(url)


def test_a_port_where_nobody_listens_is_an_answer_too() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(Unanswered, match="connect"):
        post(f"http://127.0.0.1:{port}/")


def test_the_name_is_asked_for_in_tls_and_compared_with_the_certificate(tmp_path: Path) -> None:
    certificate, key = _certificate(tmp_path, "hooks.example.cn")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    asked: list[str | None] = []
    context.sni_callback = lambda _socket, name, _context: asked.append(name)

    async def loopback(_host: str, _port: int, /) -> list[str]:
        return ["127.0.0.1"]

    def talk(line: socket.socket) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    trusting = ssl.create_default_context(cafile=str(certificate))
    door = Door(table=LOOPBACK, plain=True, resolver=loopback, tls=trusting, connect_s=2, total_s=2)
    with _tls_server(context, talk) as port:
        assert post(f"https://hooks.example.cn:{port}/", door).body == b"ok"
        with pytest.raises(Unanswered, match="tls"):
            post(f"https://other.example.cn:{port}/", door)
    assert asked == ["hooks.example.cn", "other.example.cn"]


@contextmanager
def _tls_server(context: ssl.SSLContext, talk: Callable[[socket.socket], None]) -> Generator[int]:
    listening = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                connection, _ = listening.accept()
                with context.wrap_socket(connection, server_side=True) as line:
                    line.recv(65536)
                    talk(line)
            except ssl.SSLError:
                continue
            except OSError:
                return

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield int(listening.getsockname()[1])
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()


def _certificate(folder: Path, name: str) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, private = folder / "certificate.pem", folder / "key.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return pem, private
