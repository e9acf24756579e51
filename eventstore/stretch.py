"""One stretch of the log, read by itself: every event hashed anew, every chain held together, and what the tree needs of it.

Knows the drivers alone, so that a process of its own begins quickly. What lies before a stretch is judged by whoever puts
stretches together (`verify`).
"""

import pickle
import sqlite3
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from eventstore.chain import event_hash
from eventstore.merkle import BLOCK, root_of
from eventstore.suite import SUITES, Suite

PAGE = 4096
_IDS = ("event_id", "correlation_id", "causation_id")
_SQL = (  # in the order event_hash() takes them, from the fourth on
    "SELECT position, algorithm, hash, prev_hash, stream, version, {event_id}, type, schema_version, payload, metadata,"
    " actor, {correlation_id}, {causation_id}, recorded_at FROM events"
    " WHERE position > {mark} AND position <= {mark} ORDER BY position"
)
Row: TypeAlias = Sequence[Any]
Tip: TypeAlias = tuple[int, bytes]
Begun: TypeAlias = Callable[[str, int, bytes], Tip]


class Odd(Exception):
    """A row that is not what belongs there; *leaves* are those of the rows before it."""

    def __init__(self, row: Row, expected: int, leaves: Sequence[bytes]) -> None:
        self.row, self.expected, self.leaves = row, expected, leaves
        super().__init__(f"position {expected}")


class Asked(NamedTuple):
    """What to read: the events after *after* up to *until*, and at which sizes the unfinished block is wanted.

    *after* is a whole number of blocks. *place*: a file of SQLite, or an address that libpq understands.
    """

    postgresql: bool
    place: str
    suite: str
    after: int
    until: int
    sizes: tuple[int, ...]


@dataclass(slots=True)
class Read:
    """What was read. *begun* and *tips*: of each stream, what its first event here holds on to, and its last one here."""

    until: int
    blocks: list[bytes] = field(default_factory=list[bytes])
    unfinished: dict[int, bytes] = field(default_factory=dict[int, bytes])
    rest: list[bytes] = field(default_factory=list[bytes])
    begun: dict[str, Tip] = field(default_factory=dict[str, Tip])
    tips: dict[str, Tip] = field(default_factory=dict[str, Tip])


def read(asked: Asked) -> Read | None:
    """None where anything is not as it was written: whoever reads it all from the beginning says what."""
    found, suite = Read(asked.until), SUITES[asked.suite]

    def begun(stream: str, version: int, before: bytes) -> Tip:
        found.begun[stream] = (version - 1, before)
        return version - 1, before

    leaves, at = list[bytes](), asked.after
    with closing(_opened(asked)) as raw, closing(pages(raw, asked.postgresql, asked.after, asked.until)) as some:
        try:
            for rows in some:
                leaves += leaves_of(rows, at, found.tips, begun, suite)
                at += len(rows)
        except Odd:
            return None
    if at != asked.until:
        return None
    whole = len(leaves) // BLOCK * BLOCK
    found.blocks = [root_of(leaves[start : start + BLOCK], suite.new) for start in range(0, whole, BLOCK)]
    for size in asked.sizes:
        end = size - asked.after
        found.unfinished[size] = root_of(leaves[end // BLOCK * BLOCK : end], suite.new)
    found.rest = leaves[whole:]
    return found


def _opened(asked: Asked) -> Any:
    if asked.postgresql:
        import psycopg

        return psycopg.connect(asked.place)
    return sqlite3.connect(f"{asked.place}?mode=ro", uri=True, isolation_level=None)


def pages(raw: Any, postgresql: bool, after: int, until: int) -> Generator[Sequence[Row]]:
    """The rows of a stretch, some at a time: the cursor is the server's, so that memory stays flat."""
    ids = {name: f"{name}::text" if postgresql else name for name in _IDS}
    sql = _SQL.format(mark="%s" if postgresql else "?", **ids)
    cursor: Any = raw.cursor(**({"name": "verify"} if postgresql else {}))
    with closing(cursor):
        cursor.execute(sql, (after, until))
        while rows := cursor.fetchmany(PAGE):
            yield rows


def leaves_of(rows: Sequence[Row], expected: int, tips: dict[str, Tip], begun: Begun, suite: Suite) -> list[bytes]:
    """The leaves of *rows*, which follow position *expected*, each checked against its stream. Odd at the first that does
    not fit. *begun* says what the first event of a stream must hold on to. Written out, because a log of a million passes here.
    """
    tip_of, digest_of, hashed, algorithm = tips.get, event_hash, suite.new, suite.name
    leaves: list[bytes] = []
    add = leaves.append
    for row in rows:
        expected += 1
        digest, before, stream, version = row[2], row[3], row[4], row[5]
        tip = tip_of(stream) or begun(stream, version, before)
        if (
            row[0] != expected
            or version != tip[0] + 1
            or before != tip[1]
            or row[1] != algorithm
            or digest_of(hashed, *row[3:]) != digest
        ):
            raise Odd(row, expected, leaves)
        tips[stream] = (version, digest)
        add(hashed(b"\x00" + expected.to_bytes(8, "big") + digest).digest())
    return leaves


def main() -> None:
    """A process of its own: what to read comes in whole, what was read goes out one by one."""
    for asked in pickle.load(sys.stdin.buffer):  # noqa: S301 from whoever began this process
        pickle.dump(read(asked), sys.stdout.buffer)
        sys.stdout.buffer.flush()
