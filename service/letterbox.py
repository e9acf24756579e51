"""The one-time link of the newest letter to an address: what whoever reads that mailbox would open.

Registered in demonstrations and tests only, where the mailbox is the house's own sink; journeys answer invitations by it.
"""

import re
from collections.abc import Iterator
from html import unescape
from typing import Annotated
from urllib.parse import parse_qs, urlsplit

from pydantic import BaseModel, Field

from eventstore.refusal import Refusal, Refused
from service.actors import Actors
from service.sink import Mailbox
from web.operations import Answer, Asked, Operation
from web.reading import Request

PATIENCE_S = 20.0
_LINK = re.compile(r"https?://\S+/(?:invitations|confirmations)/([0-9a-f-]{36})\?key=[\w-]+")


class FindLink(Request):
    """*to*: whose mailbox is looked into."""

    to: Annotated[str, Field(max_length=200)]


class LinkAnswer(BaseModel):
    """*link* and *key*, as the operations about links ask for them; *url* as it stands in the letter."""

    link: str
    key: str
    url: str


def operations(actors: Actors, mailbox: Mailbox) -> Iterator[Operation]:
    def find(asked: Asked) -> Answer:
        actors.settle(PATIENCE_S, delivered=True)
        return Answer(body=newest(mailbox, asked.body_as(FindLink).to))

    yield Operation(
        id="findLink",
        method="POST",
        path="/mailbox/link",
        action="clock.move",
        summary_zh="取最近一封信里的一次性链接（仅演示与测试）",
        summary_en="Take the one-time link of the newest letter (demonstrations and tests only)",
        perform=find,
        request=FindLink,
        answer=LinkAnswer,
    )


def newest(mailbox: Mailbox, to: str) -> LinkAnswer:
    """NOT_FOUND where no letter to *to* bears a link."""
    for kept in mailbox.newest_first(to):
        opened = mailbox.open(kept.number)
        found = _LINK.search(unescape(opened.text)) if opened else None
        if found:
            key = parse_qs(urlsplit(found[0]).query)["key"][0]
            return LinkAnswer(link=found[1], key=key, url=found[0])
    raise Refused(Refusal.of("NOT_FOUND"))
