"""From what was typed to what is kept, one reader a field type. A reader answers the canonical value or `NotReadable`.

Typed is a form's string or JSON's own value; kept is text, a whole number, a bool, or lists and mappings of these.
Nothing that was typed is echoed: measures only.
"""

import re
import unicodedata
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from programmes import identifiers
from programmes.fields import Field, FieldType, Option
from programmes.identifiers import NotReadable
from programmes.money import MOST_FEN
from programmes.shapes import is_list, is_mapping
from programmes.vocabulary import JSON
from programmes.words import count_zi

_NUMBER = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d*)?")
_DATE = re.compile(r"(\d{4})(?:-|/|\.|年)(\d{1,2})(?:-|/|\.|月)(\d{1,2})日?")
_MONTH = re.compile(r"(\d{4})(?:-|/|\.|年)(\d{1,2})(?:月|(?:-|/|\.|月)(\d{1,2})日?)?")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_YES = frozenset({"true", "是", "yes", "1", "on"})
_NO = frozenset({"false", "否", "no", "0", "off"})


@dataclass(frozen=True, slots=True)
class Known:
    """What reading may lean on beside the field: today, and which division codes exist. None asks nothing."""

    today: date | None = None
    divisions: Container[str] | None = None


def is_blank(raw: object) -> bool:
    """Whether nothing was typed, so that the answer is taken out."""
    return raw is None or (isinstance(raw, str) and not raw.strip()) or raw == [] or raw == {}


def read(field: Field, raw: object, known: Known) -> JSON:
    """The canonical value of one typed value that is not blank. NotReadable with code and measure otherwise."""
    return _READERS[field.type](field, raw, known)


def _text_of(raw: object) -> str:
    if not isinstance(raw, str):
        raise NotReadable(expected="text")
    return raw


def _text(field: Field, raw: object, known: Known) -> str:
    text = _text_of(raw).strip()
    if _CONTROL.search(text) or re.search(r"[\t\n\r\x85\u2028\u2029]", text):
        raise NotReadable(expected="one_line")
    if len(text) > field.max_chars:
        raise NotReadable("FIELD_TOO_LONG", measure=len(text), limit=field.max_chars, unit="characters")
    return text


def _longtext(field: Field, raw: object, known: Known) -> str:
    text = _text_of(raw).replace("\r\n", "\n").replace("\r", "\n").rstrip()
    if len(text) > field.longest:
        raise NotReadable("FIELD_TOO_LONG", measure=len(text), limit=field.longest, unit="characters")
    if _CONTROL.search(text):
        raise NotReadable(expected="text")
    if field.max_zi is not None and (length := count_zi(text)) > field.max_zi:
        raise NotReadable("FIELD_TOO_LONG", measure=length, limit=field.max_zi, unit="zi")
    return text


def _number(field: Field, raw: object) -> Decimal:
    """The number written, exact. Commas, full-width digits and the field's own unit behind it are allowed; floats are not."""
    if isinstance(raw, bool) or not isinstance(raw, int | str | Decimal):
        raise NotReadable(expected="number")
    if isinstance(raw, int):
        if abs(raw) > 10**30:
            code, measure, limit = (
                ("ABOVE_MAX", ">10^30", _most(field)) if raw > 0 else ("BELOW_MIN", "<-10^30", _least(field))
            )
            raise NotReadable(code, measure=measure, limit=f"{limit:f}")
        return Decimal(raw)
    if isinstance(raw, str):
        if len(raw) > 60:
            raise NotReadable(expected="number")
        text = unicodedata.normalize("NFKC", raw).strip().removesuffix(field.unit).strip().replace("−", "-")
        if not _NUMBER.fullmatch(text) or not text.isascii():
            raise NotReadable(expected="number")
        raw = Decimal(text.replace(",", ""))
    if not raw.is_finite() or len(raw.as_tuple().digits) > 60 or not -30 <= int(raw.as_tuple().exponent) <= 30:
        raise NotReadable(expected="number")
    return raw


def _whole(field: Field, raw: object, places: int) -> int:
    """The number written as a whole multiple of its last allowed decimal, after its limits are asked."""
    number = _number(field, raw)
    sign, digits, exponent = number.as_tuple()
    shift = int(exponent) + places
    value = int("".join(map(str, digits)) or "0")
    value, rest = (value * _ten(shift), 0) if shift >= 0 else divmod(value, _ten(-shift))
    if rest:
        raise NotReadable(expected="decimals", measure=-int(exponent), limit=places)
    _within_limits(field, number)
    return -value if sign else value


def _ten(power: int) -> int:
    return int(10**power)


def _within_limits(field: Field, number: Decimal) -> None:
    shown = f"{number:f}"
    if number < _least(field):
        raise NotReadable("BELOW_MIN", measure=shown, limit=f"{_least(field):f}")
    if field.above is not None and number <= field.above:
        raise NotReadable("BELOW_MIN", measure=shown, limit=f"{field.above:f}", exclusive=1)
    if number > _most(field):
        raise NotReadable("ABOVE_MAX", measure=shown, limit=f"{_most(field):f}")


def _most(field: Field) -> Decimal:
    return Decimal(MOST_FEN).scaleb(-field.scale) if field.max is None else field.max


def _least(field: Field) -> Decimal:
    return -_most(field) if field.min is None else field.min


def _fixed(field: Field, raw: object, known: Known) -> int:
    """Money in fen, a percentage in basis points, a count as itself."""
    places = field.scale
    value = _whole(field, raw, min(field.places, places))
    return value * _ten(places - min(field.places, places))


def _decimal(field: Field, raw: object, known: Known) -> str:
    places = field.places
    value = _whole(field, raw, places)
    digits = f"{abs(value):0{places + 1}d}"
    text = f"{digits[:-places]}.{digits[-places:]}".rstrip("0").rstrip(".") if places else digits
    return f"-{text}" if value < 0 else text


def _date(field: Field, raw: object, known: Known) -> str:
    found = _DATE.fullmatch(unicodedata.normalize("NFKC", _text_of(raw)[:40]).strip())
    if found is None:
        raise NotReadable(expected="date")
    return _day(field, found[1], found[2], found[3], known).isoformat()


def _month(field: Field, raw: object, known: Known) -> str:
    found = _MONTH.fullmatch(unicodedata.normalize("NFKC", _text_of(raw)[:40]).strip())
    if found is None:
        raise NotReadable(expected="month")
    return _day(field, found[1], found[2], found[3] or "1", known).isoformat()[:7]


def _day(field: Field, year: str, month: str, day: str, known: Known) -> date:
    try:
        read_as = date(int(year), int(month), int(day))
    except ValueError:
        raise NotReadable(expected="date") from None
    if field.not_future and known.today is not None and read_as > known.today:
        raise NotReadable("IN_THE_FUTURE", measure=read_as.isoformat(), limit=known.today.isoformat())
    return read_as


def _boolean(field: Field, raw: object, known: Known) -> bool:
    if is_list(raw):
        raise NotReadable("SINGLE_CHOICE", measure=len(raw), limit=1)
    if isinstance(raw, bool):
        return raw
    typed = raw.strip().lower() if isinstance(raw, str) else ""
    if typed in _YES or typed in _NO:
        return typed in _YES
    raise NotReadable(expected="yes_or_no")


def _single(field: Field, raw: object, known: Known) -> str:
    if not is_list(raw):
        return _option(field, raw).id
    if len(raw) != 1:
        raise NotReadable("SINGLE_CHOICE", measure=len(raw), limit=1)
    return _option(field, raw[0]).id


def _option(field: Field, raw: object) -> Option:
    option = field.option(raw.strip()) if isinstance(raw, str) else None
    if option is None:
        raise NotReadable(expected="option")
    return option


def _multi(field: Field, raw: object, known: Known) -> JSON:
    """`{"chosen": […], "other": {option: text}}`, in the official order. A list, or one option, may be typed."""
    parts = raw if is_mapping(raw) else {"chosen": raw}
    ticks, other = parts.get("chosen") or list[object](), parts.get("other") or dict[object, object]()
    ticks = [ticks] if isinstance(ticks, str) else ticks
    if set(parts) - {"chosen", "other"} or not is_list(ticks) or not is_mapping(other):
        raise NotReadable(expected="options")
    if len(ticks) > 2 * len(field.options):
        raise NotReadable(expected="options", measure=len(ticks), limit=len(field.options))
    ticked = {_option(field, one).id for one in ticks}
    if not ticked:
        return None
    beside = _blanks(field, other, known)
    texts: dict[str, JSON] = {option: text for option, text in beside.items() if option in ticked}
    return {"chosen": [option.id for option in field.options if option.id in ticked], "other": texts}


def _blanks(field: Field, other: Mapping[object, object], known: Known) -> dict[str, str]:
    """The texts beside the boxes, by option. A text beside an option that has no blank is not readable."""
    texts = {key: value for key, value in other.items() if not is_blank(value)}
    beside = {option.id for option in field.options if option.text is not None}
    if set(texts) - beside:
        raise NotReadable(expected="options")
    return {str(key): _text(field, value, known) for key, value in texts.items()}


def _division(field: Field, raw: object, known: Known) -> str:
    code = _text_of(raw).strip()
    if not re.fullmatch(r"[0-9]{6}(?:[0-9]{3})?", code) or (
        known.divisions is not None and code not in known.divisions
    ):
        raise NotReadable(expected="division")
    return code


def _identifier(reader: Callable[[str], str]) -> Callable[[Field, object, Known], JSON]:
    def read_identifier(field: Field, raw: object, known: Known) -> str:
        return reader(_text(field, raw, known))

    return read_identifier


_READERS: Mapping[FieldType, Callable[[Field, object, Known], JSON]] = {
    FieldType.TEXT: _text,
    FieldType.LONGTEXT: _longtext,
    FieldType.MONEY: _fixed,
    FieldType.PERCENT: _fixed,
    FieldType.INTEGER: _fixed,
    FieldType.DECIMAL: _decimal,
    FieldType.DATE: _date,
    FieldType.MONTH: _month,
    FieldType.BOOLEAN: _boolean,
    FieldType.SINGLE: _single,
    FieldType.MULTI: _multi,
    FieldType.DIVISION: _division,
    FieldType.CREDIT_CODE: _identifier(identifiers.credit_code),
    FieldType.PHONE: _identifier(identifiers.phone),
    FieldType.EMAIL: _identifier(identifiers.email),
    FieldType.ACCOUNT: _identifier(identifiers.account),
}
