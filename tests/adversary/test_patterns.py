"""Design C10: no pattern of ours can be made to think for ever. None is made of what somebody typed, and none repeats a repetition
of what it could read in two ways."""

import ast
from collections.abc import Iterator
from re import _constants as c
from re import _parser as parser
from typing import Any

import pytest

from tests.test_house import TOP, sources

UNBOUNDED = 1000
"""A repetition of so many is as good as endless."""
CALLS = {"compile", "match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer"}


def patterns() -> Iterator[tuple[str, str | bytes | None]]:
    """Where each pattern stands and what it is; None where it is not written out."""
    for path in sources():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CALLS):
                continue
            if not (isinstance(node.func.value, ast.Name) and node.func.value.id == "re" and node.args):
                continue
            yield f"{path.relative_to(TOP)}:{node.lineno}", _written(node.args[0])


def _written(node: ast.expr) -> str | bytes | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)):
        return node.value
    return None


def ambiguous(pattern: str | bytes) -> bool:
    """Whether an endless repetition stands inside an endless one and both could read the same character next."""
    return any(_nested(parser.parse(pattern)))


def _nested(parsed: Any) -> Iterator[bool]:
    for op, argument in parsed:
        if op in (c.MAX_REPEAT, c.MIN_REPEAT) and argument[1] >= UNBOUNDED:
            yield _repeats_freely(argument[2])
        for inner in _inside(op, argument):
            yield from _nested(inner)


def _inside(op: Any, argument: Any) -> Iterator[Any]:
    if op in (c.MAX_REPEAT, c.MIN_REPEAT):
        yield argument[2]
    elif op is c.SUBPATTERN:
        yield argument[3]
    elif op is c.BRANCH:
        yield from argument[1]
    elif op in (c.ASSERT, c.ASSERT_NOT):
        yield argument[1]


def _repeats_freely(body: Any) -> bool:
    """An endless repetition in *body* that nothing fixed ends: `(a+)*`, not `(a+,)*`."""
    items = list(body)
    for op, argument in items:
        if op is c.SUBPATTERN and len(items) == 1 and _repeats_freely(argument[3]):
            return True
        if op is c.BRANCH and any(_repeats_freely(each) for each in argument[1]):
            return True
    return len(items) == 1 and items[0][0] in (c.MAX_REPEAT, c.MIN_REPEAT) and items[0][1][1] >= UNBOUNDED


@pytest.mark.parametrize(("pattern", "bad"), [(r"(a+)+", True), (r"(?:a*)*b", True), (r"((?:x|y+))*", True), (r"a+b*", False),
                                              (r"(?:a+,)*", False), (r"(?:[^\"\\]|\\.)*", False), (r"(a{1,5})*", False)])  # fmt: skip
def test_the_judge_of_patterns_tells_them_apart(pattern: str, bad: bool) -> None:
    assert ambiguous(pattern) is bad


def test_no_pattern_repeats_a_repetition() -> None:
    found = list(patterns())
    assert len(found) > 50
    assert [where for where, pattern in found if pattern is not None and ambiguous(pattern)] == []


def test_no_pattern_is_made_of_what_somebody_typed() -> None:
    """What is not written out is put together from constants or escaped; each place stands here."""
    assert {where.rpartition(":")[0] for where, pattern in patterns() if pattern is None} <= MADE


MADE = {
    "admin/setting_apart.py", "paperwork/check_code.py", "programmes/words.py", "service/account.py", "service/journey.py",  # of constants
    "programmes/rules.py", "workflow/matching.py", "workflow/page_count.py",  # of what is escaped, or a number
}  # fmt: skip
