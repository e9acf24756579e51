"""The one catalogue: every sentence people read, in Chinese and in English, found by its key.

`{name}` takes a value, `{a|b}` the first of several that is there, `{at:beijing}` says how to show it. A part in ⟦…⟧ is
left out when a value in it is missing. A missing value never raises: it is shown as a dash.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import cast

import yaml

from directory.division import divisions
from eventstore.refusal import Refusal
from web import format as fmt
from web.format import Language

LANGUAGES: tuple[Language, ...] = ("zh", "en")
_FOLDER = Path(__file__).parent / "texts"
_PREFIXES = {"refusals": "refusal.", "stages": "stage.", "roles": "role.", "actions": "action.", "problems": "problem."}
_OPTIONAL = re.compile(r"⟦([^⟦⟧]*)⟧")
_SLOT = re.compile(r"\{([a-z_]+(?:\|[a-z_]+)*)(?::([a-z]+))?\}")
MISSING = "—"
_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's where it is: reading the catalogue then costs a tenth."""


@dataclass(frozen=True, slots=True)
class Text:
    """One entry. *who* and *source* only where it is a refusal."""

    zh: str
    en: str
    who: str = ""
    source: str = ""

    def of(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en

    def names(self) -> frozenset[str]:
        """The values its sentences may use."""
        slots = _SLOT.findall(self.zh) + _SLOT.findall(self.en)
        return frozenset(name for alternatives, _ in slots for name in alternatives.split("|"))


@lru_cache(maxsize=1)
def catalogue() -> Mapping[str, Text]:
    """Every text by key, read once."""
    found: dict[str, Text] = {}
    for file in sorted(_FOLDER.glob("*.yaml")):
        prefix = _PREFIXES.get(file.stem, "")
        entries = cast("Mapping[object, Mapping[str, str]]", yaml.load(file.read_text("utf-8"), _LOADER))  # noqa: S506
        for key, entry in entries.items():
            name = f"{prefix}{key}"
            if name in found:
                raise ValueError(f"the text {name} stands twice ({file.name})")
            found[name] = Text(**entry)
    return found


def has(key: str) -> bool:
    return key in catalogue()


def t(key: str, language: Language = "zh", /, **params: object) -> str:
    """The sentence *key* in *language*. An unknown key is shown as itself, so that a page never fails for a word."""
    text = catalogue().get(key)
    return key if text is None else fill(text.of(language), params, language)


def fill(template: str, params: Mapping[str, object], language: Language = "zh") -> str:
    """*template* with its slots filled. Values are text, never templates."""

    def part(found: re.Match[str]) -> str:
        inner = found.group(1)
        missing = any(value_of(names, params, language) is None for names, _ in _SLOT.findall(inner))
        return "" if missing else inner

    def slot(found: re.Match[str]) -> str:
        value = value_of(found.group(1), params, language)
        return MISSING if value is None else in_words(value, found.group(2) or "", language)

    return _SLOT.sub(slot, _OPTIONAL.sub(part, template))


def value_of(names: str, params: Mapping[str, object], language: Language) -> object | None:
    for name in names.split("|"):
        for candidate in (f"{name}_{language}", name):
            value = params.get(candidate)
            if value is not None and value != "" and value != () and value != []:
                return value
    return None


def in_words(value: object, how: str, language: Language) -> str:
    if isinstance(value, Mapping):
        pair = cast("Mapping[str, object]", value)
        return str(pair.get(language) or pair.get("zh") or MISSING)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return t("and", language).join(in_words(each, how, language) for each in cast("Sequence[object]", value))
    show = _SHOWN.get(how)
    if show is not None:
        return show(value, language)
    for name in (str(value), str(value).rpartition(".")[2]) if how else ():
        if has(f"{how}.{name}"):
            return t(f"{how}.{name}", language)
    return str(value)


def _instant(value: object, language: Language) -> str:
    at = fmt.instant(value) if isinstance(value, str) else value
    if isinstance(at, datetime):
        return fmt.beijing(at, language, "full")
    return fmt.day(at, language) if isinstance(at, date) else str(value)


def _division(value: object, language: Language) -> str:
    table = divisions()
    return table.name(str(value), language) if str(value) in table else str(value)


def _whole(show: Callable[[int, Language], str]) -> Callable[[object, Language], str]:
    return lambda value, language: show(value, language) if isinstance(value, int) else str(value)


_SHOWN: Mapping[str, Callable[[object, Language], str]] = {
    "beijing": _instant,
    "date": _instant,
    "division": _division,
    "n": _whole(fmt.number),
    "size": _whole(fmt.size),
    "yuan": _whole(fmt.yuan),
    "wan": _whole(fmt.wan),
    "bp": _whole(fmt.percent),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """A refusal as people read it. *who* is the side that can mend it (see `who.*`)."""

    code: str
    params: Mapping[str, object]
    zh: str
    en: str
    source: str
    who: str

    def of(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en

    def as_json(self) -> dict[str, object]:
        """Exactly what answers carry: code, params, reason, source, who."""
        return {
            "code": self.code,
            "params": dict(self.params),
            "reason": {"zh": self.zh, "en": self.en},
            "source": self.source,
            "who": self.who,
        }


def explain(refusal: Refusal) -> Reason:
    """The refusal in both languages. An unknown code is shown as itself, mended by nobody."""
    text = catalogue().get(f"refusal.{refusal.code}") or Text(refusal.code, refusal.code, "nobody")
    params: dict[str, object] = dict(refusal.params)
    zh, en = (fill(text.of(language), params, language) for language in LANGUAGES)
    return Reason(refusal.code, params, zh, en, refusal.source or text.source, text.who)
