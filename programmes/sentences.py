"""A definition's rules, conditions and routes in words, both languages: for previews, differences and judgements told.

The sentences are data (`lexicon.yaml`); ids of fields, slots and options are told by their labels.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, time
from decimal import Decimal
from typing import Any, cast

from programmes import lexicon
from programmes.calendar import BEIJING
from programmes.call import Programme
from programmes.fields import Field, FieldType
from programmes.judging import Rule
from programmes.lexicon import Word
from programmes.money import Money
from programmes.route import RouteRule
from programmes.vocabulary import Condition, Words

_SLOT = re.compile(r"\{([a-z_]+)\}")
_OPTIONAL = re.compile(r"⟦([^⟦⟧]*)⟧")
_LONGEST_LABEL = 60
Say = Callable[[Words], str]


def zh(words: Words) -> str:
    return words.zh


def en(words: Words) -> str:
    return words.en


def both(told: Callable[[Say], str]) -> Words:
    """What *told* says in each language."""
    return Words(zh=told(zh), en=told(en))


def rule(one: Rule, programme: Programme) -> Words:
    """What the rule asks, without when and of whom."""
    kind = str(getattr(one, "kind", ""))
    pattern = lexicon.rule_sentence(kind)
    if pattern is None:
        return one.says or Words(zh=kind, en=kind)
    written = {name: getattr(one, name) for name in type(one).model_fields}
    return both(lambda say: _filled(say(pattern), written, programme, say))


def _filled(pattern: str, written: Mapping[str, Any], programme: Programme, say: Say) -> str:
    asked = _field(programme, written.get("field"))

    def optional(found: re.Match[str]) -> str:
        there = all(written.get(name) is not None for name in _SLOT.findall(found[1]))
        return found[1] if there else ""

    def value(found: re.Match[str]) -> str:
        unit_of = None if found[1] == "percent" else asked
        return said(written.get(found[1]), programme, say, unit_of)

    return _SLOT.sub(value, _OPTIONAL.sub(optional, pattern))


def said(value: Any, programme: Programme | None, say: Say, asked: Field | None = None) -> str:
    """A value of a definition as people read it: labels for ids, 是 for true, a list with 、 or a comma."""
    match value:
        case None:
            return "—"
        case bool():
            return say(Words(zh="是", en="yes") if value else Words(zh="否", en="no"))
        case Words():
            return say(value)
        case datetime():
            return moment(value)
        case Money():
            return f"{value.yuan()} 元"
        case Condition():
            return say(condition(value, programme)) if programme is not None else "…"
        case FieldType():
            return say(lexicon.type_name(value))
        case Decimal():
            return f"{value:f}" + _unit(asked)
        case int():
            return f"{value}" + _unit(asked)
        case str():
            return _named(value, programme, say, asked)
        case Mapping():
            pairs = cast("Mapping[str, Any]", value).items()
            parts = [f"{_named(key, programme, say)} → {said(each, programme, say, asked)}" for key, each in pairs]
            return say(Words(zh="；", en="; ")).join(parts) or "—"
        case tuple() | list() | frozenset():
            return say(Words(zh="、", en=", ")).join(said(each, programme, say, asked) for each in _items(value)) or "—"
        case _:
            return str(value)


def moment(at: datetime) -> str:
    """An instant as definitions write it: 2025-11-28 17:00, and 24:00 for the end of a day."""
    here = at.astimezone(BEIJING)
    return f"{here:%Y-%m-%d} 24:00" if here.time() == time.max else f"{here:%Y-%m-%d %H:%M}"


def _items(value: Any) -> Iterable[Any]:
    return sorted(cast("frozenset[str]", value)) if isinstance(value, frozenset) else value


def _unit(asked: Field | None) -> str:
    return f" {asked.unit}" if asked is not None and asked.unit else ""


def _named(value: str, programme: Programme | None, say: Say, asked: Field | None = None) -> str:
    inside = None if asked is None else _inside(asked, value)
    if inside is not None:
        return say(inside)
    label = None if programme is None else _label(programme, value)
    if label is not None:
        return f"“{_short(say(label))}”"
    return say(lexicon.value_name(value))


def _inside(asked: Field, value: str) -> Words | None:
    """What a field calls an option or a column of its own, or an option of one of its columns."""
    named = {column.id: column.label for column in asked.columns}
    for field in (asked, *asked.columns):
        option = field.option(value)
        if option is not None:
            return option.label
    label = named.get(value)
    return None if label is None else Words(zh=f"“{label.zh}”", en=f"“{label.en}”")


def _label(programme: Programme, value: str) -> Words | None:
    """What a field, a slot or a direction of this id is called."""
    labels = {one.id: one.title for one in programme.directions} | {one.id: one.label for one in programme.slots}
    field = _field(programme, value)
    return field.label if field is not None else labels.get(value)


def _short(label: str) -> str:
    first = label.split("：")[0] if len(label) > _LONGEST_LABEL else label
    return first if len(first) <= _LONGEST_LABEL else first[: _LONGEST_LABEL - 1] + "…"


def _field(programme: Programme, field_id: object) -> Field | None:
    return next((field for field in programme.fields if field.id == field_id), None)


def condition(one: Condition, programme: Programme) -> Words:
    """When something holds: 当“大模型类型”为“垂直领域型”时."""
    if one.direction is not None:
        return both(lambda say: say(Words(zh="申报", en="applying for ")) + said(one.direction, programme, say))
    if one.fact is not None:
        joint = one.is_ is None or one.is_ is True
        return Words(zh="联合申报", en="a joint application") if joint else Words(zh="不是联合申报", en="no consortium")
    asked = _field(programme, one.field)

    def told(say: Say) -> str:
        subject = said(one.field, programme, say)
        if one.given is not None:
            filled = Words(zh="已填", en=" is filled") if one.given else Words(zh="没有填", en=" is empty")
            return subject + say(filled)
        verb = Words(zh="含“{}”", en=" includes “{}”") if one.has is not None else Words(zh="为“{}”", en=" is “{}”")
        return subject + say(verb).format(said(one.has if one.has is not None else one.is_, None, say, asked))

    return both(told)


def when(one: Rule) -> Words:
    """How hard a rule is: while saving, at the seal, a finding."""
    return lexicon.value_name(one.when)


def route(one: RouteRule) -> Words:
    """The steps of a route, and who gets a copy."""

    def told(say: Say) -> str:
        steps = " → ".join(say(lexicon.value_name(level)) for level in one.steps)
        copies = said(one.copy_to, None, say)
        return steps + (say(Words(zh="，抄送", en=", copied to ")) + copies if one.copy_to else "")

    return both(told)


def whom(one: RouteRule) -> Words:
    """For which units a route is."""
    if not one.whom.county and not one.whom.tag:
        return Words(zh="所有单位", en="everybody")
    parts = (*one.whom.county, *one.whom.tag)
    return both(lambda say: said(parts, None, say))


def limits(field: Field, skip: Iterable[str] = ()) -> list[Words]:
    """What limits the answer to a field, one sentence a limit."""
    told: list[Words] = []
    for one in lexicon.words(Field):
        value = getattr(field, one.word, None)
        if one.word not in _LIMITS or one.word in skip or value is None or value == one.info.default:
            continue
        if isinstance(value, bool):
            told.append(one.name)
        else:
            told.append(both(lambda say, one=one, value=value: f"{say(one.name)} {value}{_measure(one, field, say)}"))  # type: ignore[misc]
    return told


def _measure(one: Word, field: Field, say: Say) -> str:
    """The unit behind a limit: the limit's own, or for a number the field's."""
    unit = say(one.unit) or (field.unit if one.word in _IN_THE_FIELDS_UNIT else "")
    return f" {unit}" if unit else ""


_LIMITS = frozenset(
    {"max_zi", "max_chars", "min", "above", "max", "decimals", "not_future", "min_items", "max_items", "figures"}
)
_IN_THE_FIELDS_UNIT = frozenset({"min", "above", "max"})
