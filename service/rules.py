"""Which rules of the requirements have a test that names them: R-001 to R-288 against the rule marks of collected tests."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

RULES = tuple(f"R-{number:03d}" for number in range(1, 289))
STEPS = frozenset(f"T{number:02d}" for number in range(1, 40))
"""Rows of the process's table of commands: a test may name these too, but they are not counted."""


class NotCollected(Exception):
    """The tests cannot be collected; the message is what pytest said."""


def marked(folder: Path) -> Mapping[str, tuple[str, ...]]:
    """Rule → the tests that name it, as pytest collects them; nothing is run."""
    with TemporaryDirectory() as scratch:
        target = Path(scratch) / "rules.json"
        command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
        said = subprocess.run(  # noqa: S603
            [*command, "--rules-to", str(target), str(folder)], capture_output=True, text=True, check=False
        )
        if said.returncode not in (0, 5) or not target.exists():
            raise NotCollected(said.stdout[-2000:] + said.stderr[-2000:])
        found: Mapping[str, list[str]] = json.loads(target.read_text("utf-8"))
    return {rule: tuple(tests) for rule, tests in found.items()}


def without_test(marks: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(rule for rule in RULES if rule not in marks)


def unknown(marks: Mapping[str, object]) -> tuple[str, ...]:
    """Marks that name no row of the requirements or of the process: a slip of the pen."""
    return tuple(sorted(rule for rule in marks if rule not in RULES and rule not in STEPS))
