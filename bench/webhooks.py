"""Parcels beside their floors: the door beside a raw keep-alive socket, the planner beside the append, a dead neighbour beside none.

The receiver is a process of its own. The floor sends the same signed bytes over one socket and waits for each answer.
"""

import asyncio
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter

from bench import places
from bench.figures import Figure, absent, at_least
from bench.progress import Progress
from bench.rounds import interleaved, timed
from bench.scale import Scale
from tests.scenario import COUNTY, OPENED, SEALED
from tests.webhooks.depot import LOOPBACK, OPERATOR, OWN, PROVINCE, YUELU, Depot
from webhooks import signing
from webhooks.delivery import Ended
from webhooks.post import Door
from webhooks.schemas import example_of
from webhooks.signing import Keys

_IN_FLIGHT = 16
_POSTS = 500
_LANES = 3
_DOOR, _PLANNER, _BESIDE = 0.30, 5.0, 0.90
_KEYS = Keys(secrets=[signing.secret_of(bytes(range(32)))])


def figures(scale: Scale, progress: Progress) -> Iterator[Figure]:
    with _receiver() as port:
        yield _door(port, "/hook", "", _DOOR, scale, progress)
        yield _door(port, "/slow", ", each answered after 2 ms", None, scale, progress)
        with places.folder() as place, _depot(f"sqlite:///{place / 'parcels.db'}") as depot:
            yield from _house("SQLite", depot, port, scale, progress)
        with places.postgres() as url:
            if url is None:
                yield absent("PostgreSQL, parcels", "no server answers")
                return
            with _depot(url) as depot:
                yield from _house("PostgreSQL", depot, port, scale, progress)


@contextmanager
def _receiver() -> Iterator[int]:
    sink = Path(__file__).with_name("http_sink.py")
    process = subprocess.Popen([sys.executable, str(sink)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


@contextmanager
def _depot(url: str) -> Iterator[Depot]:
    with places.opened(url) as engine:
        depot = Depot(engine, Door(table=LOOPBACK, plain=True, connect_s=2, total_s=1.5))
        depot.populate()
        yield depot


def _door(port: int, path: str, more: str, wanted: float | None, scale: Scale, progress: Progress) -> Figure:
    """The HTTP part alone, signed: 16 in flight beside one socket."""
    bodies = [str(example_of("application.recommended") | {"n": n}).encode() for n in range(_POSTS)]
    sides = {
        "ours": lambda _round: timed(lambda: asyncio.run(_posted(port, path, bodies))),
        "floor": lambda _round: timed(lambda: _raw(port, path, bodies)),
    }
    found = interleaved(scale.rounds, sides, progress)
    return at_least(
        f"signed parcels through the door, {_IN_FLIGHT} in flight{more}",
        f"{_POSTS / found.of('ours'):,.0f}/s",
        f"raw keep-alive socket {_POSTS / found.of('floor'):,.0f}/s",
        found.ratio("floor", "ours"),
        wanted,
    )


async def _posted(port: int, path: str, bodies: list[bytes]) -> None:
    url, left = f"http://127.0.0.1:{port}{path}", iter(enumerate(bodies))
    async with Door(table=LOOPBACK, plain=True).open() as line:

        async def carry() -> None:
            for n, body in left:
                reply = await line.post(url, _headers(n, body), body)
                assert reply.taken

        await asyncio.gather(*(carry() for _ in range(_IN_FLIGHT)))


def _headers(n: int, body: bytes) -> dict[str, str]:
    return {"Content-Type": "application/json", **signing.headers(f"msg_{n}", 1763604000, body, _KEYS)}


def _raw(port: int, path: str, bodies: list[bytes]) -> None:
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for n, body in enumerate(bodies):
            head = {"Host": f"127.0.0.1:{port}", "Content-Length": str(len(body)), **_headers(n, body)}
            text = f"POST {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in head.items())
            line.sendall(text.encode() + b"\r\n" + body)
            assert line.recv(4096).startswith(b"HTTP/1.1 200")


def _house(name: str, depot: Depot, port: int, scale: Scale, progress: Progress) -> Iterator[Figure]:
    for owner in (PROVINCE, YUELU, OWN):
        depot.endpoint(f"http://127.0.0.1:{port}/{owner.partition(':')[0]}", owner)
    yield _planner(name, depot, scale, progress)
    yield from _lane(name, depot, port, scale, progress)


def _planner(name: str, depot: Depot, scale: Scale, progress: Progress) -> Figure:
    """Events a second, three rows an event, beside the append of the same events one command each."""
    count, appended, planned = scale.commands, list[float](), list[float]()
    for number in range(scale.rounds):
        progress(number, scale.rounds)
        ids = [depot.happen(OPENED, SEALED) for _ in range(count)]
        depot.listener.follow()
        depot.delivery.drain()
        appended.append(timed(lambda: [depot.happen(COUNTY, application=id_) for id_ in ids]))  # noqa: B023
        planned.append(timed(depot.listener.follow))
        depot.delivery.drain()
    progress(scale.rounds, scale.rounds)
    best = median(a / p for a, p in zip(appended, planned, strict=True))
    ours, floor = count / median(planned), count / median(appended)
    return at_least(f"{name}: events planned, 3 rows each", f"{ours:,.0f}/s", f"append {floor:,.0f}/s", best, _PLANNER)


def _lane(name: str, depot: Depot, port: int, scale: Scale, progress: Progress) -> Iterator[Figure]:
    """Claimed, sent and marked; then the same with a dead endpoint beside, a new one each round: it never answers in time."""
    count, alone, beside = scale.commands, list[float](), list[float]()
    for number in range(_LANES):
        progress(number, _LANES)
        alone.append(_drained(depot, count, ""))
        dead = depot.endpoint(f"http://127.0.0.1:{port}/dead", PROVINCE).id
        beside.append(_drained(depot, count, dead))
        depot.register.delete(OPERATOR, depot.asked(), dead)
    progress(_LANES, _LANES)
    one, other = median(alone), median(beside)
    yield Figure(what=f"{name}: parcels claimed, sent and marked", ours=f"{one:,.0f}/s")
    ratio = median(with_it / without for with_it, without in zip(beside, alone, strict=True))
    yield at_least(f"{name}: the same beside a dead endpoint", f"{other:,.0f}/s", f"alone {one:,.0f}/s", ratio, _BESIDE)


def _drained(depot: Depot, count: int, dead: str) -> float:
    """Parcels of the living a second, until the last of theirs was marked."""
    depot.recommended(count)
    depot.listener.follow()
    marked: list[tuple[float, int]] = []
    settle = depot.delivery.settle

    def noting(ended: Sequence[Ended]) -> "Counter[str]":
        told = settle(ended)
        living = sum(parcel.endpoint != dead for some, _ in ended for parcel in some)
        if living:
            marked.append((perf_counter(), living))
        return told

    depot.delivery.settle = noting  # type: ignore[method-assign]
    began = perf_counter()
    depot.delivery.drain()
    depot.delivery.settle = settle  # type: ignore[method-assign]
    return sum(living for _, living in marked) / (marked[-1][0] - began)
