"""One's own tokens for machines: list, issue, revoke. Whoever issues one comes with a session: no token makes another."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from directory import tokens
from directory.actor import Actor
from directory.scopes import Scope
from directory.token_desk import TokenDesk
from directory.tokens import LABEL, LONGEST, USUAL, Token
from eventstore.dispatch import Context
from web.operations import Answer, Asked, Operation
from web.problems import NotFound
from web.reading import Request


class TokenBody(Request):
    """*scopes*: what of one's own it may do. *days*: for how long it is good."""

    label: Annotated[str, Field(min_length=1, max_length=LABEL)]
    scopes: Annotated[list[str], Field(min_length=1, max_length=len(Scope), description=" ".join(Scope))]
    days: Annotated[int, Field(ge=1, le=LONGEST.days)] = USUAL.days


class TokenAnswer(BaseModel):
    """A token without its secret. *used_at* is true to the minute."""

    handle: str
    label: str
    scopes: list[str]
    issued_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    used_at: datetime | None


class TokensAnswer(BaseModel):
    tokens: list[TokenAnswer]


class IssuedAnswer(BaseModel):
    """*secret* goes behind `Authorization: Bearer`; it is not kept and not shown again."""

    secret: str
    token: TokenAnswer


def operations(desk: TokenDesk, context: Callable[[Actor], Context]) -> Iterator[Operation]:
    """listTokens, issueToken and revokeToken."""

    def listed(asked: Asked) -> Answer:
        return Answer(body=TokensAnswer(tokens=[_shown(one) for one in desk.of(asked.actor.id)]))

    def issue(asked: Asked) -> Answer:
        body = asked.body_as(TokenBody)
        wish = tokens.wished(body.label, body.scopes, body.days)
        keyed = replace(context(asked.actor), command_id=asked.command_id, fingerprint=asked.fingerprint)
        secret, token = desk.issue(keyed, asked.actor, wish)
        return Answer(body=IssuedAnswer(secret=secret, token=_shown(token)))

    def revoke(asked: Asked) -> Answer:
        if not desk.revoke(context(asked.actor), asked.actor.id, str(asked.path["handle"])):
            raise NotFound
        return Answer(status=204)

    yield Operation(
        id="listTokens", method="GET", path="/me/tokens", action="token.list", summary_zh="我的接口令牌",
        summary_en="My API tokens", perform=listed, answer=TokensAnswer,
    )  # fmt: skip
    yield Operation(
        id="issueToken", method="POST", path="/me/tokens", action="token.issue", summary_zh="签发接口令牌（须登录，令牌不行）",
        summary_en="Issue an API token; signed in, not with a token", perform=issue, request=TokenBody,
        answer=IssuedAnswer, status=201, command=True, also=(409,),
    )  # fmt: skip
    yield Operation(
        id="revokeToken", method="DELETE", path="/me/tokens/<handle>", action="token.revoke", summary_zh="作废接口令牌",
        summary_en="Revoke an API token", perform=revoke, status=204,
    )  # fmt: skip


def _shown(token: Token) -> TokenAnswer:
    return TokenAnswer(
        handle=token.handle,
        label=token.label,
        scopes=sorted(token.scopes),
        issued_at=token.issued_at,
        expires_at=token.expires_at,
        revoked_at=token.revoked_at,
        used_at=token.used_at,
    )
