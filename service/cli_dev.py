"""`vermilion dev`: for tests of this program by other programs. Never in production."""

import json
import sys
import tempfile
from pathlib import Path

import click

from service.console import settings_or_exit


@click.group()
def dev() -> None:
    """测试用 · for tests."""


@dev.command()
def seed() -> None:
    """建库、发布、登记，打印每人的令牌 · make a world in the database of the settings; prints tokens by person as JSON."""
    from service import wiring, world
    from service.running import publish_packaged

    settings = settings_or_exit()
    if not settings.clock_may_be_set:
        raise click.ClickException("只在演示和测试里 · only in mode demo or test")
    house = wiring.build(settings)
    house.prepare()
    publish_packaged(house)
    click.echo(json.dumps(world.populate(house), ensure_ascii=False))
    house.close()


@dev.command()
@click.option("--count", default=1000, show_default=True)
@click.option("--stream", default="unit-writer", show_default=True)
def writer(count: int, stream: str) -> None:
    """不停地写：INTENT 之后写，写成才 ACK · write and write; what is acknowledged must survive anything."""
    from service import wiring
    from service.writing import write

    house = wiring.build(settings_or_exit())
    for line in write(house, stream, count):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    house.close()


@dev.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False), default=Path("docs"))
def diagram(folder: Path) -> None:
    """由流程表重画文档里的流程图 · draw the lifecycle of the docs from its table."""
    from web.texts import t
    from workflow.diagram import documents

    drawn = documents({"zh": lambda key: t(key, "zh"), "en": lambda key: t(key, "en")})
    for name, text in drawn.items():
        (folder / name).write_text(text, encoding="utf-8")
        click.echo(folder / name)


@dev.command()
@click.option(
    "--database-url", "urls", multiple=True, help="默认一个临时 SQLite · a SQLite file of its own unless given"
)
def migrations(urls: tuple[str, ...]) -> None:
    """迁移升到最新再退到零，并查上一版能否照跑 · migrations up, down and up again; ends with 1 where one stops the release before."""
    import migrations as numbered
    from eventstore.engine import open_engine
    from migrations import expanding

    with tempfile.TemporaryDirectory() as folder:
        for url in urls or (f"sqlite:///{Path(folder) / 'up-and-down.db'}",):
            engine = open_engine(url)
            numbered.upgrade(engine)
            numbered.downgrade(engine, "base")
            numbered.upgrade(engine)
            engine.dispose()
            click.echo(f"升、退、再升 · up, down and up again: {engine.dialect.name}")
    narrowing = expanding.faults()
    for fault in narrowing:
        click.echo(fault, err=True)
    sys.exit(1 if narrowing else 0)


@dev.command("verify-seeded")
def verify_seeded() -> None:
    """演一段，再核验 · play a short journey in a fresh world and verify the book it leaves."""
    from service.demo import faults_of, journeys, play, staged

    with tempfile.TemporaryDirectory() as folder, staged(Path(folder) / "world", tick_s=600) as (run, tokens):
        short = [journey for journey in journeys() if journey.id == "a-variant-reconsideration"]
        faults = [*map(str, play(run.client(), tokens, short)), *faults_of(run)]
        click.echo(f"{run.house.store.head_position()} 条事件 events")
    for fault in faults:
        click.echo(fault, err=True)
    sys.exit(1 if faults else 0)


@dev.command()
@click.argument(
    "page", type=click.Path(path_type=Path, exists=True, dir_okay=False), default=Path("docs/programmes.md")
)
@click.argument("schemas", type=click.Path(path_type=Path, file_okay=False), default=Path("programmes/schema"))
def vocabulary(page: Path, schemas: Path) -> None:
    """由模型重画词汇表，重写编辑器的 JSON Schema · draw the vocabulary's tables from the models, and its schemas."""
    from programmes import handbook, lexicon
    from programmes.schemas import KINDS, text

    page.write_text(handbook.drawn(page.read_text(encoding="utf-8")), encoding="utf-8")
    click.echo(page)
    schemas.mkdir(parents=True, exist_ok=True)
    for kind in KINDS:
        path = schemas / f"{kind}.schema.json"
        path.write_text(text(kind), encoding="utf-8")
        click.echo(path)
    for lacking in lexicon.unexplained():
        click.echo(f"还没有说明 · not explained: {lacking}", err=True)
    sys.exit(1 if lexicon.unexplained() else 0)


@dev.command()
@click.argument("table", type=click.Path(path_type=Path, exists=True, dir_okay=False), default=Path("docs/asvs.csv"))
def asvs(table: Path) -> None:
    """ASVS 5.0 对照表 · which requirements of ASVS 5.0 are met; ends with 1 where a "yes" names a test that is not there."""
    from service.asvs import counted, faults, read

    rows = read(table)
    for level, met in counted(rows).items():
        click.echo(f"L{level}: {met['yes']} yes, {met['no']} no, {met['na']} na")
    said = list(faults(rows, Path.cwd()))
    for fault in said:
        click.echo(fault, err=True)
    sys.exit(1 if said else 0)
