"""A database in which everybody of the played world is registered: founded once for all tests, then copied for each."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import migrations
from eventstore.engine import open_engine
from tests.databases import sqlite_url
from tests.workflow.house import House


def found(url: str, folder: Path) -> None:
    """All tables, and the register, into the database of *url*; no connection stays."""
    engine = open_engine(url)
    migrations.upgrade(engine)
    House(engine, folder)
    engine.dispose()


def founded_sqlite(folder: Path) -> str:
    """The URL of a founded file of its own in *folder*."""
    url = sqlite_url(folder)
    Path(url.removeprefix("sqlite:///")).write_bytes(_founded())
    return url


@cache
def _founded() -> bytes:
    with TemporaryDirectory() as folder:
        url = sqlite_url(Path(folder))
        found(url, Path(folder) / "files")
        file = Path(url.removeprefix("sqlite:///"))
        assert not file.with_name(f"{file.name}-wal").exists(), "everything is in the one file"
        return file.read_bytes()
