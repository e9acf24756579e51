"""How a played step is told on a terminal: Chinese first, one line a step, the letters it caused below, differences in red."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from notifications import words
from service import world
from service.client import Answer
from service.play import PUBLIC, SILENT, Played, beijing
from service.values import look, refusals
from web import texts


def names() -> dict[str, str]:
    """Everybody of the played world as the transcript calls them."""
    return {PUBLIC: "公众", **{person.id: f"{person.name}（{person.title[0]}）" for person in world.people()}}


def lines(played: Played, called: Mapping[str, str], *, all_steps: bool = False) -> Iterator[str]:
    """The lines of one step. Drafting that was accepted as written is left out unless *all_steps*."""
    silent = played.step.do in SILENT or played.step.do.startswith("get")
    if silent and played.answer.ok and not (played.differences or all_steps):
        return
    who = called.get(played.who, played.who)
    wish = f"{played.words} {played.step.do}"
    yield f"{played.step.id:<13} {beijing(played.at)}  {who}  {wish}  {_outcome(played.answer)}"
    for title, recipients in _by_kind(played.letters, called).items():
        yield f"{'':<13} ✉ {title} → {'、'.join(recipients)}"
    for difference in played.differences:
        yield click.style(f"{'':<13} ≠ {difference}", fg="red")


def _outcome(answer: Answer) -> str:
    codes = refusals(answer)
    if codes:
        return click.style("✗ " + " ".join(codes), fg="yellow")
    if not answer.ok:
        return click.style(f"✗ {answer.status}", fg="red")
    code = str(look(answer.body, "stage") or "")
    word = texts.t(f"stage.{code}", "zh") if texts.has(f"stage.{code}") else ""
    return click.style("✓", fg="green") + f" {word} {code}".rstrip()


def _by_kind(letters: Sequence[Mapping[str, Any]], called: Mapping[str, str]) -> dict[str, list[str]]:
    """Title of a letter → the names of those it went to."""
    found: dict[str, list[str]] = {}
    for letter in letters:
        title = f"{words.title(letter['kind'], 'zh')} {letter['kind']}"
        recipient = str(letter["recipient"])
        name = called.get(recipient, "").partition("（")[0] or ("申报表联系人" if "contact" in recipient else recipient)
        found.setdefault(title, []).append(name)
    return found
