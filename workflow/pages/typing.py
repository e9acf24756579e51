"""What a drafting form sends: rows moved or taken out by a button, what was typed, and where its writer wants to be next."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from programmes.fields import Section
from programmes.inputs import gather
from workflow.pages.frame import Frame
from workflow.pages.parts import neighbours

Posted = Mapping[str, Sequence[str]]
_MOVES = {"_up": -1, "_down": 1}


def typed(part: Section, posted: Posted) -> dict[str, object]:
    return gather(part, ((name, value) for name, values in posted.items() for value in values))


def rearranged(posted: Posted) -> dict[str, Sequence[str]]:
    """The form without the row whose button was pressed, or with it changed for its neighbour."""
    dropped = _pressed(posted, "_drop")
    found = {name: values for name, values in posted.items() if not (dropped and name.startswith(f"{dropped}."))}
    for button, step in _MOVES.items():
        table, number = _row(_pressed(posted, button))
        if table and number + step >= 0:
            found = dict(_swapped(name, table, number, number + step, values) for name, values in found.items())
    return found


def _swapped(name: str, table: str, one: int, other: int, values: Sequence[str]) -> tuple[str, Sequence[str]]:
    parts = name.split(".", 2)
    if len(parts) == 3 and parts[0] == table and parts[1] in (str(one), str(other)):
        return f"{table}.{other if parts[1] == str(one) else one}.{parts[2]}", values
    return name, values


def _pressed(posted: Posted, button: str) -> str:
    return next(iter(posted.get(button, ())), "")


def _row(value: str) -> tuple[str, int]:
    """`honours.2` as a table and a row; no table where it is none."""
    table, _, number = value.partition(".")
    return (table, int(number)) if number.isascii() and number.isdecimal() and len(number) < 6 else ("", 0)


def onward(frame: Frame, part: Section, posted: Posted) -> str:
    """Where a person wants to be after saving: at the new row, at the row that moved, at the row's table, or in the next part."""
    here = f"{frame.base}/sections/{part.id}"
    if added := quote(_pressed(posted, "_add"), safe=""):
        return f"{here}?row={added}#f-{added}"
    if dropped := quote(_pressed(posted, "_drop"), safe="."):
        return f"{here}#f-{dropped.partition('.')[0]}"
    for button, step in _MOVES.items():
        table, number = _row(_pressed(posted, button))
        if table:
            return f"{here}#r-{quote(table, safe='')}.{max(number + step, 0)}"
    following = neighbours(frame, part)[1]
    if "_next" in posted:
        return f"{frame.base}/sections/{following.id}" if following else f"{frame.base}#attachments"
    return f"{here}?saved=1"
