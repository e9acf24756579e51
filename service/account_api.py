"""One's own sessions for machines, as one's account page has them. In person: no token sees or ends a session."""

from collections.abc import Iterator
from datetime import datetime

from pydantic import BaseModel

from directory import signin
from service.account import browser_of
from service.entrance import held
from service.wiring import House
from web.operations import Answer, Asked, Operation
from web.problems import NotFound


class SessionAnswer(BaseModel):
    """*method*: link, password, passkey or outside. *proved_at*: when a second factor was shown last. *seen_at* is true to the
    minute. *this*: the one that asks."""

    handle: str
    browser: str
    method: str
    opened_at: datetime
    seen_at: datetime
    proved_at: datetime | None
    this: bool


class SessionsAnswer(BaseModel):
    sessions: list[SessionAnswer]


def operations(house: House) -> Iterator[Operation]:
    """listSessions, closeSession and closeOtherSessions."""

    def listed(asked: Asked) -> Answer:
        here = held()
        with house.store.reading() as db:
            found = signin.sessions_of(db, asked.actor.id)
        shown = [
            SessionAnswer(
                handle=one.handle,
                browser=browser_of(one.agent),
                method=one.method,
                opened_at=one.opened_at,
                seen_at=one.seen_at,
                proved_at=one.proved_at,
                this=one.handle == here.handle,
            )
            for one in found
        ]
        return Answer(body=SessionsAnswer(sessions=shown))

    def close(asked: Asked) -> Answer:
        with house.store.begin() as db:
            if not signin.revoke(db, asked.actor.id, str(asked.path["handle"])):
                raise NotFound
        return Answer(status=204)

    def close_others(asked: Asked) -> Answer:
        here = held()
        with house.store.begin() as db:
            signin.revoke_others(db, asked.actor.id, here.handle)
        return Answer(status=204)

    yield Operation(
        id="listSessions", method="GET", path="/me/sessions", action="session.list", summary_zh="我的会话（须登录，令牌不行）",
        summary_en="One's own sessions; signed in, not with a token", perform=listed, answer=SessionsAnswer,
    )  # fmt: skip
    yield Operation(
        id="closeSession", method="DELETE", path="/me/sessions/<handle>", action="session.revoke", summary_zh="结束一个会话",
        summary_en="End one session", perform=close, status=204,
    )  # fmt: skip
    yield Operation(
        id="closeOtherSessions", method="DELETE", path="/me/sessions", action="session.revoke", summary_zh="结束其他所有会话",
        summary_en="End every session but this one", perform=close_others, status=204,
    )  # fmt: skip
