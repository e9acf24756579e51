"""Whether an application may be sealed, and what is still missing: every rule that says no, from answers and facts alone.

`cross_checks` is asked at every save, `judge` at the seal, `warnings` stop nobody. No clock, no look-up: what is known
comes in `Facts`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from eventstore.refusal import Refusal
from programmes.calendar import beijing_date
from programmes.call import Call, Programme
from programmes.documents import Attachment, Slot, missing
from programmes.fields import Field, FieldType, Section
from programmes.judging import Question
from programmes.vocabulary import JSON, Answers, Facts, Words, chosen


def cross_checks(call: Call, direction: str, answers: Answers, facts: Facts | None = None) -> list[Refusal]:
    """What the answers contradict among themselves: AI_GT_REVENUE, RND_GT_STAFF, … *answers* are all, with the newest merged in."""
    return list(_broken(call, direction, answers, facts, "save"))


def judge(call: Call, direction: str, answers: Answers, facts: Facts) -> list[Refusal]:
    """Every rule on the answers that refuses the seal: what is missing, what contradicts, what the guide asks for.

    Files, commitments and the consortium's own papers are judged by `programmes.documents` and by their own rooms.
    """
    programme = call.programme_of(direction)
    asked = [
        field for section in programme.sections(direction) for field in section.asked(direction) if not field.computed
    ]
    return [
        *(gap for field in asked for gap in _gaps(call, field, direction, answers, facts)),
        *(late for field in asked for late in _in_the_future(field, answers.get(field.id), facts)),
        *(programme.closed_to_members() if facts.consortium or facts.units > 1 else ()),
        *_broken(call, direction, answers, facts, "save"),
        *_broken(call, direction, answers, facts, "seal"),
    ]


def warnings(call: Call, direction: str, answers: Answers, facts: Facts) -> list[Refusal]:
    """Findings that stop nobody; `zh` and `en` among their parameters say what to look at."""
    return list(_broken(call, direction, answers, facts, "warn"))


@dataclass(frozen=True, slots=True)
class Part:
    """A section or an attachment slot with what it lacks; `id` is what a page links to."""

    kind: str
    id: str
    heading: Words
    done: bool
    missing: tuple[Refusal, ...]


def completeness(
    call: Call, direction: str, answers: Answers, attachments: Iterable[Attachment], facts: Facts
) -> list[Part]:
    """The application part by part, in the official order: sections first, then the attachments that are wanted, and what
    is wrong with neither last: what the unit is, or what it did elsewhere."""
    programme, there = call.programme_of(direction), list(attachments)
    refusals = judge(call, direction, answers, facts)
    sections = [_section_part(section, direction, refusals) for section in programme.sections(direction)]
    slots = [
        (slot, [*missing([slot], there, call.report_years, answers, direction, facts), *_naming(slot, refusals)])
        for slot in programme.attachments
        if slot.wanted(answers, direction, facts)
        or any(file.slot == slot.id for file in there)
        or any(_naming(slot, refusals))
    ]
    parts = sections + [Part("attachment", slot.id, slot.label, not lacks, tuple(lacks)) for slot, lacks in slots]
    told = {id(one) for part in parts for one in part.missing}
    rest = tuple(one for one in refusals if id(one) not in told)  # they are many where a table is long
    return [*parts, Part("conditions", "conditions", CONDITIONS, False, rest)] if rest else parts


CONDITIONS = Words(zh="申报条件", en="Conditions")


def _naming(slot: Slot, refusals: Iterable[Refusal]) -> Iterator[Refusal]:
    """Rules of the form that ask for a file of this slot: a statement on a related party."""
    for one in refusals:
        named = one.params.get("missing")
        if isinstance(named, list | tuple) and slot.id in named:
            yield one


def missing_attachments(
    call: Call, direction: str, answers: Answers, attachments: Iterable[Attachment], facts: Facts
) -> list[Refusal]:
    """`documents.missing` for the slots of this direction's programme, the places of scans too."""
    slots = call.programme_of(direction).slots
    return missing(slots, attachments, call.report_years, answers, direction, facts)


def _section_part(section: Section, direction: str, refusals: Sequence[Refusal]) -> Part:
    fields = {field.id for field in section.asked(direction)}
    lacks = tuple(one for one in refusals if one.params.get("field") in fields)
    return Part("section", section.id, section.heading, not lacks, lacks)


def _broken(call: Call, direction: str, answers: Answers, facts: Facts | None, when: str) -> Iterator[Refusal]:
    programme = call.programme_of(direction)
    closes_on = beijing_date(call.deadlines.applicant_close)
    question = Question(
        answers, direction, facts or Facts(today=closes_on), closes_on, _scales(programme), programme.costs
    )
    for rule in programme.checks:
        if rule.when == when and (not rule.directions or direction in rule.directions):
            yield from rule.broken(question)


def _scales(programme: Programme) -> dict[str, int]:
    return {field.id: field.scale for field in programme.fields}


def _gaps(call: Call, field: Field, direction: str, answers: Answers, facts: Facts) -> Iterator[Refusal]:
    """What is missing of one field: the answer, a year of it, a text beside a ticked box, a cell of a row, enough items."""
    answer = answers.get(field.id)
    columns = [column.id for column in call.columns(field)]
    if columns:
        values = answer if isinstance(answer, dict) else {}
        lacking = [
            one for one in columns if values.get(one) is None and _required(field, answers, direction, facts, one)
        ]
        if lacking:
            yield Refusal.of("REQUIRED", source=field.source, field=field.id, columns=lacking)
        return
    if _items(field, answer) < field.min_items:
        measure = _items(field, answer)
        yield Refusal.of("MIN_ITEMS", source=field.source, field=field.id, measure=measure, limit=field.min_items)
    elif answer is None and _required(field, answers, direction, facts, None):
        yield Refusal.of("REQUIRED", source=field.source, field=field.id)
    yield from _gaps_within(field, answer)


def _required(field: Field, answers: Answers, direction: str, facts: Facts, column: str | None) -> bool:
    if field.required_when is not None:
        return field.required_when.holds(answers, direction, facts, column)
    return field.required


def _items(field: Field, answer: JSON) -> int:
    return len(answer) if isinstance(answer, list) else len(chosen(answer))


def _gaps_within(field: Field, answer: JSON) -> Iterator[Refusal]:
    if field.type is FieldType.MULTI and isinstance(answer, dict):
        texts = answer.get("other")
        beside = texts if isinstance(texts, dict) else {}
        for option in field.options:
            if option.text is not None and option.id in chosen(answer) and not beside.get(option.id):
                yield Refusal.of("REQUIRED", source=field.source, field=field.id, option=option.id)
    if field.type is FieldType.TABLE and isinstance(answer, list):
        for number, row in enumerate(answer, 1):
            for column in field.columns:
                if column.required and not (isinstance(row, dict) and row.get(column.id) is not None):
                    yield Refusal.of("REQUIRED", source=field.source, field=field.id, row=number, column=column.id)


def _in_the_future(field: Field, answer: JSON, facts: Facts) -> Iterator[Refusal]:
    """A day that must have come already; asked again at the seal because a draft may have been saved without a clock."""
    today = facts.today.isoformat()
    if field.not_future and isinstance(answer, str) and answer > today[: len(answer)]:
        yield Refusal.of("IN_THE_FUTURE", source=field.source, field=field.id, measure=answer, limit=today)
    if isinstance(answer, list):
        for number, row in enumerate(answer, 1):
            for column in field.columns:
                value = row.get(column.id) if isinstance(row, dict) else None
                if column.not_future and isinstance(value, str) and value > today[: len(value)]:
                    yield Refusal.of(
                        "IN_THE_FUTURE",
                        source=field.source,
                        field=field.id,
                        row=number,
                        column=column.id,
                        measure=value,
                        limit=today,
                    )
