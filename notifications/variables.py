"""What a text of a letter may name: the values of its kind, which of them may be missing, and how each is shown. Pure.

Read off the house's own texts: what they name is there, what they name in ⟦…⟧ may be missing. Beside those stands what every
letter about one application has.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, cast

from notifications import words
from web.format import Language
from web.texts import in_words, value_of

ALWAYS, OF_AN_APPLICATION, PERHAPS = ("at",), ("number", "unit", "call", "stage"), ("deadline",)
FILTERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "text": ("",),
        "stage": ("",),
        "money": ("yuan",),
        "count": ("", "number"),
        "date": ("date",),
        "moment": ("moment",),
    }
)
"""Type of a value to the filters it may be shown by; "" is none. Four have a name."""
_OPTIONAL = re.compile(r"⟦([^⟦⟧]*)⟧")
_SLOT = re.compile(r"\{([a-z_]+)(?::([a-z]+))?\}")
_NAMED = {"yuan": "yuan", "date": "date", "n": "number"}
"""The house's own ways to show a value, as filters."""


class Missing(KeyError):
    """A value that a text names is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A value a text may name. *optional*: it may be missing, and stands in an `if`. *example* is what a sample shows."""

    name: str
    type: str
    zh: str
    en: str
    optional: bool
    example: Mapping[str, Any]

    @property
    def filters(self) -> tuple[str, ...]:
        return FILTERS[self.type]

    def sample(self, kind: str, language: Language) -> str:
        """Its example, as a letter of *kind* shows it."""
        value = "public_notice" if self.type == "stage" else self.example[language]
        return shown(kind, self.name, self.filters[0], {self.name: value}, language)

    @property
    def written(self) -> str:
        """How it stands in a text, so that it can be copied."""
        how = self.filters[0]
        return f"{{{{ {self.name}|{how} }}}}" if how else f"{{{{ {self.name} }}}}"


@lru_cache(maxsize=1)
def _declared() -> Mapping[str, Mapping[str, Any]]:
    return cast("Mapping[str, Mapping[str, Any]]", words.read("variables.yaml"))


@lru_cache(maxsize=256)
def variables_of(kind: str) -> Mapping[str, Variable]:
    """What a text of *kind* may name, in the order in which people meet it. KeyError for an unknown kind."""
    texts = [words.source(kind, part, language) for part in ("title", "happened") for language in ("zh", "en")]
    named = {name for text in texts for name, _ in _SLOT.findall(text)}
    sure = {name for text in texts for name, _ in _SLOT.findall(_OPTIONAL.sub("", text))}
    about = OF_AN_APPLICATION if "number" in named else ()
    certain = {*sure, *about, *ALWAYS}
    there = {*named, *certain, *PERHAPS}
    if unknown := there - set(_declared()):
        raise KeyError(f"{kind} names what variables.yaml does not have: {sorted(unknown)}")
    return {name: _variable(name, optional=name not in certain) for name in _declared() if name in there}


def _variable(name: str, *, optional: bool) -> Variable:
    said = _declared()[name]
    example = said["example"]
    pair = cast("Mapping[str, Any]", example) if isinstance(example, Mapping) else {"zh": example, "en": example}
    return Variable(name=name, type=said["type"], zh=said["zh"], en=said["en"], optional=optional, example=pair)


@lru_cache(maxsize=512)
def house_text(kind: str, part: str, language: Language) -> str:
    """The house's own text (*part*: title or happened) in the language in which administrators write."""

    def optional(found: re.Match[str]) -> str:
        names = list(dict.fromkeys(name for name, _ in _SLOT.findall(found[1])))
        return f"{{% if {' and '.join(names)} %}}{found[1]}{{% endif %}}"

    def slot(found: re.Match[str]) -> str:
        how = _NAMED[found[2]] if found[2] else ""
        return f"{{{{ {found[1]}|{how} }}}}" if how else f"{{{{ {found[1]} }}}}"

    return _SLOT.sub(slot, _OPTIONAL.sub(optional, words.source(kind, part, language)))


def is_there(kind: str, name: str, params: Mapping[str, object], language: Language) -> bool:
    """Whether the value has something to say; a nought has not."""
    return name in variables_of(kind) and bool(value_of(name, params, language))


def shown(kind: str, name: str, how: str, params: Mapping[str, object], language: Language) -> str:
    """The value of *name* as people read it. Raises Missing, and KeyError for what the kind does not have."""
    variable = variables_of(kind)[name]
    value = value_of(name, params, language)
    if value is None or how not in variable.filters:
        raise Missing(name)
    match variable.type:
        case "stage":
            return words.stage(str(value), language)
        case "moment":
            return words.moment(datetime.fromisoformat(str(value)), language)
        case "count" if how:
            return in_words(value, "n", language)
        case _:
            return in_words(value, how, language)
