"""The page on which two versions of one part are compared and put together: theirs, mine, and a choice where both changed.

Every value that was typed travels along in the form, so that nothing is lost however often the page comes back.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from eventstore.refusal import Refusal
from programmes import form
from programmes.calendar import beijing_date
from programmes.call import Call
from programmes.fields import Field, FieldType, Section
from programmes.inputs import gather, scatter
from web import forms, texts
from web.saying import speech, t
from workflow import changes
from workflow.answers import plain
from workflow.changes import Save
from workflow.comparing import Piece, compare
from workflow.handling import actor_name
from workflow.merging import Difference, Whose, differences
from workflow.pages import reasons
from workflow.pages.desk import Desk
from workflow.pages.fields import Showing, block_of
from workflow.pages.frame import Frame
from workflow.pages.parts import unlocked
from workflow.pages.saying import in_words, present_answer
from workflow.pages.typing import Posted

_MINE, _PICK, _ASKED, _BASE = "_mine.", "_pick.", "_asked", "_base"
_CLOSELY = frozenset({FieldType.LONGTEXT, FieldType.TEXT})
_PICKS = frozenset({"mine", "theirs", "edit"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What a compared form says. *mine* is what was typed first, *edited* what was written anew while comparing; *answers*
    are what is to be saved; *open* names the questions that still want a choice; *base*: the version first seen."""

    mine: Mapping[str, object]
    edited: Mapping[str, object] = field(default_factory=dict[str, object])
    picks: Mapping[str, str] = field(default_factory=dict[str, str])
    answers: Mapping[str, object] = field(default_factory=dict[str, object])
    open: tuple[str, ...] = ()
    base: int = 0


def chosen(part: Section, posted: Posted) -> Chosen:
    """Read back what `page` sent out."""
    mine = gather(part, ((name.removeprefix(_MINE), each) for name, each in _flat(posted) if name.startswith(_MINE)))
    edited = gather(part, _flat(posted))
    asked = frozenset(posted.get(_ASKED, ()))
    picks = {
        name.removeprefix(_PICK): each for name, each in _flat(posted) if name.startswith(_PICK) and each in _PICKS
    }
    answers: dict[str, object] = {}
    still: list[str] = []
    for one in part.fields:
        if one.id not in asked:
            answers |= {one.id: mine[one.id]} if one.id in mine else {}
            continue
        match picks.get(one.id):
            case "mine" if one.id in mine:
                answers[one.id] = mine[one.id]
            case "edit" if one.id in edited:
                answers[one.id] = edited[one.id]
            case "theirs":
                pass
            case _:
                still.append(one.id)
    base = next(iter(posted.get(_BASE, ())), "")
    seen = int(base) if base.isascii() and base.isdigit() and len(base) < 10 else 0
    return Chosen(mine=mine, edited=edited, picks=picks, answers=answers, open=tuple(still), base=seen)


def _flat(posted: Posted) -> Iterator[tuple[str, str]]:
    return ((name, value) for name, values in posted.items() for value in values)


def differing(frame: Frame, part: Section, seen: int, typed: Mapping[str, object]) -> list[Difference]:
    """Where this part differs: as the writer saw it at version *seen*, as it stands, and as it was *typed*."""
    application = frame.application
    theirs = plain(application.answers)
    known = seen <= application.section_versions.get(part.id, 0)
    meant, _ = form.parse_section(
        part, dict(typed), frame.call, direction=application.direction, today=beijing_date(frame.now)
    )
    return list(
        differences(
            [one for one in part.asked(application.direction) if one.computed is None],
            base=changes.as_of(frame.facts, part.id, seen) if known else theirs,
            theirs=theirs,
            typed=typed,
            meant=meant,
            open_to=unlocked(frame, part),
        )
    )


def page(
    desk: Desk, frame: Frame, part: Section, given: Chosen, seen: int, wrong: Sequence[Refusal] = ()
) -> dict[str, Any]:
    """What merge.html asks beside the frame."""
    found = differing(frame, part, seen, given.mine)
    savers = changes.since(frame.facts, part.id, seen)
    names = desk.handling.names({save.actor for save in savers.values()})
    faulty = {str(refusal.params.get("field")) for refusal in wrong}
    showing = Showing(
        call=frame.call,
        answers=plain(frame.application.answers),
        typed={**given.mine, **given.edited},
        wrong=wrong,
        open=unlocked(frame, part),
    )
    items = [_item(one, frame, given, savers, names, showing, faulty) for one in found]
    return {
        "part": part,
        "asked": [item for item in items if item["ask"]],
        "mine": [item for item in items if item["whose"] is Whose.MINE and not item["ask"]],
        "theirs": [item for item in items if item["whose"] is Whose.THEIRS],
        "carried": [pair for item in items for pair in item["carried"]],
        "merge_base": seen,
        "section_version": frame.application.section_versions.get(part.id, 0),
        "present_answer": present_answer,
        "command_id": forms.new_command_id(),
        "summary": [*_wanting(given, items), *_faults(wrong, frame, part)],
    }


def _item(
    one: Difference,
    frame: Frame,
    given: Chosen,
    savers: Mapping[str, Save],
    names: Mapping[str, str],
    showing: Showing,
    faulty: set[str],
) -> dict[str, Any]:
    """One question. *ask*: it wants a choice, because both changed it or because what was typed is refused."""
    asked = one.whose is Whose.BOTH or not one.readable or one.field.id in faulty
    save = savers.get(one.field.id)
    pick = "edit" if one.field.id in faulty else given.picks.get(one.field.id, "")
    return {
        "field": one.field,
        "whose": one.whose,
        "ask": asked and one.whose is not Whose.THEIRS,
        "pick": pick,
        "wanting": one.field.id in given.open,
        "who": names.get(save.actor, save.actor) if save else "",
        "own": save is not None and save.actor == actor_name(frame.actor),
        "at": save.at if save else None,
        "base": in_words(one.field, one.base, frame.call),
        "theirs": _pieces(one, one.theirs, frame.call),
        "mine": _pieces(one, one.mine, frame.call) if one.readable else [Piece("new", _as_typed(one.field, one.mine))],
        "carried": [
            (f"{_MINE}{name}", value)
            for name, value in scatter(one.field, given.mine.get(one.field.id))
            if one.field.id in given.mine and one.whose is not Whose.THEIRS
        ],
        "block": block_of(one.field, showing),
    }


def _pieces(one: Difference, value: Any, call: Call) -> list[Piece]:
    """A text letter by letter against what stood; anything else whole."""
    said, before = in_words(one.field, value, call), in_words(one.field, one.base, call)
    if one.field.type in _CLOSELY and before and said:
        return compare(before, said)
    if one.base == value:
        return [Piece("same", said)]
    return [piece for piece in (Piece("gone", before), Piece("new", said)) if piece.text]


def _as_typed(asked: Field, raw: object) -> str:
    """What could not be read, as it was typed."""
    return "；".join(value for _, value in scatter(asked, raw) if value)


def _wanting(given: Chosen, items: Sequence[Mapping[str, Any]]) -> list[dict[str, object]]:
    labels = {item["field"].id: item["field"].label for item in items}
    return [{"field": f"{_PICK}{name}", "text": _choose(labels[name])} for name in given.open if name in labels]


def _choose(label: Any) -> str:
    return t("pages.merge.choose", field=label.en if speech() == "en" else label.zh)


def _faults(wrong: Sequence[Refusal], frame: Frame, part: Section) -> list[dict[str, object]]:
    return [
        {
            "field": reasons.control_name(refusal, frame.call, part),
            "text": texts.explain(reasons.named(refusal, frame.call, frame.application)),
        }
        for refusal in wrong
    ]
