"""The agreement of a consortium as the call's annex has it, clause by clause, and the letter that lets a delegate sign it.

What is to be filled in stands in the text as a blank in braces, `{project}`; each blank says what the official text prints
in its place, so that the text with its blanks unfilled is the official one, word for word.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Literal

from programmes.documents import Clause, Line
from programmes.vocabulary import Cited, Id, Vocabulary, Words

BLANK = re.compile(r"\{([a-z_]+)\}")
BLANKS = ("units", "consortium", "project", "members", "lead", "shares", "plan", "copies")
"""What an agreement can be filled with."""
LETTER_BLANKS = ("unit", "consortium", "project", "lead", "agent", "valid_from", "valid_to")
"""What a letter of authorisation can be filled with."""
PLAN = "allocation"
"""The name under which the terms of a consortium keep the plan of clause 5; the divisions of clause 3 have names of their own."""


class Blank(Vocabulary):
    """A place to be filled in, and what the official text prints there."""

    id: Id
    label: Words


class TableColumn(Line):
    """A column of one of the agreement's tables and what fills it; one that is `optional` stands only where it says something."""

    made_from: Literal["position", "role", "unit_name", "contribution", "workload", "task", "grant", "own_funds"]
    optional: bool = False


class Division(Line):
    """One of the matters that the units divide among themselves, under the name by which its text is kept."""

    id: Id


class Term(Clause):
    """A numbered clause, the table that follows it, and what the units may write out below it."""

    columns: tuple[TableColumn, ...] = ()
    divisions: tuple[Division, ...] = ()


class SignatureBlock(Cited):
    """Where a unit puts its seal, its hand and the day. `lead` and `member` say whose place it is; a member's has its number in
    `{n}`, in Chinese numerals."""

    lead: Words
    member: Words
    seal: Words
    signer: Words
    by_hand: Words
    dated: Words


class Roles(Vocabulary):
    """What the units are called in the tables; a member has its number in `{n}`."""

    lead: Words
    member: Words


class AuthorisationLetter(Cited):
    """授权委托书: by which a legal representative lets somebody else sign."""

    heading: Words
    text: Words
    blanks: tuple[Blank, ...]
    seal: Line
    signer: Line
    agent: Line
    dated: Line


class Agreement(Cited):
    """联合体协议书, verbatim, under a version of its own."""

    version: str
    heading: Words
    preamble: Clause
    blanks: tuple[Blank, ...]
    terms: tuple[Term, ...]
    roles: Roles
    signatures: SignatureBlock
    notes_heading: Words
    notes: tuple[Line, ...]
    authorisation: AuthorisationLetter | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of the Chinese text with its blanks."""
        return _digest(self.version, self.preamble.text.zh, *(term.text.zh for term in self.terms))

    @property
    def divisions(self) -> tuple[Division, ...]:
        """What the units may write out of their own division of work, in the order of the text."""
        return tuple(division for term in self.terms for division in term.divisions)

    @property
    def unfilled(self) -> Mapping[str, str]:
        """What stands in each blank before anybody filled it in."""
        return {blank.id: blank.label.zh for blank in self.blanks}


def filled(text: str, values: Mapping[str, str]) -> str:
    """*text* with its blanks filled in, each once: what is filled in is never read as a blank again."""
    return BLANK.sub(lambda blank: values.get(blank[1], blank[0]), text)


def blanks_in(*texts: str) -> Iterator[str]:
    """The blanks that *texts* name, in their order."""
    for text in texts:
        yield from BLANK.findall(text)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
