"""Invitations of people for machines: the office's list, invite, resend, withdraw; and the link's own two doors.

The link's key travels in a body and stands in no path (decision 0012).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from admin.people import People, grant_of
from admin.people_api import ROLE_NAMES
from directory.actor import Actor
from directory.inviting import Row
from directory.person import Identity
from eventstore.dispatch import Context
from web.operations import Answer, Asked, Operation
from web.reading import Request

_PLACE = "/people/invitations/<uuid:invitation>"


class InviteBody(Request):
    """*scope*: a unit's credit code, a bureau's division code, or a province."""

    name: Annotated[str, Field(max_length=200)]
    email: Annotated[str, Field(max_length=320)]
    role: Annotated[str, Field(max_length=40, description=ROLE_NAMES)]
    scope: Annotated[str, Field(min_length=1, max_length=18)]
    language: Annotated[str, Field(max_length=2)] = "zh"


class KeyBody(Request):
    """*key*: what stands behind `key=` in the letter's link."""

    key: Annotated[str, Field(max_length=64)]


class InvitationAnswer(BaseModel):
    """*standing*: open, expired, accepted, withdrawn. *name* and *email* are empty once it has ended."""

    id: str
    name: str
    email: str
    role: str
    scope: str
    invited_by: str
    invited_at: datetime
    expires_at: datetime
    standing: str
    resent: int


class InvitationsAnswer(BaseModel):
    invitations: list[InvitationAnswer]


class OfferAnswer(BaseModel):
    """What the link offers."""

    name: str
    role: str
    scope: str
    expires_at: datetime


class JoinedAnswer(BaseModel):
    """*person*: the id in the register from here on."""

    person: str


def operations(people: People, context: Callable[[Actor], Context]) -> Iterator[Operation]:
    """listPersonInvitations, invitePerson, resendPersonInvitation, withdrawPersonInvitation, lookAtJoining, join."""

    def keyed(asked: Asked, actor: Actor) -> Context:
        return replace(context(actor), command_id=asked.command_id, fingerprint=asked.fingerprint)

    def listed(asked: Asked) -> Answer:
        return Answer(body=InvitationsAnswer(invitations=_shown(people.inviting.visible(asked.actor, asked.now))))

    def one(asked: Asked, id_: str) -> Answer:
        [found] = _shown(people.inviting.visible(asked.actor, asked.now, id_))
        return Answer(body=found)

    def invite(asked: Asked) -> Answer:
        body = asked.body_as(InviteBody)
        identity = Identity(name=body.name, email=body.email, language=body.language)
        grant = grant_of(body.role, body.scope)
        return one(asked, people.inviting.invite(keyed(asked, asked.actor), asked.actor, identity, grant))

    def acting(act: Callable[[Context, Actor, str], None]) -> Callable[[Asked], Answer]:
        def perform(asked: Asked) -> Answer:
            id_ = str(asked.path["invitation"])
            act(keyed(asked, asked.actor), asked.actor, id_)
            return one(asked, id_)

        return perform

    def admit(actor: Actor, path: Mapping[str, Any]) -> None:
        people.admit_invitation(actor, str(path["invitation"]))

    def look(asked: Asked) -> Answer:
        offer = people.inviting.look(str(asked.path["invitation"]), asked.body_as(KeyBody).key)
        role, scope = offer.grant.role.value, offer.grant.scope
        return Answer(body=OfferAnswer(name=offer.name or "", role=role, scope=scope, expires_at=offer.expires_at))

    def join(asked: Asked) -> Answer:
        id_, key = str(asked.path["invitation"]), asked.body_as(KeyBody).key
        return Answer(
            body=JoinedAnswer(person=people.inviting.accept(lambda who: keyed(asked, Actor(who, "")), id_, key))
        )

    def of_one(id_: str, place: str, zh: str, en: str, act: Callable[[Context, Actor, str], None]) -> Operation:
        return Operation(
            id=id_, method="POST", path=f"{_PLACE}/{place}", action="person.invite", summary_zh=zh, summary_en=en,
            perform=acting(act), answer=InvitationAnswer, command=True, also=(409,), admit=admit,
        )  # fmt: skip

    yield Operation(
        id="listPersonInvitations", method="GET", path="/people/invitations", action="person.invite",
        summary_zh="发出的人员邀请", summary_en="Invitations of people that the office sent", perform=listed,
        answer=InvitationsAnswer,
    )  # fmt: skip
    yield Operation(
        id="invitePerson", method="POST", path="/people/invitations", action="person.invite", summary_zh="邀请人员担任角色",
        summary_en="Invite somebody into a role", perform=invite, request=InviteBody, answer=InvitationAnswer, status=201,
        command=True, also=(409,),
    )  # fmt: skip
    yield of_one("resendPersonInvitation", "resending", "重发邀请：旧链接失效，新链接七天有效",
                 "Send the invitation anew: the former link opens nothing", people.inviting.resend)  # fmt: skip
    yield of_one(
        "withdrawPersonInvitation", "withdrawal", "撤回邀请", "Withdraw the invitation", people.inviting.withdraw
    )
    yield Operation(
        id="lookAtJoining", method="POST", path="/joining/<uuid:invitation>", action="invitation.answer",
        summary_zh="查看人员邀请；不会答复", summary_en="What the link of an invitation offers; answers nothing", perform=look,
        request=KeyBody, answer=OfferAnswer, public=True, also=(409,),
    )  # fmt: skip
    yield Operation(
        id="join", method="POST", path="/joining/<uuid:invitation>/acceptance", action="invitation.answer",
        summary_zh="接受人员邀请", summary_en="Accept an invitation to work here", perform=join, request=KeyBody,
        answer=JoinedAnswer, public=True, command=True, also=(409,),
    )  # fmt: skip


def _shown(rows: list[Row]) -> list[InvitationAnswer]:
    return [
        InvitationAnswer(
            id=row.id,
            name=row.name,
            email=row.email,
            role=row.grant.role.value,
            scope=row.grant.scope,
            invited_by=row.invited_by,
            invited_at=row.invited_at,
            expires_at=row.expires_at,
            standing=row.standing.value,
            resent=row.resent,
        )
        for row in rows
    ]
