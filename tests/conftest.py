"""What all tests share: the marks that name rules, and telling which test names which."""

import json
from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rules-to", type=Path, help="write which collected test names which rule, as JSON")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Marks are read off the collected tests, so that those of parameters count as well."""
    target: Path | None = session.config.getoption("--rules-to")
    if target is None:
        return
    found: dict[str, list[str]] = {}
    for item in session.items:
        for mark in item.iter_markers("rule"):
            for rule in mark.args:
                found.setdefault(str(rule), []).append(item.nodeid)
    target.write_text(json.dumps(found, ensure_ascii=False, sort_keys=True), encoding="utf-8")
