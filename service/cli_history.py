"""`vermilion verify`, `checkpoint`, `verify-bundle`, `verify-receipt`, `rebuild`: what shows that the history is what was written."""

import os
import sys
from pathlib import Path

import click

from service.console import progress, settings_or_exit


@click.command()
@click.option(
    "--checkpoint",
    "note",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="库外保存的检查点；不写就用 CHECKPOINTS 里最新的 · one kept outside; the newest of CHECKPOINTS otherwise",
)
@click.option("--files", "with_files", is_flag=True, help="连附件和扫描件的 SHA-256 一起核 · the files' digests too")
@click.option(
    "--processes",
    type=click.IntRange(1, 64),
    default=lambda: min(os.cpu_count() or 1, 4),
    show_default="核数，最多 4 · the cores, at most 4",
    help="几个进程一起读 · how many processes read side by side",
)
def verify(note: Path | None, with_files: bool, processes: int) -> None:
    """核验全部历史 · read the whole log; names the first bad position, or each bad file, and ends with 1."""
    from admin.proof import LATEST
    from eventstore.checkpoint import NotSigned, open_note
    from eventstore.verify import verify as verified
    from service import wiring
    from service.keeping import damaged

    settings = settings_or_exit()
    house = wiring.build(settings)
    outside = None
    if note is None and settings.checkpoints is not None and (settings.checkpoints / LATEST).exists():
        note = settings.checkpoints / LATEST
    if note is not None:
        try:
            outside = open_note(note.read_text("utf-8"), [settings.checkpoint_signer.verifier])
        except NotSigned as error:
            raise click.ClickException(f"检查点不可信 · the checkpoint is not trusted: {error}") from error
    report = verified(house.engine, outside, progress("核验 · verifying"), processes)
    lost = list(damaged(house, progress("附件 · files"))) if with_files else []
    house.proofs.found("verify", sound=report.ok, size=report.size, position=report.position, said=report.reason)
    house.close()
    for one in lost:
        of = f"{one.application} {one.slot} " if one.application else ""
        click.echo(f"附件有问题 · a bad file: {of}{one.file}: {one.why}", err=True)
    if report.ok:
        click.echo(f"无误 · sound: {report.size} 条事件 events, root {report.root.hex()}")
        sys.exit(1 if lost else 0)
    where = f"{report.stream} " if report.stream else ""
    click.echo(
        f"第 {report.position} 条有问题 · bad at position {report.position}: {where}{report.reason} {report.detail}",
        err=True,
    )
    sys.exit(1)


@click.command()
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="写到文件 · write it here")
@click.option(
    "--cosigned",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="收下见证方签过的检查点 · take over the cosignatures of a witness",
)
def checkpoint(out: Path | None, cosigned: Path | None) -> None:
    """签一个检查点，存到库外 · sign a head of the log; keep it outside the database. Ends with 1 where the log does not continue the last one."""
    from eventstore.checkpoint import NotSigned
    from eventstore.refusal import NotSignedYet
    from service import wiring

    house = wiring.build(settings_or_exit())
    try:
        if cosigned is not None:
            size = house.proofs.cosigned(cosigned.read_text("utf-8"))
            click.echo(f"已收下 · taken over: #{size}")
            return
        note = house.proofs.keep(now=True)
        kept = house.proofs.latest()
    except NotSignedYet as error:
        raise click.ClickException(
            "这个账号不能签，已请后台签 · this account may not sign; the work behind was asked to"
        ) from error
    except NotSigned as error:
        raise click.ClickException(f"检查点不可信 · the checkpoint is not trusted: {error}") from error
    finally:
        house.close()
    if note is None or kept is None:
        raise click.ClickException(
            "没有签 · not signed: 日志与上一个检查点不相符 the log does not continue the last one"
        )
    if out is None:
        click.echo(kept.note, nl=False)
    else:
        out.write_text(kept.note, "utf-8")


@click.command("verify-bundle")
@click.argument("bundle", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--key", default="", help="公开发布的公钥 · the key as it was published")
def verify_bundle(bundle: Path, key: str) -> None:
    """核验证据包，不用数据库和网络 · check an evidence bundle with no database and no network; ends with 1 at what does not fit."""
    from zipfile import BadZipFile, ZipFile

    from admin import verify_bundle as script

    try:
        with ZipFile(bundle) as archive:
            found = script.check(archive, key.strip())
    except (BadZipFile, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise click.ClickException(f"不符 · wrong: {error}") from error
    click.echo(f"无误 · sound: {found}")


@click.command("verify-receipt")
@click.argument("receipt", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--key", default="", help="公开发布的公钥 · the key as it was published")
def verify_receipt(receipt: Path, key: str) -> None:
    """核验盖章存证回执 · check the receipt of a seal offline."""
    import json

    from admin import receipts

    try:
        said = receipts.check(json.loads(receipt.read_text("utf-8")), key.strip())
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise click.ClickException(f"不符 · wrong: {error}") from error
    click.echo(f"无误 · sound: {said}")


@click.command()
@click.argument("projection", required=False)
@click.option("--compare", is_flag=True, help="只比较，不改 · compare only")
def rebuild(projection: str | None, compare: bool) -> None:
    """从历史重建投影 · build projections anew beside the live ones; nobody is written to because of it."""
    from service import wiring
    from service.upkeep import rebuild_one

    house = wiring.build(settings_or_exit())
    names = [each.name for each in house.projections]
    if projection and projection not in names:
        raise click.ClickException(f"没有这个投影 · there are: {', '.join(names)}")
    differing = 0
    for name in [projection] if projection else names:
        rebuilt = rebuild_one(house, name, repair=not compare, progress=progress(name))
        same = "一致 · same" if rebuilt.equal else f"不同 · differed: {', '.join(rebuilt.differing)}"
        click.echo(f"{name}: {rebuilt.events} 条事件 events, {'新版已上线 · live' if rebuilt.equal is None else same}")
        differing += rebuilt.equal is False
    house.close()
    sys.exit(1 if compare and differing else 0)


@click.command()
@click.option(
    "--base", type=click.Path(path_type=Path, exists=True, file_okay=False), required=True, help="pg_basebackup -D"
)
@click.option(
    "--archive",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    required=True,
    help="WAL 归档 · the archive",
)
@click.option(
    "--at", "instant", required=True, help="恢复到何时，北京时间 · to which instant, Beijing time: 2026-11-29 21:00"
)
@click.option(
    "--folder", type=click.Path(path_type=Path, file_okay=False), required=True, help="空文件夹 · an empty folder"
)
@click.option("--user", default="", help="PostgreSQL 以谁运行（root 时必填）· whom it runs as; needed by root")
def drill(base: Path, archive: Path, instant: str, folder: Path, user: str) -> None:
    """恢复演练 · restore the backup to an instant in a cluster of its own, verify, rebuild, erase again; sends nothing. Ends with 1 where something does not hold."""
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from service import drill as drilling

    try:
        at = datetime.fromisoformat(instant)
    except ValueError as error:
        raise click.UsageError(f"--at: {error}") from error
    at = at if at.tzinfo else at.replace(tzinfo=ZoneInfo("Asia/Shanghai"))
    backup = drilling.Backup(base=base, archive=archive, programs=drilling.programs(), user=user)
    good = True
    try:
        for step in drilling.perform(settings_or_exit(), backup, at, folder):
            good &= drilling.told([step], click.echo)
    except drilling.DrillFailed as failed:
        raise click.ClickException(str(failed)) from failed
    sys.exit(0 if good else 1)


COMMANDS = (verify, checkpoint, verify_bundle, verify_receipt, rebuild, drill)
