"""What templates say with: texts, instants and figures in the language of the page that is being made."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast

from flask import current_app, g, request
from markupsafe import Markup

from eventstore.refusal import Refusal
from web import format as fmt
from web import language, texts
from web.format import Language


def speech() -> Language:
    """The language of the page that is being made; what the person chose for good is asked before the first word is said."""
    ask = current_app.extensions.get("preferred_language")
    if ask is not None and "preferred_language" not in g and not request.path.startswith("/api/"):
        g.preferred_language = None  # whoever is asked may speak too
        g.preferred_language = ask()
    return language.of(request)


def t(key: str, /, **params: object) -> str:
    """The text *key* in the language of the page."""
    return texts.t(key, speech(), **params)


def words(value: object) -> object:
    """Whatever speaks both languages, in the page's: a mapping with zh and en, a refusal, something with .zh and .en, text.

    Markup stays markup; everything else is escaped by the template.
    """
    if hasattr(value, "__html__"):
        return value
    if isinstance(value, Mapping):
        pair = cast("Mapping[str, object]", value)
        return str(pair.get(speech()) or pair.get("zh") or "")
    if isinstance(value, Refusal):
        return texts.explain(value).of(speech())
    if hasattr(value, "zh"):
        return str(getattr(value, speech(), "") or getattr(value, "zh", ""))
    return "" if value is None else str(value)


def _beijing(at: datetime, style: fmt.Style = "full") -> str:
    return fmt.beijing(at, speech(), style)


def _day(on: date) -> str:
    return fmt.day(on, speech())


def _yuan(fen: int) -> str:
    return fmt.yuan(fen, speech())


def _wan(fen: int, unit: bool = True) -> str:
    return fmt.wan(fen, speech(), unit=unit)


def _percent(basis_points: int) -> str:
    return fmt.percent(basis_points, speech())


def _number(value: int | Decimal) -> str:
    return fmt.number(value, speech())


def _size(count: int) -> str:
    return fmt.size(count, speech())


def _machine_time(at: datetime | date) -> Markup:
    return Markup(at.isoformat())  # noqa: S704  an ISO 8601 instant holds nothing to escape


FILTERS: Mapping[str, Callable[..., Any]] = {
    "beijing": _beijing,
    "day": _day,
    "yuan": _yuan,
    "wan": _wan,
    "percent": _percent,
    "number": _number,
    "size": _size,
    "countdown": fmt.countdown,
    "reason": texts.explain,
    "datetime": _machine_time,
    "words": words,
}
GLOBALS: Mapping[str, Callable[..., Any]] = {"t": t, "speech": speech, "has_text": texts.has}
