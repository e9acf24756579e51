"""Every event of the log in a sentence, in both languages: an application's as its history tells it, all others from the catalogue."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import Connection

from admin.log_index import AUDITOR
from admin.notes import CommandRefused, Why
from admin.search import Found
from eventstore.event import Event, Fact, Personal
from eventstore.facts import Reading
from eventstore.refusal import Refusal
from eventstore.store import EventStore
from programmes.call import Programme
from programmes.catalogue import Catalogue
from web import texts
from workflow import events as e
from workflow.dossier import View
from workflow.handling import Handling
from workflow.pages import telling
from workflow.timeline import timeline

Said = Mapping[str, Any]
"""title and text in both languages, and the stage that was entered."""


class Sentences:
    """Tells events. No personal value is looked at; display names are those of whoever holds an office."""

    def __init__(self, store: EventStore, read: Reading, definitions: Catalogue, handling: Handling) -> None:
        self._store, self._read, self._definitions, self._handling = store, read, definitions, handling

    def of(self, db: Connection, found: Sequence[Found]) -> dict[int, Said]:
        """By position, each of *found* told."""
        recorded = self._store.at_in(db, [one.position for one in found])
        facts = self._read(db, recorded, revealed=False)
        programmes = {one.position: self._programme(one) for one in found}
        names = self._handling.names({one.actor for one in found})
        return {fact.recorded.position: self._told(fact, programmes[fact.recorded.position], names) for fact in facts}

    def _programme(self, one: Found) -> Programme | None:
        if not one.stream.startswith(e.STREAM) or not one.call:
            return None
        return self._definitions.get(one.call, one.definition or None).programme_of(one.direction)

    def _told(self, fact: Fact, programme: Programme | None, names: Mapping[str, str]) -> Said:
        if programme is None:
            return otherwise(fact, names)
        return told(fact, programme, AUDITOR, names)


def told(fact: Fact, programme: Programme, view: View, names: Mapping[str, str]) -> Said:
    """One event of an application."""
    [entry] = timeline([fact], view, lambda asked: {actor: names.get(actor, actor) for actor in asked})
    return telling.sentence(entry, programme)


def otherwise(fact: Fact, names: Mapping[str, str]) -> Said:
    """One event of anything else: a person, a unit, a call, a note."""
    recorded = fact.recorded
    params = {**values(fact.event), "who": _who(names.get(recorded.actor, recorded.actor)), "stream": recorded.stream}
    if isinstance(fact.event, CommandRefused):
        params["reasons"] = [_reason(why) for why in fact.event.reasons]
    key = f"history.told.{recorded.type}"
    if not texts.has(key):
        return {"title": recorded.type, "text": "", "stage": ""}
    text = {language: texts.t(key, language, **params) for language in texts.LANGUAGES}
    title = {language: texts.t(f"{key}.title", language) for language in texts.LANGUAGES}
    return {"title": title, "text": text, "stage": ""}


def _reason(why: Why) -> Mapping[str, str]:
    """The refusal as it was explained, with the plain values that were kept of it."""
    told = texts.explain(Refusal(why.code, why.params))
    return {"zh": told.zh.rstrip("。"), "en": told.en.rstrip(".")}


def _who(actor: str) -> Mapping[str, str] | str:
    key = f"history.who.{actor}"
    return {language: texts.t(key, language) for language in texts.LANGUAGES} if texts.has(key) else actor


def values(event: Event) -> dict[str, Any]:
    """The plain values of an event; what is personal is left out."""
    every = fields(cast("Any", event))
    return {one.name: said for one in every if (said := _plain(getattr(event, one.name))) is not None}


def _plain(value: object) -> Any:
    match value:
        case Personal() | None:
            return None
        case datetime() | date():
            return value.isoformat()
        case bool() | int() | str():
            return value
        case Mapping():
            pairs = cast("Mapping[object, object]", value)
            return "；".join(f"{name}={_plain(each)}" for name, each in pairs.items())
        case tuple() | list():
            return [_plain(each) for each in cast("Iterable[object]", value)]
        case _:
            code = getattr(value, "code", None)
            return str(code) if code else str(value)
