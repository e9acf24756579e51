"""`vermilion tokens`: API tokens of people, from the server; the first ones are issued here."""

import click

from directory.scopes import Scope
from service.console import explained, settings_or_exit


@click.group()
def tokens() -> None:
    """接口令牌 · API tokens."""


@tokens.command()
@click.argument("email")
@click.argument("label")
@click.option("--scope", "scopes", multiple=True, required=True, type=click.Choice([scope.value for scope in Scope]))
@click.option("--days", default=90, show_default=True, help="有效天数，至多 365 · good for so many days, 365 at most")
def issue(email: str, label: str, scopes: tuple[str, ...], days: int) -> None:
    """签发；只在这里打印一次 · issue one for whoever has this address; printed this once."""
    from directory import tokens as rules
    from directory.records import Directory
    from directory.token_desk import TokenDesk
    from eventstore.refusal import Malformed, Refused
    from service import wiring

    house = wiring.build(settings_or_exit())
    with house.store.reading() as db:
        directory = Directory(db)
        person = directory.person_by_email(email)
        actor = directory.actor(person.id) if person else None
    if actor is None:
        raise click.ClickException("没有这个邮箱 · nobody has this address")
    try:
        secret, token = TokenDesk(house.dispatcher, house.wall).issue(
            house.as_roof(), actor, rules.wished(label, scopes, days)
        )
    except Refused as refused:
        raise click.ClickException(explained(refused.refusals)) from refused
    except Malformed as malformed:
        raise click.ClickException(
            ", ".join(f"{fault.field}: {fault.code}" for fault in malformed.faults)
        ) from malformed
    click.echo(secret)
    click.echo(f"{token.handle}  {token.expires_at}", err=True)
    house.close()


@tokens.command("list")
@click.argument("email")
def list_(email: str) -> None:
    """某人的令牌 · somebody's tokens."""
    from directory.records import Directory
    from directory.token_desk import TokenDesk
    from service import wiring

    house = wiring.build(settings_or_exit())
    with house.store.reading() as db:
        person = Directory(db).person_by_email(email)
    for token in TokenDesk(house.dispatcher, house.wall).of(person.id) if person else ():
        state = f"revoked {token.revoked_at}" if token.revoked_at else f"until {token.expires_at}"
        used = f"used {token.used_at}" if token.used_at else "never used"
        click.echo(f"{token.handle}  {token.label}  {' '.join(sorted(token.scopes))}  {state}  {used}")
    house.close()


@tokens.command()
@click.argument("email")
@click.argument("handle")
def revoke(email: str, handle: str) -> None:
    """作废 · revoke one; it opens nothing from the next request on."""
    from directory.records import Directory
    from directory.token_desk import TokenDesk
    from service import wiring

    house = wiring.build(settings_or_exit())
    with house.store.reading() as db:
        person = Directory(db).person_by_email(email)
    if person is None or not TokenDesk(house.dispatcher, house.wall).revoke(house.as_roof(), person.id, handle):
        raise click.ClickException("没有这个令牌 · no such token")
    house.close()
