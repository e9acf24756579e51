"""What is wrong with a text that somebody wrote for letters: every fault with its place, before it is published. Pure.

A notice that must be served keeps every value that the house's own text tells of it, in whatever case that value is there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Literal

from eventstore.refusal import Fault
from notifications import templating
from notifications.statutory import STATUTORY
from notifications.templating import MOST_NAMES_ASKED, Place, Slot, Template, Unreadable, Wrong
from notifications.variables import Variable, house_text, variables_of
from web.format import Language

Part = Literal["subject", "body"]
PARTS: tuple[Part, ...] = ("subject", "body")
LONGEST_SUBJECT = 200
_START = Place(1, 1)


@dataclass(frozen=True, slots=True)
class Marked:
    """A fault of one part."""

    part: Part
    wrong: Wrong

    def fault(self) -> Fault:
        """As every other field's fault is told; *line* and *column* are counted from 1."""
        at = self.wrong.at
        params = {"field": self.part, "line": at.line, "column": at.column, "about": self.wrong.about}
        return Fault(self.part, self.wrong.code, {**params, **self.wrong.more})


def proofread(kind: str, language: Language, subject: str, body: str) -> tuple[Marked, ...]:
    """Every fault of a text of *kind*; of what cannot be read, the first. KeyError for an unknown kind."""
    return tuple(_subject(kind, subject)) + tuple(_body(kind, language, body))


def _subject(kind: str, text: str) -> Iterator[Marked]:
    if "\n" in text:
        line = text.index("\n") + 1
        yield Marked("subject", Wrong("LETTER_TEXT_ONE_LINE", Place(1, line)))
        return
    if len(text) > LONGEST_SUBJECT:
        more = {"measure": len(text), "limit": LONGEST_SUBJECT}
        yield Marked("subject", Wrong("FIELD_TOO_LONG", Place(1, LONGEST_SUBJECT + 1), more=more))
        return
    read = _read("subject", text)
    if isinstance(read, Marked):
        yield read
    else:
        yield from (Marked("subject", wrong) for wrong in _names(kind, read))


def _body(kind: str, language: Language, text: str) -> Iterator[Marked]:
    read = _read("body", text)
    if isinstance(read, Marked):
        yield read
        return
    found = [*_names(kind, read)]
    asked = {term.name for term in read.terms()}
    if len(asked) > MOST_NAMES_ASKED:
        found.append(Wrong("LETTER_TEXT_TOO_MANY", read.terms()[-1].at, more={"limit": MOST_NAMES_ASKED}))
    elif not found:
        found += [Wrong("LETTER_TEXT_MUST_STAY", _START, name) for name in left_out(kind, language, read)]
    yield from (Marked("body", wrong) for wrong in found)


def _read(part: Part, text: str) -> Template | Marked:
    if not text.strip():
        return Marked(part, Wrong("REQUIRED", _START))
    try:
        return templating.read(text)
    except Unreadable as error:
        return Marked(part, error.wrong)


def _names(kind: str, read: Template) -> Iterator[Wrong]:
    """What is named and not there, shown in a way it cannot be shown, or told without asking whether it is there."""
    known = variables_of(kind)
    for term in read.terms():
        if term.name not in known:
            yield Wrong("LETTER_TEXT_UNKNOWN_NAME", term.at, term.name)
    for slot, certain in read.slots():
        yield from _slot(slot, known, certain)


def _slot(slot: Slot, known: Mapping[str, Variable], certain: frozenset[str]) -> Iterator[Wrong]:
    variable = known.get(slot.name)
    if variable is None:
        yield Wrong("LETTER_TEXT_UNKNOWN_NAME", slot.at, slot.name)
        return
    if slot.filter not in variable.filters:
        yield Wrong("LETTER_TEXT_FILTER", slot.at, slot.name, {"written": variable.written})
    if variable.optional and slot.name not in certain:
        yield Wrong("LETTER_TEXT_MAY_BE_MISSING", slot.at, slot.name)


def must_stay(kind: str, language: Language) -> frozenset[str]:
    """The values that a text of *kind* may not leave out; none where the kind is no notice that must be served."""
    return frozenset(slot.name for slot, _ in _house(kind, language).slots()) if kind in STATUTORY else frozenset()


def left_out(kind: str, language: Language, read: Template) -> tuple[str, ...]:
    """What the house tells of a notice and *read* does not, in any case that can come up."""
    if kind not in STATUTORY:
        return ()
    house = _house(kind, language)
    asked = sorted({term.name for term in (*house.terms(), *read.terms())})
    missing: set[str] = set()
    for case in product((True, False), repeat=len(asked)):
        there = dict(zip(asked, case, strict=True))
        missing |= house.names(there.__getitem__) - read.names(there.__getitem__)
    return tuple(name for name in variables_of(kind) if name in missing)


@lru_cache(maxsize=256)
def _house(kind: str, language: Language) -> Template:
    return templating.read(house_text(kind, "happened", language))
