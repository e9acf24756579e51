"""A row of the recommendation summary table (附件5 项目推荐汇总表), in its official columns."""

from dataclasses import dataclass

from programmes.call import Call, Programme
from programmes.documents import SummaryColumn
from programmes.form import present
from programmes.vocabulary import Answers, chosen


@dataclass(frozen=True, slots=True)
class Place:
    """Where the unit is registered, by the names of its county code."""

    city: str
    county: str


def summary_row(
    call: Call,
    direction: str,
    answers: Answers,
    place: Place,
    *,
    position: int,
    unit_name: str,
    industry: str | None = None,
) -> dict[str, str]:
    """The cells by what fills them (`SummaryColumn.made_from`), in the columns' order; *industry* is the bureau's own word."""
    programme = call.programme_of(direction)
    contact = f"{answers.get('contact_name') or ''} {answers.get('contact_phone') or ''}".strip()
    cells = {
        "position": str(position),
        "unit_name": unit_name,
        "project_name": str(answers.get("project_name") or ""),
        "industry": suggested_industry(call, direction, answers) if industry is None else industry,
        "city": place.city,
        "county": place.county,
        "contact": contact,
        "programme": programme.summary_label.zh,
        "direction": programme.direction(direction).short.zh,
    }
    return {column.made_from: cells[column.made_from] for column in summary_columns(call)}


def summary_columns(call: Call) -> tuple[SummaryColumn, ...]:
    return call.summary_table.columns


def suggested_industry(call: Call, direction: str, answers: Answers) -> str:
    """所属行业 before a bureau edits it: the first option of the direction's field, or nothing where it is free text."""
    programme = call.programme_of(direction)
    field_id = programme.direction(direction).industry_from
    answer = answers.get(field_id) if field_id else None
    first = next(iter(chosen(answer)), None)
    if field_id is None or first is None:
        return ""
    beside = _beside(programme, field_id, first, answers)
    option = programme.field(field_id).option(first)
    return beside or (option.label.zh if option else present(programme.field(field_id), first))


def _beside(programme: Programme, field_id: str, option: str, answers: Answers) -> str:
    """What was written into the blank of this option: beside the box, or in the field of its own that it calls for."""
    answer = answers.get(field_id)
    if isinstance(answer, dict):
        texts = answer.get("other")
        return str(texts.get(option) or "") if isinstance(texts, dict) else ""
    own = (
        one.id
        for one in programme.fields
        if (when := one.required_when) is not None and (when.field, when.is_) == (field_id, option)
    )
    return str(answers.get(next(own, "")) or "")
