"""Signed heads of the log: made every hour and on every legal act, kept in the database and in a folder outside it.

What is signed continues what was signed before, here and outside; where it does not, nothing is signed, and that is
told until somebody looks. A checkpoint that lies in the database alone proves nothing against who rules the database.
"""

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, TypeAlias

import structlog
from sqlalchemy import ColumnElement, Connection, Select, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from admin import receipts
from admin.schema import heads_asked, integrity
from eventstore.checkpoint import Checkpointer, prove_consistency, prove_inclusions
from eventstore.clock import Clock
from eventstore.event import RecordedEvent, instant_of, microseconds
from eventstore.refusal import HistoryBroken, NotSignedYet
from eventstore.schema import events, log_checkpoints
from eventstore.signed_note import (
    ALGORITHM,
    Checkpoint,
    NotSigned,
    Signer,
    open_note,
    with_cosignatures,
    witnessed,
)
from eventstore.store import EventStore

LEGAL_ACTS = frozenset({
    "application.unit_sealed", "application.resubmitted", "application.recommended", "application.not_recommended",
    "application.received", "application.review_closed", "application.proposed", "application.notice_published",
    "application.objection_dismissed", "application.objection_upheld", "application.award_signed",
    "application.awarded", "application.award_cancelled", "application.tranche_instructed", "application.tranche_paid",
    "application.recovery_demanded", "application.closed", "consortium.agreement_signed",
    "consortium.agreement_confirmed", "consortium.agreement_effective", "directory.unit_barred",
    "directory.unit_unbarred", "call.call_published", "exclusivity.exception_granted",
})  # fmt: skip
HOURLY = timedelta(hours=1)
ASKED_S = 30
"""What somebody waits for a head that another account signs: the tick of the work behind, at most."""
SIGNING, VERIFYING = "checkpoint", "verify"
LATEST = "latest.txt"
_PREFIX = 20
"""Characters of a root on a paper: 120 bits, and one line."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A checkpoint as it is kept: the signed note, and who else vouches for it."""

    note: str
    size: int
    root: bytes
    signed_at: datetime
    witnesses: Mapping[str, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was last found about the log, by signing or by verifying it."""

    what: str
    at: datetime
    sound: bool
    size: int
    position: int | None
    said: str


class Proofs:
    """Keeps checkpoints and proves with them. *folder* lies outside the database, best on another machine's disk."""

    def __init__(
        self, store: EventStore, signer: Signer, clock: Clock, folder: Path | None, witnesses: Sequence[str] = ()
    ) -> None:
        self._store, self._clock, self._folder, self._witnesses = store, clock, folder, tuple(witnesses)
        self._signer, self._suite = signer, store.suite
        self._checkpointer = Checkpointer(store, signer, clock)
        self.name, self.verifier, self.algorithm = signer.name, signer.verifier, store.suite.name

    def keep(self, *, now: bool = False) -> str | None:
        """Sign where it is due (*now*: in any case); answers the note, None where nothing was signed.

        Raises NotSignedYet where this account of the database may sign nothing: whoever may is asked to.
        """
        if not now and not self.due():
            return None
        if not self._may_sign():
            if any(one.what == SIGNING and not one.sound for one in self.findings()):
                return None
            self._ask()
            raise NotSignedYet("this account signs no checkpoint", retry_after_s=ASKED_S)
        try:
            note = self._checkpointer.sign(self._outside())
        except IntegrityError:  # another process signed this very head
            return None
        except (HistoryBroken, NotSigned) as error:
            _log.error("checkpoint_refused", error=str(error))
            self.found(SIGNING, sound=False, size=self._store.head_position(), said=str(error))
            return None
        head = open_note(note, [self.verifier])
        self._put_outside(head, note)
        with self._store.begin() as db:
            db.execute(delete(heads_asked).where(heads_asked.c.position <= head.size))
        self.found(SIGNING, sound=True, size=head.size)
        return note

    def _may_sign(self) -> bool:
        """Of the accounts of PostgreSQL the site's only reads checkpoints."""
        with self._store.reading() as db:
            asked = func.has_table_privilege(log_checkpoints.name, "INSERT")
            return db.dialect.name != "postgresql" or bool(db.scalar(select(asked)))

    def _ask(self) -> None:
        """Let the work behind the site sign what there is now."""
        with self._store.begin() as db:
            dialect = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
            asked = dialect(heads_asked).values(position=self._store.head_in(db))
            db.execute(asked.on_conflict_do_nothing())

    def due(self) -> bool:
        """A legal act since the last one, or somebody who asks, or anything at all and an hour."""
        with self._store.reading() as db:
            last = _newest(db)
            head = self._store.head_in(db)
            size, signed_at = (0, 0) if last is None else (last[0], last[3])
            if head == size:
                return False
            if microseconds(self._clock.now(db)) - signed_at >= HOURLY // timedelta(microseconds=1):
                return True
            if db.scalar(select(heads_asked.c.position).where(heads_asked.c.position > size).limit(1)) is not None:
                return True
            legal = select(events.c.position).where(events.c.type.in_(sorted(LEGAL_ACTS)), events.c.position > size)
            return db.execute(legal.limit(1)).first() is not None

    def latest(self) -> Kept | None:
        with self._store.reading() as db:
            return self._kept(_newest(db))

    def signed_at(self, size: int) -> Kept | None:
        """The head of exactly *size* events, where it was signed."""
        with self._store.reading() as db:
            return self._kept(_one(db, log_checkpoints.c.tree_size == size))

    def _kept(self, row: "_Row | None") -> Kept | None:
        if row is None:
            return None
        size, root, note, signed_at = row
        seen = witnessed(note, self._witnesses)
        return Kept(note=note, size=size, root=root, signed_at=instant_of(signed_at), witnesses=seen)

    def line_over(self, position: int) -> str:
        """The first head that covers *position*, in the short line of a paper: size, the root's beginning, whose key.

        Later heads are larger, so it is the same one whenever it is asked; it is signed now where there is none yet. ""
        where nothing may be signed: a paper is made all the same. NotSignedYet where only the work behind the site may.
        """
        kept = self._first_over(position)
        if kept is None:
            self.keep(now=True)
            kept = self._first_over(position)
        return "" if kept is None else f"{kept[0]} {base64.b64encode(kept[1]).decode()[:_PREFIX]} {self.name}"

    def _first_over(self, position: int) -> "_Row | None":
        with self._store.reading() as db:
            return _one(db, log_checkpoints.c.tree_size >= position)

    def cosigned(self, note: str) -> int:
        """Take over the cosignatures of *note*, a copy of one of ours; answers its size. NotSigned where it is none of ours."""
        head = open_note(note, [self.verifier])
        witnessed(note, self._witnesses)
        with self._store.begin() as db:
            mine = log_checkpoints.c.tree_size == head.size
            kept = db.scalar(select(log_checkpoints.c.note).where(mine))
            if kept is None:
                raise NotSigned("no checkpoint of this size was signed here")
            merged = with_cosignatures(kept, note)
            db.execute(update(log_checkpoints).where(mine).values(note=merged))
        self._put_outside(head, merged)
        return head.size

    def covering(self, position: int) -> Kept:
        """The newest checkpoint, signed now where it does not reach *position*.

        HistoryBroken where nothing may be signed, NotSignedYet where only the work behind the site may.
        """
        kept = self.latest()
        if kept is None or kept.size < position:
            self.keep(now=True)
            kept = self.latest()
        if kept is None or kept.size < position:
            raise HistoryBroken("the log does not continue its checkpoint: nothing can be proved")
        return kept

    def proofs(self, positions: Iterable[int], size: int) -> list[list[str]]:
        """For each position, the path to the root of the first *size* events; nodes in hex, the lowest first."""
        with self._store.reading() as db:
            return [[node.hex() for node in path] for path in prove_inclusions(db, positions, size, self._suite)]

    def consistency(self, old: int, new: int) -> list[str]:
        """What shows that the head of *new* events only adds to the head of *old*; both must have been signed (LookupError)."""
        with self._store.reading() as db:
            c = log_checkpoints.c
            signed = set(db.execute(select(c.tree_size).where(c.tree_size.in_((old, new)))).scalars())
            if not 0 < old <= new or signed != {old, new}:
                raise LookupError("no such checkpoints")
            return [node.hex() for node in prove_consistency(db, old, new, self._suite)]

    def receipt(self, recorded: RecordedEvent) -> dict[str, Any]:
        """What shows offline that *recorded* stands in the log: the event, its path, a signed head, and whose key."""
        kept = self.covering(recorded.position)
        [path] = self.proofs([recorded.position], kept.size)
        return {
            "format": receipts.FORMAT,
            "hash_algorithm": recorded.algorithm,
            "signature_algorithm": ALGORITHM,
            "event": {**envelope(recorded), "proof": path},
            "checkpoint": kept.note,
            "key": self.verifier,
        }

    def vouch(self, about: str, said: str) -> str:
        """A note of the log's key that says *said* (whole lines) about what is no checkpoint; *about* ends its first line."""
        return self._signer.sign(f"{self.name}{about}\n{said}")

    def found(self, what: str, *, sound: bool, size: int, position: int | None = None, said: str = "") -> None:
        """Remember what was found; an alarm stays until the same is found sound."""
        with self._store.begin() as db:
            row: dict[str, Any] = {"at": microseconds(self._clock.now(db)), "sound": int(sound), "size": size}
            row |= {"position": position, "said": said[:500]}
            dialect = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
            fresh = dialect(integrity).values(what=what, **row)
            db.execute(fresh.on_conflict_do_update(index_elements=["what"], set_=row))  # two may look at once

    def findings(self) -> list[Finding]:
        c = integrity.c
        with self._store.reading() as db:
            rows = db.execute(select(c.what, c.at, c.sound, c.size, c.position, c.said).order_by(c.what)).all()
        return [
            Finding(what=what, at=instant_of(at), sound=bool(sound), size=size, position=position, said=said)
            for what, at, sound, size, position, said in rows
        ]

    def _outside(self) -> Checkpoint | None:
        """The newest head that lies in the folder. NotSigned where it is not ours: somebody was at it."""
        if self._folder is None or not (self._folder / LATEST).exists():
            return None
        return open_note((self._folder / LATEST).read_text("utf-8", errors="replace"), [self.verifier])

    def outside_size(self) -> int | None:
        """How many events the newest head in the folder covers; 0 where there is none, None where it is not ours or cannot be read."""
        try:
            head = self._outside()
        except (NotSigned, OSError):
            return None
        return head.size if head else 0

    def _put_outside(self, head: Checkpoint, note: str) -> None:
        """Whole or not at all, whoever else is writing; an older head never takes the place of a newer one."""
        if self._folder is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        newest = self._outside()
        names = [f"{head.size:012d}.txt", *([LATEST] if newest is None or newest.size <= head.size else [])]
        for name in names:
            with NamedTemporaryFile("w", encoding="utf-8", dir=self._folder, prefix=".", delete=False) as written:
                written.write(note)
            Path(written.name).replace(self._folder / name)


def newest_line(db: Connection) -> str:
    """The newest head in one line, for letters: whoever holds one is a witness. "" where there is none."""
    row = _newest(db)
    return "" if row is None else f"{row[0]} {base64.b64encode(row[1]).decode()}"


def envelope(recorded: RecordedEvent) -> dict[str, Any]:
    """An event as it is given out: every field that is hashed, as the text that is hashed."""
    return {
        "position": recorded.position,
        "stream": recorded.stream,
        "version": recorded.version,
        "event_id": str(recorded.event_id),
        "type": recorded.type,
        "schema_version": recorded.schema_version,
        "payload": recorded.payload,
        "metadata": recorded.metadata,
        "actor": recorded.actor,
        "correlation_id": str(recorded.correlation_id),
        "causation_id": None if recorded.causation_id is None else str(recorded.causation_id),
        "recorded_at": recorded.recorded_at,
        "algorithm": recorded.algorithm,
        "prev_hash": recorded.prev_hash.hex(),
        "hash": recorded.hash.hex(),
    }


_Row: TypeAlias = tuple[int, bytes, str, int]


def _newest(db: Connection) -> _Row | None:
    return _read(db, _HEADS.order_by(log_checkpoints.c.tree_size.desc()))


def _one(db: Connection, where: ColumnElement[bool]) -> _Row | None:
    """The smallest head that fits."""
    return _read(db, _HEADS.where(where).order_by(log_checkpoints.c.tree_size))


_HEADS = select(
    log_checkpoints.c.tree_size, log_checkpoints.c.root, log_checkpoints.c.note, log_checkpoints.c.signed_at
).limit(1)


def _read(db: Connection, query: Select[int, bytes, str, int]) -> _Row | None:
    row = db.execute(query).first()
    return None if row is None else (row[0], row[1], row[2], row[3])
