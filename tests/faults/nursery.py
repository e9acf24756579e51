"""`python -m tests.faults.nursery`: brings up relays and workers that are to be killed. Each is a process of its own, forked from one
that has imported everything, so that hundreds of lives cost minutes and not hours.

Reads one line of JSON for each birth ({"role": …, "environment": {…}}) and answers with the process id.
"""

import json
import os
import signal
import sys
from typing import Any

import service.actors
import service.cli
import service.running
import service.site
from service import wiring
from service.console import until_told_to_stop
from service.settings import read

ROUND_S = 0.1
"""A relay looks each second; here more often, so that a kill finds it at work."""


def live(role: str, environment: dict[str, str]) -> None:
    """What the command line does for `vermilion relay` and `vermilion worker`."""
    os.environ.update(environment)
    settings, stop = read(), until_told_to_stop()
    if role == "relay":
        service.actors.RELAY_S = ROUND_S
        house = wiring.build(settings)
        service.actors.relay(house, stop)
        house.close()
    else:
        with service.running.working(settings, 4, stop):
            stop.wait()


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them here
    for line in sys.stdin:
        asked: dict[str, Any] = json.loads(line)
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            sys.stdin.close()
            os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a life says is no answer of ours
            try:
                live(asked["role"], asked["environment"])
            finally:
                os._exit(0)
        print(child, flush=True)


if __name__ == "__main__":
    main()
