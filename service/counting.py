"""What the work beside the requests did in this process, counted for whoever monitors: deliveries by how they ended, works that failed.

Each house counts for itself; in several processes they add up where PROMETHEUS_MULTIPROC_DIR names a folder.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from prometheus_client import CollectorRegistry, Counter


@dataclass(frozen=True, slots=True)
class Counted:
    """*queue* is letters or parcels, *outcome* a word of their rooms, *work* the name of a function."""

    registry: CollectorRegistry
    deliveries: Counter
    failures: Counter

    @classmethod
    def fresh(cls) -> Self:
        registry = CollectorRegistry()
        return cls(
            registry,
            Counter(
                "vermilion_deliveries",
                "Deliveries tried, by queue and outcome.",
                ("queue", "outcome"),
                registry=registry,
            ),
            Counter(
                "vermilion_work_failures",
                "Rounds of work that failed and will be tried again.",
                ("work",),
                registry=registry,
            ),
        )

    def delivered(self, queue: str, outcomes: Mapping[str, int]) -> None:
        for outcome, count in outcomes.items():
            self.deliveries.labels(queue, outcome).inc(count)
