"""Several statements on one way to PostgreSQL and back. Each is a statement of its own there, with a snapshot of its own.

Whoever listens to statements on the engine hears of these too, and what fails is told as SQLAlchemy would tell it.
"""

from collections.abc import Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    import psycopg

Statement: TypeAlias = tuple[str, tuple[Any, ...]]
Rows: TypeAlias = list[tuple[Any, ...]]


def together(db: Connection, statements: Sequence[Statement], *, commit: bool = False) -> list[Rows]:
    """The rows each of *statements* answers, in order; *commit* sends COMMIT behind the last.

    The first that fails is raised, none behind it runs, and COMMIT does not either.
    """
    import psycopg  # only where PostgreSQL is spoken: the program starts without its driver

    raw = cast("psycopg.Connection[tuple[Any, ...]]", db.connection.driver_connection)
    cursors = [raw.cursor() for _ in statements]
    try:
        with raw.pipeline() if commit or len(cursors) > 1 else nullcontext():
            for cursor, (sql, parameters) in zip(cursors, statements, strict=True):
                db.dispatch.before_cursor_execute(db, cursor, sql, parameters, None, False)
                cursor.execute(sql, parameters)  # pyright: ignore[reportArgumentType] -- no literal, but made of them
            if commit:
                raw.commit()
        return [cursor.fetchall() if cursor.rownumber is not None else [] for cursor in cursors]
    except psycopg.Error as error:
        failed = next((n for n, cursor in enumerate(cursors) if cursor.statusmessage is None), -1)
        raise _told(db, raw, statements[failed], error) from error


def _told(
    db: Connection, raw: "psycopg.Connection[tuple[Any, ...]]", statement: Statement, error: "psycopg.Error"
) -> BaseException:
    import psycopg

    gone = raw.closed or raw.broken
    if gone:
        db.invalidate(error)
    return DBAPIError.instance(
        *statement, error, psycopg.Error, hide_parameters=True, connection_invalidated=gone, dialect=db.dialect
    )
