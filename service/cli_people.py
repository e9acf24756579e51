"""`vermilion people`: the first people of a house are registered here, before anybody can sign in."""

import click

from directory.actor import Role
from service.console import explained, settings_or_exit


@click.group()
def people() -> None:
    """人员 · people."""


@people.command("list")
@click.option("--role", type=click.Choice([role.value for role in Role]))
def list_(role: str | None) -> None:
    """谁是什么角色 · who holds which role."""
    from directory.records import Directory
    from service import wiring

    house = wiring.build(settings_or_exit())
    with house.store.reading() as db:
        directory = Directory(db)
        found = {person.id: person for each in ([Role(role)] if role else Role) for person in directory.people(each)}
        for person in found.values():
            grants = " ".join(f"{grant.role}@{grant.scope}" for grant in directory.grants(person.id))
            click.echo(f"{person.id}  {person.name}  {person.email}  {grants}")
    house.close()


@people.command()
@click.argument("email")
@click.argument("name")
@click.option("--grant", "grants", multiple=True, metavar="ROLE@SCOPE", help="operator@43, bureau.head@430104 …")
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
def add(email: str, name: str, grants: tuple[str, ...], language: str) -> None:
    """登记一个人并授予角色 · register a person and give roles."""
    from directory.actor import Grant
    from directory.person import Identity
    from eventstore.refusal import Malformed, Refused
    from service import wiring
    from service.wiring import ROOF

    house = wiring.build(settings_or_exit())
    try:
        person = house.register.register_person(house.as_roof(), Identity(name=name, email=email, language=language))
        for grant in grants:
            role, _, scope = grant.partition("@")
            house.register.give(house.as_roof(), ROOF, person, Grant(Role(role), scope))
    except Refused as refused:
        raise click.ClickException(explained(refused.refusals)) from refused
    except (Malformed, ValueError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(person)
    house.close()


@people.command("reapply-erasures")
def reapply_erasures() -> None:
    """恢复备份之后：照库外的记录再限制、再清除一遍 · after a restore: restrict and erase again whoever the ledger names."""
    from directory.actor import CONSOLE
    from service import wiring

    house = wiring.build(settings_or_exit())
    for one in house.erasures.apply_again(CONSOLE, house.as_roof()):
        click.echo(f"{one.person}: {one.state}")
    house.erasures.sweep()
    house.erasures.keep()
    house.close()


@people.command("sign-out")
@click.argument("email")
def sign_out(email: str) -> None:
    """结束这个人在各处的登录，未用的登录链接一并作废 · end every session and open link of whoever has this address."""
    from directory import signin
    from directory.records import Directory
    from service import wiring

    house = wiring.build(settings_or_exit())
    with house.store.begin() as db:
        person = Directory(db).person_by_email(email)
        if person is None:
            raise click.ClickException("没有这个邮箱 · nobody has this address")
        click.echo(f"结束 · ended: {signin.revoke_all(db, person.id)}")
    house.close()


@people.command()
@click.argument("email")
def link(email: str) -> None:
    """给这个邮箱一个登录链接 · a one-time link to sign in, for whoever has this address."""
    from directory import signin
    from directory.records import Directory
    from service import wiring

    house = wiring.build(settings_or_exit())
    with house.store.begin() as db:
        person = Directory(db).person_by_email(email)
        if person is None:
            raise click.ClickException("没有这个邮箱 · nobody has this address")
        made = signin.issue(db, person.id, house.wall.now(db))
    click.echo(f"{house.settings.base_url}/sign-in/{made.secret}")
    house.close()
