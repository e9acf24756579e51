"""Figures from Excel into an application, and out again: a workbook with the official labels, filled in, read, marked.

What is sound is saved in one step; what is not comes back in a copy of the file, each fault beside its row.
"""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO
from uuid import UUID

from eventstore.refusal import Fault, Malformed, Refusal
from paperwork import book as books
from paperwork.book import Book, BookRefused
from paperwork.sheet import XLSX as XLSX
from paperwork.sheet import write_sheets
from programmes.calendar import beijing_date
from programmes.call import Call
from programmes.eligibility import cross_checks
from programmes.vocabulary import Answers
from programmes.workbook import Mark, Taken, lay_out, take
from workflow import commands as c
from workflow.answers import plain
from workflow.application import Application
from workflow.files import clean_name

MOST_BYTES = books.MOST_BYTES
_TOKEN = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Looked:
    """A workbook that was read for one application, and what can be taken from it. *book* is kept for the marked copy."""

    book: Book
    taken: Taken

    def command(self, application_id: UUID) -> c.ImportFigures | None:
        """The wish to save what is sound; None where nothing is."""
        if not self.taken.sections:
            return None
        return c.ImportFigures(application_id=application_id, sections=self.taken.sections)


def look(stream: IO[bytes], name: str, application: Application, call: Call, now: datetime) -> Looked:
    """Read *stream* for *application*. Malformed where the file is none that is read (FILE_TYPE, FILE_MACRO, …)."""
    cleaned = clean_name(name)
    if not cleaned.lower().endswith(".xlsx"):
        raise Malformed(Fault("file", "FILE_TYPE", {"name": cleaned, "allowed": [".xlsx"]}))
    try:
        book = books.open_book(stream)
    except BookRefused as refused:
        limit: Mapping[str, int] = {"limit": refused.most} if refused.most else {}
        raise Malformed(Fault("file", refused.code, {"name": cleaned, **limit})) from None
    direction = application.direction

    def contradicts(answers: Answers) -> Sequence[Refusal]:
        return cross_checks(call, direction, answers)

    return Looked(book, take(book.sheets, call, direction, plain(application.answers), contradicts, beijing_date(now)))


def changed(before: Application, after: Application) -> tuple[str, ...]:
    """The fields whose answers an import has changed."""
    was, is_ = plain(before.answers), plain(after.answers)
    return tuple(sorted(name for name, answer in is_.items() if was.get(name) != answer))


def to_fill_in(application: Application, call: Call) -> bytes:
    """The workbook with everything that stands, to be filled in and sent back."""
    return write_sheets(lay_out(call, application.direction, plain(application.answers)))


def place_of(mark: Mark, book: Book) -> tuple[str, str]:
    """The sheet's name and the cell as a spreadsheet calls it: `B3`."""
    letters, column = "", mark.spot.column + 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return book.sheets[mark.spot.sheet].name, f"{letters}{mark.spot.row + 1}"


class MarkedCopies:
    """Marked copies wait a day in a folder of their own, under names nobody guesses; they are nobody's record.

    They hold what was typed, personal values too, so whoever keeps the house clears them away by the clock.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "marked"

    def keep(self, application_id: str, token: str, data: bytes) -> None:
        self._folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        place = self._place(application_id, token)
        with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640), "wb") as out:
            out.write(data)

    def get(self, application_id: str, token: str) -> bytes | None:
        """The copy, or None where there is none any more."""
        if not _TOKEN.fullmatch(token):
            return None
        place = self._place(application_id, token)
        return place.read_bytes() if place.is_file() else None

    def sweep(self, before: datetime) -> int:
        """Take away what was marked before *before*; answers how many."""
        old = [path for path in self._folder.glob("*.xlsx") if path.stat().st_mtime < before.timestamp()]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def _place(self, application_id: str, token: str) -> Path:
        return self._folder / f"{UUID(application_id).hex}-{token}.xlsx"
