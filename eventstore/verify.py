"""Reads the whole log and says whether it is what was written; names the first position that is not, and why."""

# ruff: noqa: S608 -- only constants of this room are put into statements; values are always bound

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, TypeAlias

from sqlalchemy import Connection, Engine, select

from eventstore.chain import ALGORITHM, event_hash
from eventstore.checkpoint import Checkpoint
from eventstore.engine import prepare
from eventstore.event import NO_HASH
from eventstore.merkle import BLOCK, EMPTY_ROOT, Tree, leaf_hash
from eventstore.schema import log_checkpoints, log_nodes

_PAGE = 4096
_REMEMBERED = 1 << 14
_SQL = (  # in the order event_hash() takes them, from the fourth on
    "SELECT position, algorithm, hash, prev_hash, stream, version, {event_id}, type, schema_version, payload, metadata,"
    " actor, {correlation_id}, {causation_id}, recorded_at FROM events"
    " WHERE position <= {mark} ORDER BY position"
)
_IDS = ("event_id", "correlation_id", "causation_id")
Row: TypeAlias = Sequence[Any]
Nodes: TypeAlias = dict[tuple[int, int], bytes]
Progress: TypeAlias = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Report:
    """What verification found. `position` is the first bad one; up to `until` nothing is vouched for.

    reason: edited | deleted | unchained (inserted, or its forerunner replaced) | swapped | rewritten (chained anew, but
    not what was signed) | truncated | algorithm.
    """

    ok: bool
    size: int
    root: bytes
    position: int | None = None
    reason: str = ""
    stream: str = ""
    until: int | None = None
    detail: str = ""


class _Bad(Exception):
    def __init__(
        self, position: int, reason: str, stream: str = "", detail: str = "", until: int | None = None
    ) -> None:
        self.position, self.reason, self.stream, self.detail, self.until = position, reason, stream, detail, until
        super().__init__(detail)


def verify(engine: Engine, checkpoint: Checkpoint | None = None, progress: Progress | None = None) -> Report:
    """Check every event, chain, node and checkpoint; *checkpoint* is one that was kept outside the database.

    Without one, a tail cut off together with its own checkpoints cannot be seen. *progress* gets (done, of how many).
    """
    prepare(engine)
    with engine.connect() as db:
        head = db.exec_driver_sql("SELECT max(position) FROM events").scalar() or 0
        reading = _Reading(db, head, _Vouchers(db, checkpoint))
        try:
            reading.read(progress)
        except _Bad as bad:
            size, root = reading.tree.size, reading.tree.root()
            return Report(False, size, root, bad.position, bad.reason, bad.stream, bad.until, bad.detail)
        return Report(True, head, reading.tree.root())


class _Vouchers:
    """What somebody wrote down about the tree: roots of checkpoints, nodes of complete parts."""

    def __init__(self, db: Connection, outside: Checkpoint | None) -> None:
        self.roots: dict[int, set[bytes]] = {0: {EMPTY_ROOT}}
        for size, root in db.execute(select(log_checkpoints.c.tree_size, log_checkpoints.c.root)):
            self.roots.setdefault(size, set()).add(root)
        if outside is not None:
            self.roots.setdefault(outside.size, set()).add(outside.root)
        self.nodes = {
            (level, index): node
            for level, index, node in db.execute(select(log_nodes.c.level, log_nodes.c.idx, log_nodes.c.hash))
        }
        self.size = max([*self.roots, *((index + 1) << level for level, index in self.nodes)])

    def says(self, tree: Tree, nodes: Nodes, since: int) -> bool | None:
        """Whether *tree*, and the *nodes* it just completed, are as written down; None when nobody vouches since."""
        answer: bool | None = None
        for (level, index), node in nodes.items():
            stored = self.nodes.get((level, index))
            if stored is not None and stored != node:
                return False
            if stored is not None and index << level <= since:
                answer = True
        roots = self.roots.get(tree.size)
        return answer if roots is None else roots == {tree.root()}


class _Reading:
    def __init__(self, db: Connection, head: int, vouchers: _Vouchers) -> None:
        self._db, self._head, self._vouchers = db, head, vouchers
        self._completed: Nodes = {}
        self.tree = Tree(self._complete)
        self._tips: dict[str, tuple[int, bytes]] = {}
        self._good = Tree()  # the tree up to the last place somebody vouched for
        self._since: list[Row] = []  # the events after that; a bounded number

    def _complete(self, level: int, index: int, node: bytes) -> None:
        self._completed[level, index] = node

    def read(self, progress: Progress | None) -> None:
        with closing(self._pages()) as pages:
            for rows in pages:
                leaves = self._checked(rows)
                if len(self._since) < _REMEMBERED:
                    self._since.extend(rows)
                self._grow(leaves)
                if progress is not None:
                    progress(self.tree.size, self._head)
        if self._vouchers.size > self._head:
            lost = f"{self._vouchers.size} events were vouched for, {self._head} are here"
            raise _Bad(self._head + 1, "truncated", detail=lost, until=self._vouchers.size)

    def _pages(self) -> Generator[Sequence[Row]]:
        postgresql = self._db.dialect.name == "postgresql"
        ids = {name: f"{name}::text" if postgresql else name for name in _IDS}
        sql = _SQL.format(mark="%s" if postgresql else "?", **ids)
        raw = self._db.connection.dbapi_connection
        assert raw is not None
        cursor: Any = raw.cursor(**({"name": "verify"} if postgresql else {}))  # the server's: memory stays flat
        with closing(cursor):
            cursor.execute(sql, (self._head,))
            while rows := cursor.fetchmany(_PAGE):
                yield rows

    def _checked(self, rows: Sequence[Row]) -> list[bytes]:
        """The leaves of *rows*, each checked against its stream."""
        tips, tip_of, digest_of, sha = self._tips, self._tips.get, event_hash, sha256
        none = (0, NO_HASH)
        leaves: list[bytes] = []
        expected = self.tree.size
        for row in rows:
            expected += 1
            stream, version, digest = row[4], row[5], row[2]
            before, tip = tip_of(stream, none)
            if (
                row[0] != expected
                or version != before + 1
                or row[3] != tip
                or row[1] != ALGORITHM
                or digest_of(*row[3:]) != digest
            ):
                self._grow(leaves)  # what is written down about the events before may name an earlier position
                raise self._broken(row, expected)
            tips[stream] = (version, digest)
            leaves.append(sha(b"\x00" + expected.to_bytes(8, "big") + digest).digest())
        return leaves

    def _broken(self, row: Row, expected: int) -> _Bad:
        """Why *row* is not what belongs at *expected*."""
        position, algorithm, digest, _, stream, version = row[:6]
        before, _ = self._tips.get(stream, (0, NO_HASH))
        if position != expected:
            return _Bad(expected, "deleted", detail=f"positions {expected} to {position - 1} are missing")
        if algorithm != ALGORITHM:
            return _Bad(position, "algorithm", stream, f"nobody knows {algorithm}")
        if event_hash(*row[3:]) != digest:
            return _Bad(position, "edited", stream, f"version {version} is not what its hash says")
        if version != before + 1:
            reason = "swapped" if self._exists(stream, before + 1) else "deleted"
            return _Bad(position, reason, stream, f"version {version} follows version {before}")
        return _Bad(position, "unchained", stream, f"version {version} does not hold on to version {before}")

    def _exists(self, stream: str, version: int) -> bool:
        mark = "%s" if self._db.dialect.name == "postgresql" else "?"
        sql = f"SELECT 1 FROM events WHERE stream = {mark} AND version = {mark}"
        return self._db.exec_driver_sql(sql, (stream, version)).first() is not None

    def _grow(self, leaves: Sequence[bytes]) -> None:
        first, end = self.tree.size, self.tree.size + len(leaves)
        blocks = range(first - first % BLOCK + BLOCK, end + 1, BLOCK)
        stops = sorted({*blocks, *(size for size in self._vouchers.roots if first < size <= end), end})
        for stop in stops:
            self._completed.clear()
            self.tree.extend(leaves[self.tree.size - first : stop - first])
            said = self._vouchers.says(self.tree, self._completed, self._good.size)
            if said is False:
                raise self._located(stop)
            if said:
                del self._since[: stop - self._good.size]
                self._good = self.tree.copy()

    def _located(self, end: int) -> _Bad:
        """Every chain holds, yet the first *end* events are not what was written down."""
        start = self._good.size
        swapped = self._swapped(self._since[: end - start], end)
        if swapped is not None:
            here, there = start + 1 + swapped[0], start + 1 + swapped[1]
            return _Bad(here, "swapped", detail=f"positions {here} and {there} changed places", until=end)
        detail = f"positions {start + 1} to {end} are not what was signed or stored about them"
        return _Bad(start + 1, "rewritten", detail=detail, until=end)

    def _swapped(self, marks: Sequence[Row], end: int) -> tuple[int, int] | None:
        """The two whose exchange would restore what was written down: time and id say where to look."""
        if self._good.size + len(marks) != end:
            return None
        times = [(row[14], row[6]) for row in marks]
        downs = [index for index in range(1, len(marks)) if times[index] < times[index - 1]]
        if not downs:
            return None
        first, last = downs[0] - 1, downs[-1]
        digests = [row[2] for row in marks]
        digests[first], digests[last] = digests[last], digests[first]
        nodes: Nodes = {}
        tree = self._good.copy(lambda level, index, node: nodes.__setitem__((level, index), node))
        start = self._good.size
        tree.extend(leaf_hash(start + offset, digest) for offset, digest in enumerate(digests, 1))
        return (first, last) if self._vouchers.says(tree, nodes, start) else None
