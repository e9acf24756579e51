"""The tables of docs/programmes.md, drawn from the models and the lexicon, so that the page cannot go stale.

What people wrote between the marks `<!-- words -->` and `<!-- /words -->` is replaced; everything around them is theirs.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import EnumType
from typing import Any, Literal, get_args, get_origin

import yaml
from pydantic import BaseModel

from programmes import lexicon
from programmes.judging import Rule
from programmes.lexicon import Model, Word
from programmes.money import Money
from programmes.vocabulary import Words

_BLOCK = re.compile(r"(<!-- (?P<name>[a-z-]+) -->\n).*?(<!-- /(?P=name) -->)", re.DOTALL)
_PLAIN: Mapping[Any, str] = {
    str: "文字 text",
    int: "整数 whole number",
    bool: "`true` / `false`",
    Decimal: "数 number",
    date: "日期 day",
    datetime: "时间 instant",
    Money: "金额带单位 sum with its unit",
}


class NoSuchTable(Exception):
    """The page asks for a table that nobody draws."""


def drawn(page: str) -> str:
    """*page* with every marked table drawn anew."""

    def block(found: re.Match[str]) -> str:
        draw = TABLES.get(found["name"])
        if draw is None:
            raise NoSuchTable(found["name"])
        return f"{found[1]}\n" + "\n".join(draw()) + f"\n\n{found[3]}"

    return _BLOCK.sub(block, page)


def marks(page: str) -> list[str]:
    """The tables that *page* shows."""
    return [found["name"] for found in _BLOCK.finditer(page)]


def _models() -> Iterator[str]:
    for model in lexicon.models():
        if issubclass(model, Rule):
            continue
        name, says = lexicon.name_of(model), lexicon.says_of(model)
        yield f"### {name.zh} · {name.en}"
        yield ""
        yield f"{says.zh}。{says.en}"
        yield ""
        yield from _table(lexicon.words(model))
        yield ""


def _table(words: tuple[Word, ...]) -> Iterator[str]:
    yield "| 词 Word | 意思 Meaning | 写法 Written |"
    yield "|---|---|---|"
    for one in words:
        must = " **必写 needed**" if one.required else ""
        yield f"| `{one.word}` {one.name.zh} | {_cell(one.says.zh)} · {_cell(one.says.en)} | {_shape(one)}{must} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _shape(one: Word) -> str:
    if one.choices:
        listed = "、".join(f"`{choice}`" for choice in one.choices)
        return f"{listed}{'，可多个 or several' if _is_list(one.info.annotation) else ''}"
    return " / ".join(dict.fromkeys(_shapes(one.info.annotation)))


def _is_list(annotation: Any) -> bool:
    return get_origin(annotation) is tuple or any(_is_list(part) for part in get_args(annotation))


def _shapes(annotation: Any) -> Iterator[str]:
    """What may stand behind a word."""
    origin = get_origin(annotation)
    if annotation in _PLAIN:
        yield _PLAIN[annotation]
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield _model_name(annotation)
    elif origin is tuple:
        yield from (f"{shape} 的列表 list" for shape in dict.fromkeys(_shapes(get_args(annotation)[0])))
    elif origin is dict:
        key, value = get_args(annotation)
        yield f"{'/'.join(_shapes(key))} → {'/'.join(_shapes(value))}"
    elif origin is Literal or isinstance(annotation, EnumType):
        yield from (f"`{one}`" for one in get_args(annotation))
    else:
        for part in get_args(annotation):
            yield from _shapes(part)


def _model_name(model: Model) -> str:
    if model is Words:
        return "{zh, en}"
    name = Words(zh="规则", en="rule") if issubclass(model, Rule) else lexicon.name_of(model)
    return f"{name.zh} {name.en}"


def _rule_words() -> Iterator[str]:
    """What every kind of rule may say."""
    shared = [one for one in lexicon.words(next(iter(lexicon.rule_models().values()))) if one.word in Rule.model_fields]
    yield from _table(tuple(shared))


def _rules() -> Iterator[str]:
    for kind, model in sorted(lexicon.rule_models().items()):
        told = lexicon.rule_kind(model)
        yield f"### `{kind}`"
        yield ""
        yield f"{_pattern(told.sentence.zh)}。{_docstring(model)}"
        yield ""
        own = tuple(one for one in lexicon.words(model) if one.word not in {*Rule.model_fields, "kind"})
        if own:
            yield from _table(own)
            yield ""
        yield "```yaml"
        rule = {"kind": kind, "code": "AN_EXAMPLE", "when": "seal", **told.example}
        yield f"- {yaml.safe_dump(rule, allow_unicode=True, default_flow_style=True, sort_keys=False, width=1000).strip()}"
        yield "```"
        yield ""


def _pattern(sentence: str) -> str:
    """A sentence with its slots as words of the rule: 「`field` 不少于 `value`」."""
    return re.sub(r"\{([a-z_]+)\}", r"`\1`", sentence.replace("⟦", "〔").replace("⟧", "〕"))


def _docstring(model: Model) -> str:
    return lexicon.says_of(model).en


def _types() -> Iterator[str]:
    yield "| 类型 Type | 怎样填 Typed | 怎样存 Kept | 怎样显示 Shown | 限制 Limits |"
    yield "|---|---|---|---|---|"
    for kind, (zh, _, typed, typed_en, kept, kept_en, shown, shown_en, limits) in lexicon.types():
        cells = (f"`{kind.value}` {zh}", _both(typed, typed_en), _both(kept, kept_en), _both(shown, shown_en), limits)
        yield f"| {' | '.join(map(_cell, cells))} |"


def _both(zh: str, en: str) -> str:
    return zh if zh == en else f"{zh} · {en}"


TABLES: Mapping[str, Callable[[], Iterator[str]]] = {
    "words": _models,
    "types": _types,
    "rule-words": _rule_words,
    "rules": _rules,
}
"""Each table by the mark it stands under."""
