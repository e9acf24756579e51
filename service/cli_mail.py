"""`vermilion mail …`: what an operator does about letters and what comes back."""

import sys
from typing import BinaryIO

import click

from eventstore.refusal import Malformed
from service.console import FAILED, UNUSABLE, settings_or_exit


@click.group()
def mail() -> None:
    """信件 · letters."""


@mail.command()
@click.argument("report", type=click.File("rb"), default="-")
def bounce(report: BinaryIO) -> None:
    """收进一封退信报告 · take in a delivery report (RFC 3464) from a file or standard input; for an alias of the mail server."""
    from service import wiring

    house = wiring.build(settings_or_exit())
    try:
        found, followed = house.mending.report(report.read())
    except Malformed as said:
        click.echo(
            f"不是本系统信件的退信报告 · no report about a letter of ours: {said.faults[0].params['said']}", err=True
        )
        sys.exit(UNUSABLE)
    finally:
        house.close()
    click.echo(f"{found.letter_id} {found.status} {followed or '没有这封信 · no such letter'}")
    sys.exit(0 if followed else FAILED)


@mail.command()
def outbox() -> None:
    """发件情况 · how many letters are in each state, and what is in trouble, by cause; ends with 1 where something is."""
    from notifications import correspondence
    from service import wiring

    house = wiring.build(settings_or_exit())
    with house.store.reading() as db:
        counts, causes = correspondence.counts(db), correspondence.causes(db)
        oldest = correspondence.oldest_due(db)
    house.close()
    for state, count in counts.items():
        click.echo(f"{state} {count}")
    click.echo(f"最早待发 · oldest due: {oldest.isoformat() if oldest else '-'}")
    for cause in causes:
        click.echo(f"{cause.state} {cause.code or '-'}: {cause.letters}", err=True)
    sys.exit(FAILED if causes else 0)
