"""`vermilion play`: journeys against a service that runs elsewhere, or against a fresh world of this process."""

import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

import click

from service.client import Client, Unreachable
from service.demo import play, staged
from service.journey import Journey, JourneyFaulty, load
from service.play import Unplayable
from service.values import NobodyBound


def play_files(paths: Sequence[Path], base_url: str | None, tokens: IO[str] | None, *, all_steps: bool) -> int:
    """The exit code: 0 played as written, 1 something differs, 2 it could not be played."""
    try:
        played = [load(path) for path in paths]
        if base_url:
            return _played(Client(base_url), json.load(tokens) if tokens else {}, played, all_steps)
        with tempfile.TemporaryDirectory() as folder, staged(Path(folder) / "world", tick_s=600) as (run, given):
            return _played(run.client(), given, played, all_steps)
    except (JourneyFaulty, NobodyBound, Unplayable, Unreachable) as error:
        click.echo(str(error), err=True)
        return 2


def _played(client: Client, tokens: Mapping[str, str], journeys: Sequence[Journey], all_steps: bool) -> int:
    found = play(client, tokens, journeys, all_steps=all_steps)
    for difference in found:
        click.secho(str(difference), fg="red", err=True)
    return 1 if found else 0
