"""Endpoints as they stand: a table kept in step with the log, and what reads it. Holds commitments, never a secret."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import msgspec
from sqlalchemy import Connection, RowMapping, Table, func, insert, select, update

from eventstore.event import Fact, Personal, instant_of, microseconds
from eventstore.projection import TableProjection, of_revision
from webhooks import schema
from webhooks.endpoint import Endpoint, Secret, evolve
from webhooks.events import STREAM, TYPES, EndpointEvent

_EVENTS = tuple(TYPES.values())


class Endpoints(TableProjection):
    """Every endpoint there ever was, as its events added up."""

    name = "webhook_endpoints"
    revision = 1
    personal = False
    wanted = frozenset(_EVENTS)
    declared = (schema.endpoints,)

    def apply(self, db: Connection, facts: Sequence[Fact]) -> None:
        table = self.table(schema.endpoints)
        for recorded, event in facts:
            if not isinstance(event, _EVENTS):
                continue
            id_ = recorded.stream.removeprefix(STREAM)
            row = db.execute(select(table).where(table.c.id == id_)).mappings().first()
            stands = evolve(_endpoint(row) if row else Endpoint(), cast("EndpointEvent", event))
            values = {**_row(stands), "version": recorded.version}
            if row is None:
                began = {"created_at": recorded.recorded_at, "created_by": recorded.actor}
                db.execute(insert(table).values(**values, **began))
            else:
                db.execute(update(table).where(table.c.id == id_).values(values))


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An endpoint with what its row knows beside it."""

    endpoint: Endpoint
    version: int
    created_at: datetime
    created_by: str


def live() -> Table:
    return of_revision(schema.endpoints, Endpoints.revision)


def one(db: Connection, id_: str) -> Kept | None:
    """The endpoint of this id; None when there is none, or none any more."""
    table = live()
    row = db.execute(select(table).where(table.c.id == id_, table.c.deleted.is_(False))).mappings().first()
    return None if row is None else _kept(row)


def every(db: Connection, owners: Collection[str] | None = None) -> list[Kept]:
    """All that are not deleted, the oldest first; with *owners*, theirs."""
    table = live()
    query = select(table).where(table.c.deleted.is_(False)).order_by(table.c.id)
    if owners is not None:
        query = query.where(table.c.owner.in_(owners))
    return [_kept(row) for row in db.execute(query).mappings()]


def owned(db: Connection, owner: str) -> int:
    table = live()
    query = select(func.count()).select_from(table).where(table.c.owner == owner, table.c.deleted.is_(False))
    return db.execute(query).scalar_one()


def _kept(row: RowMapping) -> Kept:
    return Kept(
        endpoint=_endpoint(row),
        version=row["version"],
        created_at=instant_of(row["created_at"]),
        created_by=row["created_by"],
    )


def _row(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "id": endpoint.id,
        "kind": endpoint.kind,
        "owner": endpoint.owner,
        "name": endpoint.name,
        "host": endpoint.host,
        "url": endpoint.url.commitment,
        "types": _text(endpoint.types),
        "programmes": _text(endpoint.programmes),
        "ordered": endpoint.ordered,
        "language": endpoint.language,
        "secrets": _text([_plain(secret) for secret in endpoint.secrets]),
        "public_key": endpoint.public_key,
        "verified": endpoint.verified,
        "enabled": endpoint.enabled,
        "why_disabled": endpoint.why_disabled,
        "deleted": endpoint.deleted,
    }


def _endpoint(row: RowMapping) -> Endpoint:
    return Endpoint(
        id=row["id"],
        kind=row["kind"],
        owner=row["owner"],
        name=row["name"],
        host=row["host"],
        url=Personal(None, row["url"]),
        types=_texts(row["types"]),
        programmes=_texts(row["programmes"]),
        ordered=row["ordered"],
        language=row["language"],
        secrets=tuple(_secret(each) for each in msgspec.json.decode(row["secrets"], type=list[dict[str, Any]])),
        public_key=row["public_key"],
        verified=row["verified"],
        enabled=row["enabled"],
        why_disabled=row["why_disabled"],
        deleted=row["deleted"],
    )


def _plain(secret: Secret) -> dict[str, Any]:
    return {
        "number": secret.number,
        "secret": secret.secret.commitment,
        "private": secret.private.commitment if secret.private else None,
        "until": microseconds(secret.until) if secret.until else None,
    }


def _secret(plain: Mapping[str, Any]) -> Secret:
    return Secret(
        number=plain["number"],
        secret=Personal(None, plain["secret"]),
        private=Personal(None, plain["private"]) if plain["private"] else None,
        until=instant_of(plain["until"]) if plain["until"] else None,
    )


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _texts(text: str) -> tuple[str, ...]:
    return msgspec.json.decode(text, type=tuple[str, ...])
