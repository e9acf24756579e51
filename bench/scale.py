"""How much is measured: the sizes that figures are promised for, and small ones that only show that it runs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    rounds: int
    commands: int  # a round of the writing measures
    events: int  # the log that is rebuilt, verified, replayed
    events_postgres: int
    few: int  # applications of the smaller worklist
    many: int
    repeats: int  # of a read, a round
    passes: int  # over the whole log
    kills: int  # of relays and workers


FULL = Scale(
    rounds=9,
    commands=150,
    events=1_000_000,
    events_postgres=1_000_000,
    few=100_000,
    many=1_000_000,
    repeats=200,
    passes=3,
    kills=500,
)
QUICK = Scale(
    rounds=2, commands=24, events=20_000, events_postgres=5_000, few=1_000, many=10_000, repeats=20, passes=1, kills=12
)
