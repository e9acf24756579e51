"""What every command of the command line shares: settings or an end, exit codes, refusals in words, a bar, and being told to stop."""

import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any

import click

from eventstore.refusal import Refusal
from service.settings import Settings, SettingsFaulty, host_and_port, read

OK, FAILED, UNUSABLE = 0, 1, 2
_ENDING = {signal.SIGTERM, signal.SIGINT}


def settings_or_exit(**over: Any) -> Settings:
    """The settings of the environment, *over* laid above; every fault is said before the program ends."""
    try:
        return read(over)
    except SettingsFaulty as faulty:
        for fault in faulty.faults:
            click.echo(fault, err=True)
        sys.exit(UNUSABLE)


def listening_at(_context: click.Context, _option: click.Parameter, place: str) -> str:
    """An option that says where to listen: host:port, "" for nowhere; anything else is refused before anything begins."""
    if place:
        try:
            host_and_port(place)
        except ValueError as error:
            raise click.BadParameter(str(error)) from error
    return place


def explained(refusals: Iterable[Refusal]) -> str:
    """Why not, a line each, in both languages."""
    from web import texts

    return "\n".join(f"{texts.explain(one).zh} {texts.explain(one).en}" for one in refusals)


def progress(label: str) -> Callable[[int, int], None]:
    """A bar for whatever tells (done, of how many); nothing is drawn where nobody looks."""
    bar: Any = None
    shown = 0

    def told(done: int, total: int) -> None:
        nonlocal bar, shown
        if bar is None:
            bar = click.progressbar(length=total, label=label, file=sys.stderr)
        bar.update(done - shown)
        shown = done
        if done >= total:
            bar.render_finish()

    return told


def patiently(label: str, after_s: float = 1.0) -> Callable[[int, int], None]:
    """`progress` for what is mostly quick: the bar comes only when it has taken longer than *after_s*."""
    began, bar = time.monotonic(), progress(label)
    drawn = False

    def told(done: int, total: int) -> None:
        nonlocal drawn
        drawn = drawn or time.monotonic() - began > after_s
        if drawn:
            bar(done, total)

    return told


def until_told_to_stop() -> threading.Event:
    """Set when the process is asked to end.

    The system may hand the signal to any thread, and a main thread that waits for an event is not woken by it; the bytes that
    the interpreter writes for each signal (`signal.set_wakeup_fd`) are read by a thread of their own instead.
    """
    stop = threading.Event()
    told, telling = socket.socketpair()
    telling.setblocking(False)
    for wanted in _ENDING:
        signal.signal(wanted, _noted)
    signal.set_wakeup_fd(telling.fileno())
    threading.Thread(target=_listen, args=(told, telling, stop), name="told to stop", daemon=True).start()
    return stop


def _noted(_signal: int, _frame: FrameType | None) -> None:
    """The handler that there must be; what follows is `_listen`'s."""


def _listen(told: socket.socket, _telling: socket.socket, stop: threading.Event) -> None:
    """Until the process ends: whoever is asked twice must find both sockets open, or the second byte goes wherever their numbers
    went. *_telling* is held for that."""
    while True:
        if _ENDING & set(told.recv(1)):
            stop.set()
