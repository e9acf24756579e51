"""`vermilion webhooks`: endpoints kept from the command line, by whoever runs the house; the same register as API and pages."""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from service.console import FAILED, OK, explained, settings_or_exit

if TYPE_CHECKING:
    from service.wiring import House


_WHEN = click.DateTime(["%Y-%m-%d %H:%M", "%Y-%m-%d"])


@click.group()
def webhooks() -> None:
    """回调端点 · endpoints of parcels to machines."""


@contextmanager
def opened() -> "Generator[House]":
    """The house; what it refuses is said in both languages and ends the program."""
    from eventstore.refusal import Refused
    from service import wiring
    from web.problems import NotFound

    house = wiring.build(settings_or_exit())
    try:
        yield house
    except Refused as refused:
        raise click.ClickException(explained(refused.refusals)) from refused
    except NotFound as missing:
        raise click.ClickException("没有这个端点 · no such endpoint") from missing
    finally:
        house.close()


@webhooks.command("list")
def list_() -> None:
    """每个端点的状态 · every endpoint, how it stands and fares."""
    from webhooks import health, lists, records

    with opened() as house, house.store.reading() as db:
        fares = health.of(db)
        for kept in records.every(db):
            one, stands = kept.endpoint, fares.get(kept.endpoint.id, health.WELL)
            state = "on" if one.enabled else f"off({one.why_disabled or 'unverified'})"
            counts = " ".join(f"{state}={count}" for state, count in lists.counts(db, one.id).items())
            click.echo(
                f"{one.id}  {one.kind}  {one.owner}  {state}  failures={stands.failures}  {one.host}  {one.name}"
            )
            click.echo(f"    {counts or '—'}")


@webhooks.command()
@click.argument("owner")
@click.argument("url")
@click.option("--name", default="webhook", show_default=True)
@click.option("--kind", type=click.Choice(["standard", "wecom", "dingtalk", "feishu"]), default="standard")
@click.option("--type", "types", multiple=True, help="只要这种事件 · only this event type")
@click.option("--programme", "programmes", multiple=True, help="征集或 征集/专项 · call or call/programme")
@click.option("--ordered", is_flag=True, help="同一申报按顺序 · one application in order")
@click.option("--asymmetric", is_flag=True, help="同时用公钥签名 · sign with a key pair too")
@click.option("--secret", default="", help="机器人的加签密钥 · a robot's secret")
def create(
    owner: str,
    url: str,
    name: str,
    kind: Any,
    types: tuple[str, ...],
    programmes: tuple[str, ...],
    ordered: bool,
    asymmetric: bool,
    secret: str,
) -> None:
    """新建端点 · set up an endpoint: unit:CODE, bureau:CODE or province:CODE. The secret is shown this once."""
    from service.wiring import ROOF
    from webhooks.endpoint import Wanted

    wanted = Wanted(name=name, types=types, programmes=programmes, ordered=ordered)
    with opened() as house:
        made = house.hooks.register.create(
            ROOF, house.as_roof(), wanted, kind=kind, owner=owner, url=url, secret=secret, asymmetric=asymmetric
        )
    _show(made.id, made.secret, made.public_key)


@webhooks.command()
@click.argument("endpoint")
@click.option("--trust", is_flag=True, help="不验证 · no challenge")
def verify(endpoint: str, trust: bool) -> None:
    """验证并启用 · challenge it, and switch it on when it answers."""
    from service.wiring import ROOF

    with opened() as house:
        if trust:
            house.hooks.register.verified(ROOF, house.as_roof(), endpoint, "trusted")
        else:
            house.hooks.trial.verify(ROOF, house.as_roof(), endpoint)
    click.echo("已启用 · switched on")


@webhooks.command()
@click.argument("endpoint")
def enable(endpoint: str) -> None:
    """启用 · switch an endpoint on."""
    from service.wiring import ROOF

    with opened() as house:
        house.hooks.register.enable(ROOF, house.as_roof(), endpoint)
    click.echo("已启用 · switched on")


@webhooks.command()
@click.argument("endpoint")
def disable(endpoint: str) -> None:
    """停用；事件照常记录 · switch it off; events are recorded meanwhile."""
    from service.wiring import ROOF

    with opened() as house:
        house.hooks.register.disable(ROOF, house.as_roof(), endpoint)
    click.echo("已停用 · switched off")


@webhooks.command()
@click.argument("endpoint")
@click.option("--secret", default="", help="机器人的加签密钥 · a robot's secret")
def rotate(endpoint: str, secret: str) -> None:
    """更换密钥 · a new secret; the former counts for 24 hours more."""
    from service.wiring import ROOF

    with opened() as house:
        made = house.hooks.register.rotate(ROOF, house.as_roof(), endpoint, secret)
    _show(made.id, made.secret, made.public_key)


@webhooks.command()
@click.argument("endpoint")
def delete(endpoint: str) -> None:
    """删除，并清除地址和密钥 · delete it; address and secrets are erased."""
    from service.wiring import ROOF

    with opened() as house:
        house.hooks.register.delete(ROOF, house.as_roof(), endpoint)
    click.echo("已删除 · deleted")


@webhooks.command()
@click.argument("endpoint")
def test(endpoint: str) -> None:
    """发送测试；没有送达以 1 结束 · send a test; ends with 1 when it did not arrive."""
    from service.wiring import ROOF

    with opened() as house:
        tried = house.hooks.trial.test(ROOF, endpoint)
    click.echo(tried.answered or tried.said)
    sys.exit(OK if tried.outcome.value == "sent" else FAILED)


@webhooks.command()
@click.argument("endpoint")
@click.option("--state", type=click.Choice(["planned", "leased", "sent", "dead", "suppressed"]))
@click.option("--limit", default=50, show_default=True)
def parcels(endpoint: str, state: str | None, limit: int) -> None:
    """最近的投递 · its parcels, newest first."""
    from webhooks import lists

    with opened() as house, house.store.reading() as db:
        for one in lists.of_endpoint(db, endpoint, state or "", limit=limit):
            code = one.last_code or "-"
            click.echo(
                f"{one.position:>8}  {one.id}  {one.type}  {one.state}  {one.attempts}×  {code}  {one.last_error}"
            )


@webhooks.command()
@click.argument("endpoint")
@click.option("--from", "first", default=0, help="从位置 · from position")
@click.option("--to", "last", default=2**62, help="到位置 · to position")
@click.option("--state", type=click.Choice(["sent", "dead", "suppressed"]), help="只要这些 · only those")
@click.option("--since", type=_WHEN, help="发生于此后，北京时间 · happened since, Beijing time")
@click.option("--until", type=_WHEN, help="发生于此前，北京时间 · happened until, Beijing time")
@click.option("--parcel", "ids", multiple=True, help="只这一条 · only this one")
@click.option("--yes", is_flag=True, help="不只计数 · do it, not only count")
def replay(
    endpoint: str,
    first: int,
    last: int,
    state: str | None,
    since: datetime | None,
    until: datetime | None,
    ids: tuple[str, ...],
    yes: bool,
) -> None:
    """重放；不加 --yes 只计数 · send recorded parcels again; without --yes they are counted."""
    from service.wiring import ROOF
    from webhooks.stretch import Stretch

    stretch = Stretch(
        endpoint=endpoint,
        first=first,
        last=last,
        ids=ids,
        state=state or "",
        since=_in_beijing(since),
        until=_in_beijing(until),
    )
    with opened() as house:
        if yes:
            _, count = house.hooks.replaying.replay(ROOF, house.as_roof(), stretch)
        else:
            count = house.hooks.replaying.count(ROOF, stretch)
    done = "已安排重放 · will be sent" if yes else "将重放 · would be sent"
    click.echo(f"{done}: {count.count} ({count.first}–{count.last})")


@webhooks.command()
@click.argument("event_type", required=False)
def types(event_type: str | None) -> None:
    """事件类型，及其结构和样例 · the event types; of one, schema and example."""
    import json

    from webhooks import schemas

    if event_type is None:
        click.echo("\n".join(schemas.NAMES))
        return
    if event_type not in schemas.NAMES:
        raise click.ClickException("没有这种事件 · no such event type")
    found = {"schema": schemas.schema_of(event_type), "example": schemas.example_of(event_type)}
    click.echo(json.dumps(found, ensure_ascii=False, indent=2))


def _in_beijing(at: datetime | None) -> datetime | None:
    return None if at is None else at.replace(tzinfo=ZoneInfo("Asia/Shanghai"))


def _show(id_: str, secret: str, public_key: str) -> None:
    click.echo(id_)
    for shown in filter(None, (secret, public_key)):
        click.echo(shown)
