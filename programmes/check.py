"""Every fault of a definition, with file, line and place, in both languages; a definition with one cannot be published."""

import re
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from programmes.call import Call
from programmes.coherence import incoherences
from programmes.lexicon import known_at
from programmes.nearest import meant
from programmes.shapes import is_list, is_mapping
from programmes.source import Fault, Place, Source, read_folder

_SAID = {
    "missing": ("缺少“{last}”", "{last!r} is missing"),
    "extra_forbidden": ("不认识的词“{last}”", "unknown word {last!r}"),
    "union_tag_not_found": ("缺少 kind：这是哪一种规则", "kind is missing: which kind of rule is it"),
    "union_tag_invalid": ("没有这种规则，可用：{expected_tags}", "no such kind of rule; there are {expected_tags}"),
    "literal_error": ("只能是 {expected}", "must be {expected}"),
    "enum": ("只能是 {expected}", "must be {expected}"),
    "string_type": ("要写文字", "must be text"),
    "string_pattern_mismatch": ("写法不对，应合 {pattern}", "must match {pattern}"),
    "int_type": ("要写整数", "must be a whole number"),
    "int_parsing": ("要写整数", "must be a whole number"),
    "bool_type": ("只能写 true 或 false", "must be true or false"),
    "bool_parsing": ("只能写 true 或 false", "must be true or false"),
    "decimal_parsing": ("要写数字", "must be a number"),
    "decimal_type": ("要写数字", "must be a number"),
    "tuple_type": ("要写成列表", "must be a list"),
    "model_type": ("要写成“词: 值”", "must be words and values"),
    "model_attributes_type": ("要写成“词: 值”", "must be words and values"),
    "dict_type": ("要写成“词: 值”", "must be words and values"),
    "greater_than": ("要大于 {gt}", "must be greater than {gt}"),
    "greater_than_equal": ("不能小于 {ge}", "must not be less than {ge}"),
    "less_than_equal": ("不能大于 {le}", "must not be more than {le}"),
    "date_from_datetime_parsing": ("要写日期，如 2025-07-31", "must be a day such as 2025-07-31"),
    "date_parsing": ("要写日期，如 2025-07-31", "must be a day such as 2025-07-31"),
    "date_type": ("要写日期，如 2025-07-31", "must be a day such as 2025-07-31"),
    "datetime_type": ("要写时间，如 2025-11-28 17:00", "must be an instant such as 2025-11-28 17:00"),
}
_QUOTED = re.compile(r"'([^']*)'")


def check(path: Path | str) -> list[Fault]:
    """Every fault of the call whose folder (or whose call.yaml) is *path*; an empty list is a sound definition."""
    folder = Path(path)
    return check_source(read_folder(folder if folder.is_dir() else folder.parent))


def check_source(source: Source) -> list[Fault]:
    """The same of a definition already read: what cannot be read, what is no word of the vocabulary, what contradicts."""
    faults = [*source.faults, *_not_in_the_vocabulary(source), *incoherences(source)]
    return sorted(dict.fromkeys(faults), key=lambda fault: (fault.file, fault.line, fault.place))


def _not_in_the_vocabulary(source: Source) -> list[Fault]:
    try:
        Call.model_validate(source.data)
    except ValidationError as error:
        return [_fault(source, detail) for detail in error.errors(include_url=False)]
    return []


def _fault(source: Source, detail: ErrorDetails) -> Fault:
    place = _written_place(source, detail["loc"])
    said = _SAID.get(detail["type"])
    if said is None:
        message = detail["msg"].removeprefix("Value error, ")
        zh, divider, en = message.partition(" / ")
        return source.fault(place, zh if divider else f"写法不对：{message}", en or message)
    words = {**detail.get("ctx", {}), "last": str(detail["loc"][-1])}
    zh, en = _meant(source, place, detail)
    return source.fault(place, said[0].format(**words) + zh, said[1].format(**words) + en)


def _meant(source: Source, place: Place, detail: ErrorDetails) -> tuple[str, str]:
    """Which known word was probably meant by one that is not."""
    context = detail.get("ctx", {})
    match detail["type"]:
        case "extra_forbidden":
            return meant(str(place[-1]), known_at(place[:-1], source.data))
        case "union_tag_invalid":
            return meant(str(context.get("tag", "")), _QUOTED.findall(str(context.get("expected_tags", ""))))
        case "literal_error" | "enum":
            return meant(str(detail["input"]), _QUOTED.findall(str(context.get("expected", ""))))
        case _:
            return "", ""


def _written_place(source: Source, loc: Place) -> Place:
    """The place without the steps that only pydantic took: the names of union members."""
    place: Place = ()
    here: Any = source.data
    for number, step in enumerate(loc):
        if _leads_on(here, step):
            here = here[step]
            place = (*place, step)
        elif number == len(loc) - 1:
            place = (*place, step)
    return place


def _leads_on(here: Any, step: str | int) -> bool:
    if is_list(here):
        return isinstance(step, int) and 0 <= step < len(here)
    return is_mapping(here) and step in here
