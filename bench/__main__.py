"""`python -m bench [--quick] [name…]`: measure, and print one table."""

import argparse
import importlib
import sys
from collections.abc import Sequence
from time import monotonic

from bench.figures import Figure, absent, table
from bench.progress import Progress
from bench.scale import FULL, QUICK, Scale

MEASURES = {
    "write-sqlite": "bench.writing_sqlite",
    "write-postgres": "bench.writing_postgres",
    "write-peer": "bench.writing_peer",
    "load": "bench.loading",
    "form": "bench.writing_a_form",
    "actions": "bench.acting",
    "statements": "bench.statements",
    "reckoning": "bench.reckoning",
    "batch": "bench.batching",
    "lists": "bench.listing",
    "figures-funnel": "bench.figures_funnel",
    "replay": "bench.replaying",
    "verify": "bench.verifying",
    "print": "bench.printing",
    "import": "bench.importing",
    "mail": "bench.mailing",
    "audit": "bench.auditing",
    "webhooks": "bench.webhooks",
    "latency": "bench.latency",
    "faults": "bench.faults",
}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench", description="The house beside its floors, one table.")
    parser.add_argument("--quick", action="store_true", help="small sizes: shows that it runs, promises nothing")
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(MEASURES)}; all when none is given")
    asked = parser.parse_args(arguments)
    unknown = [name for name in asked.names if name not in MEASURES]
    if unknown:
        parser.error(f"nobody measures {', '.join(unknown)}; there are {', '.join(MEASURES)}")
    began, figures = monotonic(), list[Figure]()
    for name in asked.names or MEASURES:
        figures += _measured(name, QUICK if asked.quick else FULL)
    print(table(figures))
    missed = sum(figure.reached is False for figure in figures)
    sizes = ", small sizes: promises nothing" if asked.quick else ""
    print(f"\n{len(figures)} figures in {monotonic() - began:.0f} s{sizes}; {missed} not reached.")
    return 0


def _measured(name: str, scale: Scale) -> list[Figure]:
    progress = Progress(name)
    try:
        return list(importlib.import_module(MEASURES[name]).figures(scale, progress))
    except ImportError as missing:
        return [absent(name, f"not here: {missing.name}")]
    finally:
        progress.end()


if __name__ == "__main__":
    sys.exit(main())
