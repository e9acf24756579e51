"""How the house stands in numbers, looked up when monitoring asks. A dozen statements, however long the log is.

Labels are words of the house and codes: no name, no address, no id but those of at most twenty endpoints that fail.
"""

import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from sqlalchemy import Connection

from eventstore import outgoing
from eventstore.subscription import standings
from notifications import correspondence
from service.standing import HEALTH, followers, kept, state_of, with_lag
from service.wiring import House
from webhooks import health as endpoint_health
from webhooks import lists as parcels
from webhooks import records
from workflow import verdicts
from workflow.printing import jobs

WORST = 20
"""So many failing endpoints are named, and so many causes; the rest is in the sums."""
QUEUES: Mapping[str, Callable[[Connection], tuple[int, datetime | None]]] = {
    "letters": correspondence.waiting,  # four statements, each over a partial index that holds what waits and nothing else
    "parcels": parcels.waiting,
    "papers": jobs.waiting,
    "files": verdicts.waiting,
}


def up(well: bool) -> Metric:
    return _gauge("vermilion_up", "1 when the database answered this page, 0 when it did not.", well)


def look(house: House) -> list[Metric]:
    """Every gauge but `vermilion_up`. Reads, and changes nothing."""
    with house.store.reading() as db:
        now, head = house.wall.now(db), house.store.head_in(db)
        found = [
            _gauge("vermilion_log_events", "The position of the newest event.", head),  # the last entry of the key
            _gauge("vermilion_outgoing_held", "1 while no letter and no parcel leaves.", outgoing.held(db) is not None),
            *_queues(db, now),
            *_causes(db),
            *_cursors(house, db, head),
            *_projections(house, db, head),
            *_endpoints(db, now),
        ]
    found += _integrity(house)
    if house.settings.files.is_dir():
        free = shutil.disk_usage(house.settings.files).free
        found.append(_gauge("vermilion_files_free_bytes", "Free on the disk of attachments.", free))
    return found


def _queues(db: Connection, now: datetime) -> Iterable[Metric]:
    waiting = GaugeMetricFamily("vermilion_queue_waiting", "What waits to be done, by queue.", labels=("queue",))
    overdue = GaugeMetricFamily(
        "vermilion_queue_overdue_seconds",
        "For how long the one is due that is due longest; 0 when nothing is.",
        labels=("queue",),
    )
    for name, ask in QUEUES.items():
        many, oldest = ask(db)
        waiting.add_metric((name,), many)
        overdue.add_metric((name,), max(0.0, (now - oldest).total_seconds()) if oldest else 0.0)
    return waiting, overdue


def _causes(db: Connection) -> Iterable[Metric]:
    """Two statements over the partial indexes of what is in trouble. What a server *said* may hold an address: the code alone."""
    letters = GaugeMetricFamily(
        "vermilion_letters_troubled",
        "Letters that were given up, or whose fate is unknown, by the code of the mail server.",
        labels=("state", "cause"),
    )
    known: Counter[tuple[str, str]] = Counter({(state, "none"): 0 for state in correspondence.TROUBLED})
    for rank, one in enumerate(correspondence.causes(db)):
        known[one.state, "other" if rank >= WORST else str(one.code or "none")] += one.letters
    for labels, many in sorted(known.items()):
        letters.add_metric(labels, many)
    dead = GaugeMetricFamily(
        "vermilion_parcels_dead",
        "Parcels that were given up, by the reason or the status of the endpoint.",
        labels=("cause",),
    )
    given_up: Counter[str] = Counter({"none": 0})
    for rank, cause in enumerate(parcels.causes(db)):
        given_up["other" if rank >= WORST else cause.reason or str(cause.code or "none")] += cause.parcels
    for cause_, many in sorted(given_up.items()):
        dead.add_metric((cause_,), many)
    return letters, dead


def _cursors(house: House, db: Connection, head: int) -> Iterable[Metric]:
    """One statement: a row each by its key."""
    lag = GaugeMetricFamily("vermilion_cursor_lag_events", "Events a follower has not seen.", labels=("cursor",))
    stands = GaugeMetricFamily(
        "vermilion_cursor_failed", "1 when a follower stands still at an event it cannot handle.", labels=("cursor",)
    )
    for one in standings(db, [each.name for each in followers(house)], head):
        lag.add_metric((one.name,), one.lag)
        stands.add_metric((one.name,), one.failed_position is not None)
    return lag, stands


def _projections(house: House, db: Connection, head: int) -> Iterable[Metric]:
    """One statement over a table of a few rows, and one for each that is kept aside: others are written with the event itself."""
    rows = {(row.name, row.revision): with_lag(db, row, head, house) for row in kept(db)}
    live = GaugeMetricFamily(
        "vermilion_projection_live", "1 when the table this program reads is in use.", labels=("projection",)
    )
    lag = GaugeMetricFamily(
        "vermilion_projection_lag_events",
        "Events a table has not seen that is being built, or that follows when it is read.",
        labels=("projection",),
    )
    for one in house.projections:
        row = rows.get((one.name, one.revision))
        live.add_metric((one.name,), row is not None and row.state == "live")
        behind = head if row is None else row.lag
        lag.add_metric((one.name,), behind or 0)
    return live, lag


def _endpoints(db: Connection, now: datetime) -> Iterable[Metric]:
    """Two statements over tables with a row an endpoint: hundreds, of which one owner may have twenty."""
    health, endpoints = endpoint_health.of(db), [one.endpoint for one in records.every(db)]
    states = Counter(state_of(one, health.get(one.id, endpoint_health.WELL), now) for one in endpoints)
    counted = GaugeMetricFamily("vermilion_endpoints", "Endpoints of machines by how they fare.", labels=("health",))
    for state in HEALTH:
        counted.add_metric((state,), states[state])
    failures = GaugeMetricFamily(
        "vermilion_endpoint_failures", "Failures in a row of the twenty that fail most.", labels=("endpoint",)
    )
    failing = [(health[one.id].failures, one.id) for one in endpoints if one.id in health and health[one.id].failures]
    for many, id_ in sorted(failing, reverse=True)[:WORST]:
        failures.add_metric((id_,), many)
    return counted, failures


def _integrity(house: House) -> Iterable[Metric]:
    """One statement over a table with a row for each kind of look at the log."""
    sound = GaugeMetricFamily(
        "vermilion_integrity_sound", "1 when the last look at the log found it whole.", labels=("look",)
    )
    at = GaugeMetricFamily(
        "vermilion_integrity_looked_timestamp_seconds", "When that look was taken.", labels=("look",)
    )
    covered = GaugeMetricFamily("vermilion_integrity_covered_events", "How many events it covered.", labels=("look",))
    for one in house.proofs.findings():
        sound.add_metric((one.what,), one.sound)
        at.add_metric((one.what,), one.at.timestamp())
        covered.add_metric((one.what,), one.size)
    return sound, at, covered


def _gauge(name: str, said: str, value: float) -> Metric:
    return GaugeMetricFamily(name, said, value=value)
