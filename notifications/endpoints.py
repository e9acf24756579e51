"""What the owner of a webhook endpoint hears: that it is failing, that it was switched off. Pure.

Names the endpoint and its host and nothing else of its address. Whoever switched it off knows, and is told nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from notifications import words
from notifications.announcements import Announcement, Line
from notifications.audiences import Audience, Kind, Who
from notifications.contents import Param
from notifications.news import News
from web.texts import LANGUAGES

FAILING, SWITCHED_OFF = "endpoint_failing", "endpoint_switched_off"
KEPT: Mapping[str, Line] = MappingProxyType(
    {FAILING: Line(Who.OWNER, "repair"), SWITCHED_OFF: Line(Who.OWNER, "repair_and_enable")}
)
"""Kind of letter to its one line."""
_OWNERS: Mapping[str, Kind] = MappingProxyType({"unit": Kind.UNIT, "bureau": Kind.BODY, "province": Kind.PROVINCE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """How an endpoint stood when it happened. *owner*: `unit:…`, `bureau:…` or `province:…`.

    *code*: what it answered last, 0 where nobody answered, None where that is not known. *until*: when it will be switched
    off, if it has failed *enough* times in a row by then. *kept_days*: how long what comes meanwhile can be replayed.
    """

    endpoint: str
    owner: str
    name: str
    host: str
    since: datetime | None = None
    code: int | None = None
    failures: int = 0
    until: datetime | None = None
    enough: int = 0
    kept_days: int = 0


def failing(trouble: Trouble, at: datetime) -> News:
    """Nothing has arrived for days; what happens next, and when."""
    params: dict[str, Param] = {"failures": trouble.failures, "enough": trouble.enough, **_why(trouble)}
    return _news(FAILING, trouble, params, at)


def switched_off(trouble: Trouble, at: datetime, *, gone: bool) -> News:
    """The house switched it off: nothing had arrived for days, or it is *gone* and said so."""
    return _news(SWITCHED_OFF, trouble, _said("why", "endpoint.gone") if gone else _why(trouble), at)


def _news(kind: str, trouble: Trouble, params: Mapping[str, Param], at: datetime) -> News:
    line, (owner, _, code) = KEPT[kind], trouble.owner.partition(":")
    told = Announcement(
        kind=kind,
        audience=Audience(_OWNERS[owner], code),
        because=line.who,
        asks=line.asks,
        deadline=trouble.until,
    )
    about: dict[str, Param] = {
        "endpoint": " ".join(trouble.name.split()),
        "host": trouble.host,
        "page": f"/webhooks/{trouble.endpoint}",
        "thread": f"endpoint.{trouble.endpoint}",
        "days": trouble.kept_days,
        "at": at.isoformat(),
    }
    return News(told=(told,), params={**about, **params})


def _why(trouble: Trouble) -> Mapping[str, Param]:
    """Since when nothing arrives, and what came back."""
    answered = "endpoint.answered" if trouble.code else "endpoint.silent"
    last = {} if trouble.code is None else _said("answer", answered, code=trouble.code)
    return _said("why", "endpoint.unreached", since=trouble.since, **last)


def _said(name: str, key: str, **params: object) -> dict[str, Param]:
    """The words of *key* in every language, as the value *name*."""
    return {f"{name}_{language}": words.say(key, language, **params) for language in LANGUAGES}
