"""Marks on rows from several conversations at once, written together: whoever waits for the disk waits for it once.

Each mark is awaited by whoever set it; a transaction holds all that came while the one before was being written.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeAlias, TypeVar, cast

from sqlalchemy import Connection

from eventstore.clock import Clock
from eventstore.refusal import Busy
from eventstore.store import EventStore

T = TypeVar("T")
_Wish: TypeAlias = tuple[Callable[[Connection, datetime], Any], asyncio.Future[Any]]
TRIES = 3


class Marks:
    """Of one event loop. A mark that the database was too busy for is tried again; then it raises Busy."""

    def __init__(self, store: EventStore, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._waiting: list[_Wish] = []
        self._writing: asyncio.Task[None] | None = None

    async def set(self, mark: Callable[[Connection, datetime], T]) -> T:
        """Answers what *mark* answered, once it is committed."""
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((mark, done))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        return cast("T", await done)

    async def _write(self) -> None:
        await asyncio.sleep(0)  # whoever is ready now comes along
        while self._waiting:
            batch, self._waiting = self._waiting, []
            await self._answer(batch)

    async def _answer(self, batch: list[_Wish]) -> None:
        """Write *batch* and tell each of them. What one of them breaks costs no other: then each is written by itself."""
        try:
            answers = await asyncio.to_thread(self._together, [mark for mark, _ in batch])
        except BaseException as error:  # each of them waits for an answer
            if len(batch) > 1 and isinstance(error, Exception) and not isinstance(error, Busy):
                for one in batch:
                    await self._answer([one])
                return
            for _, done in batch:
                if not done.done():
                    done.set_exception(error)
            if not isinstance(error, Exception):
                raise
        else:
            for (_, done), answer in zip(batch, answers, strict=True):
                if not done.done():
                    done.set_result(answer)

    def _together(self, marks: list[Callable[[Connection, datetime], Any]]) -> list[Any]:
        for attempt in range(TRIES):
            try:
                with self._store.begin() as db:
                    now = self._clock.now(db)
                    return [mark(db, now) for mark in marks]
            except Busy:
                if attempt == TRIES - 1:
                    raise
        raise AssertionError("the last try answers or raises")
