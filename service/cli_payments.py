"""`vermilion payments …`: a bank's statement from the command line, over the same API and under the same rights as the page."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

import click

from service.console import FAILED, UNUSABLE
from service.values import look

_NOT_SENT = ("number", "refusal")


@click.group()
def payments() -> None:
    """资金 · payments."""


@payments.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--base-url", default="http://127.0.0.1:8000", show_default=True, help="已开的服务 · a running service")
@click.option("--token", type=click.File(), required=True, help="财务人员令牌的文件 · a file with finance's token")
@click.option("--book", is_flag=True, help="登记对得上的行 · book the rows that fit; without it nothing is written")
def statement(file: Path, base_url: str, token: TextIO, book: bool) -> None:
    """读取银行流水并核对 · read a bank statement and match it; ends with 1 where a row is left over."""
    from service.client import Client, Unreachable, Upload

    client, secret = Client(base_url), token.read().strip()
    try:
        sent = {"file": Upload(file.name, file.read_bytes(), "application/octet-stream")}
        read = client.call("readStatement", sent, token=secret)
        if not read.ok:
            click.echo("\n".join(_troubles(read.body)), err=True)
            sys.exit(UNUSABLE)
        fitting = _told(read.body)
        left = len(read.body["rows"]) - len(fitting) + len(read.body["unreadable"])
        if book and fitting:
            answer = client.call("bookStatement", {"rows": fitting}, token=secret)
            left += _booked(answer.body["rows"] if answer.ok else [], _troubles(answer.body) if not answer.ok else [])
    except Unreachable as away:
        raise click.ClickException(str(away)) from away
    finally:
        client.close()
    sys.exit(FAILED if left else 0)


def _told(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Say each row in a line; answer those that fit, as they are sent to be booked."""
    fitting: list[dict[str, Any]] = []
    for row in body["rows"]:
        why = row["refusal"]
        said = (
            f"→ {row['number']} 第 {row['tranche']} 笔{'退汇 · sent back' if row['returned'] else ' · payment'}"
            if row["tranche"]
            else f"→ {row['number']} 退款 · repayment"
        )
        click.echo(f"{row['row']:>4}  {row['reference']}  {_yuan(row['amount_fen'])}  {_words(why) if why else said}")
        if not why:
            fitting.append({name: value for name, value in row.items() if name not in _NOT_SENT})
    for row in body["unreadable"]:
        click.echo(f"{row['row']:>4}  " + " ".join(map(_words, row["refusals"])))
    return fitting


def _booked(rows: Sequence[Mapping[str, Any]], troubles: Sequence[str]) -> int:
    """How many were not booked."""
    for row in rows:
        said = f"已登记 · booked: {row['stage']}" if row["stage"] else " ".join(map(_words, row["refusals"]))
        click.echo(f"{row['row']:>4}  {row['reference']}  {said}")
    for trouble in troubles:
        click.echo(trouble, err=True)
    return sum(1 for row in rows if not row["stage"]) + len(troubles)


def _words(why: Mapping[str, Any]) -> str:
    return f"{why['code']} {why['reason']['zh']} {why['reason']['en']}"


def _troubles(body: Any) -> list[str]:
    """What a problem says, each reason in a line."""
    found: list[Mapping[str, Any]] = [*(look(body, "refusals") or ()), *(look(body, "errors") or ())]
    return [_words(one) for one in found if "reason" in one] or [str(body)[:400]]


def _yuan(fen: int) -> str:
    return f"{fen // 100:,}.{fen % 100:02d}"
