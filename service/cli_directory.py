"""`vermilion directory`: the bureaus and units of a house, which must be known before anybody can act for them."""

from datetime import datetime

import click

from directory.unit import UnitKind
from service.console import explained, settings_or_exit


@click.group()
def directory() -> None:
    """单位与主管部门 · units and bureaus."""


@directory.command()
@click.argument("province")
def bureaus(province: str) -> None:
    """登记一个省的省、市、县（镇街）工信部门 · register a province's department, city, county and town bureaus; known ones stay as they are."""
    from directory.bureau import bureaus_of
    from directory.division import divisions
    from service import wiring

    if province not in {division.code for division in divisions().provinces()}:
        raise click.ClickException(f"没有这个省 · no such province: {province}")
    found = list(bureaus_of(province, divisions()))
    house = wiring.build(settings_or_exit())
    outcome = house.register.register_bureaus(house.as_roof(), found)
    house.close()
    click.echo(f"新登记 {len(outcome.positions)} 个，共 {len(found)} 个 · newly registered, of all")


@directory.command()
@click.argument("code")
@click.argument("name")
@click.option("--county", required=True, help="注册地县区代码 · division code of the registered address")
@click.option(
    "--registered-on", required=True, type=click.DateTime(["%Y-%m-%d"]), help="成立日期 · day of registration"
)
@click.option("--kind", type=click.Choice([kind.value for kind in UnitKind]), help="默认看代码 · else by the code")
@click.option("--name-en", default="")
def unit(code: str, name: str, county: str, registered_on: datetime, kind: str | None, name_en: str) -> None:
    """登记一个单位 · register a unit by its credit code, or note what changed."""
    from directory.unit import Unit, code_warnings, credit_code, kind_by_code
    from eventstore.refusal import Refusal, Refused
    from service import wiring

    valid = credit_code(code)
    if isinstance(valid, Refusal):
        raise click.ClickException(explained([valid]))
    house = wiring.build(settings_or_exit())
    wanted = Unit(
        code=valid,
        name=name,
        name_en=name_en,
        kind=UnitKind(kind) if kind else kind_by_code(valid),
        registered_on=registered_on.date(),
        county=county,
    )
    try:
        outcome = house.register.register_unit(house.as_roof(), wanted)
    except Refused as refused:
        raise click.ClickException(explained(refused.refusals)) from refused
    finally:
        house.close()
    for warning in code_warnings(valid):
        click.echo(explained([warning]), err=True)
    click.echo(f"{valid} {'已登记 · registered' if outcome.positions else '没有变化 · nothing changed'}")


@directory.command(name="bureau-email")
@click.argument("code")
@click.argument("email", default="")
def bureau_email(code: str, email: str) -> None:
    """主管部门的公用邮箱，信函的回复寄到这里；不写就是取消 · where replies to letters about a bureau's files go; nothing takes it away."""
    from eventstore.refusal import Malformed, Refused
    from service import wiring

    house = wiring.build(settings_or_exit())
    try:
        outcome = house.register.set_bureau_email(house.as_roof(), code, email)
    except Malformed as said:
        raise click.ClickException(f"不是可用的邮箱 · no usable address: {email}") from said
    except Refused as refused:
        raise click.ClickException(explained(refused.refusals)) from refused
    finally:
        house.close()
    click.echo(f"{code} {email or '—'} {'已设置 · set' if outcome.positions else '没有变化 · nothing changed'}")
