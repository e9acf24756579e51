"""`vermilion hold` and `release`: whether letters and parcels leave. After a restore they do not, until somebody says so."""

import sys

import click

from service.console import FAILED, OK, settings_or_exit


@click.command()
@click.option("--because", default="restored", show_default=True, help="为什么 · why; shown to operators")
def hold(because: str) -> None:
    """信件和回调先都不发 · let no letter and no parcel leave; to be said after a restore, before anything runs."""
    from service import wiring

    house = wiring.build(settings_or_exit())
    standing = house.holding.hold("house", because)
    house.close()
    click.echo(f"已扣住 · held since {standing.since:%Y-%m-%d %H:%M} UTC, #{standing.position}")


@click.command()
@click.option(
    "--withhold/--send",
    "withhold",
    default=None,
    help="扣住之前的事件的信件和回调：不再发 · 照发一遍 · what is about events of before: kept back for good · sent",
)
def release(withhold: bool | None) -> None:
    """放行；不加选项只数一数 · let things leave again; without an option they are counted. Ends with 1 while something is held."""
    from eventstore.refusal import Busy
    from service import wiring

    house = wiring.build(settings_or_exit())
    try:
        waiting = house.holding.standing()
        if waiting is None:
            click.echo("没有扣住什么 · nothing is held")
            sys.exit(OK)
        click.echo(
            f"#{waiting.hold.position} 以前 · of before: 信件 letters {waiting.letters}, 回调 parcels {waiting.parcels}"
        )
        if withhold is None:
            sys.exit(FAILED)
        kept = house.holding.release("house", send=not withhold)
    except Busy as busy:
        raise click.ClickException(f"还没有排完，稍后再来 · not all of it is planned yet: {busy}") from busy
    finally:
        house.close()
    click.echo(f"已放行 · released; 不再发 kept back: 信件 letters {kept.letters}, 回调 parcels {kept.parcels}")


COMMANDS = (hold, release)
