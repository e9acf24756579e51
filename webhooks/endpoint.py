"""What stands about an endpoint, and what may be done to it. Pure: facts in, events or every reason why not out.

Whose endpoint it is decides what it may be told: a unit its own applications, a bureau its region's, a province all of its.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal, assert_never, cast, get_args

from directory.actor import Actor, Grant, Role
from eventstore.dispatch import Fold
from eventstore.event import Event, Personal
from eventstore.refusal import Refusal, Refused
from webhooks.events import (
    EndpointChanged,
    EndpointCreated,
    EndpointDeleted,
    EndpointDisabled,
    EndpointEnabled,
    EndpointEvent,
    EndpointFailing,
    EndpointVerified,
    ReplayAsked,
    SecretIssued,
)
from webhooks.payloads import PUBLISHED

Kind = Literal["standard", "wecom", "dingtalk", "feishu"]
KINDS: tuple[Kind, ...] = get_args(Kind)
ROBOTS = frozenset(KINDS[1:])
LIVE_SECRETS = 3
OVERLAP = timedelta(hours=24)
LONGEST_NAME, MOST_CHOICES, MOST_OF_ONE_OWNER = 80, 100, 20

_OWNERS = {"unit": Role.UNIT_ADMIN, "bureau": Role.BUREAU_HEAD, "province": Role.PROVINCE_LEAD}


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A secret by its commitment. *until* None: it counts for as long as it is the newest."""

    number: int
    secret: Personal
    private: Personal | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Before its first event *id* is empty."""

    id: str = ""
    kind: Kind = "standard"
    owner: str = ""
    name: str = ""
    host: str = ""
    url: Personal = field(default_factory=Personal)
    types: tuple[str, ...] = ()
    programmes: tuple[str, ...] = ()
    ordered: bool = False
    language: str = "zh"
    secrets: tuple[Secret, ...] = ()
    public_key: str = ""
    verified: bool = False
    enabled: bool = False
    why_disabled: str = ""
    deleted: bool = False

    def chooses(self, kind: str, call: str, programme: str) -> bool:
        """Whether its filters let an event of *kind* through; a programme is `call` or `call/programme`."""
        if self.types and kind not in self.types:
            return False
        return not self.programmes or call in self.programmes or f"{call}/{programme}" in self.programmes

    def live_secrets(self, now: datetime) -> tuple[Secret, ...]:
        """The newest first."""
        return tuple(one for one in reversed(self.secrets) if one.until is None or one.until > now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody asks of an endpoint. *url* is checked at the door before it comes here."""

    name: str
    types: tuple[str, ...] = ()
    programmes: tuple[str, ...] = ()
    ordered: bool = False
    language: str = "zh"


def evolve(endpoint: Endpoint, event: EndpointEvent) -> Endpoint:
    match event:
        case EndpointCreated():
            return Endpoint(
                id=event.endpoint,
                kind=cast("Kind", event.kind),
                owner=event.owner,
                name=event.name,
                host=event.host,
                url=event.url,
                types=event.types,
                programmes=event.programmes,
                ordered=event.ordered,
                language=event.language,
            )
        case EndpointChanged():
            return _changed(endpoint, event)
        case SecretIssued():
            return _with_secret(endpoint, event)
        case EndpointVerified():
            return replace(endpoint, verified=True)
        case EndpointEnabled():
            return replace(endpoint, enabled=True, why_disabled="")
        case EndpointDisabled(reason=reason):
            return replace(endpoint, enabled=False, why_disabled=reason)
        case EndpointFailing() | ReplayAsked():
            return endpoint
        case EndpointDeleted():
            return replace(endpoint, deleted=True, enabled=False, secrets=())
        case _:
            assert_never(event)


def _changed(endpoint: Endpoint, event: EndpointChanged) -> Endpoint:
    changed = replace(
        endpoint,
        name=event.name,
        types=event.types,
        programmes=event.programmes,
        ordered=event.ordered,
        language=event.language,
    )
    if event.url is None:
        return changed
    return replace(changed, url=event.url, host=event.host, verified=False, enabled=False, why_disabled="moved")


def _with_secret(endpoint: Endpoint, event: SecretIssued) -> Endpoint:
    former = [_until(one, event.former_until) for one in endpoint.secrets[-(LIVE_SECRETS - 1) :]]
    newest = Secret(number=event.number, secret=event.secret, private=event.private)
    return replace(endpoint, secrets=(*former, newest), public_key=event.public_key)


def _until(secret: Secret, until: datetime | None) -> Secret:
    """Whatever ends already keeps its end; what was the newest ends now, or at *until*."""
    return secret if secret.until is not None else replace(secret, until=until)


ENDPOINT: Fold[Endpoint] = Fold(Endpoint(), evolve)


def create(created: EndpointCreated, issued: SecretIssued, owned: int) -> Sequence[Event]:
    """A new endpoint; it says nothing before it was verified. *owned*: how many its owner has already."""
    refusals = wrongs(created.name, created.types, created.programmes)
    if owned >= MOST_OF_ONE_OWNER:
        refusals.append(Refusal.of("WEBHOOK_TOO_MANY", limit=MOST_OF_ONE_OWNER))
    _refuse(refusals)
    return [created, issued]


def change(endpoint: Endpoint, wanted: Wanted, host: str, url: Personal | None) -> Sequence[Event]:
    """What it chooses from now on, whole. Nothing that differs: nothing happens."""
    _refuse(wrongs(wanted.name, wanted.types, wanted.programmes))
    event = EndpointChanged(
        name=wanted.name.strip(),
        types=wanted.types,
        programmes=wanted.programmes,
        ordered=wanted.ordered,
        language=wanted.language,
        host=host if url is not None else "",
        url=url,
    )
    return [] if evolve(endpoint, event) == endpoint else [event]


def verify(endpoint: Endpoint, how: str) -> Sequence[Event]:
    """It answered for itself, so parcels may leave."""
    verified: list[Event] = [] if endpoint.verified else [EndpointVerified(how=how)]
    return verified if endpoint.enabled else [*verified, EndpointEnabled()]


def enable(endpoint: Endpoint) -> Sequence[Event]:
    if not endpoint.verified:
        raise Refused(Refusal.of("WEBHOOK_NOT_VERIFIED"))
    return [] if endpoint.enabled else [EndpointEnabled()]


def disable(endpoint: Endpoint, reason: str, since: datetime | None = None, code: int | None = None) -> Sequence[Event]:
    return [EndpointDisabled(reason=reason, since=since, code=code)] if endpoint.enabled else []


def delete(endpoint: Endpoint) -> Sequence[Event]:
    return [] if endpoint.deleted else [EndpointDeleted()]


def wrongs(name: str, types: Sequence[str], programmes: Sequence[str]) -> list[Refusal]:
    """Every fault in what was asked."""
    found: list[Refusal] = []
    if not name.strip():
        found.append(Refusal.of("REQUIRED", field="name"))
    for what, measure, limit in (
        ("name", len(name.strip()), LONGEST_NAME),
        ("programmes", max((len(each) for each in programmes), default=0), LONGEST_NAME),
        ("programmes", len(programmes), MOST_CHOICES),
    ):
        if measure > limit:
            found.append(Refusal.of("FIELD_TOO_LONG", field=what, measure=measure, limit=limit))
    unknown = tuple(each for each in types if each not in PUBLISHED)
    if unknown:
        found.append(Refusal.of("WEBHOOK_TYPE_UNKNOWN", types=tuple(each[:LONGEST_NAME] for each in unknown[:5])))
    return found


def owner_of(text: str) -> tuple[str, str]:
    """`unit:<credit code>`, `bureau:<code>`, `province:<code>`. Raises Refused for anything else."""
    kind, _, code = text.partition(":")
    if kind not in _OWNERS or not code or not code.isalnum() or not code.isascii() or len(code) > 18:
        raise Refused(Refusal.of("WEBHOOK_OWNER", owner=text[:LONGEST_NAME]))
    return kind, code


def stands_for(owner: str) -> Actor:
    """The owner as somebody who looks: what such a person may see is what the endpoint may be told."""
    kind, code = owner_of(owner)
    return Actor(f"webhook:{owner}", "", (Grant(_OWNERS[kind], code),))


def owners_of(actor: Actor) -> Collection[str]:
    """On whose behalf *actor* may keep endpoints."""
    return [f"{kind}:{code}" for kind, role in _OWNERS.items() for code in sorted(actor.scopes(role))]


def is_in_the_hands_of(owner: str, actor: Actor, *, to_read: bool = False) -> bool:
    """The operator keeps every endpoint, the auditor reads every one, everybody else those of their own office."""
    if actor.holds(Role.OPERATOR) or (to_read and actor.holds(Role.AUDITOR)):
        return True
    return owner in owners_of(actor)


def _refuse(refusals: Sequence[Refusal]) -> None:
    if refusals:
        raise Refused(refusals)
