"""What is done when an operation on endpoints is asked: whose it is, the command, the answer in words of the API."""

import json
from collections.abc import Mapping
from typing import Any

from directory.actor import Actor, Role
from directory.policy import may
from eventstore.dispatch import Context, Outcome
from eventstore.refusal import Refused
from web import tracing
from web.operations import Answer, Asked
from web.problems import NotFound
from webhooks import health, lists, records, schemas
from webhooks.endpoint import owners_of
from webhooks.lists import Shown, Tried
from webhooks.models import (
    ChangedEndpoint,
    EndpointAnswer,
    EndpointsAnswer,
    HealthAnswer,
    NewEndpoint,
    NewSecret,
    ParcelAnswer,
    ParcelsAnswer,
    ReplayAnswer,
    SecretAnswer,
    TestAnswer,
    TriedAnswer,
    TypeAnswer,
    TypesAnswer,
    Vouching,
    Which,
    WholeParcel,
    Window,
)
from webhooks.payloads import SILENT
from webhooks.records import Kept
from webhooks.register import Made
from webhooks.room import Hooks
from webhooks.sending import Attempt
from webhooks.stretch import Stretch
from workflow.events import TYPES
from workflow.handling import actor_name


class Desk:
    """What all of them share: whose endpoint it is, and the envelope of a command."""

    def __init__(self, hooks: Hooks) -> None:
        self.hooks = hooks

    def admit(self, actor: Actor, path: Mapping[str, Any]) -> None:
        self.hooks.register.mine(actor, str(path["endpoint_id"]))

    def admit_reader(self, actor: Actor, path: Mapping[str, Any]) -> None:
        self.hooks.register.mine(actor, str(path["endpoint_id"]), to_read=True)

    def context(self, asked: Asked) -> Context:
        return Context(
            actor=actor_name(asked.actor),
            correlation_id=tracing.correlation(self.hooks.register.dispatcher.ids.uuid7),
            command_id=asked.command_id,
            fingerprint=asked.fingerprint,
            if_match=asked.if_match,
        )

    def shown(self, asked: Asked, outcome: Outcome) -> Answer:
        kept = self.hooks.register.mine(asked.actor, str(asked.path["endpoint_id"]))
        return Answer(body=described(self.hooks, [kept])[0], version=outcome.version, replayed=outcome.replayed)


class Keeping(Desk):
    def create(self, asked: Asked) -> Answer:
        body = asked.body_as(NewEndpoint)
        made = self.hooks.register.create(
            asked.actor,
            self.context(asked),
            body.wanted(),
            kind=body.kind,
            owner=body.owner,
            url=body.url,
            secret=body.secret,
            asymmetric=body.asymmetric,
        )
        answer = _secret(made)
        return Answer(body=answer, status=201, location=f"/api/v1/webhooks/{made.id}", replayed=made.replayed)

    def change(self, asked: Asked) -> Answer:
        body = asked.body_as(ChangedEndpoint)
        context, id_ = self.context(asked), str(asked.path["endpoint_id"])
        return self.shown(asked, self.hooks.register.change(asked.actor, context, id_, body.wanted(), body.url))

    def rotate(self, asked: Asked) -> Answer:
        secret = asked.body_as(NewSecret).secret
        made = self.hooks.register.rotate(asked.actor, self.context(asked), str(asked.path["endpoint_id"]), secret)
        return Answer(body=_secret(made), replayed=made.replayed)

    def enable(self, asked: Asked) -> Answer:
        id_ = str(asked.path["endpoint_id"])
        return self.shown(asked, self.hooks.register.enable(asked.actor, self.context(asked), id_))

    def disable(self, asked: Asked) -> Answer:
        id_ = str(asked.path["endpoint_id"])
        return self.shown(asked, self.hooks.register.disable(asked.actor, self.context(asked), id_))

    def delete(self, asked: Asked) -> Answer:
        self.hooks.register.delete(asked.actor, self.context(asked), str(asked.path["endpoint_id"]))
        return Answer(status=204)


class Trying(Desk):
    def verify(self, asked: Asked) -> Answer:
        context, id_ = self.context(asked), str(asked.path["endpoint_id"])
        if asked.body_as(Vouching).trusted:
            return self.shown(asked, vouched(self.hooks, asked.actor, context, id_))
        return self.shown(asked, self.hooks.trial.verify(asked.actor, context, id_))

    def test(self, asked: Asked) -> Answer:
        return Answer(body=tested(self.hooks.trial.test(asked.actor, str(asked.path["endpoint_id"]))))

    def replay(self, asked: Asked) -> Answer:
        body = asked.body_as(Window)
        stretch = Stretch(
            endpoint=str(asked.path["endpoint_id"]),
            first=body.first,
            last=body.last,
            ids=tuple(body.parcels),
            state=body.state or "",
            since=body.since,
            until=body.until,
        )
        if body.dry_run:
            count = self.hooks.replaying.count(asked.actor, stretch)
        else:
            _, count = self.hooks.replaying.replay(asked.actor, self.context(asked), stretch)
        return Answer(body=ReplayAnswer(count=count.count, first=count.first, last=count.last, done=not body.dry_run))


class Telling(Desk):
    def every(self, asked: Asked) -> Answer:
        return Answer(body=EndpointsAnswer(endpoints=described(self.hooks, in_hand(self.hooks, asked.actor))))

    def one(self, asked: Asked) -> Answer:
        kept = self.hooks.register.mine(asked.actor, str(asked.path["endpoint_id"]), to_read=True)
        return Answer(body=described(self.hooks, [kept])[0], version=kept.version)

    def parcels(self, asked: Asked) -> Answer:
        which, id_ = asked.query_as(Which), str(asked.path["endpoint_id"])
        with self.hooks.register.dispatcher.store.reading() as db:
            found = lists.of_endpoint(db, id_, which.state or "", which.after, which.limit + 1)
        shown = found[: which.limit]
        following = shown[-1].cursor if len(found) > which.limit else ""
        return Answer(body=ParcelsAnswer(parcels=[_parcel(each) for each in shown], next=following))

    def parcel(self, asked: Asked) -> Answer:
        with self.hooks.register.dispatcher.store.reading() as db:
            shown = lists.one(db, str(asked.path["endpoint_id"]), str(asked.path["parcel_id"]))
            if shown is None:
                raise NotFound
            tries = lists.attempts(db, shown.id)
        whole = WholeParcel(
            parcel=_parcel(shown), payload=json.loads(shown.payload), attempts=[_attempt(each) for each in tries]
        )
        return Answer(body=whole)


def in_hand(hooks: Hooks, actor: Actor) -> list[Kept]:
    """The endpoints that *actor* may read: operator and auditor all, everybody else their office's."""
    reads_all = actor.holds(Role.OPERATOR) or actor.holds(Role.AUDITOR)
    with hooks.register.dispatcher.store.reading() as db:
        return records.every(db, None if reads_all else owners_of(actor))


def vouched(hooks: Hooks, actor: Actor, context: Context, id_: str) -> Outcome:
    """Switched on without a challenge, on the word of whoever may give it."""
    refusal = may(actor, "webhook.trust")
    if refusal is not None:
        raise Refused(refusal)
    return hooks.register.verified(actor, context, id_, "trusted")


def described(hooks: Hooks, kept: list[Kept]) -> list[EndpointAnswer]:
    """Endpoints with their health and how many parcels are in which state."""
    with hooks.register.dispatcher.store.reading() as db:
        found = health.of(db, [each.endpoint.id for each in kept])
        counts = {each.endpoint.id: lists.counts(db, each.endpoint.id) for each in kept}
    return [_endpoint(each, found.get(each.endpoint.id, health.WELL), counts[each.endpoint.id]) for each in kept]


def tested(attempted: Attempt) -> TestAnswer:
    return TestAnswer(
        arrived=attempted.outcome.value == "sent",
        code=attempted.code,
        took_ms=attempted.took_ms,
        said=attempted.said,
        answered=attempted.answered,
    )


def _endpoint(kept: Kept, stands: health.Health, counts: dict[str, int]) -> EndpointAnswer:
    endpoint = kept.endpoint
    return EndpointAnswer(
        id=endpoint.id,
        kind=endpoint.kind,
        owner=endpoint.owner,
        name=endpoint.name,
        host=endpoint.host,
        types=list(endpoint.types),
        programmes=list(endpoint.programmes),
        ordered=endpoint.ordered,
        language=endpoint.language,
        verified=endpoint.verified,
        enabled=endpoint.enabled,
        why_disabled=endpoint.why_disabled,
        public_key=endpoint.public_key or None,
        created_at=kept.created_at,
        health=HealthAnswer(
            failures=stands.failures,
            failing_since=stands.failing_since,
            succeeded_at=stands.succeeded_at,
            failed_at=stands.failed_at,
            rests_until=stands.rests_until,
        ),
        parcels=counts,
    )


def _parcel(shown: Shown) -> ParcelAnswer:
    values = {name: getattr(shown, name) for name in ParcelAnswer.model_fields if hasattr(shown, name)}
    return ParcelAnswer(**values, application_id=shown.application)


def _attempt(tried: Tried) -> TriedAnswer:
    return TriedAnswer(**{name: getattr(tried, name) for name in TriedAnswer.model_fields})


def _secret(made: Made) -> SecretAnswer:
    return SecretAnswer(id=made.id, secret=made.secret or None, public_key=made.public_key or None)


def list_types(_asked: Asked) -> Answer:
    names = {cls: name for name, cls in TYPES.items()}
    return Answer(body=TypesAnswer(types=list(schemas.NAMES), silent={names[cls]: why for cls, why in SILENT.items()}))


def read_type(asked: Asked) -> Answer:
    name = str(asked.path["event_type"])
    if name not in schemas.NAMES:
        raise NotFound
    return Answer(body=TypeAnswer(type=name, payload_schema=schemas.schema_of(name), example=schemas.example_of(name)))
