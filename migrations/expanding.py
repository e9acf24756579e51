"""A migration first only adds, so that the release before it keeps running beside it; what is used by nobody any more goes later.

Read off the text of `upgrade`: from revision 0014 on nothing may be dropped, renamed or made stricter, a new column of a table
that is there takes what it is not given, and a table of a million rows gets an index of some of its rows alone: a whole one kept
writers out for 6.5 s on such a table where one of a fiftieth of the rows took 0.9 s, and what would let them in (CONCURRENTLY)
is impossible in the one transaction that an upgrade is. A migration that takes away what the release before it
no longer uses says so in a constant `CONTRACT` with its reason.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

SINCE = "0014"
NARROWING = frozenset({
    "drop_table", "drop_column", "drop_constraint", "rename_table", "alter_column", "create_unique_constraint",
    "create_check_constraint", "create_foreign_key", "create_primary_key", "create_exclude_constraint",
})  # fmt: skip
"""Operations of alembic that the release before may trip over."""
LARGE = frozenset({
    "events", "log_index", "personal_data", "command_keys", "letters", "letter_attempts", "parcels", "parcel_attempts",
})  # fmt: skip
"""Tables that have a row an event, a letter or a parcel."""
_HERE = Path(__file__).parent / "versions"


def faults(folder: Path = _HERE) -> list[str]:
    """What would stop the release before, a line each, with file and line."""
    return [said for path in sorted(folder.glob("[0-9]*.py")) if path.name[:4] >= SINCE for said in faults_of(path)]


def faults_of(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if any(isinstance(node, ast.Assign) and _names(node) == ["CONTRACT"] for node in tree.body):
        return
    made: set[str] = set()
    for node in _upgrading(tree):
        name, table = _operation(node), _first_text(node)
        said = f"{path.name}:{node.lineno}: {name}({table})"
        if name == "create_table":
            made.add(table)
        elif name in NARROWING:
            yield f"{said} 上一版会受影响 · would stop the release before"
        elif name == "add_column" and not _takes_nothing(node):
            yield f"{said} 新列要有默认值或可空 · a new column needs a default or may be null"
        elif name == "create_index" and _is_given(node, "postgresql_concurrently"):
            yield f"{said} 升级在一个事务里，不能并发建 · no transaction can build it concurrently"
        elif name == "create_index" and _second_text(node) in LARGE - made and not _is_given(node, "postgresql_where"):
            yield f"{said} 索引只含一部分行 · build it of some rows alone"


def _names(node: ast.Assign) -> list[str]:
    return [target.id for target in node.targets if isinstance(target, ast.Name)]


def _upgrading(tree: ast.Module) -> Iterator[ast.Call]:
    """The calls of `op.…` in every function but `downgrade`, in their order."""
    for body in tree.body:
        if isinstance(body, ast.FunctionDef) and body.name != "downgrade":
            yield from (node for node in ast.walk(body) if isinstance(node, ast.Call) and _operation(node))


def _operation(node: ast.Call) -> str:
    function = node.func
    of_op = isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id == "op"
    return function.attr if of_op and isinstance(function, ast.Attribute) else ""


def _first_text(node: ast.Call) -> str:
    return _text(node.args[0]) if node.args else ""


def _second_text(node: ast.Call) -> str:
    return _text(node.args[1]) if len(node.args) > 1 else ""


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ast.unparse(node)


def _is_given(node: ast.Call, name: str) -> bool:
    return any(each.arg == name for each in node.keywords)


def _takes_nothing(node: ast.Call) -> bool:
    """Whether an old INSERT, which does not know the column, still works: it has a default, or it may be null."""
    column = node.args[1] if len(node.args) > 1 else None
    if not isinstance(column, ast.Call):
        return False
    given = {each.arg: each.value for each in column.keywords}
    nullable = given.get("nullable")
    strict = isinstance(nullable, ast.Constant) and nullable.value is False
    return "server_default" in given or not strict
