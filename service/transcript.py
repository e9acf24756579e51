"""How a played step is told on a terminal: Chinese first, one line a step, the letters it caused below, differences in red."""

from collections.abc import Mapping
from typing import Any

import click

from notifications import words
from service.client import Answer
from service.play import Played, beijing, refusals
from web import texts

_QUIET = frozenset({"saveSection", "attachFile", "removeFile", "recordCommitment"})


def lines(played: Played, names: Mapping[str, str], *, all_steps: bool = False) -> list[str]:
    """The lines of one step. Drafting without a difference is left out unless *all_steps*."""
    refused = bool(refusals(played.answer))
    if played.step.do in _QUIET and not (refused or played.differences or all_steps):
        return []
    who = names.get(played.step.who, played.step.who)
    head = f"{played.step.id:<14} {beijing(played.at)}  {who}  {played.step.do}  {_outcome(played.answer)}"
    found = [head, *(f"{'':<16}✉ {_letter(letter)}" for letter in played.letters)]
    return [*found, *(click.style(f"{'':<16}≠ {difference}", fg="red") for difference in played.differences)]


def _outcome(answer: Answer) -> str:
    codes = refusals(answer)
    if codes:
        return click.style("✗ " + " ".join(codes), fg="yellow")
    if not answer.ok:
        return click.style(f"✗ {answer.status}", fg="red")
    body: Any = answer.body
    stage = body.get("stage", "") if isinstance(body, dict) else ""
    return click.style("✓ ", fg="green") + (f"{_stage(str(stage))} {stage}" if stage else "")


def _stage(code: str) -> str:
    return texts.t(f"stage.{code}", "zh") if texts.has(f"stage.{code}") else code


def _letter(letter: Mapping[str, Any]) -> str:
    kind = str(letter["kind"])
    return f"{words.title(kind, 'zh')} · {kind} → {letter['recipient']}"
