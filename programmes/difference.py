"""What changed between two definitions, in words: added, removed, renamed, moved, changed; part by part, in both languages.

Compares word by word along the models, things by their ids; a word that a definition learns later is compared too.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Any, Literal, cast

from pydantic import BaseModel

from programmes import lexicon, sentences
from programmes.call import Call, Programme
from programmes.fields import Field, Section
from programmes.judging import Rule
from programmes.lexicon import Word
from programmes.sentences import Say, both, en, zh
from programmes.vocabulary import Words

Kind = Literal["added", "removed", "renamed", "moved", "changed"]
_CALL = Words(zh="征集", en="Call")
_TITLES = ("label", "title", "heading", "name", "text")
_KEYS: Mapping[str, tuple[str, ...]] = {
    "Quota": ("programme", "level", "body"),
    "Contact": ("name",),
    "Letter": ("kind",),
    "Exclusivity": ("per", "family"),
    "SummaryColumn": ("made_from",),
    "CoverLine": ("made_from",),
    "Clause": ("rule", "source"),
    "Line": ("rule",),
}
_OF_EVERY_RULE = frozenset(Rule.model_fields)
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: in which part, of which kind, where by ids, and what, in both languages."""

    part: Words
    kind: Kind
    place: str
    zh: str
    en: str

    def as_json(self) -> dict[str, object]:
        return {
            "part": {"zh": self.part.zh, "en": self.part.en},
            "kind": self.kind,
            "place": self.place,
            "zh": self.zh,
            "en": self.en,
        }


def differences(old: Call, new: Call) -> list[Change]:
    """Every difference, in the order of the definition."""
    return list(_model(_Here(_CALL), old, new))


def by_part(changes: Iterable[Change]) -> dict[tuple[str, str], list[Change]]:
    """The same, gathered under the parts they are in."""
    found: dict[tuple[str, str], list[Change]] = {}
    for change in changes:
        found.setdefault((change.part.zh, change.part.en), []).append(change)
    return found


@dataclass(frozen=True, slots=True)
class _Here:
    """Where the comparison is: the part, the place by ids, what the thing is called, and whose labels ids are told by."""

    part: Words
    place: str = ""
    subject: Words | None = None
    before: Programme | None = None
    after: Programme | None = None

    def at(self, step: str) -> "_Here":
        return replace(self, place=f"{self.place}.{step}".lstrip("."))

    def told(self, kind: Kind, say: Callable[[Say], str]) -> Change:
        told, about = both(say), self.subject
        if about is not None:
            told = Words(zh=f"{about.zh}：{told.zh}", en=f"{about.en}: {told.en}")
        return Change(self.part, kind, self.place or "call", told.zh, told.en)


def _model(here: _Here, old: BaseModel, new: BaseModel) -> Iterator[Change]:
    for word in lexicon.words(type(new)):
        before, after = _value(old, word), _value(new, word)
        if before != after and word.word != "id":
            yield from _word(here.at(word.word), word, before, after)


def _value(model: BaseModel, word: Word) -> Any:
    name = next((name for name, info in type(model).model_fields.items() if (info.alias or name) == word.word), "")
    return getattr(model, name, None)


def _word(here: _Here, word: Word, old: Any, new: Any) -> Iterator[Change]:
    if _are_models(old) or _are_models(new):
        yield from _list(_part_of(here, word), word, old, new)
    elif isinstance(old, BaseModel) and type(old) is type(new) and not isinstance(old, Words) and _is_nested(word):
        yield from _model(_nested(here, word), old, new)
    elif isinstance(old, Words) and isinstance(new, Words):
        yield _reworded(here, word, old, new)
    else:
        yield here.told("changed", lambda say: f"{say(word.name)} {_arrow(here, word, old, new, say)}")


def _are_models(value: Any) -> bool:
    things = cast("tuple[object, ...]", value) if isinstance(value, tuple) else ()
    return any(isinstance(one, BaseModel) and not isinstance(one, Words) for one in things)


def _is_nested(word: Word) -> bool:
    """A condition is told whole, everything else word by word."""
    return word.word not in ("required_when",)


def _nested(here: _Here, word: Word) -> _Here:
    """A model inside another: of a call and a programme it is a part of its own."""
    if here.subject is not None:
        return replace(
            here, subject=Words(zh=f"{here.subject.zh} {word.name.zh}", en=f"{here.subject.en}, {word.name.en}")
        )
    return _part_of(here, word)


def _part_of(here: _Here, word: Word) -> _Here:
    if here.subject is not None or word.word == "fields":
        return here
    if here.before is None and here.after is None:
        return replace(here, part=Words(zh=word.name.zh, en=_capital(word.name.en)))
    return replace(here, part=Words(zh=f"{here.part.zh} · {word.name.zh}", en=f"{here.part.en} · {word.name.en}"))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _reworded(here: _Here, word: Word, old: Words, new: Words) -> Change:
    """A name that changed is a renaming; other words show where they begin to differ."""
    if old.zh == new.zh:
        return here.told("changed", lambda say: f"{say(_IN_ENGLISH)} {_apart(old.en, new.en)}")
    kind: Kind = "renamed" if word.word in _TITLES[:3] else "changed"
    verb = _RENAMED if kind == "renamed" else word.name
    pairs: dict[Say, tuple[str, str]] = {
        zh: (old.zh, new.zh),
        en: (old.en, new.en) if old.en != new.en else (old.zh, new.zh),
    }
    return here.told(kind, lambda say: f"{say(verb)} {_apart(*pairs[say])}")


_IN_ENGLISH = Words(zh="英文", en="in English")
_RENAMED = Words(zh="改名", en="renamed")


def _apart(old: str, new: str) -> str:
    """Both texts from shortly before they part."""
    same = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    start = max(0, same - 12) if max(len(old), len(new)) > _LONGEST else 0
    return f"“{_cut(old, start)}” → “{_cut(new, start)}”"


def _cut(text: str, start: int) -> str:
    rest = text[start : start + _LONGEST]
    return ("…" if start else "") + rest + ("…" if start + _LONGEST < len(text) else "")


def _brief(text: str) -> str:
    """A long label without what it says in brackets or behind a colon."""
    for mark in ("：", "（", ": ", " ("):
        text = text.split(mark)[0] if len(text) > _LONGEST // 2 and text.find(mark) > 1 else text
    return _cut(text, 0)


def _arrow(here: _Here, word: Word, old: Any, new: Any, say: Say) -> str:
    return f"{_shown(word, old, here.before, say)} → {_shown(word, new, here.after, say)}"


def _shown(word: Word, value: Any, programme: Programme | None, say: Say) -> str:
    if value is None or value == ():
        return say(_NOTHING)
    if isinstance(value, BaseModel) and not isinstance(value, Words) and word.word != "required_when":
        return f"“{say(_title(value, programme))}”"
    shown = sentences.said(value, programme if word.word not in _NOT_IDS else None, say)
    unit = say(word.unit) if isinstance(value, int) and not isinstance(value, bool) else ""
    return f"{shown} {unit}".rstrip()


_NOTHING = Words(zh="无", en="none")
_NOT_IDS = frozenset({"rule", "source", "id", "code", "number", "unit"})


def _list(here: _Here, word: Word, old: Any, new: Any) -> Iterator[Change]:
    before: Sequence[BaseModel] = old or ()
    after: Sequence[BaseModel] = new or ()
    if any(isinstance(one, Rule) for one in (*before, *after)):
        yield from _rules(here, cast("Sequence[Rule]", before), cast("Sequence[Rule]", after))
        return
    pairs = _Pairs(before, after)
    for key in pairs.removed:
        yield from _gone(here, word, pairs, key)
    for key in pairs.added:
        yield from _come(here, word, pairs, key)
    for key in pairs.moved:
        yield _moved(here, pairs, key)
    for key in pairs.kept:
        if pairs.old[key] != pairs.new[key]:
            yield from _thing(here, key, pairs.old[key], pairs.new[key])


class _Pairs:
    """The things of two lists by what tells them apart, and which came, went and changed their place."""

    def __init__(self, old: Sequence[BaseModel], new: Sequence[BaseModel]) -> None:
        self.old, self.new = _keyed(old), _keyed(new)
        self.removed = [key for key in self.old if key not in self.new]
        self.added = [key for key in self.new if key not in self.old]
        self.kept = [key for key in self.new if key in self.old]
        self.moved = self._out_of_order()

    def _out_of_order(self) -> list[str]:
        before = [key for key in self.old if key in self.new]
        blocks = SequenceMatcher(None, before, self.kept, autojunk=False).get_matching_blocks()
        steady = {key for block in blocks for key in self.kept[block.b : block.b + block.size]}
        return [key for key in self.kept if key not in steady]

    def behind(self, key: str) -> BaseModel | None:
        keys = list(self.new)
        place = keys.index(key)
        return self.new[keys[place - 1]] if place else None


def _keyed(things: Sequence[BaseModel]) -> dict[str, BaseModel]:
    """By id, by what is known to tell such things apart, or by their number."""
    keys = [_key(thing) for thing in things]
    if None in keys or len(set(keys)) < len(keys):
        keys = [str(number) for number in range(1, len(things) + 1)]
    return dict(zip(map(str, keys), things, strict=True))


def _key(thing: BaseModel) -> str | None:
    names = ("id",) if "id" in type(thing).model_fields else _KEYS.get(type(thing).__name__, ())
    told = [getattr(thing, name) for name in names]
    parts = ["+".join(cast("tuple[str, ...]", one)) if isinstance(one, tuple) else str(one or "") for one in told]
    return "/".join(parts).strip("/") or None


def _thing(here: _Here, key: str, old: BaseModel, new: BaseModel) -> Iterator[Change]:
    inside = replace(here, place=f"{here.place}[{key}]")
    title = _title(new, here.after)
    match old, new:
        case Programme(), Programme():
            part = Words(zh=f"专项 {new.id} {new.title.zh}", en=f"Programme {new.id} {new.title.en}")
            yield from _model(replace(inside, part=part, before=old, after=new), old, new)
        case (Section(), Section()) if here.subject is None:
            part = Words(zh=f"{here.part.zh} · {title.zh}", en=f"{here.part.en} · {title.en}")
            yield from _model(replace(inside, part=part), old, new)
        case _:
            about = here.subject
            called = Words(zh=f"{about.zh} {title.zh}", en=f"{about.en}, {title.en}") if about else title
            yield from _model(replace(inside, subject=called), old, new)


def _gone(here: _Here, word: Word, pairs: _Pairs, key: str) -> Iterator[Change]:
    thing, inside = pairs.old[key], replace(here, place=f"{here.place}[{key}]")
    if isinstance(thing, Field) and _section_of(here.after, thing.id) is not None:
        return  # told where it went to
    if _same_under_another_id(thing, pairs.new, pairs.added) is not None:
        return
    name, title = lexicon.name_of(type(thing)), _title(thing, here.before)
    yield inside.told("removed", lambda say: say(Words(zh="取消", en="removed ")) + f"{say(name)}“{say(title)}”")


def _come(here: _Here, word: Word, pairs: _Pairs, key: str) -> Iterator[Change]:
    thing, inside = pairs.new[key], replace(here, place=f"{here.place}[{key}]")
    title = _title(thing, here.after)
    origin = _section_of(here.before, thing.id) if isinstance(thing, Field) else None
    if isinstance(thing, Field) and origin is not None and word.word == "fields":
        yield replace(inside, subject=title).told("moved", lambda say: say(_FROM).format(say(origin.heading)))
        before = origin.fields[[field.id for field in origin.fields].index(thing.id)]
        # where it is written moved along with it
        yield from _thing(here, key, before.model_copy(update={"source": thing.source}), thing)
        return
    renumbered = _same_under_another_id(thing, pairs.old, pairs.removed)
    if renumbered is not None:
        other = str(getattr(renumbered, "id", ""))
        yield replace(inside, subject=title).told("renamed", lambda say: say(_RENUMBERED).format(other, key))
        yield from _thing(here, key, renumbered, thing)
        return
    name = lexicon.name_of(type(thing))
    yield inside.told("added", lambda say: say(_ADDED) + f"{say(name)}“{say(title)}”{say(_details(thing, here))}")


_FROM = Words(zh="从“{}”移到这里", en="moved here from “{}”")
_ADDED = Words(zh="新增", en="added ")
_RENUMBERED = Words(
    zh="编号 {} → {}，原来的填写不会带过来", en="id {} → {}; answers given under the old one do not come along"
)


def _same_under_another_id(thing: BaseModel, others: Mapping[str, BaseModel], keys: Iterable[str]) -> BaseModel | None:
    """What was there, or will be, under another id with the very same label."""
    label = getattr(thing, "label", None)
    if not isinstance(label, Words) or "id" not in type(thing).model_fields:
        return None
    found = [others[key] for key in keys if getattr(others[key], "label", None) == label]
    return found[0] if len(found) == 1 and type(found[0]) is type(thing) else None


def _section_of(programme: Programme | None, field_id: str) -> Section | None:
    sections = programme.form if programme is not None else ()
    return next((section for section in sections if section.field(field_id)), None)


def _moved(here: _Here, pairs: _Pairs, key: str) -> Change:
    thing, before = pairs.new[key], pairs.behind(key)
    title = _title(thing, here.after)

    def told(say: Say) -> str:
        if before is None:
            return say(Words(zh="“{}”移到最前", en="“{}” moved to the front")).format(say(title))
        other = say(_title(before, here.after))
        return say(Words(zh="“{}”移到“{}”之后", en="“{}” moved behind “{}”")).format(say(title), other)

    return replace(here, place=f"{here.place}[{key}]").told("moved", told)


def _details(thing: BaseModel, here: _Here) -> Words:
    """What one wants to know of something new at once: of a field its type and limits, of others nothing."""
    if not isinstance(thing, Field):
        return Words(zh="", en="")
    told = [lexicon.type_name(thing.type), *sentences.limits(thing)]
    if not thing.required:
        told.append(Words(zh="选填", en="optional"))
    return Words(
        zh=f"（{'，'.join(one.zh for one in told)}）",
        en=f" ({', '.join(one.en for one in told)})",
    )


def _title(thing: BaseModel, programme: Programme | None) -> Words:
    """What a thing is called: its label, its title, its sentence, or what tells it apart."""
    if isinstance(thing, Rule) and programme is not None:
        return sentences.rule(thing, programme)
    for name in _TITLES:
        told = getattr(thing, name, None)
        if isinstance(told, Words):
            return Words(zh=_brief(told.zh), en=_brief(told.en))
        if isinstance(told, str):
            return Words(zh=told, en=told)
    parts = [getattr(thing, name) for name in _KEYS.get(type(thing).__name__, ())]
    parts = [part for part in parts if part] or [lexicon.name_of(type(thing))]
    return both(lambda say: " ".join(sentences.said(part, programme, say) for part in parts))


def _rules(here: _Here, old: Sequence[Rule], new: Sequence[Rule]) -> Iterator[Change]:
    """Rules have no ids: first those that are the same, then by kind and code and field, then by kind and field."""
    before, after = [one for one in old if one not in new], [one for one in new if one not in old]
    for tells in (("kind", "code", "field", "when"), ("kind", "code", "field"), ("kind", "field"), ("code", "field")):
        for one in list(after):
            fitting = [other for other in before if _same(other, one, tells)]
            if len(fitting) == 1:
                before.remove(fitting[0])
                after.remove(one)
                yield from _rule(here, fitting[0], one)
    for one in before:
        yield _whole_rule(here, "removed", one, here.before)
    for one in after:
        yield _whole_rule(here, "added", one, here.after)
    kept = [one for one in new if one in old]
    if [one for one in old if one in new] != kept:
        yield here.told("moved", lambda say: say(Words(zh="规则的顺序变了", en="the order of the rules changed")))


def _same(one: Rule, other: Rule, tells: Iterable[str]) -> bool:
    return all(getattr(one, name, None) == getattr(other, name, None) for name in tells)


def _whole_rule(here: _Here, kind: Kind, one: Rule, programme: Programme | None) -> Change:
    assert programme is not None, "rules stand in a programme"
    sentence, when = sentences.rule(one, programme), sentences.when(one)
    verb = Words(zh="新增规则", en="added the rule") if kind == "added" else Words(zh="取消规则", en="removed the rule")
    marked = replace(here, place=f"{here.place}[{one.code}]")
    return marked.told(kind, lambda say: f"{say(verb)} {one.code} ({say(when)}): {say(sentence)}")


def _rule(here: _Here, old: Rule, new: Rule) -> Iterator[Change]:
    assert here.before is not None, "rules stand in a programme"
    assert here.after is not None, "rules stand in a programme"
    was, is_ = sentences.rule(old, here.before), sentences.rule(new, here.after)
    about = replace(here, place=f"{here.place}[{new.code}]", subject=Words(zh=new.code, en=new.code))
    if was != is_:
        yield about.told("changed", lambda say: f"{say(was)} → {say(is_)}")
    for word in lexicon.words(type(new)):
        before, after = _value(old, word), _value(new, word)
        own = word.word not in _OF_EVERY_RULE
        if before != after and not (own and was != is_):
            yield from _word(about.at(word.word), word, before, after)


__all__ = ["Change", "by_part", "differences"]
