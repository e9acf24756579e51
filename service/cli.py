"""The command line: `vermilion …`. Says what it does in Chinese first, shows progress where it takes longer than a second."""

import os
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from eventstore.refusal import HistoryBroken
from service import (
    cli_calls,
    cli_dev,
    cli_directory,
    cli_doing,
    cli_files,
    cli_history,
    cli_letters,
    cli_mail,
    cli_outgoing,
    cli_payments,
    cli_people,
    cli_tokens,
    cli_webhooks,
)
from service.console import FAILED, OK, listening_at, progress, settings_or_exit, until_told_to_stop
from service.settings import host_and_port

MEASURED_AT = click.option(
    "--metrics",
    "measured_at",
    default="",
    callback=listening_at,
    help="在此应答 /metrics、/healthz、/readyz · answer them there: 127.0.0.1:9101",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="vermilion")
def cli() -> None:
    """朱印：省级专项资金申报 · Vermilion: a province's grant programmes."""


@cli.command()
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), default=Path(".demo"), show_default=True)
@click.option("--port", default=8000, show_default=True, help="0 取空闲端口 · takes a free one")
@click.option("--check", is_flag=True, help="核验后即退出 · end after the verification, 0 if nothing differed")
@click.option("--keep", is_flag=True, help="接着上次的演示 · go on with the last demonstration")
@click.option("--all-steps", is_flag=True, help="连填表的步骤也显示 · show drafting too")
def demo(folder: Path, port: int, check: bool, keep: bool, all_steps: bool) -> None:
    """演示：建库、演完全程、核验、开站 · play the journeys, verify, and serve on loopback."""
    from service.demo import NotADemonstration, perform

    try:
        sys.exit(perform(folder, port=0 if check else port, check=check, keep=keep, all_steps=all_steps))
    except NotADemonstration as said:
        raise click.ClickException(str(said)) from said


@cli.command()
@click.argument("journey", type=click.Path(path_type=Path, exists=True, dir_okay=False), nargs=-1, required=True)
@click.option("--base-url", help="对着已开的服务演 · play against a running service")
@click.option("--tokens", type=click.File(), help="每人的令牌，JSON · everybody's token, as JSON")
@click.option("--all-steps", is_flag=True, help="连填表的步骤也显示 · show drafting too")
def play(journey: tuple[Path, ...], base_url: str | None, tokens: Any, all_steps: bool) -> None:
    """照剧本走一遍 · play journeys through the API; ends with 1 where something differs."""
    from service.playing import play_files

    sys.exit(play_files(journey, base_url, tokens, all_steps=all_steps))


@cli.command()
@click.option("--bind", default="127.0.0.1:8000", show_default=True, callback=listening_at)
def serve(bind: str) -> None:
    """开站 · serve. With the local broker one process does everything; otherwise gunicorn serves and workers work."""
    settings = settings_or_exit()
    if settings.broker != "local":
        command = ["-m", "gunicorn", "-c", "python:service.serving", "service.site:create_app()", "-b", bind]
        os.execv(sys.executable, [sys.executable, *command])  # noqa: S606
    from service import logs
    from service.running import serve_alone

    logs.begin()

    stop = until_told_to_stop()
    try:
        with serve_alone(settings, *host_and_port(bind)) as url:
            click.echo(f"已开站 · serving {url}")
            stop.wait()
    except HistoryBroken as broken:
        raise click.ClickException(str(broken)) from broken


@cli.command()
@click.option("--threads", default=4, show_default=True)
@MEASURED_AT
def worker(threads: int, measured_at: str) -> None:
    """后台：跟随历史、寄信、到期 · follow the log, deliver letters, sweep; with Redis or RabbitMQ."""
    settings = settings_or_exit()
    if settings.broker == "local":
        raise click.UsageError(
            "本机代理随 serve 一起跑，或用 relay · the local broker works inside serve; or use relay"
        )
    from service import logs
    from service.running import working

    logs.begin()

    stop = until_told_to_stop()
    with working(settings, threads, stop, measured_at):
        stop.wait()


@cli.command()
@MEASURED_AT
def relay(measured_at: str) -> None:
    """不用代理的后台 · the same work without any broker: looks at the database each second."""
    from service import logs, metrics, wiring
    from service.actors import relay as run

    logs.begin()
    house = wiring.build(settings_or_exit())
    with metrics.beside(house, measured_at) if measured_at else nullcontext():
        run(house, until_told_to_stop())
    house.close()


@cli.group()
def db() -> None:
    """数据库 · the database."""


@db.command()
def upgrade() -> None:
    """升到最新 · bring it up: migrations, then the tables of projections; new revisions are built beside the live ones."""
    from service import wiring
    from service.upkeep import bring_up

    house = wiring.build(settings_or_exit())
    for line in bring_up(house, progress):
        click.echo(line)
    house.close()


@db.command()
@click.argument("revision")
def downgrade(revision: str) -> None:
    """退到某一版 · take it down to a revision (base: nothing left)."""
    import migrations
    from service import wiring

    house = wiring.build(settings_or_exit())
    migrations.downgrade(house.engine, revision)
    house.close()


@db.command()
@click.option("--prefix", default="vermilion", show_default=True, help="账号名的前缀 · what the names begin with")
@click.option("--apply", "url", help="超级用户的地址，直接执行 · a superuser's address: carry it out")
def roles(prefix: str, url: str | None) -> None:
    """PostgreSQL 账号与权限 · the accounts of PostgreSQL and what each may do, as SQL for a superuser."""
    from eventstore.engine import open_engine
    from service import roles as accounts

    try:
        said = accounts.script(prefix)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    if url is None:
        click.echo(said, nl=False)
        return
    engine = open_engine(url)
    with engine.begin() as connection:
        accounts.apply(connection, prefix)
    engine.dispose()
    click.echo("已执行；口令用 psql 的 \\password 设 · done; set passwords with psql's \\password")


@cli.command()
@click.option("--json", "as_json", is_flag=True)
def doctor(as_json: bool) -> None:
    """体检 · look at everything this needs; 0 sound, 1 a warning, 2 something fails."""
    from service.doctor import examine, told

    findings = examine(settings_or_exit())
    click.echo(told(findings, as_json=as_json))
    sys.exit(max((finding.grade for finding in findings), default=OK))


@cli.command()
@click.option("--tests", type=click.Path(path_type=Path, exists=True, file_okay=False), default=Path("tests"))
def rules(tests: Path) -> None:
    """哪些规则还没有测试 · which of the 288 rules no test names; ends with 1 at an unknown one."""
    from service.rules import RULES, marked, unknown, without_test

    marks = marked(tests)
    missing, strange = without_test(marks), unknown(marks)
    click.echo(f"{len(RULES) - len(missing)} / {len(RULES)} 条规则有测试 · rules have a test")
    if missing:
        click.echo(f"没有测试 · without: {' '.join(missing)}")
    for rule in strange:
        click.echo(f"没有这条规则 · no such rule: {rule} ({', '.join(marks[rule])})", err=True)
    sys.exit(FAILED if strange else OK)


for command in (
    cli_calls.calls,
    cli_directory.directory,
    cli_people.people,
    cli_tokens.tokens,
    cli_dev.dev,
    cli_files.files,
    cli_payments.payments,
    cli_mail.mail,
    cli_letters.letters,
    cli_webhooks.webhooks,
    *cli_history.COMMANDS,
    *cli_doing.COMMANDS,
    *cli_outgoing.COMMANDS,
):
    cli.add_command(command)


def main() -> None:
    """The program's entry."""
    cli()
