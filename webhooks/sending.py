"""One attempt, from parcel to verdict: the request of its kind, through the door, and what the answer means.

Says what ought to happen; writing it down and minding the endpoint's health is delivery's.
"""

import base64
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from random import Random

from web import tracing
from web.format import Language
from webhooks import robots, signing
from webhooks.endpoint import ROBOTS, Endpoint
from webhooks.health import REST, Beat
from webhooks.parcels import Claimed, Outcome, Verdict
from webhooks.post import Line, Reply, Shut, Unanswered
from webhooks.signing import Keys

SCHEDULE = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 300, 1800, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
)
"""Waits after a failure, each a fifth longer or shorter; after the tenth attempt, 75 hours on, a parcel is dead."""
LONGEST_WAIT, LONGEST_REST = timedelta(hours=24), timedelta(hours=1)
GONE = 410
_BUSY = frozenset({429, 502, 503, 504})
_MASKED = frozenset({"webhook-signature"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """Everything an attempt needs: where to, signed with what. *url* and keys are unsealed for this attempt alone."""

    endpoint: Endpoint
    url: str
    keys: Keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What came of it: a verdict for each parcel, how the endpoint is, and the answer where there was one."""

    outcome: Outcome
    beat: Beat
    wait: timedelta = timedelta()
    gone: bool = False
    code: int | None = None
    said: str = ""
    asked: str = ""
    answered: str = ""
    body: bytes = b""
    took_ms: int = 0

    def verdict(self, parcel: Claimed, randomness: Random) -> Verdict:
        """For one of the parcels that went together: when it comes again follows from how often it was tried."""
        outcome, wait = self.outcome, self.wait
        if outcome is Outcome.LATER:
            if parcel.tries >= len(SCHEDULE):
                outcome, wait = Outcome.DEAD, timedelta()
            else:
                scheduled = SCHEDULE[parcel.tries] * randomness.uniform(0.8, 1.2)
                wait = max(scheduled, min(self.wait, LONGEST_WAIT))
        return Verdict(
            outcome=outcome,
            code=self.code,
            said=self.said,
            reason="disabled" if self.gone else "",
            wait=wait,
            asked=self.asked,
            answered=self.answered,
            took_ms=self.took_ms,
        )


@cache
def user_agent() -> str:
    try:
        return f"vermilion-webhooks/{version('vermilion')}"
    except PackageNotFoundError:
        return "vermilion-webhooks"


async def attempt(line: Line, mail: Mail, parcels: Sequence[Claimed], base_url: str, now: datetime) -> Attempt:
    """Hand *parcels* over: one of them to a machine, several together to a robot. Never raises for what the other side did."""
    headers, url, body = _request(mail, parcels, base_url, now)
    asked, began = _shown(mail.endpoint, headers), time.monotonic()
    try:
        reply = await line.post(url, headers, body)
    except Shut as shut:
        return _failed(f"refused: {shut.why}", asked, began)
    except Unanswered as trouble:
        said = (
            "refused: address" if trouble.why == "resolve" else str(trouble)
        )  # which it was is the operator's to know
        return _failed(said, asked, began, rest=REST if trouble.why == "timeout" else timedelta())
    return _judged(mail.endpoint, reply, asked, int((time.monotonic() - began) * 1000), now)


def _request(mail: Mail, parcels: Sequence[Claimed], base_url: str, now: datetime) -> tuple[dict[str, str], str, bytes]:
    first, endpoint = parcels[0], mail.endpoint
    headers = {"Content-Type": "application/json", "User-Agent": user_agent(), tracing.HEADER: _trace(first)}
    if endpoint.kind in ROBOTS:
        texts = [parcel.payload for parcel in parcels]
        secret = mail.keys.secrets[0] if mail.keys.secrets else ""
        language: Language = "en" if endpoint.language == "en" else "zh"
        made = robots.message(endpoint.kind, mail.url, secret, texts, language, base_url, now)
        return headers, made.url, made.body
    body = first.payload.encode()
    return {**headers, **signing.headers(first.id, int(now.timestamp()), body, mail.keys)}, mail.url, body


def _trace(parcel: Claimed) -> str:
    """W3C traceparent: the request that caused the event, and this parcel as the span."""
    return tracing.parent(parcel.trace, parcel.id.removeprefix("msg_"))


def _shown(endpoint: Endpoint, headers: dict[str, str]) -> str:
    """The request's head as it is kept: no signature, and of the address what may be read."""
    lines = [f"POST {endpoint.host}/…"]
    lines += [f"{name}: {'***' if name.lower() in _MASKED else value}" for name, value in headers.items()]
    return "\n".join(lines)


def _judged(endpoint: Endpoint, reply: Reply, asked: str, took_ms: int, now: datetime) -> Attempt:
    if endpoint.kind in ROBOTS:
        answer = robots.understood(endpoint.kind, reply.code, reply.body)
        taken, said = answer.taken, answer.said
        beat = Beat(well=taken or answer.throttled, rest=answer.rest)
        wait = answer.rest
    else:
        taken, said, wait = reply.taken, _excerpt(reply), _asked_to_wait(reply, now)
        busy = reply.code in _BUSY
        beat = Beat(well=taken, rest=min(max(wait, REST), LONGEST_REST) if busy else timedelta())
        wait = max(wait, REST) if busy else wait
    gone = reply.code == GONE
    outcome = Outcome.SENT if taken else Outcome.SUPPRESSED if gone else Outcome.LATER
    if 300 <= reply.code < 400:
        said = "redirects are not followed: change the URL"
    return Attempt(
        outcome=outcome,
        beat=beat,
        wait=wait,
        gone=gone,
        code=reply.code,
        said="" if taken else said,
        asked=asked,
        answered=reply.head,
        body=reply.body,
        took_ms=took_ms,
    )


def _failed(said: str, asked: str, began: float, rest: timedelta = timedelta()) -> Attempt:
    return Attempt(
        outcome=Outcome.LATER,
        beat=Beat(well=False, rest=rest),
        wait=rest,
        said=said,
        asked=asked,
        took_ms=int((time.monotonic() - began) * 1000),
    )


def _excerpt(reply: Reply) -> str:
    """The beginning of the answer, as text; what is no text is told as base64."""
    some = reply.body[:2048]
    try:
        text = some.decode("utf-8", "strict" if len(reply.body) == len(some) else "ignore")
    except UnicodeDecodeError:
        return base64.b64encode(some).decode()
    return text.replace("\x00", "")


def _asked_to_wait(reply: Reply, now: datetime) -> timedelta:
    """Retry-After as seconds or as a date (RFC 9110 §10.2.3); nothing that cannot be read, and no more than a day."""
    text = reply.retry_after.strip()
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=int(text[:9])), LONGEST_WAIT)
    try:
        at = parsedate_to_datetime(text)
        return min(max(at - now, timedelta()), LONGEST_WAIT)
    except (ValueError, TypeError):
        return timedelta()
