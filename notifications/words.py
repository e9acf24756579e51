"""The words of letters in Chinese and in English, read once from texts/, filled the way the house fills its catalogue."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import cast

import yaml

from notifications.announcements import Announcement
from notifications.audiences import Kind
from notifications.contents import Named
from programmes.calendar import BEIJING
from web.format import Language, beijing, day
from web.texts import fill, t

_FOLDER = Path(__file__).parent / "texts"


@lru_cache(maxsize=1)
def _kinds() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    return cast("Mapping[str, Mapping[str, Mapping[str, str]]]", read("kinds.yaml"))


@lru_cache(maxsize=1)
def _words() -> Mapping[str, Mapping[str, str]]:
    return cast("Mapping[str, Mapping[str, str]]", read("words.yaml"))


def read(name: str) -> object:
    """A file of texts/, as it stands."""
    return yaml.safe_load((_FOLDER / name).read_text(encoding="utf-8"))


def kinds() -> tuple[str, ...]:
    """Every kind of letter, in the order of the file."""
    return tuple(_kinds())


def source(kind: str, part: str, language: Language) -> str:
    """The house's own text of *kind* as it is written; *part* is title or happened. KeyError for a kind without words."""
    return _kinds()[kind][part][language]


def title(kind: str, language: Language, params: Mapping[str, object] = MappingProxyType({})) -> str:
    """What heads a letter of *kind*. KeyError for a kind without words."""
    return fill(_kinds()[kind]["title"][language], params, language)


def happened(kind: str, language: Language, params: Mapping[str, object]) -> str:
    """The sentence that says what happened."""
    return fill(_kinds()[kind]["happened"][language], params, language)


def say(key: str, language: Language, /, **params: object) -> str:
    """Any other word of a letter. KeyError when it is not there: a letter never goes out with a hole."""
    return fill(_words()[key][language], params, language)


def has(key: str) -> bool:
    return key in _words()


def stage(code: str, language: Language) -> str:
    """The word for a stage, the same as on every page."""
    return t(f"stage.{code}", language)


def moment(at: datetime, language: Language) -> str:
    """An instant in Beijing; the last microsecond of a day is its 24:00, as people say it."""
    here = at.astimezone(BEIJING)
    shown = f"{day(here.date(), language)} 24:00" if here.time() == time.max else beijing(here, language)
    return say("letter.until", language, at=shown)


def told(announcements: Sequence[Announcement], named: Named) -> list[dict[str, str]]:
    """Who will be told, for whoever is about to take a step: code and words of each audience, once each."""
    found: dict[str, dict[str, str]] = {}
    for announcement in announcements:
        kind, code = announcement.audience.kind, announcement.audience.id
        zh, en = named(code) if kind is Kind.BODY else ("", "")
        key = f"audience.{kind.value}"
        found[str(announcement.audience)] = {
            "audience": str(announcement.audience),
            "zh": say(key, "zh", body=zh),
            "en": say(key, "en", body=en),
        }
    return list(found.values())
