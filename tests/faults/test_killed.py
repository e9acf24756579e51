"""kill -9 at random points of relays and workers: nothing is lost, and a letter only comes twice when nobody could know that it had left.

A sample; `python -m bench faults` ends five hundred lives, with RabbitMQ too. VERMILION_KILLS and VERMILION_SEED ask for others.
"""

import os
from pathlib import Path
from random import SystemRandom

import pytest

from tests.faults.chaos import run
from tests.faults.instances import NotHere

KILLS = int(os.environ.get("VERMILION_KILLS", "12"))


def test_whoever_is_killed_wherever_nothing_is_lost_and_nothing_comes_twice_without_doubt(tmp_path: Path) -> None:
    seed = int(os.environ.get("VERMILION_SEED", "0")) or SystemRandom().randrange(1, 10**6)
    print(f"VERMILION_SEED={seed}")
    try:
        told = run(KILLS, seed, tmp_path, brokers=("none", "redis"))
    except NotHere as missing:
        pytest.skip(f"not installed: {missing}")
    assert told.kills >= KILLS
    assert told.sound, told
