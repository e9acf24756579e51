"""Signed heads of the log, made to leave the database (see `signed_note`), and proofs that an event is under one.

The signer keeps the complete parts of the tree, and refuses to sign a head that does not continue the one before.
"""

from collections.abc import Iterable

from sqlalchemy import Connection, func, insert, select, tuple_

from eventstore.clock import Clock, DatabaseClock
from eventstore.event import microseconds
from eventstore.merkle import (
    BLOCK,
    BLOCK_LEVEL,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    paired,
    subtree,
)
from eventstore.refusal import HistoryBroken
from eventstore.schema import events, log_checkpoints, log_nodes
from eventstore.signed_note import Checkpoint, NotSigned, Signer, open_note
from eventstore.store import EventStore
from eventstore.suite import SHA256, Suite

__all__ = [
    "Checkpoint",
    "Checkpointer",
    "NotSigned",
    "Signer",
    "StoredTree",
    "no_checkpoint",
    "open_note",
    "prove_consistency",
    "prove_inclusion",
    "prove_inclusions",
]


def no_checkpoint(_db: Connection) -> str:
    """The newest head in one line, of a house that signs none."""
    return ""


_SIGNING = 5086211407123319001
"""The advisory lock of whoever signs."""


class StoredTree:
    """The tree as the database holds it: small parts from the events, complete ones of level 8 and up from rows."""

    def __init__(self, db: Connection, suite: Suite = SHA256) -> None:
        self._db, self._suite, self._hashed = db, suite, suite.new
        self._blocks: dict[int, list[list[bytes]]] = {}
        self._nodes: dict[tuple[int, int], bytes] = {}

    def grow(self, size: int) -> None:
        """Store every complete part up to *size* that is not stored yet."""
        done = self._db.scalar(select(func.count()).where(log_nodes.c.level == BLOCK_LEVEL)) or 0
        for index in range(done, size >> BLOCK_LEVEL):
            self._store(BLOCK_LEVEL, index, self._row(index)[BLOCK_LEVEL][0])
            self._blocks.pop(index, None)
            level, above = BLOCK_LEVEL + 1, index
            while above & 1:
                node = node_hash(self.node(level - 1, above - 1), self.node(level - 1, above), self._hashed)
                above >>= 1
                self._store(level, above, node)
                level += 1

    def _store(self, level: int, index: int, node: bytes) -> None:
        self._nodes[level, index] = node
        self._db.execute(insert(log_nodes).values(level=level, idx=index, hash=node, algorithm=self._suite.name))

    def fetch(self, wanted: Iterable[tuple[int, int]]) -> None:
        """Read the stored ones of *wanted* in one statement."""
        stored = sorted(each for each in wanted if each[0] >= BLOCK_LEVEL)
        if not stored:
            return
        c = log_nodes.c
        query = select(c.level, c.idx, c.hash).where(tuple_(c.level, c.idx).in_(stored))
        self._nodes.update({(level, index): node for level, index, node in self._db.execute(query)})

    def node(self, level: int, index: int) -> bytes:
        if level < BLOCK_LEVEL:
            return self._row(index >> (BLOCK_LEVEL - level))[level][index & ((1 << (BLOCK_LEVEL - level)) - 1)]
        if (level, index) not in self._nodes:
            query = select(log_nodes.c.hash).where(log_nodes.c.level == level, log_nodes.c.idx == index)
            stored = self._db.scalar(query)
            self._nodes[level, index] = self._made(level, index) if stored is None else stored
        return self._nodes[level, index]

    def _made(self, level: int, index: int) -> bytes:
        if level == BLOCK_LEVEL:
            return self._row(index)[BLOCK_LEVEL][0]
        return node_hash(self.node(level - 1, 2 * index), self.node(level - 1, 2 * index + 1), self._hashed)

    def _row(self, block: int) -> list[list[bytes]]:
        """The levels of one block, leaves first; the last, unfinished block has fewer."""
        if block not in self._blocks:
            first = block * BLOCK
            here = (events.c.position > first, events.c.position <= first + BLOCK)
            query = select(events.c.position, events.c.hash).where(*here).order_by(events.c.position)
            levels = [[leaf_hash(position, hash_, self._hashed) for position, hash_ in self._db.execute(query)]]
            while len(levels[-1]) > 1:
                levels.append(paired(levels[-1][: len(levels[-1]) // 2 * 2], self._hashed))
            self._blocks[block] = levels
        return self._blocks[block]

    def root(self, size: int) -> bytes:
        return subtree(0, size, self.node, self._hashed)


def prove_inclusion(db: Connection, position: int, size: int, suite: Suite = SHA256) -> list[bytes]:
    """The proof that the event at *position* is under the root of the first *size* events."""
    return prove_inclusions(db, [position], size, suite)[0]


def prove_inclusions(db: Connection, positions: Iterable[int], size: int, suite: Suite = SHA256) -> list[list[bytes]]:
    """The same of several; what their paths share is read once."""
    tree, asked = StoredTree(db, suite), list(positions)
    wanted: set[tuple[int, int]] = set()

    def needed(level: int, index: int) -> bytes:
        wanted.add((level, index))
        return b""

    for position in asked:
        inclusion_proof(position - 1, size, needed)
    tree.fetch(wanted)
    return [inclusion_proof(position - 1, size, tree.node, suite.new) for position in asked]


def prove_consistency(db: Connection, old: int, new: int, suite: Suite = SHA256) -> list[bytes]:
    """The proof that the first *new* events only add to the first *old*."""
    return consistency_proof(old, new, StoredTree(db, suite).node, suite.new)


class Checkpointer:
    """Signs the head of the log, one after another."""

    def __init__(self, store: EventStore, signer: Signer, clock: Clock | None = None) -> None:
        self._store, self._signer, self._clock = store, signer, clock or DatabaseClock()

    def sign(self, last: Checkpoint | None = None) -> str:
        """A signed note of the newest position, kept in `log_checkpoints`; the same note when nothing was added.

        Raises HistoryBroken, and signs nothing, when the log does not continue its last checkpoint or *last*, one
        that was kept outside.
        """
        with self._store.begin() as db:
            if db.dialect.name == "postgresql":  # one signer at a time, so that heads are kept in the order they grow
                db.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (_SIGNING,))
            query = select(log_checkpoints.c.tree_size, log_checkpoints.c.root, log_checkpoints.c.note)
            before = db.execute(query.order_by(log_checkpoints.c.tree_size.desc()).limit(1)).first()
            size = self._store.head_in(db)
            tree = StoredTree(db, self._store.suite)
            tree.grow(size)
            if last is not None:
                self._continues(tree, last.size, last.root, size)
            if before is not None:
                old, root, note = before
                self._continues(tree, old, root, size)
                if old == size:
                    return str(note)
            return self._signed(db, Checkpoint(self._signer.name, size, tree.root(size)))

    def _signed(self, db: Connection, checkpoint: Checkpoint) -> str:
        note = self._signer.sign(checkpoint.body())
        row = {
            "tree_size": checkpoint.size,
            "root": checkpoint.root,
            "note": note,
            "algorithm": self._store.suite.name,
            "signed_at": microseconds(self._clock.now(db)),
        }
        db.execute(insert(log_checkpoints).values(row))
        return note

    def _continues(self, tree: StoredTree, old: int, root: bytes, size: int) -> None:
        if size < old:
            raise HistoryBroken(f"the log has {size} events, its last checkpoint had {old}: not signed")
        if tree.root(old) != root:
            raise HistoryBroken(f"the log does not continue its checkpoint of {old} events: not signed")
