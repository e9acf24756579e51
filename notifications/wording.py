"""The words of a letter: those an administrator published, and the house's own where there are none or they fail. Pure.

A text that cannot be told never costs a letter: the house's own stands in, and whoever asks learns why.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from notifications import templating, variables, words
from notifications.templating import Template
from web.format import Language

_UNTIDY = re.compile(r"[ \t]+$", re.MULTILINE)
_GAP = re.compile(r"\n{3,}")
_BLAMED = re.compile(r"[a-z_]+/(?:zh|en) v[0-9]+:")
_HIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class Unspeakable(ValueError):
    """A text that says nothing, or what no header can hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A published text: a version of it, as it was written."""

    kind: str
    language: Language
    version: int
    subject: str
    body: str

    @property
    def named(self) -> str:
        """How a fault names it; `blamed` reads that again."""
        return f"{self.kind}/{self.language} v{self.version}:"


def blamed(fault: str) -> frozenset[str]:
    """The texts that a fault names, each as `Text.named`."""
    return frozenset(_BLAMED.findall(fault))


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a letter says in one language. *version* 0 is the house's own; *fault*: why it had to stand in for another."""

    title: str
    body: str
    version: int = 0
    fault: str = ""

    @property
    def paragraphs(self) -> tuple[tuple[str, ...], ...]:
        """The body as paragraphs of lines."""
        return tuple(tuple(part.split("\n")) for part in self.body.split("\n\n") if part.strip())


class Wording:
    """The texts in force. Without any, everything is said in the house's own."""

    def __init__(self, texts: Iterable[Text] = ()) -> None:
        self._texts = {(text.kind, text.language): text for text in texts}

    def said(self, kind: str, language: Language, params: Mapping[str, object]) -> Said:
        """What a letter of *kind* says. KeyError for a kind that the house has no words for."""
        text = self._texts.get((kind, language))
        if text is None:
            return in_the_houses_words(kind, language, params)
        try:
            return told(text, params)
        except (ValueError, KeyError, TypeError) as error:
            fault = f"{text.named} {type(error).__name__}: {error}"
            return in_the_houses_words(kind, language, params, fault)

    def named(self, kind: str) -> str:
        """The texts of *kind*, as a fault names them."""
        return " ".join(text.named for text in self._texts.values() if text.kind == kind)

    @property
    def is_the_houses(self) -> bool:
        return not self._texts


HOUSE = Wording()


def with_deadline(params: Mapping[str, object], deadline: datetime | None) -> Mapping[str, object]:
    """The values of a letter as a text names them: the deadline stands on its row, beside what the event said."""
    return {**params, "deadline": deadline.isoformat()} if deadline else params


def in_the_houses_words(kind: str, language: Language, params: Mapping[str, object], fault: str = "") -> Said:
    return Said(title=words.title(kind, language, params), body=words.happened(kind, language, params), fault=fault)


def told(text: Text, params: Mapping[str, object]) -> Said:
    """What *text* says of *params*. Raises templating's Unreadable and TooLong, variables' Missing, Unspeakable."""
    title = " ".join(_told(text, text.subject, params).split())
    body = _GAP.sub("\n\n", _UNTIDY.sub("", _told(text, text.body, params))).strip()
    if not title or not body:
        raise Unspeakable("it says nothing")
    if _HIDDEN.search(title):
        raise Unspeakable("the subject holds a control character")
    return Said(title=title, body=body, version=text.version)


def _told(text: Text, written: str, params: Mapping[str, object]) -> str:
    return _read(written).told(
        lambda name, how: variables.shown(text.kind, name, how, params, text.language),
        lambda name: variables.is_there(text.kind, name, params, text.language),
    )


@lru_cache(maxsize=512)
def _read(written: str) -> Template:
    return templating.read(written)
