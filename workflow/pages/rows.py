"""A line of a list as people read it: names for codes, and how long is left."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from eventstore.event import instant_of
from programmes.call import Call
from web import format as fmt
from workflow.pages.desk import Words, office, region
from workflow.worklist import Item

_BLIND: Words = {"zh": "（隐名评审）", "en": "(blind review)"}
_NOT_NAMED: Words = {"zh": "（项目尚未命名）", "en": "(not named yet)"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    item: Item
    name: Words | str
    direction: Any
    programme: Any
    holder: Words
    place: Words
    due_at: datetime | None
    left: fmt.Countdown | None


def row(item: Item, calls: Sequence[Call], now: datetime) -> Row:
    call = next((call for call in calls if call.id == item.call), None)
    due = None if item.due_at is None else instant_of(item.due_at)
    return Row(
        item=item,
        name=item.project_name or (_NOT_NAMED if item.unit_name else _BLIND),
        direction=_direction(call, item),
        programme=_programme(call, item),
        holder=_holder(item),
        place=region(item.region),
        due_at=due,
        left=fmt.countdown(now, due) if due else None,
    )


def _direction(call: Call | None, item: Item) -> Any:
    try:
        return call.direction(item.direction).short if call else item.direction
    except KeyError:
        return item.direction


def _programme(call: Call | None, item: Item) -> Any:
    try:
        return call.programme(item.programme).summary_label if call else item.programme
    except KeyError:
        return item.programme


def _holder(item: Item) -> Words:
    if item.holder == item.lead_unit:
        return {"zh": item.unit_name, "en": item.unit_name}
    return office(item.holder) if item.holder else {"zh": "—", "en": "—"}
