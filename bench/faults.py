"""Five hundred relays and workers killed with -9 in the worst of weathers: how much was lost, came twice, or was left to a person.

The seed is printed; FAULTS_SEED plays one again.
"""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import SystemRandom

from bench.figures import Figure, absent, limit
from bench.progress import Progress
from bench.scale import Scale
from tests.faults.chaos import BROKERS, run
from tests.faults.instances import NotHere


def figures(scale: Scale, progress: Progress) -> Iterator[Figure]:
    seed = int(os.environ.get("FAULTS_SEED", "0")) or SystemRandom().randrange(1, 10**6)
    with tempfile.TemporaryDirectory() as folder:
        try:
            told = run(scale.kills, seed, Path(folder), brokers=BROKERS, progress=progress)
        except NotHere as missing:
            yield absent("kill -9", f"not installed: {missing}")
            return
    what = f"{told.kills} lives ended with -9 (seed {seed})"
    weather = f"{told.restarts} restarts of PostgreSQL, {told.flushes} flushes, {told.broker_kills} dead brokers"
    yield Figure(what=what, ours=weather, floor=f"{sum(told.cut_at.values())} cut lines")
    yield limit(f"of {told.letters:,} letters and {told.parcels:,} parcels lost", len(told.lost), 0)
    yield limit("letters that came twice without anybody's doubt", len(told.twice_without_doubt), 0)
    yield limit("copies with another content", len(told.differing), 0)
    yield limit("sent by two rebuilds and cursors set back", told.sent_by_a_rebuild, 0)
    yield Figure(what="letters that came twice, with the same Message-ID", ours=f"{told.copies}")
    yield Figure(what="parcels that came twice, with the same webhook-id", ours=f"{told.parcel_copies}")
    yield Figure(
        what="letters left to a person", ours=f"{told.left_to_a_person}", floor=f"{told.of_these_arrived} had arrived"
    )
