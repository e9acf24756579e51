"""The folder of received files in step with the log: orphans go, and every attached file is still what was received."""

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import select

from eventstore.projection import of_revision
from eventstore.refusal import Damaged
from service.wiring import House
from workflow import schema, verdicts
from workflow.importing import MarkedCopies
from workflow.projections import AttachedFiles

ORPHANED_AFTER = timedelta(hours=24)
HOUR_S = 3600.0
_CHUNK = 500


@dataclass(slots=True)
class Keeping:
    """Once an hour in each process: files that came and were never attached go, marked copies too; what no scanner was told of is told."""

    house: House
    _next: float = field(default=0.0)

    def hourly(self) -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + HOUR_S
        self.sweep()
        self.house.hooks.care.forget()
        if self.house.settings.clamd:
            with self.house.store.begin() as db:
                verdicts.expect_the_unknown(db)
                verdicts.expect(db, dict.fromkeys(self.house.files.scans(), verdicts.SCAN))

    def sweep(self) -> int:
        """Clear away the orphans and the marked copies of a day ago; answers how many."""
        with self.house.store.reading() as db:
            before = self.house.wall.now(db) - ORPHANED_AFTER
        copies = MarkedCopies(self.house.files.folder)
        return self.house.files.sweep(self._attached, before) + copies.sweep(before)

    def _attached(self, ids: Sequence[str]) -> Collection[str]:
        table, found = of_revision(schema.attached_files, AttachedFiles.revision), set[str]()
        with self.house.store.reading() as db:
            for start in range(0, len(ids), _CHUNK):
                asked = table.c.file_id.in_(ids[start : start + _CHUNK])
                found.update(db.execute(select(table.c.file_id).where(asked)).scalars())
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A file whose bytes are gone or others. *application* is empty for a kept scan."""

    file: str
    application: str
    slot: str
    why: str


def damaged(house: House, progress: Callable[[int, int], None]) -> Iterator[Lost]:
    """Read every attached file and every kept scan through and compare its digest; those that differ."""
    table = of_revision(schema.attached_files, AttachedFiles.revision)
    c = table.c
    with house.store.reading() as db:
        rows = list(db.execute(select(c.file_id, c.application, c.slot, c.sha256).order_by(c.application, c.file_id)))
    scans = list(house.files.scans())
    for done, (file_id, application, slot, sha256) in enumerate(rows, start=1):
        try:
            house.files.open(file_id, sha256).close()
        except Damaged as error:
            yield Lost(file=file_id, application=application, slot=slot, why=str(error))
        progress(done, len(rows) + len(scans))
    for done, digest in enumerate(scans, start=len(rows) + 1):
        try:
            house.files.open_scan(digest)[0].close()
        except Damaged as error:
            yield Lost(file=digest, application="", slot="", why=str(error))
        progress(done, len(rows) + len(scans))
