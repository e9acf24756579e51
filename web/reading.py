"""Reading what was sent, before anybody believes it: JSON that is strict, form fields without traps.

Numbers stay exact: a fraction with more than 15 significant digits has to come as a string (RFC 7493 §2.2), so that no
reader on the way rounds it. Answers 4xx, never 5xx: see problems.Unreadable.
"""

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NoReturn, TypeVar, cast

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from eventstore.refusal import Fault, Malformed
from web.problems import Unreadable

MAX_DEPTH = 32
MAX_FRACTION_DIGITS = 15
_INT64 = 2**63
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"?', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")

M = TypeVar("M", bound=BaseModel)


class Request(BaseModel):
    """What an operation is sent. Fields not listed are refused; types are not guessed. Never declare a float."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def read_json(raw: bytes) -> object:
    """The JSON value in *raw*, fractions as Decimal. Unreadable for anything RFC 8259 or RFC 7493 would not have."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Unreadable("encoding") from None
    _measure_depth(raw)
    try:
        value: object = json.loads(
            text, parse_float=_fraction, parse_int=_whole, parse_constant=_constant, object_pairs_hook=_object
        )
    except json.JSONDecodeError as error:
        raise Unreadable("syntax", line=error.lineno, column=error.colno) from None
    refuse_bad_text(value)
    return value


def _measure_depth(raw: bytes) -> None:
    """Linear, and before the parser: a deep document would exhaust its stack."""
    depth = 0
    for byte in _STRING.sub(b"", raw):
        if byte in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise Unreadable("depth", limit=MAX_DEPTH)
        elif byte in b"]}":
            depth -= 1


def _fraction(digits: str) -> Decimal:
    mantissa, _, exponent = digits.lower().partition("e")
    significant = mantissa.lstrip("-0.").replace(".", "")
    if len(significant) > MAX_FRACTION_DIGITS or len(exponent) > 3 or abs(int(exponent or 0)) > MAX_FRACTION_DIGITS:
        raise Unreadable("number")
    return Decimal(digits)


def _whole(digits: str) -> int:
    if len(digits) > 20 or not -_INT64 <= int(digits) < _INT64:
        raise Unreadable("number")
    return int(digits)


def _constant(_: str) -> NoReturn:
    raise Unreadable("constant")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in pairs:
        if name in found:
            raise Unreadable("duplicate", name=_SURROGATE.sub("�", name)[:80])
        found[name] = value
    return found


def refuse_bad_text(value: object) -> None:
    """No NUL and no lone surrogate in any text of *value*; a database takes neither."""
    if isinstance(value, str):
        if "\x00" in value:
            raise Unreadable("nul")
        if _SURROGATE.search(value):
            raise Unreadable("surrogate")
    elif isinstance(value, Mapping):
        for key, each in cast("Mapping[object, object]", value).items():
            refuse_bad_text(key)
            refuse_bad_text(each)
    elif isinstance(value, Sequence):
        for each in cast("Sequence[object]", value):
            refuse_bad_text(each)


def body(model: type[M], raw: bytes) -> tuple[M, object]:
    """*raw* as *model*, and as the plain value it was. Unreadable where it is no JSON, Malformed naming every field."""
    value = read_json(raw)
    try:
        return model.model_validate_json(raw, strict=True), value
    except ValidationError as error:
        raise Malformed(faults_of(error.errors(include_url=False, include_input=False))) from None


def query(model: type[M], fields: Mapping[str, Sequence[str]]) -> M:
    """The query string as *model*: text is turned into the declared type, an unknown or doubled name is a fault."""
    refuse_bad_text(fields)
    doubled = [name for name, values in fields.items() if len(values) > 1]
    if doubled:
        raise Malformed([Fault(name, "MALFORMED") for name in doubled])
    try:
        return model.model_validate_strings({name: values[0] for name, values in fields.items()})
    except ValidationError as error:
        raise Malformed(faults_of(error.errors(include_url=False, include_input=False))) from None


def form(fields: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The fields of a page's form: line ends as \\n, no NUL, no lone surrogate."""
    found = {name: [value.replace("\r\n", "\n") for value in values] for name, values in fields.items()}
    refuse_bad_text(found)
    return found


_CODES: Mapping[str, str] = {
    "missing": "REQUIRED",
    "extra_forbidden": "UNKNOWN_FIELD",
    "string_too_long": "FIELD_TOO_LONG",
    "too_short": "MIN_ITEMS",
    "greater_than": "BELOW_MIN",
    "greater_than_equal": "BELOW_MIN",
    "less_than": "ABOVE_MAX",
    "less_than_equal": "ABOVE_MAX",
}
_LIMITS = ("max_length", "min_length", "ge", "gt", "le", "lt")


def faults_of(errors: Sequence[ErrorDetails]) -> list[Fault]:
    """What pydantic found, as faults. The rejected input is not repeated: it may be personal."""
    return [_fault(error) for error in errors] or [Fault("", "MALFORMED")]


def _fault(error: ErrorDetails) -> Fault:
    place = ".".join(_SURROGATE.sub("�", str(part)) for part in error["loc"])[:200]
    details: Mapping[str, Any] = error.get("ctx") or {}
    params: dict[str, str | int] = {"field": place or "body"}
    limit = next((details[name] for name in _LIMITS if name in details), None)
    if limit is not None:
        params["limit"] = limit if isinstance(limit, int) else str(limit)
    if "actual_length" in details:
        params["measure"] = int(details["actual_length"])
    code = _CODES.get(error["type"], "BAD_FORMAT")
    if code == "BAD_FORMAT" and (expected := details.get("expected")) is not None:
        params["expected"] = str(expected)
    return Fault(place, code, params)
