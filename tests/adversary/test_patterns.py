"""Design C10: no pattern of ours can be made to think for ever. None is made of what somebody typed, and none can read a text in
exponentially many ways."""

import ast
import re
from collections.abc import Iterator
from importlib import import_module

import pytest

from tests.adversary.ambiguity import ambiguous
from tests.test_house import TOP, sources

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


CATASTROPHIC = (r"(a+)+", r"(?:a*)*b", r"((?:x|y+))*", r"(\w+\s?)*$", r"(a+b?)+c", r"(a|a)*b", r"(?:a|ab?)*c", r"(a{1,5})*",
                r"(?:\d{4}|\d{6})*x", r"(?i:Ax?|a\w)*b", r"(?:[一-龥]+|中)*。", r"(.*,?)*;", rb"(a+)+", r"(?:(a)|(?=b)a)*c", r"(a|a){40}b")  # fmt: skip
QUICK = (r"a+b*", r"(?:a+,)*", r"(?:[^\"\\]|\\.)*", r"(?:a|b)*c", r"(?:\d{4}-\d{2},?)*;", r"\s*(\w+)\s*", r"(?:ab?c)*", r"(?:\w+ )*\w+",
         r"(?=a+)(?:a)*", r"(?:a{3})*", rb"(?:\x00[^\x00]+)*", r"a{1,5}a{1,5}")  # fmt: skip


@pytest.mark.parametrize(
    ("pattern", "bad"), [*((each, True) for each in CATASTROPHIC), *((each, False) for each in QUICK)]
)
def test_the_judge_of_patterns_tells_them_apart(pattern: str, bad: bool) -> None:
    assert ambiguous(pattern) is bad


def test_no_pattern_can_be_read_in_endlessly_many_ways() -> None:
    found = list(patterns())
    assert len(found) > 50
    assert [where for where, pattern in found if pattern is not None and ambiguous(pattern)] == []


def test_no_pattern_that_a_module_made_of_parts_can_either() -> None:
    found = [
        (path, one)
        for path in sources()
        if path.name != "__main__.py"
        for one in vars(import_module(".".join(path.relative_to(TOP).with_suffix("").parts))).values()
        if isinstance(one, re.Pattern)
    ]
    assert len(found) > 50
    assert [(path.name, one.pattern) for path, one in found if ambiguous(one.pattern, one.flags)] == []


def test_no_pattern_is_made_of_what_somebody_typed() -> None:
    """What is not written out is put together from constants or escaped; each place stands here."""
    assert {where.rpartition(":")[0] for where, pattern in patterns() if pattern is None} <= MADE


MADE = {
    "admin/setting_apart.py", "paperwork/check_code.py", "programmes/words.py", "service/account.py", "service/journey.py",  # of constants
    "programmes/rules.py", "workflow/matching.py", "workflow/page_count.py",  # of what is escaped, or a number
}  # fmt: skip
