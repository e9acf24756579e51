"""How people get in, as facts: on the stream access-<person>. What opens a door lies beside the log; that it changed lies in it."""

from dataclasses import dataclass

from eventstore.codec import named
from eventstore.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialChanged(Event):
    """What somebody signs in with is another now. *kind*: password, totp, recovery, passkey or outside (another house's
    sign-in); *change*: set, changed, added, removed, renewed or used (a recovery code)."""

    person: str
    kind: str
    change: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetAsked(Event):
    """*by* asks that the person's second factors be taken away, because they are lost; nothing is taken away yet."""

    person: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetDropped(Event):
    """What was asked for is off: *by* withdrew or turned it down."""

    person: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorsReset(Event):
    """Another than who asked confirmed it: every second factor, recovery code and session of the person is gone."""

    person: str
    by: str


AccessEvent = CredentialChanged | ResetAsked | ResetDropped | FactorsReset
TYPES = named("access", (CredentialChanged, ResetAsked, ResetDropped, FactorsReset))
"""Name in the log to class, for the codec."""


def access_stream(person: str) -> str:
    return f"access-{person}"
