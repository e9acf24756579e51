"""The few conversations with the mail server that are kept while there is mail, and how fast one domain may be written to.

A conversation that failed is never used again; one that rested too long or carried enough is ended politely.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from notifications.smtp import Line, Relay

CARRIED_AT_MOST = 100
IDLE_AT_MOST_S = 30.0


class Lines:
    """Kept conversations of one event loop; as many at once as there are who take one."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._resting: list[tuple[Line, float]] = []

    async def take(self) -> Line:
        """One that rests, or a new one. Raises RelayDown."""
        while self._resting:
            line, since = self._resting.pop()
            if time.monotonic() - since < IDLE_AT_MOST_S:
                return line
            await line.close()
        return await self._relay.open()

    async def give(self, line: Line) -> None:
        """Back, after it did what it was taken for."""
        if line.carried < CARRIED_AT_MOST:
            self._resting.append((line, time.monotonic()))
        else:
            await line.close()

    async def close(self) -> None:
        """Say goodbye on all of them at once."""
        resting, self._resting = self._resting, []
        await asyncio.gather(*(line.close() for line, _ in resting))


@dataclass(slots=True)
class Pace:
    """How many letters a domain gets in a minute, each process for itself: large mail houses turn away who knocks faster.

    A bucket of tokens for each domain, full at the beginning. *a_minute* 0 is without limit.
    """

    a_minute: int = 0
    clock: Callable[[], float] = time.monotonic
    _buckets: dict[str, tuple[float, float]] = field(default_factory=dict[str, tuple[float, float]])

    def wait_s(self, address: str) -> float:
        """0 and a token taken, or how long until there is one."""
        if not self.a_minute:
            return 0.0
        domain, now, rate = address.rpartition("@")[2].casefold(), self.clock(), self.a_minute / 60
        tokens, at = self._buckets.get(domain, (float(self.a_minute), now))
        tokens = min(float(self.a_minute), tokens + (now - at) * rate)
        if tokens < 1:
            self._buckets[domain] = (tokens, now)
            return (1 - tokens) / rate
        self._buckets[domain] = (tokens - 1, now)
        return 0.0
