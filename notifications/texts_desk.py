"""What whoever writes texts looks at: every kind and what stands of it, one kind with its versions, a letter as it would come.

Reads and tries; what changes anything is editing's. The preview is made by what writes the real letters.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from eventstore.refusal import Fault
from eventstore.store import EventStore
from notifications import correspondence, manuscript, manuscripts, words
from notifications.correspondence import Misworded
from notifications.editing import Editing, known
from notifications.manuscript import Written
from notifications.manuscripts import Version
from notifications.proofreading import must_stay, proofread
from notifications.rendering import Rendering
from notifications.samples import Sample, name_of, samples_of
from notifications.stationery import Stationer
from notifications.statutory import STATUTORY
from notifications.variables import Variable, variables_of
from notifications.wording import Text, Wording
from web.format import Language
from web.problems import NotFound
from web.texts import LANGUAGES


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A kind of letter in the list: which version is in force by language (0: the house's own), and how often it failed."""

    kind: str
    versions: Mapping[Language, int]
    served: str
    failed: Misworded | None

    @property
    def edited(self) -> bool:
        return any(self.versions.values())

    def title(self, language: Language) -> str:
        return name_of(self.kind, language)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One kind and language: what is in force, what the house says, every version (of both languages), newest first."""

    kind: str
    language: Language
    written: Written
    house: Written
    version: int
    stream_version: int
    house_changed: bool
    versions: Sequence[Version]
    variables: Sequence[Variable]
    must_stay: frozenset[str]
    served: str
    failed: Misworded | None

    @property
    def of_this_language(self) -> Sequence[Version]:
        return [one for one in self.versions if one.language == self.language]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A letter as its reader would get it."""

    headers: Sequence[tuple[str, str]]
    text: str
    html: str


class TextsDesk:
    """*rendering* shows one-time links without their keys; *stationer* lays out what real letters are written on."""

    def __init__(
        self,
        store: EventStore,
        editing: Editing,
        rendering: Rendering,
        stationer: Stationer,
        names: Callable[[str], str],
    ) -> None:
        self.store, self.editing, self.name_of = store, editing, names
        self._rendering, self._stationer = rendering, stationer

    def rows(self) -> list[Row]:
        """Every kind, in the order of the process."""
        with self.store.reading() as db:
            stands = {(one.kind, one.language): one for one in manuscripts.in_force(db)}
            failed = correspondence.misworded(db)
        return [
            Row(
                kind=kind,
                versions={language: _number(stands.get((kind, language))) for language in LANGUAGES},
                served=STATUTORY.get(kind, ""),
                failed=failed.get(kind),
            )
            for kind in words.kinds()
        ]

    def sheet(self, kind: str, language: Language) -> Sheet:
        """Raises NotFound for an unknown kind."""
        known(kind)
        with self.store.reading() as db:
            versions = manuscripts.versions(db, kind)
            failed = correspondence.misworded(db).get(kind)
        newest = next((one for one in versions if one.language == language), None)
        house = manuscript.house(kind, language)
        mine = (newest.subject, newest.body) if newest else (None, None)
        written = (mine[0], mine[1]) if mine[0] is not None and mine[1] is not None else house
        return Sheet(
            kind=kind,
            language=language,
            written=written,
            house=house,
            version=_number(newest),
            stream_version=max((one.stream_version for one in versions), default=0),
            house_changed=bool(newest and newest.house and newest.house != manuscript.digest(house)),
            versions=versions,
            variables=tuple(variables_of(kind).values()),
            must_stay=must_stay(kind, language),
            served=STATUTORY.get(kind, ""),
            failed=failed,
        )

    def faults(self, kind: str, language: Language, written: Written) -> list[Fault]:
        """What is wrong with a text, as publishing it would say."""
        subject, body = (manuscript.tidy(each) for each in written)
        return [marked.fault() for marked in proofread(known(kind), language, subject, body)]

    def unsound(self) -> list[tuple[Version, list[Fault]]]:
        """Published texts that are in force and no longer sound, as after an upgrade: their letters come in the house's words."""
        with self.store.reading() as db:
            stands = [one for one in manuscripts.in_force(db) if one.body is not None]
        judged = [(one, self._judged(one)) for one in stands]
        return [(one, faults) for one, faults in judged if faults]

    def _judged(self, one: Version) -> list[Fault]:
        if one.kind not in words.kinds():
            return []  # nobody writes such letters any more
        return self.faults(one.kind, one.language, (one.subject or "", one.body or ""))

    def preview(self, kind: str, language: Language, written: Written, sample: str, reader: Language) -> Preview:
        """A sample letter in a text that has no fault; *reader* "en" reads both languages. NotFound for no such sample."""
        subject, body = (manuscript.tidy(each) for each in written)
        letter = sample_of(kind, sample).letter(reader)
        with self.store.reading() as db:
            stationery = self._stationer(db, [letter])
            wording = _with(db, Text(kind=kind, language=language, version=1, subject=subject, body=body))
        made = self._rendering.written(letter, replace(stationery, wording=wording))
        sender = self._rendering.sender
        headers = [("From", f"{sender.name} <{sender.address}>"), ("To", f"{made.name} <{made.address}>")]
        if made.reply_to:
            headers.append(("Reply-To", f"{made.reply_to[0]} <{made.reply_to[1]}>"))
        return Preview(headers=(*headers, ("Subject", made.subject)), text=made.text.strip("\n"), html=made.html)


def sample_of(kind: str, sample: str) -> Sample:
    """The sample of that id, the first without one. Raises NotFound."""
    found = samples_of(known(kind))
    one = next((each for each in found if each.id == sample), None) if sample else found[0]
    if one is None:
        raise NotFound
    return one


def _number(version: Version | None) -> int:
    """0 where the house's own text is in force."""
    return version.version if version and version.body is not None else 0


def _with(db: Connection, text: Text) -> Wording:
    """The texts in force, and *text* instead of its own."""
    others = [one for one in manuscripts.in_force(db) if (one.kind, one.language) != (text.kind, text.language)]
    return Wording([*manuscripts.texts_of(others), text])
