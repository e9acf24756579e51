"""Which requirements of OWASP ASVS 5.0 this house meets, and the test that shows each: docs/asvs.csv against the tests there are.

The list holds every requirement of levels 1 and 2, and those of level 3 that the design names. "yes" stands with a test,
"na" and "no" with a reason; a "yes" whose test is not there is a fault.
"""

import ast
import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

COLUMNS = ("id", "level", "name", "met", "reason", "tests")
COUNTED = {"1": 70, "2": 183}
"""How many requirements of these levels ASVS 5.0.0 has: a row left out is noticed."""
AS_WELL = frozenset({
    "1.2.10", "1.3.12", "1.5.3", "2.3.5", "3.4.7", "3.4.8", "3.5.8", "4.1.4", "5.2.4", "5.2.5", "5.2.6", "6.3.7", "6.3.8", "7.5.3",
    "8.3.2", "13.2.6", "15.4.2", "16.5.4",
})  # fmt: skip
"""Those of level 3 that are promised."""
_ID = re.compile(r"(?:[1-9]|1[0-7])\.\d{1,2}\.\d{1,2}")


@dataclass(frozen=True, slots=True)
class Row:
    """One requirement. *met* is yes, no or na; *tests* are `path::name` below the folder of the project."""

    id: str
    level: str
    name: str
    met: str
    reason: str
    tests: tuple[str, ...]


def read(path: Path) -> list[Row]:
    """The rows of the list at *path*; ValueError where its columns are others."""
    with path.open(encoding="utf-8", newline="") as file:
        found = csv.DictReader(file)
        if tuple(found.fieldnames or ()) != COLUMNS:
            raise ValueError(f"{path} has other columns than {', '.join(COLUMNS)}")
        return [_row(row) for row in found]


def _row(cells: Mapping[str, str | None]) -> Row:
    said = {name: cells[name] or "" for name in COLUMNS if name != "tests"}
    return Row(**said, tests=tuple((cells["tests"] or "").split()))


def faults(rows: Sequence[Row], project: Path) -> Iterator[str]:
    """Everything that is wrong with the list, a line each."""
    for id_, times in Counter(row.id for row in rows).items():
        if times > 1:
            yield f"{id_}: {times} 行 rows"
    for level, wanted in COUNTED.items():
        held = sum(row.level == level for row in rows)
        if held != wanted:
            yield f"L{level}: {held} ≠ {wanted}"
    if lacking := AS_WELL - {row.id for row in rows if row.level == "3"}:
        yield f"L3: 缺 missing {', '.join(sorted(lacking))}"
    for row in rows:
        yield from (f"{row.id}: {said}" for said in _faults_of(row, project))


def _faults_of(row: Row, project: Path) -> Iterator[str]:
    if not _ID.fullmatch(row.id):
        yield "没有这样的编号 no such id"
    if not row.name:
        yield "没有名称 has no name"
    if row.met not in {"yes", "no", "na"}:
        yield f"{row.met!r}：只能是 must be yes, no or na"
    if row.met == "yes" and not row.tests:
        yield "没有测试 shows no test"
    if row.met != "yes" and not row.reason:
        yield "没有理由 gives no reason"
    for test in row.tests:
        if not is_there(test, project):
            yield f"没有这个测试 no such test: {test}"


def is_there(test: str, project: Path) -> bool:
    """Whether `path::name` is a test function of a file of *project*."""
    path, _, name = test.partition("::")
    return path.startswith("tests/") and name in _tests_of(project / path)


@cache
def _tests_of(path: Path) -> frozenset[str]:
    if not path.is_file():
        return frozenset()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(
        node.name
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test_")
    )


def counted(rows: Iterable[Row]) -> dict[str, Counter[str]]:
    """How many of each level are met, not met, and no matter of this house."""
    found: dict[str, Counter[str]] = {}
    for row in rows:
        found.setdefault(row.level, Counter())[row.met] += 1
    return dict(sorted(found.items()))
