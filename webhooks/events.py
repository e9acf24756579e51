"""What happened to an endpoint: the facts on the stream webhook-<id>. Published facts: add a field with a default, never change one.

Secrets and whole addresses are personal values in the log's sense: a commitment stands here, the value lies sealed beside
it under a subject of its own and is erased when it no longer counts. *host* is what may be read of an address.
"""

from dataclasses import dataclass
from datetime import datetime

from eventstore.codec import named
from eventstore.event import Event, Personal


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointCreated(Event):
    """*owner* wants parcels at *url*. *kind*: standard, wecom, dingtalk or feishu.

    *types* and *programmes* choose, empty means all; *ordered*: the events of one application one after the other.
    """

    endpoint: str
    kind: str
    owner: str
    name: str
    host: str
    url: Personal
    types: tuple[str, ...] = ()
    programmes: tuple[str, ...] = ()
    ordered: bool = False
    language: str = "zh"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointChanged(Event):
    """What it is called and what it chooses, whole. *url* where the address changed: it has to answer for itself again."""

    name: str
    types: tuple[str, ...]
    programmes: tuple[str, ...]
    ordered: bool
    language: str = "zh"
    host: str = ""
    url: Personal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretIssued(Event):
    """The *number*-th secret signs from now on; those before it count beside it until *former_until*.

    *private* signs `v1a`; *public_key* is what receivers verify it with.
    """

    number: int
    secret: Personal
    former_until: datetime | None = None
    private: Personal | None = None
    public_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointVerified(Event):
    """The address answered the challenge, or an operator vouched for it (*how*: challenge, trusted)."""

    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointEnabled(Event):
    """Parcels leave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointDisabled(Event):
    """Parcels are recorded and kept back. *reason*: asked, gone (it answered 410) or failing (no success for days).

    *since*: since when nothing arrived. *code*: what it answered last, 0 where nobody answered.
    """

    reason: str
    since: datetime | None = None
    code: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointFailing(Event):
    """Nothing has arrived since *since*; at *disabled_at* it will be disabled. The owner is warned, for the *warning*-th time.

    *code*: what it answered last, 0 where nobody answered.
    """

    since: datetime
    failures: int
    disabled_at: datetime
    warning: int
    code: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayAsked(Event):
    """Somebody had *count* recorded parcels sent again: from position to position, both included."""

    first: int
    last: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointDeleted(Event):
    """No parcel leaves any more; address and secrets are erased."""


EndpointEvent = (
    EndpointCreated
    | EndpointChanged
    | SecretIssued
    | EndpointVerified
    | EndpointEnabled
    | EndpointDisabled
    | EndpointFailing
    | ReplayAsked
    | EndpointDeleted
)
TYPES = named("webhook", EndpointEvent.__args__)
STREAM = "webhook-"


def stream_of(endpoint: str) -> str:
    return f"{STREAM}{endpoint}"


def subject_of(endpoint: str, what: str) -> str:
    """Whose key seals a value, so that it can be erased alone: `url`, or the number of a secret."""
    return f"{STREAM}{endpoint}-{what}"
