"""The reckoning of a subsidy as an operation: every line with its reason, and what a line found false would cost."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from eventstore.refusal import Fault, Malformed
from web.operations import Answer, Asked, Operation
from web.problems import NotFound
from web.reading import Request
from workflow.api.desk import Desk
from workflow.api.models import Told
from workflow.api.wishes import PLACE
from workflow.dossier import view_of
from workflow.explaining import AuditExplained, GrantExplained, LineExplained, explained
from workflow.reckoning import unknown_lines

MOST_LINES = 500


class SubsidyQuery(Request):
    """*without*: numbers of cost lines with commas, as if they were found false. *skip* and *limit*: which lines to answer."""

    without: Annotated[str, Field(max_length=2_000)] = ""
    skip: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    limit: Annotated[int, Field(ge=1, le=MOST_LINES)] = 100


class SubsidyAnswer(Told):
    """*count*: how many lines there are. Sums are whole fen; nothing of it is a promise before the award."""

    id: str
    number: str
    count: int
    lines: tuple[LineExplained, ...]
    claimed: GrantExplained
    supported: GrantExplained
    audited: GrantExplained | None
    audit: AuditExplained | None
    false_lines: tuple[str, ...]
    floor_waiver: str
    repayable_fen: int


def subsidies(desk: Desk) -> Iterator[Operation]:
    def answer(asked: Asked) -> Answer:
        query = asked.query_as(SubsidyQuery) if asked.query else SubsidyQuery()
        loaded = desk.handling.load(asked.path["application_id"], asked.actor)
        application, call = loaded.state, desk.handling.call_of(loaded.state)
        wanted = [one.strip() for one in query.without.split(",") if one.strip()]
        part = slice(query.skip, query.skip + query.limit)
        found = explained(application, call, view_of(asked.actor, application), wanted, part)
        if found is None:
            raise NotFound
        if unknown := unknown_lines(application, call, wanted):
            raise Malformed(Fault("without", "COST_LINE_UNKNOWN", {"field": "without", "line": unknown[:20]}))
        told = {name: getattr(found, name) for name in type(found).model_fields}
        body = SubsidyAnswer(id=application.id, number=application.number, **told)
        return Answer(body=body, version=loaded.version)

    yield Operation(
        id="getSubsidy",
        method="GET",
        path=PLACE + "/subsidy",
        action="application.read",
        summary_zh="奖补核算（逐项说明）",
        summary_en="The reckoning of the subsidy, line by line",
        perform=answer,
        query=SubsidyQuery,
        answer=SubsidyAnswer,
    )
