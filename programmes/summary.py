"""A row of the recommendation summary table (附件5 项目推荐汇总表), in its official columns."""

from dataclasses import dataclass

from programmes.call import Call
from programmes.documents import SummaryColumn
from programmes.form import present
from programmes.vocabulary import Answers


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
    if field_id is None or not isinstance(answer, dict):
        return ""
    options, texts = answer.get("chosen"), answer.get("other")
    first = options[0] if isinstance(options, list) and options else None
    beside = texts.get(str(first)) if isinstance(texts, dict) else None
    option = programme.field(field_id).option(str(first))
    return str(beside) if beside else option.label.zh if option else present(programme.field(field_id), first)
