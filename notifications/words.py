"""The words of letters in Chinese and in English, read once from texts/, filled the way the house fills its catalogue."""

from collections.abc import Mapping
from datetime import datetime, time
from functools import lru_cache
from pathlib import Path
from typing import cast

import yaml

from notifications.audiences import Kind
from programmes.calendar import BEIJING
from web.format import Language, beijing, day
from web.texts import fill, t

_FOLDER = Path(__file__).parent / "texts"
Entries = Mapping[str, Mapping[str, object]]


@lru_cache(maxsize=1)
def _kinds() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    return cast("Mapping[str, Mapping[str, Mapping[str, str]]]", _read("kinds.yaml"))


@lru_cache(maxsize=1)
def _words() -> Mapping[str, Mapping[str, str]]:
    return cast("Mapping[str, Mapping[str, str]]", _read("words.yaml"))


def _read(name: str) -> object:
    return yaml.safe_load((_FOLDER / name).read_text(encoding="utf-8"))


def title(kind: str, language: Language) -> str:
    """What heads a letter of *kind*. KeyError for a kind without words."""
    return _kinds()[kind]["title"][language]


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


def audience(kind: Kind, language: Language, body: str = "") -> str:
    """Who an audience is, for whoever is about to take a step."""
    return say(f"audience.{kind.value}", language, body=body)
