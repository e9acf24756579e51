"""What a changed field is called and how its values read, in the language of the page."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from admin.differences import Change
from directory.division import divisions
from programmes.call import Call, Programme
from web import format as fmt
from web import texts
from web.saying import speech, t
from workflow.comparing import compare
from workflow.labels import item_label
from workflow.pages import reasons
from workflow.pages.desk import office
from workflow.pages.saying import in_words

_BODIES = frozenset({"body", "copied_to"})
_LONG = 40


def row(change: Change, call: Call, direction: str) -> dict[str, Any]:
    """A line of differences: its label, what stood, what stands; longer texts in pieces."""
    programme = call.programme_of(direction)
    before, after = (said(change, value, call, programme) for value in (change.before, change.after))
    long = bool(before and after) and max(len(before), len(after)) > _LONG
    return {
        "label": label(change, programme),
        "before": before,
        "after": after,
        "pieces": compare(before, after) if long else (),
    }


def label(change: Change, programme: Programme) -> str:
    """ "申请书 · 项目名称": from the definition where it names it, from the catalogue otherwise."""
    head, *rest = change.path
    if head == "answers" and rest:
        return _of_definition("field", rest[0], programme)
    parts = [t(f"history.field.{head}") if texts.has(f"history.field.{head}") else head]
    for place, name in enumerate(rest):
        if head == "attachments" and place == 0:
            parts = [_of_definition("attachment", name, programme)]
        elif texts.has(f"history.field.{name}"):
            parts.append(t(f"history.field.{name}"))
        elif head == "route" and place == 0:
            parts.append(office(name)[speech()])
        elif name != "files" and len(name) <= _LONG // 2:
            parts.append(name)
    return " · ".join(parts)


def _of_definition(kind: str, name: str, programme: Programme) -> str:
    zh, en = item_label(kind, name, programme)
    return reasons.short(zh if speech() == "zh" else en)


def said(change: Change, value: Any, call: Call, programme: Programme) -> str:
    """A value in words; "" where there is none."""
    head, name = change.path[0], change.path[-1]
    if value in (None, "", [], {}):
        return ""
    if head == "answers":
        field = next((one for one in programme.fields if one.id == change.path[1]), None)
        return str(value) if field is None else in_words(field, value, call)
    if name.endswith("_fen"):
        return fmt.yuan(int(value), speech())
    if head == "review" and isinstance(value, int) and {"result", "totals"} & set(change.path):
        return f"{value // 100}.{value % 100:02d}"  # hundredths of a mark
    if head == "stage":
        return t(f"stage.{value}")
    if head == "consortium" and "ratios" in change.path:
        return fmt.percent(int(value), speech())
    return _plain(name, value)


def _plain(name: str, value: Any) -> str:
    match value:
        case bool():
            return t("said.yes") if value else t("said.no")
        case list():
            return "、".join(_plain(name, each) for each in _items(value))
        case Mapping():
            return "；".join(f"{key}: {_plain(name, each)}" for key, each in cast("Mapping[str, Any]", value).items())
        case str():
            return _text(name, value)
        case _:
            return str(value)


def _items(value: Any) -> Sequence[Any]:
    return tuple(value)


def _text(name: str, value: str) -> str:
    if texts.has(f"history.value.{name}.{value}"):
        return t(f"history.value.{name}.{value}")
    if name in _BODIES:
        return office(value)[speech()]
    if name == "region" and value in divisions():
        return divisions().name(value, speech())
    if name.endswith(("_at", "until", "deadline")) and isinstance(at := fmt.instant(value), datetime):
        return fmt.beijing(at, speech(), "stamp")
    return f"{value[:15]}…{value[-4:]}" if value.startswith("sha256:") else value
