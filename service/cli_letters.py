"""`vermilion letters …`: what letters say: every kind, one as somebody would get it, and whether what was published is sound."""

import sys
from collections.abc import Iterable
from typing import NoReturn, TextIO

import click

from service.console import FAILED, OK, UNUSABLE, explained, settings_or_exit

_LANGUAGES = click.Choice(["zh", "en"])


@click.group()
def letters() -> None:
    """信函文稿 · texts of letters."""


@letters.command()
def texts() -> None:
    """各类信函现用哪一版 · every kind: which version is in force; ends with 1 where a text failed and the house's stood in."""
    from service import wiring

    house = wiring.build(settings_or_exit())
    rows = house.texts.rows()
    house.close()
    for row in rows:
        stands = " ".join(f"{language}:{version or '-'}" for language, version in row.versions.items())
        served = " 法定送达 · served" if row.served else ""
        click.echo(f"{row.kind:<28} {stands} {row.title('zh')} · {row.title('en')}{served}")
    failed = [row for row in rows if row.failed]
    for row in failed:
        assert row.failed is not None
        click.echo(f"{row.kind}: {row.failed.letters} × {row.failed.said}", err=True)
    sys.exit(FAILED if failed else OK)


@letters.command()
@click.argument("kind")
@click.option("--language", type=_LANGUAGES, default="zh", show_default=True, help="哪种语言的文稿 · which text")
@click.option("--reader", type=_LANGUAGES, default="zh", show_default=True, help="en 兼有中英文 · en reads both")
@click.option("--sample", default="", help="哪种情形；写错了会列出 · which sample; a wrong one lists them")
@click.option(
    "--file", type=click.File(), help="待发布的文稿：首行主题，其余正文 · a text to try: subject first, then the body"
)
@click.option("--html", is_flag=True, help="网页形式 · as a web page")
def preview(kind: str, language: str, reader: str, sample: str, file: TextIO | None, html: bool) -> None:
    """收信人会看到什么 · a letter as somebody would get it; nothing is published or sent."""
    from notifications.samples import samples_of
    from notifications.texts_api import language_of
    from service import wiring
    from web.problems import NotFound

    house = wiring.build(settings_or_exit())
    try:
        spoken = language_of(language)
        written = _read(file) if file else house.texts.sheet(kind, spoken).written
        faults = house.texts.faults(kind, spoken, written)
        if faults:
            _tell(faults)
            sys.exit(FAILED)
        made = house.texts.preview(kind, spoken, written, sample, language_of(reader))
    except NotFound:
        _unknown(kind, [one.id for one in samples_of(kind)] if sample and _is_kind(kind) else [])
    finally:
        house.close()
    if html:
        click.echo(made.html)
        return
    for name, value in made.headers:
        click.echo(f"{name}: {value}")
    click.echo(f"\n{made.text}")


@letters.command()
@click.argument("kind", required=False)
@click.argument("language", type=_LANGUAGES, required=False)
@click.argument("file", type=click.File(), required=False)
def check(kind: str | None, language: str | None, file: TextIO | None) -> None:
    """已发布的文稿是否还都能用；给出文件则检查它 · whether what was published is sound, or the text in a file; ends with 1 where not."""
    from notifications.texts_api import language_of
    from service import wiring
    from web.problems import NotFound

    if kind and not (language and file):
        raise click.UsageError("要检查的文稿：种类、语言、文件 · to check a text: its kind, language and file")
    house = wiring.build(settings_or_exit())
    try:
        if kind and language and file:
            found = [(f"{kind}/{language}", house.texts.faults(kind, language_of(language), _read(file)))]
        else:
            found = [(f"{one.kind}/{one.language}", faults) for one, faults in house.texts.unsound()]
    except NotFound:
        _unknown(str(kind), [])
    finally:
        house.close()
    for name, faults in found:
        if faults:
            click.echo(name, err=True)
            _tell(faults)
    if any(faults for _, faults in found):
        sys.exit(FAILED)
    click.echo("没有错误 · no fault")


def _read(file: TextIO) -> tuple[str, str]:
    """A text as a file has it: the first line is the subject, the rest the body."""
    subject, _, body = file.read().partition("\n")
    return subject, body


def _tell(faults: Iterable[object]) -> None:
    from eventstore.refusal import Fault, Refusal

    told = [Refusal(fault.code, fault.params) for fault in faults if isinstance(fault, Fault)]
    click.echo(explained(told), err=True)


def _is_kind(kind: str) -> bool:
    from notifications import words

    return kind in words.kinds()


def _unknown(kind: str, samples: list[str]) -> NoReturn:
    if samples:
        click.echo("没有这种情形，有：· no such sample; there are:\n" + "\n".join(samples), err=True)
    else:
        click.echo(f"没有这种信函 · no such kind of letter: {kind}（vermilion letters texts）", err=True)
    sys.exit(UNUSABLE)
