"""Signed heads of the log, made to leave the database: C2SP tlog-checkpoint in a signed note, Ed25519.

The signer keeps the complete parts of the tree, and refuses to sign a head that does not continue the one before.
"""

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import Connection, func, insert, select

from eventstore.clock import Clock, DatabaseClock
from eventstore.event import microseconds
from eventstore.merkle import (
    BLOCK,
    BLOCK_LEVEL,
    EMPTY_ROOT,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    paired,
    subtree,
)
from eventstore.refusal import HistoryBroken
from eventstore.schema import events, log_checkpoints, log_nodes
from eventstore.store import EventStore

ALGORITHM = "Ed25519"
_ED25519, _COSIGNATURE = b"\x01", b"\x04"
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


class NotSigned(Exception):
    """A note that is not one, or that no known key signed."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A head of the log: how many events, and the root over them."""

    origin: str
    size: int
    root: bytes

    def body(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


class Signer:
    """Signs notes. *name* is the origin of the log (no spaces, no plus), *seed* 32 bytes kept outside the database."""

    def __init__(self, name: str, seed: bytes) -> None:
        if not name or any(letter.isspace() or letter == "+" for letter in name):
            raise ValueError("a key name has no spaces and no plus")
        self.name = name
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self._key.public_key().public_bytes_raw()

    @property
    def verifier(self) -> str:
        """The key others check with, as a C2SP verifier key: name+hash+base64(algorithm, key)."""
        return f"{self.name}+{_key_hash(self.name, self.public).hex()}+{_b64(_ED25519 + self.public)}"

    def sign(self, body: str) -> str:
        signature = _key_hash(self.name, self.public) + self._key.sign(body.encode())
        return f"{body}\n— {self.name} {_b64(signature)}\n"


def open_note(note: str, verifiers: Iterable[str]) -> Checkpoint:
    """The checkpoint in *note*, if one of the *verifiers* (C2SP verifier keys) signed it; NotSigned otherwise.

    Signatures of keys that are not known are passed over; a wrong one of a known key spoils the note (C2SP signed-note).
    """
    body, signatures = _parts(note)
    known = dict(_verifier(key) for key in verifiers)
    ours = [signature for signature in signatures if signature.key in known]
    if not ours:
        raise NotSigned("no known key signed this note")
    for signature in ours:
        if not _fits(known[signature.key], signature.raw, body.encode()):
            raise NotSigned(f"the signature of {signature.name} is wrong")
    return read_body(body)


def witnessed(note: str, witnesses: Iterable[str]) -> dict[str, datetime]:
    """Which of the *witnesses* (C2SP verifier keys of cosignature/v1) saw this note, and when: by name.

    A cosignature says that its witness saw no head that this one does not continue. NotSigned where a known one is wrong.
    """
    body, signatures = _parts(note)
    known = dict(_verifier(key, _COSIGNATURE) for key in witnesses)
    found: dict[str, datetime] = {}
    for signature in signatures:
        if signature.key in known:
            seconds = int.from_bytes(signature.raw[:8], "big")
            said = f"cosignature/v1\ntime {seconds}\n{body}".encode()
            if not _fits(known[signature.key], signature.raw[8:], said):
                raise NotSigned(f"the cosignature of {signature.name} is wrong")
            found[signature.name] = datetime.fromtimestamp(seconds, UTC)
    return found


def with_cosignatures(note: str, other: str) -> str:
    """*note* with the signature lines that *other*, a copy of the same checkpoint, has beside its own."""
    (body, own), (same, theirs) = _parts(note), _parts(other)
    if body != same:
        raise NotSigned("another checkpoint was cosigned")
    more = [signature.line for signature in theirs if signature.line not in {mine.line for mine in own}]
    return note + "".join(f"{line}\n" for line in more)


def read_body(body: str) -> Checkpoint:
    """Origin, size and root; lines after them are passed over."""
    lines = body.split("\n")
    if len(lines) < 4 or not lines[0] or not _SIZE.fullmatch(lines[1]):
        raise NotSigned("not a checkpoint")
    root = _from_b64(lines[2], "not a checkpoint")
    if len(root) != len(EMPTY_ROOT):
        raise NotSigned("not a checkpoint")
    return Checkpoint(lines[0], int(lines[1]), root)


@dataclass(frozen=True, slots=True)
class _Signature:
    """One signature line: — name base64(key id, signature)."""

    line: str
    name: str
    key: bytes
    raw: bytes


def _parts(note: str) -> tuple[str, list[_Signature]]:
    """The signed text of a note, and its signatures; NotSigned where it is none."""
    text, split, lines = note.rpartition("\n\n")
    if not split or not lines.endswith("\n"):
        raise NotSigned("not a signed note")
    return text + "\n", [_signature(line) for line in lines[:-1].split("\n")]


def _signature(line: str) -> _Signature:
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    raw = _from_b64(encoded, "not a signature")
    if dash != "—" or not name or len(raw) < 5:
        raise NotSigned("not a signature")
    return _Signature(line, name, name.encode() + raw[:4], raw[4:])


def _from_b64(text: str, otherwise: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        raise NotSigned(otherwise) from None


def _b64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _key_hash(name: str, public: bytes, algorithm: bytes = _ED25519) -> bytes:
    return sha256(name.encode() + b"\n" + algorithm + public).digest()[:4]


def _verifier(key: str, algorithm: bytes = _ED25519) -> tuple[bytes, Ed25519PublicKey]:
    try:
        name, hash_, encoded = key.strip().split("+", 2)
        public = base64.b64decode(encoded, validate=True)
        if public[:1] != algorithm or _key_hash(name, public[1:], algorithm).hex() != hash_:
            raise NotSigned("not a verifier key")
        return name.encode() + bytes.fromhex(hash_), Ed25519PublicKey.from_public_bytes(public[1:])
    except (ValueError, binascii.Error):
        raise NotSigned("not a verifier key") from None


def _fits(key: Ed25519PublicKey, signature: bytes, said: bytes) -> bool:
    try:
        key.verify(signature, said)
    except InvalidSignature:
        return False
    return True


class StoredTree:
    """The tree as the database holds it: small parts from the events, complete ones of level 8 and up from rows."""

    def __init__(self, db: Connection) -> None:
        self._db = db
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
                node = node_hash(self.node(level - 1, above - 1), self.node(level - 1, above))
                above >>= 1
                self._store(level, above, node)
                level += 1

    def _store(self, level: int, index: int, node: bytes) -> None:
        self._nodes[level, index] = node
        self._db.execute(insert(log_nodes).values(level=level, idx=index, hash=node))

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
        return node_hash(self.node(level - 1, 2 * index), self.node(level - 1, 2 * index + 1))

    def _row(self, block: int) -> list[list[bytes]]:
        """The levels of one block, leaves first; the last, unfinished block has fewer."""
        if block not in self._blocks:
            first = block * BLOCK
            query = select(events.c.position, events.c.hash).where(
                events.c.position > first, events.c.position <= first + BLOCK
            )
            rows = self._db.execute(query.order_by(events.c.position)).all()
            levels = [[leaf_hash(position, hash_) for position, hash_ in rows]]
            while len(levels[-1]) > 1:
                levels.append(paired(levels[-1][: len(levels[-1]) // 2 * 2]))
            self._blocks[block] = levels
        return self._blocks[block]

    def root(self, size: int) -> bytes:
        return subtree(0, size, self.node)


def prove_inclusion(db: Connection, position: int, size: int) -> list[bytes]:
    """The proof that the event at *position* is under the root of the first *size* events."""
    return inclusion_proof(position - 1, size, StoredTree(db).node)


def prove_consistency(db: Connection, old: int, new: int) -> list[bytes]:
    """The proof that the first *new* events only add to the first *old*."""
    return consistency_proof(old, new, StoredTree(db).node)


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
            query = select(log_checkpoints.c.tree_size, log_checkpoints.c.root, log_checkpoints.c.note)
            before = db.execute(query.order_by(log_checkpoints.c.tree_size.desc()).limit(1)).first()
            size = self._store.head_in(db)
            tree = StoredTree(db)
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
            "signed_at": microseconds(self._clock.now(db)),
        }
        db.execute(insert(log_checkpoints).values(row))
        return note

    def _continues(self, tree: StoredTree, old: int, root: bytes, size: int) -> None:
        if size < old:
            raise HistoryBroken(f"the log has {size} events, its last checkpoint had {old}: not signed")
        if tree.root(old) != root:
            raise HistoryBroken(f"the log does not continue its checkpoint of {old} events: not signed")
