"""Letters over kept connections beside a new connection for each and beside one kept connection; marks together beside one by one.

The floors send ready bytes with the same client library to the same server; ours claims, freezes, marks, sends, marks.
"""

import asyncio
import tempfile
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

from aiosmtplib import SMTP
from sqlalchemy import Connection

import migrations
from bench.figures import Figure, at_least, per_second
from bench.progress import Progress
from bench.rounds import interleaved, timed
from bench.scale import Scale
from eventstore.engine import open_engine
from notifications import letters
from notifications.letters import Claimed, Outcome, Verdict
from notifications.schema import letter_attempts
from notifications.schema import letters as table
from notifications.smtp import CONNECTIONS
from tests.notifications.moments import DRAFT
from tests.notifications.post import PostOffice
from tests.scenario import SEALED

_SLOW_S = 0.010
_FEW, _MANY = 96, 400


def figures(scale: Scale, progress: Progress) -> Iterator[Figure]:
    rounds = min(scale.rounds, 5)
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{Path(folder) / 'mail.db'}")
        migrations.upgrade(engine)
        post = PostOffice(engine)
        post.populate()
        post.happen(*DRAFT, SEALED)
        post.listener.follow()
        with _server(0) as port:
            post.delivery(port).drain()
            yield from _lane(post, port, rounds, progress)
        with _server(_SLOW_S) as port:
            yield from _slow(post, port, rounds, progress)
        yield from _marks(post, rounds, progress)
        engine.dispose()


def _lane(post: PostOffice, port: int, rounds: int, progress: Progress) -> Iterator[Figure]:
    count, body = 200, _body(post)
    sides = {
        "ours": lambda _round: _delivered(post, port, count, body),
        "worded": lambda _round: _delivered(post, port, count),
        "new": lambda _round: timed(lambda: asyncio.run(_each_anew(port, body, count))),
    }
    found = interleaved(rounds, sides, progress)
    yield at_least(
        "letters claimed, sent and marked",
        per_second(count / found.of("ours")),
        f"a new connection each {per_second(count / found.of('new'))}",
        found.ratio("new", "ours"),
        2.0,
    )
    worded = per_second(count / found.of("worded"))
    yield at_least("the same, put into words first", worded, "the same", found.ratio("new", "worded"))


def _slow(post: PostOffice, port: int, rounds: int, progress: Progress) -> Iterator[Figure]:
    body = _body(post)
    sides = {
        "ours": lambda _round: _delivered(post, port, _FEW, body),
        "kept": lambda _round: timed(lambda: asyncio.run(_one_kept(port, body, _FEW))),
    }
    found = interleaved(rounds, sides, progress)
    yield at_least(
        "the same, a server that takes 10 ms a reply",
        per_second(_FEW / found.of("ours")),
        f"one kept connection {per_second(_FEW / found.of('kept'))}",
        found.ratio("kept", "ours"),
        3.5,
    )


def _marks(post: PostOffice, rounds: int, progress: Progress) -> Iterator[Figure]:
    sides = {"batch": lambda _round: _claimed(post, 50), "each": lambda _round: _claimed(post, 1)}
    found = interleaved(rounds, sides, progress)
    yield at_least(
        "letters claimed and marked in batches of 50",
        per_second(_MANY / found.of("batch")),
        f"one by one {per_second(_MANY / found.of('each'))}",
        found.ratio("each", "batch"),
        10.0,
    )


def _body(post: PostOffice) -> bytes:
    (body, *_) = (bytes(body) for (body,) in post.rows("body") if isinstance(body, bytes))
    return body


def _delivered(post: PostOffice, port: int, count: int, body: bytes | None = None) -> float:
    """*body*: bytes that were frozen before, as for every letter that is tried again."""
    _fresh(post, count, body)
    return timed(lambda: post.delivery(port, connections=CONNECTIONS).drain())


def _claimed(post: PostOffice, at_once: int) -> float:
    """Claim and mark them all, *at_once* in each of two transactions."""
    _fresh(post, _MANY)

    def work() -> None:
        while claimed := _in(post, lambda db, now: letters.claim(db, now, at_once)):
            _in(post, partial(_settle_of, claimed))

    return timed(work)


def _settle_of(claimed: list[Claimed], db: Connection, now: datetime) -> list[Claimed]:
    sent = Verdict(outcome=Outcome.SENT, code=250, said="ok")
    letters.settle_all(db, [(letter, sent) for letter in claimed], now)
    return claimed


def _in(post: PostOffice, work: Callable[[Connection, datetime], list[Claimed]]) -> list[Claimed]:
    with post.store.begin() as db:
        return work(db, post.clock.now(db))


def _fresh(post: PostOffice, count: int, body: bytes | None = None) -> None:
    """The same letter, due again *count* times."""
    with post.store.begin() as db:
        db.execute(letter_attempts.delete())
        db.execute(table.delete().where(table.c.dedupe_key.like("copy:%")))
        first = {"body": body, "stage": "none", "subject": None}
        kept = table.select().order_by(table.c.id).limit(1)
        row = dict(db.execute(kept).mappings().one())
        ours = [
            {
                **row,
                **first,
                "state": "planned",
                "id": f"{row['id'][:-6]}{n:06d}",
                "dedupe_key": f"copy:{n}",
                "attempts": 0,
            }
            for n in range(count)
        ]
        db.execute(table.insert(), ours)


async def _each_anew(port: int, body: bytes, count: int) -> None:
    for _ in range(count):
        client = SMTP(hostname="127.0.0.1", port=port, local_hostname="bench", timeout=20, start_tls=False)
        await client.connect()
        await _sent(client, body)
        await client.quit()


async def _one_kept(port: int, body: bytes, count: int) -> None:
    client = SMTP(hostname="127.0.0.1", port=port, local_hostname="bench", timeout=20, start_tls=False)
    await client.connect()
    for _ in range(count):
        await _sent(client, body)
    await client.quit()


async def _sent(client: SMTP, body: bytes) -> None:
    await client.mail("no-reply@vermilion.test")
    await client.rcpt("editor@people.example")
    await client.data(body)


@contextmanager
def _server(reply_s: float) -> Generator[int]:
    """The least of an SMTP server, in a thread of its own; *reply_s* before each reply."""
    ready, port, ends = threading.Event(), [0], list[Callable[[], object]]()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def say(line: bytes) -> None:
            if reply_s:
                await asyncio.sleep(reply_s)
            writer.write(line)

        await say(b"220 bench\r\n")
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                await say(b"354 go on\r\n")
                await reader.readuntil(b"\r\n.\r\n")
            await say(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")
            if verb == b"QUIT":
                break
        writer.close()

    async def serve() -> None:
        loop, end = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(talk, "127.0.0.1", 0, limit=1 << 20)
        port[0] = int(server.sockets[0].getsockname()[1])
        ends.append(lambda: loop.call_soon_threadsafe(end.set))
        ready.set()
        await end.wait()
        server.close()

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    ready.wait(5)
    try:
        yield port[0]
    finally:
        ends[0]()
        thread.join(5)
