"""Reads the whole log and says whether it is what was written; names the first position that is not, and why."""

import pickle
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from subprocess import PIPE, Popen
from typing import TypeAlias

from sqlalchemy import Connection, Engine, select

from eventstore.chain import event_hash
from eventstore.checkpoint import Checkpoint
from eventstore.engine import prepare
from eventstore.event import NO_HASH
from eventstore.merkle import BLOCK, Tree, leaf_hash
from eventstore.schema import log_checkpoints, log_nodes
from eventstore.stretch import Asked, Odd, Read, Row, Tip, leaves_of, pages
from eventstore.suite import SHA256, Suite, known

_REMEMBERED = 1 << 14
_STRETCH = 256 * BLOCK
"""Events that one process reads before it tells of them."""
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


def verify(
    engine: Engine, checkpoint: Checkpoint | None = None, progress: Progress | None = None, processes: int = 1
) -> Report:
    """Check every event, chain, node and checkpoint; *checkpoint* is one that was kept outside the database.

    Without one, a tail cut off together with its own checkpoints cannot be seen. *progress* gets (done, of how many).
    With several *processes* stretches are read side by side; where anything does not fit, all is read once more in order,
    so that the first bad position is named.
    """
    prepare(engine)
    with engine.connect() as db:
        head = db.exec_driver_sql("SELECT max(position) FROM events").scalar() or 0
        suite = _suite_of(db)
        vouchers = _Vouchers(db, checkpoint, suite)
        if processes > 1 and head > _STRETCH and engine.url.database not in (None, "", ":memory:"):
            tree = _Abreast(engine, vouchers, suite, head).read(processes, progress)
            if tree is not None:
                return Report(True, head, tree.root())
        reading = _Reading(db, head, vouchers, suite)
        try:
            reading.read(progress)
        except _Bad as bad:
            size, root = reading.tree.size, reading.tree.root()
            return Report(False, size, root, bad.position, bad.reason, bad.stream, bad.until, bad.detail)
        return Report(True, head, reading.tree.root())


def _suite_of(db: Connection) -> Suite:
    """The log's suite is that of its first event; one that nobody knows is found there."""
    return known(db.exec_driver_sql("SELECT algorithm FROM events WHERE position = 1").scalar() or "") or SHA256


class _Vouchers:
    """What somebody wrote down about the tree: roots of checkpoints, nodes of complete parts."""

    def __init__(self, db: Connection, outside: Checkpoint | None, suite: Suite) -> None:
        self.roots: dict[int, set[bytes]] = {0: {Tree(hashed=suite.new).root()}}
        for size, root in db.execute(select(log_checkpoints.c.tree_size, log_checkpoints.c.root)):
            self.roots.setdefault(size, set()).add(root)
        if outside is not None:
            self.roots.setdefault(outside.size, set()).add(outside.root)
        self.nodes = {
            (level, index): node
            for level, index, node in db.execute(select(log_nodes.c.level, log_nodes.c.idx, log_nodes.c.hash))
        }
        self.size = max([*self.roots, *((index + 1) << level for level, index in self.nodes)])

    def says(self, tree: Tree, nodes: Nodes, since: int, size: int = 0, further: bytes | None = None) -> bool | None:
        """Whether *tree*, and the *nodes* it just completed, are as written down; None when nobody vouches since. *size*,
        *further*: with the first leaves of a block that the tree has not (see `Tree.root`)."""
        answer: bool | None = None
        for (level, index), node in nodes.items():
            stored = self.nodes.get((level, index))
            if stored is not None and stored != node:
                return False
            if stored is not None and index << level <= since:
                answer = True
        roots = self.roots.get(size or tree.size)
        return answer if roots is None else roots == {tree.root(further)}


class _Abreast:
    """Several processes, a stretch each; what they found is put together in order."""

    def __init__(self, engine: Engine, vouchers: _Vouchers, suite: Suite, head: int) -> None:
        self._vouchers, self._suite, self._head = vouchers, suite, head
        self._postgresql = engine.dialect.name == "postgresql"
        url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._place = url if self._postgresql else Path(engine.url.database or "").absolute().as_uri()
        self._tips: dict[str, Tip] = {}
        self._completed: Nodes = {}
        self._tree = Tree(self._complete, suite.new)

    def _complete(self, level: int, index: int, node: bytes) -> None:
        self._completed[level, index] = node

    def read(self, processes: int, progress: Progress | None) -> Tree | None:
        """The tree, where everything fits; None where anything does not."""
        if self._vouchers.size > self._head:
            return None
        with closing(_read_by(processes, list(self._stretches()))) as some:
            for found in some:
                if found is None or not self._follows(found) or not self._grows(found):
                    return None
                if progress is not None:
                    progress(found.until, self._head)
        return self._tree

    def _stretches(self) -> Iterator[Asked]:
        ends = [*range(0, self._head, _STRETCH), self._head]
        for after, until in pairwise(ends):
            sizes = tuple(size for size in self._vouchers.roots if after < size <= until and size % BLOCK)
            yield Asked(self._postgresql, self._place, self._suite.name, after, until, sizes)

    def _follows(self, found: Read) -> bool:
        """Whether every stream goes on here where it stood before."""
        fits = all(self._tips.get(stream, (0, NO_HASH)) == tip for stream, tip in found.begun.items())
        self._tips.update(found.tips)
        return fits

    def _grows(self, found: Read) -> bool:
        """Whether all that was written down about the tree says the same of it."""
        waiting = sorted(found.unfinished)
        for node in [*found.blocks, None]:
            while waiting and waiting[0] < self._tree.size + BLOCK:
                size = waiting.pop(0)
                if self._vouchers.says(self._tree, {}, 0, size, found.unfinished[size]) is False:
                    return False
            if node is not None:
                self._completed.clear()
                self._tree.extend_block(node)
                if self._vouchers.says(self._tree, self._completed, 0) is False:
                    return False
        self._tree.extend(found.rest)
        return True


class _Reading:
    def __init__(self, db: Connection, head: int, vouchers: _Vouchers, suite: Suite) -> None:
        self._db, self._head, self._vouchers, self._suite = db, head, vouchers, suite
        self._completed: Nodes = {}
        self.tree = Tree(self._complete, suite.new)
        self._tips: dict[str, Tip] = {}
        self._good = Tree(hashed=suite.new)  # the tree up to the last place somebody vouched for
        self._since: list[Row] = []  # the events after that; a bounded number

    def _complete(self, level: int, index: int, node: bytes) -> None:
        self._completed[level, index] = node

    def read(self, progress: Progress | None) -> None:
        raw = self._db.connection.dbapi_connection
        with closing(pages(raw, self._db.dialect.name == "postgresql", 0, self._head)) as some:
            for rows in some:
                leaves = self._checked(rows)
                if len(self._since) < _REMEMBERED:
                    self._since.extend(rows)
                self._grow(leaves)
                if progress is not None:
                    progress(self.tree.size, self._head)
        if self._vouchers.size > self._head:
            lost = f"{self._vouchers.size} events were vouched for, {self._head} are here"
            raise _Bad(self._head + 1, "truncated", detail=lost, until=self._vouchers.size)

    def _checked(self, rows: Sequence[Row]) -> list[bytes]:
        """The leaves of *rows*, each checked against its stream."""
        try:
            return leaves_of(rows, self.tree.size, self._tips, _from_nothing, self._suite)
        except Odd as odd:
            self._grow(odd.leaves)  # what is written down about the events before may name an earlier position
            raise self._broken(odd.row, odd.expected) from None

    def _broken(self, row: Row, expected: int) -> _Bad:
        """Why *row* is not what belongs at *expected*."""
        position, algorithm, digest, _, stream, version = row[:6]
        before, _ = self._tips.get(stream, (0, NO_HASH))
        if position != expected:
            return _Bad(expected, "deleted", detail=f"positions {expected} to {position - 1} are missing")
        if algorithm != self._suite.name:
            said = f"the log is of {self._suite.name}, this event of {algorithm}"
            return _Bad(position, "algorithm", stream, said)
        if event_hash(self._suite.new, *row[3:]) != digest:
            return _Bad(position, "edited", stream, f"version {version} is not what its hash says")
        if version != before + 1:
            reason = "swapped" if self._exists(stream, before + 1) else "deleted"
            return _Bad(position, reason, stream, f"version {version} follows version {before}")
        return _Bad(position, "unchained", stream, f"version {version} does not hold on to version {before}")

    def _exists(self, stream: str, version: int) -> bool:
        mark = "%s" if self._db.dialect.name == "postgresql" else "?"
        sql = f"SELECT 1 FROM events WHERE stream = {mark} AND version = {mark}"  # noqa: S608 bound
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
        tree.extend(leaf_hash(start + offset, digest, self._suite.new) for offset, digest in enumerate(digests, 1))
        return (first, last) if self._vouchers.says(tree, nodes, start) else None


def _read_by(processes: int, stretches: Sequence[Asked]) -> Generator[Read | None]:
    """What was read of each stretch, in order; each process has every so-many-th of them. They know nothing of this program but
    how to read, so that they begin quickly, and end with whoever asked."""
    begin = f"import sys; sys.path[:0] = {sys.path!r}; from eventstore.stretch import main; main()"
    command = [sys.executable, "-c", begin]
    with ExitStack() as stack:
        running = [stack.enter_context(Popen(command, stdin=PIPE, stdout=PIPE)) for _ in range(processes)]  # noqa: S603
        for each in running:
            stack.callback(each.kill)
        for number, each in enumerate(running):
            assert each.stdin is not None
            pickle.dump(stretches[number::processes], each.stdin)
            each.stdin.close()
        for number in range(len(stretches)):
            out = running[number % processes].stdout
            assert out is not None
            try:
                yield pickle.load(out)  # noqa: S301 from a process that was begun here
            except EOFError:  # it died: what it was to read is read in order
                yield None


def _from_nothing(_stream: str, _version: int, _before: bytes) -> Tip:
    """Every stream begins with its first version."""
    return 0, NO_HASH
