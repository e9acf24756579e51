"""Which rules of the requirements have a test that names them: R-001 to R-288 against the rule marks in tests/."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

RULES = tuple(f"R-{number:03d}" for number in range(1, 289))
STEPS = frozenset(f"T{number:02d}" for number in range(1, 40))
"""Rows of the process's table of commands: a test may name these too, but they are not counted."""


def marked(folder: Path) -> Mapping[str, tuple[str, ...]]:
    """Rule → the tests that name it, by `@pytest.mark.rule("R-023")` or a module's `pytestmark`."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("test_*.py")):
        for test, rule in _marks(ast.parse(path.read_text("utf-8"))):
            found.setdefault(rule, []).append(f"{path.relative_to(folder.parent)}::{test}")
    return {rule: tuple(tests) for rule, tests in found.items()}


def without_test(marks: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(rule for rule in RULES if rule not in marks)


def unknown(marks: Mapping[str, object]) -> tuple[str, ...]:
    """Marks that name no row of the requirements or of the process: a slip of the pen."""
    return tuple(sorted(rule for rule in marks if rule not in RULES and rule not in STEPS))


def _marks(module: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(module):
        match node:
            case (
                ast.FunctionDef(name=name, decorator_list=decorators)
                | ast.ClassDef(name=name, decorator_list=decorators)
            ):
                yield from ((name, rule) for decorator in decorators for rule in _rules(decorator))
            case ast.Assign(targets=[ast.Name(id="pytestmark")], value=value):
                yield from (("*", rule) for rule in _rules(value))
            case _:
                pass


def _rules(node: ast.AST) -> Iterator[str]:
    """The literal ids in every `….rule("R-001", …)` under *node*; parametrised marks are found the same way."""
    for call in ast.walk(node):
        match call:
            case ast.Call(func=ast.Attribute(attr="rule"), args=args):
                for arg in args:
                    if isinstance(arg, ast.Constant) and isinstance(arg.value, str):
                        yield arg.value
            case _:
                pass
