"""Who objected, as an operation: asked with a reason, noted, and answered."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

from pydantic import Field

from web.operations import Answer, Asked, Operation
from web.reading import Request
from workflow.api.desk import Desk
from workflow.api.models import Told
from workflow.api.wishes import PLACE
from workflow.objectors import identity_of


class LookBody(Request):
    """Why it has to be known; it stays with the note of the look."""

    reason: Annotated[str, Field(max_length=20_000)]


class ObjectorAnswer(Told):
    """*kind*: unit or person. *name* and *contact* are empty once they were erased."""

    objection: int
    kind: str
    name: str
    contact: str
    filed_at: datetime


def objectors(desk: Desk) -> Iterator[Operation]:
    def look(asked: Asked) -> Answer:
        number, reason = int(asked.path["objection"]), asked.body_as(LookBody).reason
        found = identity_of(desk.handling, asked.path["application_id"], number, asked.actor, reason)
        return Answer(body=ObjectorAnswer.model_validate(found, from_attributes=True))

    yield Operation(
        id="lookWhoObjected",
        method="POST",
        path=PLACE + "/objections/<int:objection>/identity",
        action="objection.read",
        summary_zh="查看异议人身份（写明原因，逐次记录）",
        summary_en="Look who objected, with a reason that is noted",
        perform=look,
        request=LookBody,
        answer=ObjectorAnswer,
        admit=desk.admit,
    )
