"""`vermilion files …`: what an operator does about received files."""

import sys

import click

from service.console import FAILED, UNUSABLE, progress, settings_or_exit


@click.group()
def files() -> None:
    """附件 · received files."""


@files.command()
def rescan() -> None:
    """全部附件和扫描件重新查毒 · look at every file and scan again; ends with 1 where a virus was found, 2 without a scanner."""
    from service import wiring
    from workflow.clamd import ScannerAway

    house = wiring.build(settings_or_exit())
    try:
        done = house.scanning.rescan(progress("查毒 · scanning"))
    except ScannerAway as away:
        click.echo(f"查毒服务不应答，什么也没有改 · the scanner does not answer, nothing changed: {away}", err=True)
        sys.exit(UNUSABLE)
    finally:
        house.close()
    unread = done["gone"] + done["away"] + done["not_taken"]
    click.echo(f"无毒 · clean {done['clean']}, 有毒 · infected {done['infected']}, 没查成 · without a verdict {unread}")
    sys.exit(FAILED if done["infected"] or unread else 0)


@files.command()
def sweep() -> None:
    """清掉一天前上传而没有挂上的文件和标注副本 · clear away files that came a day ago and were never attached, and marked copies."""
    from service import wiring
    from service.keeping import Keeping

    house = wiring.build(settings_or_exit())
    click.echo(f"清掉 · cleared away: {Keeping(house).sweep()}")
    house.close()
