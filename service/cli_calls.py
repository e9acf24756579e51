"""`vermilion calls`: check a definition, publish it, list what is published."""

import sys
from pathlib import Path

import click

from programmes.catalogue import DefinitionFaulty, check, load
from service.console import settings_or_exit


@click.group()
def calls() -> None:
    """征集 · calls."""


@calls.command("check")
@click.argument("path", type=click.Path(path_type=Path, exists=True))
def check_(path: Path) -> None:
    """逐处说明定义里的错误 · name every fault of a definition with its place; ends with 1 where there is one."""
    faults = check(path)
    for fault in faults:
        click.echo(str(fault))
    click.echo("没有错误 · no fault" if not faults else f"{len(faults)} 处错误 · faults")
    sys.exit(1 if faults else 0)


@calls.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
def publish(folder: Path) -> None:
    """发布 · publish a definition; a draft for approval is refused."""
    from eventstore.refusal import Refused
    from service import publishing, wiring
    from web import texts

    try:
        call = load(folder)
    except DefinitionFaulty as faulty:
        raise click.ClickException(str(faulty)) from faulty
    house = wiring.build(settings_or_exit())
    try:
        outcome = publishing.publish(house.dispatcher, call, house.as_roof())
    except Refused as refused:
        said = "\n".join(f"{texts.explain(one).zh} {texts.explain(one).en}" for one in refused.refusals)
        raise click.ClickException(said) from refused
    click.echo(f"{call.id} {call.digest[:12]} {'已发布 · published' if outcome.positions else '已在 · known already'}")
    house.close()


@calls.command("list")
def list_() -> None:
    """已发布的征集 · what is published."""
    from service import wiring

    house = wiring.build(settings_or_exit())
    for call in house.calls.calls():
        click.echo(f"{call.id}  {call.digest[:12]}  {call.opens_at:%Y-%m-%d}  {call.title.zh} · {call.title.en}")
    house.close()
