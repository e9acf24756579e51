"""What can be done with a one-time link: look at what it is about, and answer once. Whoever has its key needs no account.

The key comes in the body, never in a path, so that no log and no referer has it. Looking answers nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from hmac import compare_digest
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from consortium.membership import digest_of, may_be_answered
from eventstore.refusal import Refusal, Refused
from web.operations import Answer, Asked, Operation
from web.reading import Request
from workflow import commands as c
from workflow.answers import plain
from workflow.api.desk import Desk
from workflow.api.models import Told
from workflow.application import Application
from workflow.consorted import of_the_consortium
from workflow.dossier import Words
from workflow.dossier_parts import ConsortiumView


class KeyBody(Request):
    """*key*: what stands behind `key=` in the letter's link."""

    key: Annotated[str, Field(max_length=200)]


class AnswerBody(KeyBody):
    """*by*: the name of whoever answers for the unit; who declines gives a *reason*."""

    accept: bool
    by: Annotated[str, Field(max_length=100)]
    reason: Annotated[str, Field(max_length=1000)] = ""


class ConfirmBody(KeyBody):
    """*digest*: the hash of the text that was read and is confirmed."""

    digest: Annotated[str, Field(max_length=80)]


class InvitationAnswer(Told):
    """What a unit is asked to join: call, project, lead, and the agreement so far."""

    invitation: str
    unit: str
    unit_name: str
    standing: str
    expires_at: datetime
    call_title: Words
    number: str
    project_name: str
    lead_unit: str
    lead_name: str
    consortium: ConsortiumView


class ConfirmationAnswer(Told):
    """The text a legal representative is asked to confirm, and its hash; *current*: it is still the text that stands."""

    confirmation: str
    unit: str
    signer: str
    digest: str
    current: bool
    used: bool
    expires_at: datetime
    call_title: Words
    number: str
    project_name: str
    lead_unit: str
    lead_name: str
    consortium: ConsortiumView


class Answered(Told):
    """What became of the link."""

    link: str
    standing: Literal["accepted", "declined", "confirmed"]


def links(desk: Desk) -> Iterator[Operation]:
    yield _looking(desk, "readInvitation", "/invitations/<uuid:link>", "查看邀请", "Read an invitation", _invitation,
                   InvitationAnswer, "answer_invitation")  # fmt: skip
    yield _answering(desk, "answerInvitation", "/invitations/<uuid:link>/answer", "答复邀请", "Answer an invitation",
                     _answer, AnswerBody, "answer_invitation")  # fmt: skip
    yield _looking(desk, "readConfirmation", "/confirmations/<uuid:link>", "查看待确认的协议",
                   "Read the agreement to confirm", _confirmation, ConfirmationAnswer, "confirm_agreement")  # fmt: skip
    yield _answering(desk, "confirmAgreement", "/confirmations/<uuid:link>/answer", "在线确认协议",
                     "Confirm the agreement", _confirm, ConfirmBody, "confirm_agreement")  # fmt: skip


def _looking(
    desk: Desk,
    id_: str,
    path: str,
    zh: str,
    en: str,
    look: Callable[[Desk, Application, str, str], Told],
    answer: type[Told],
    trigger: str,
) -> Operation:
    def perform(asked: Asked) -> Answer:
        link = str(asked.path["link"])
        return Answer(body=look(desk, desk.handling.linked(link), link, asked.body_as(KeyBody).key))

    return Operation(
        id=id_,
        method="POST",
        path=path,
        action=f"application.{trigger}",
        summary_zh=zh,
        summary_en=en,
        perform=perform,
        request=KeyBody,
        answer=answer,
        also=(409,),
        public=True,
    )


def _answering(
    desk: Desk,
    id_: str,
    path: str,
    zh: str,
    en: str,
    command_of: Callable[[UUID, str, Asked], tuple[c.Command, Literal["accepted", "declined", "confirmed"]]],
    body: type[KeyBody],
    trigger: str,
) -> Operation:
    def perform(asked: Asked) -> Answer:
        link = str(asked.path["link"])
        command, standing = command_of(UUID(desk.handling.linked(link).id), link, asked)
        outcome = desk.do(command, asked)
        version = int(str(outcome.result["version"]))
        return Answer(body=Answered(link=link, standing=standing), version=version, replayed=outcome.replayed)

    return Operation(
        id=id_,
        method="POST",
        path=path,
        action=f"application.{trigger}",
        summary_zh=zh,
        summary_en=en,
        perform=perform,
        request=body,
        answer=Answered,
        command=True,
        public=True,
    )


def _answer(application: UUID, link: str, asked: Asked) -> tuple[c.Command, Literal["accepted", "declined"]]:
    body = asked.body_as(AnswerBody)
    command = c.AnswerInvitation(
        application_id=application,
        invitation=link,
        key=body.key,
        accept=body.accept,
        by=body.by,
        reason=body.reason,
    )
    return command, "accepted" if body.accept else "declined"


def _confirm(application: UUID, link: str, asked: Asked) -> tuple[c.Command, Literal["confirmed"]]:
    body = asked.body_as(ConfirmBody)
    return c.ConfirmAgreement(
        application_id=application, confirmation=link, key=body.key, digest=body.digest
    ), "confirmed"


def _invitation(desk: Desk, application: Application, link: str, key: str) -> InvitationAnswer:
    """Open to the key alone, and of an invitation that was answered no more is said than that it was."""
    member = application.consortium.invitation(link)
    refusals = may_be_answered(member, key, desk.handling.now())
    if refusals or member is None:
        raise Refused(refusals)
    return InvitationAnswer(
        invitation=link,
        unit=member.unit,
        unit_name=member.unit_name,
        standing=member.standing.value,
        expires_at=member.expires_at,
        **_about(desk, application),
    )


def _confirmation(desk: Desk, application: Application, link: str, key: str) -> ConfirmationAnswer:
    asked = application.consortium.confirmation(link)
    if asked is None or not compare_digest(digest_of(key), asked.secret_digest):
        raise Refused(Refusal.of("INVITATION_UNKNOWN"))
    about = _about(desk, application)
    return ConfirmationAnswer(
        confirmation=link,
        unit=asked.unit,
        signer=asked.signer.value or "",
        digest=asked.digest,
        current=about["consortium"].digest == asked.digest,
        used=asked.used,
        expires_at=asked.expires_at,
        **about,
    )


def _about(desk: Desk, application: Application) -> Mapping[str, Any]:
    call = desk.handling.call_of(application)
    return {
        "call_title": Words(zh=call.title.zh, en=call.title.en),
        "number": application.number,
        "project_name": str(plain(application.answers).get("project_name") or ""),
        "lead_unit": application.lead_unit,
        "lead_name": application.unit_name,
        "consortium": of_the_consortium(application, call, personal=False, pending=False),
    }
