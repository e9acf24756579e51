"""`vermilion calls`: check a definition, publish it, list what is published."""

import sys
from pathlib import Path

import click

from programmes.call import Call
from programmes.catalogue import Catalogue, DefinitionFaulty, check, load
from service.console import explained, settings_or_exit


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
@click.argument("definition", metavar="FOLDER|ID")
def publish(definition: str) -> None:
    """发布：文件夹，或随附征集的编号 · publish a definition: a folder, or the id of one that comes with the program."""
    from eventstore.refusal import Refused
    from service import publishing, wiring

    call = _defined(definition)
    house = wiring.build(settings_or_exit())
    try:
        outcome = publishing.publish(house.dispatcher, call, house.as_roof())
    except Refused as refused:
        raise click.ClickException(explained(refused.refusals)) from refused
    click.echo(f"{call.id} {call.digest[:12]} {'已发布 · published' if outcome.positions else '已在 · known already'}")
    house.close()


def _defined(definition: str) -> Call:
    """The call of a folder, or of the packaged one of that id."""
    folder = Path(definition)
    try:
        return load(folder) if folder.is_dir() else Catalogue.packaged().get(definition)
    except DefinitionFaulty as faulty:
        raise click.ClickException(str(faulty)) from faulty
    except KeyError as unknown:
        known = ", ".join(call.id for call in Catalogue.packaged().calls())
        raise click.ClickException(f"没有这个文件夹或征集 · no such folder or call; there are: {known}") from unknown


@calls.command("list")
def list_() -> None:
    """已发布的征集 · what is published."""
    from service import wiring

    house = wiring.build(settings_or_exit())
    for call in house.calls.calls():
        click.echo(f"{call.id}  {call.digest[:12]}  {call.opens_at:%Y-%m-%d}  {call.title.zh} · {call.title.en}")
    house.close()
