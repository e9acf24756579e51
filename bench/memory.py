"""`python -m bench.memory rebuild|verify FILE`: replay the log in FILE and say how much memory that took, in kB.

Answers two numbers: the most after a tenth of the log, and the most of all. A process of its own, so that nothing else counts.
"""

import sys
from pathlib import Path

from bench.house import CATALOGUE, CODEC, PERSONAL, dispatcher_of
from eventstore.engine import open_engine
from eventstore.facts import reading
from eventstore.projection import at_revision
from eventstore.rebuild import rebuild
from eventstore.verify import verify
from workflow.projections import Applications

_REVISION = 999


def main(what: str, path: str) -> None:
    engine = open_engine(f"sqlite:///{path}")
    dispatcher = dispatcher_of(engine)
    early, most = 0, 0

    def watch(done: int, whole: int) -> None:
        nonlocal early, most
        most = max(most, resident_kb())
        if done * 10 <= whole or not early:
            early = most

    if what == "verify":
        verify(engine, progress=watch)
    else:
        anew = at_revision(Applications(CATALOGUE), _REVISION)
        rebuild(dispatcher.store, reading(CODEC, PERSONAL), anew, progress=watch)
    print(early, most)


def resident_kb() -> int:
    """What is in memory now; where the system does not say, the most that ever was."""
    status = Path("/proc/self/status")
    if status.exists():
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most // 1024 if sys.platform == "darwin" else most


if __name__ == "__main__":
    main(*sys.argv[1:])
