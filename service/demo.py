"""The demonstration: a world of its own in a folder, the journeys played through the real API, the history verified, served.

Refuses a folder that holds anything but an earlier demonstration.
"""

import json
import shutil
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import click

from eventstore.rebuild import rebuild
from eventstore.verify import verify
from notifications import correspondence
from service import world
from service.client import Client
from service.console import until_told_to_stop
from service.journey import Journey, load, merged
from service.play import Difference, Played, Player
from service.running import Running, publish_packaged, running
from service.settings import fresh_key
from service.transcript import lines, names

DATABASE = "demo.db"
KEYS = "keys.json"
SECRETS = ("master_key", "session_key", "checkpoint_key")
DELIVERY_S = 60.0


class NotADemonstration(Exception):
    """The folder holds something that no demonstration made; it is left alone."""


@contextmanager
def staged(
    folder: Path, *, port: int = 0, keep: bool = False, **settings: Any
) -> Generator[tuple[Running, Mapping[str, str]]]:
    """A running world in *folder* and everybody's token; fresh, unless *keep* finds one. Calls are published."""
    known = keep and (folder / KEYS).exists()
    if not known:
        _clear(folder)
        folder.mkdir(parents=True, exist_ok=True)
        _write_keys(folder)
    keys = json.loads((folder / KEYS).read_text())
    with running(folder, port=port, **{name: keys[name] for name in SECRETS}, **settings) as run:
        if not known:
            publish_packaged(run.house)
            keys["tokens"] = world.populate(run.house)
            (folder / KEYS).write_text(json.dumps(keys))
        yield run, keys["tokens"]


def journeys() -> list[Journey]:
    """The journeys that come with the program."""
    folder = Path(str(files("journeys")))
    return [load(path) for path in sorted(folder.glob("*.yaml"))]


def play(
    client: Client, tokens: Mapping[str, str], played: Sequence[Journey], *, all_steps: bool = False
) -> list[Difference]:
    """Play *played*, merged by time, over *client*, which is closed then, and tell each step as it goes."""
    called = names()

    def told(step: Played) -> None:
        for line in lines(step, called, all_steps=all_steps):
            click.echo(line)

    try:
        return Player(client, tokens, told).play(merged(played))
    finally:
        client.close()


def faults_of(run: Running) -> list[str]:
    """What is wrong with the history, its tables and its letters after the play; empty when everything holds."""
    found: list[str] = []
    if not run.actors.settle(DELIVERY_S, delivered=True):
        found.append("有信件没有送出 · letters are still waiting")
    with run.house.store.reading() as db:
        counted = correspondence.counts(db)
    if counted.get("sent", 0) != len(run.mailbox) or counted.get("dead"):
        found.append(f"信件对不上 · letters do not tally: {counted}, {len(run.mailbox)} received")
    report = verify(run.house.engine)
    if not report.ok:
        found.append(f"历史在第 {report.position} 条断裂 · history breaks: {report.reason} {report.detail}")
    for projection in run.house.projections:
        rebuilt = rebuild(run.house.store, run.house.read, projection, repair=False)
        if not rebuilt.equal:
            found.append(f"{projection.name} 与历史不符 · differs from the log: {', '.join(rebuilt.differing)}")
    return found


def perform(folder: Path, *, port: int, check: bool, keep: bool, all_steps: bool) -> int:
    """The whole demonstration; the exit code. Serves until interrupted, unless *check*."""
    began = time.monotonic()
    with staged(folder, port=port, keep=keep) as (run, tokens):
        click.echo(f"朱印演示 · Vermilion demonstration   {run.url}/demo   数据 data {folder}   {_since(began)}")
        played = [] if keep and run.house.store.head_position() > 200 else journeys()
        differences = play(run.client(), tokens, played, all_steps=all_steps)
        faults = faults_of(run)
        for fault in [*map(str, differences), *faults]:
            click.secho(fault, fg="red", err=True)
        good = not differences and not faults
        events = run.house.store.head_position()
        if good:
            click.secho(
                f"历史核验无误 · history verified: {events} 条事件 events，{len(run.mailbox)} 封信 letters，{_since(began)}",
                fg="green",
            )
        if check:
            return 0 if good else 1
        _show_doors(run)
        _wait()
    return 0


def _show_doors(run: Running) -> None:
    click.echo("\n以谁的身份进入 · be somebody:")
    for person in world.people():
        click.echo(f"  {run.url}/demo/as/{person.id:<18} {person.name}  {person.title[0]} · {person.title[1]}")
    click.echo(f"\n  {run.url}/demo/mail      全部信件（不会真的寄出）· all letters; none leaves this machine")
    click.echo(f"  {run.url}/clock          调整时钟 · move the clock")
    click.echo(f"  {run.url}/api/v1/docs    API")
    click.echo("\n按 Ctrl-C 结束 · press Ctrl-C to end")


def _wait() -> None:
    until_told_to_stop().wait()
    click.echo()


def _clear(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()) and not (folder / KEYS).exists():
        raise NotADemonstration(f"{folder} 里有别的东西 · holds something else")
    shutil.rmtree(folder, ignore_errors=True)


def _write_keys(folder: Path) -> None:
    path = folder / KEYS
    path.touch(mode=0o600)
    path.write_text(json.dumps({name: fresh_key() for name in SECRETS}))


def _since(began: float) -> str:
    return f"{time.monotonic() - began:.1f} s"
