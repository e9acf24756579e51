"""kill -9 at random points of the lane: nothing is lost, and what comes twice comes with the same id and bytes."""

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from datetime import timedelta
from random import Random
from typing import Any

from tests.webhooks.depot import LOOPBACK, Depot, Got, Receiver, ok
from webhooks.parcels import LEASE
from webhooks.post import Door

KILLS, PARCELS = 2, 20
_LANE = """
import sys
from datetime import timedelta
from eventstore.engine import open_engine
from tests.webhooks.depot import Depot
depot = Depot(open_engine(sys.argv[1]))
depot.clock.at += timedelta(seconds=float(sys.argv[2]))
depot.delivery.drain()
"""


def test_killed_at_random_points_a_lane_loses_nothing(depot: Depot, receiver: Receiver) -> None:
    depot.endpoint(receiver.url(), types=("application.recommended",))
    depot.recommended(PARCELS)
    depot.listener.follow()
    random, came, guard = Random(5), Counter[str](), threading.Lock()
    lane: list[subprocess.Popen[bytes]] = []
    fatal = 0

    def kills(got: Got) -> Any:
        nonlocal fatal
        with guard:
            came[got.id] += 1
            fatal -= 1
            if fatal == 0:
                os.kill(lane[-1].pid, signal.SIGKILL)
        return ok(got)

    receiver.says["/hook"] = kills
    began = depot.clock.at
    for number in range(KILLS):
        fatal = random.randint(1, 6)
        later = number * (LEASE.total_seconds() + 1)
        command = [sys.executable, "-c", _LANE, str(depot.engine.url.render_as_string(hide_password=False)), str(later)]
        lane.append(subprocess.Popen(command))
        assert lane[-1].wait(60) == -signal.SIGKILL
    fatal = 0
    depot.clock.at = began + timedelta(seconds=KILLS * (LEASE.total_seconds() + 1))
    depot.delivery.drain()
    assert depot.states() == {"sent": PARCELS}
    assert came.keys() == {id_ for (id_,) in depot.rows("id")}
    bodies = {(got.id, got.body) for got in receiver.parcels()}
    assert len(bodies) == PARCELS
    assert sum(came.values()) <= PARCELS + KILLS * 16


def test_two_lanes_at_once_deliver_each_parcel_once(both: Depot, receiver: Receiver) -> None:
    both.endpoint(receiver.url(), types=("application.recommended",))
    both.recommended(30)
    both.listener.follow()
    door = Door(table=LOOPBACK, plain=True)
    others = [Depot(both.engine, door).delivery for _ in range(2)]
    threads = [threading.Thread(target=lane.drain) for lane in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert both.states() == {"sent": 30}
    assert set(Counter(got.id for got in receiver.parcels()).values()) == {1}
