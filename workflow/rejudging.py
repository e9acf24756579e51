"""What a changed definition would have answered: a text judged again by the guards of the seal itself. Pure; writes nothing.

The answers are written down as they were typed and read again under the changed form, so that a limit asked at a save
counts as well.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal, cast

from eventstore.refusal import Refusal
from programmes import form
from programmes.calendar import beijing_date
from programmes.call import Call
from programmes.carrying import typed_again
from programmes.fields import Field
from programmes.shapes import is_mapping
from workflow.answers import plain
from workflow.application import Application
from workflow.events import Answer
from workflow.facts import Facts
from workflow.lifecycle import LIFECYCLE, asked
from workflow.stages import Stage

Outcome = Literal["same", "refused", "accepted", "otherwise"]
_GAPS = frozenset({"REQUIRED", "MIN_ITEMS"})


@dataclass(frozen=True, slots=True)
class Rejudged:
    """Every reason under the application's own definition, and under the changed one; nothing is an acceptance."""

    before: tuple[Refusal, ...]
    after: tuple[Refusal, ...]

    @property
    def outcome(self) -> Outcome:
        """`refused` and `accepted` are new; `otherwise` is refused as before, but for other reasons."""
        if not self.before and not self.after:
            return "same"
        if not self.before or not self.after:
            return "refused" if self.after else "accepted"
        return "otherwise" if self.newly or self.no_longer else "same"

    @property
    def newly(self) -> tuple[Refusal, ...]:
        """The reasons that only the changed definition has."""
        return tuple(one for one in self.after if one not in self.before)

    @property
    def no_longer(self) -> tuple[Refusal, ...]:
        return tuple(one for one in self.before if one not in self.after)


def rejudge(application: Application, facts: Facts, changed: Call) -> Rejudged:
    """*application* as it stood before its seal, judged on the seal's own *facts* under its own definition and *changed*."""
    return Rejudged(judged(application, facts, facts.call), judged(application, facts, changed))


def judged(application: Application, facts: Facts, call: Call) -> tuple[Refusal, ...]:
    """Every reason why *call* would refuse the seal of *application*, which was written under the call of *facts*."""
    if application.direction not in call.directions:
        return (Refusal.of("DIRECTION_UNKNOWN", direction=application.direction, call=call.id),)
    answers, unreadable = _read_again(application, facts.call, call, beijing_date(facts.now))
    found = asked(_guards(application), replace(application, answers=answers), None, replace(facts, call=call))
    wrong = {one.params.get("field") for one in unreadable}
    return (*unreadable, *(one for one in found if one.code not in _GAPS or one.params.get("field") not in wrong))


def _guards(application: Application) -> Any:
    """Those of the step that sealed it: a first seal, or a resubmission."""
    trigger = "resubmit" if application.stage is Stage.RETURNED else "seal"
    return next(step.guards for step in LIFECYCLE if step.trigger == trigger)


def _read_again(
    application: Application, old: Call, new: Call, today: date
) -> tuple[Mapping[str, Answer], list[Refusal]]:
    """The answers as *new* reads them, and what it would have refused at a save. What did not change is not read again."""
    answers, refusals = dict(application.answers), list[Refusal]()
    direction, laid_open = application.direction, plain(application.answers)
    was = {field.id: field for field in old.programme_of(direction).fields}
    for section in new.programme_of(direction).sections(direction):
        changed = [field for field in section.asked(direction) if _differs(field, was.get(field.id), old, new)]
        raw = {
            field.id: _typed(was[field.id], field, laid_open[field.id], new)
            for field in changed
            if laid_open.get(field.id) is not None
        }
        read, refused = form.parse_section(section, raw, new, direction=direction, today=today)
        refusals += refused
        for name in raw:
            answers.pop(name, None)
        answers.update({name: cast("Answer", value) for name, value in read.items() if value is not None})
    return answers, refusals


def _differs(field: Field, was: Field | None, old: Call, new: Call) -> bool:
    """Whether the answer to *field* would be read otherwise; a field that was not there has no answer."""
    if was is None or getattr(field, "computed", None) is not None:
        return False
    return field != was or [one.id for one in new.columns(field)] != [one.id for one in old.columns(was)]


def _typed(was: Field, field: Field, answer: Any, new: Call) -> object:
    """What was typed into *was*, with its unit where the new field has another, without columns that are not asked any more."""
    typed = typed_again(was, answer)
    columns = {column.id for column in new.columns(field)}
    if columns and is_mapping(typed):
        return {name: _with_unit(value, was, field) for name, value in typed.items() if name in columns}
    if field.columns and isinstance(typed, list):
        kept = {column.id for column in field.columns}
        rows: Iterable[Any] = cast("list[object]", typed)
        return [{name: value for name, value in row.items() if name in kept} for row in rows if is_mapping(row)]
    return _with_unit(typed, was, field)


def _with_unit(typed: object, was: Field, field: Field) -> object:
    return f"{typed}{was.unit}" if isinstance(typed, str) and was.unit and was.unit != field.unit else typed
