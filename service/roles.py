"""Who may do what in PostgreSQL: five accounts, and the statements that make and bound them.

The part that serves requests may read events and add some; nobody but the owner may do more, and the owner's triggers
refuse that to the owner, too. Printed by `vermilion db roles`, granted anew by every `vermilion db upgrade`.
"""

# ruff: noqa: S608 -- names are checked by `_check`; nothing else is put into a statement

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, text

PREFIX = "vermilion"
_PREFIX = re.compile(r"[a-z][a-z0-9_]{0,40}")

READ = "SELECT"
ADD = "SELECT, INSERT"
KEEP = "SELECT, INSERT, UPDATE, DELETE"


@dataclass(frozen=True, slots=True)
class Account:
    """One account: what it may do with a table that is not named, and with those that are. "" is nothing."""

    name: str
    does: str
    otherwise: str = ""
    tables: Mapping[str, str] = field(default_factory=dict[str, str])
    attributes: str = ""
    builds: bool = False

    def may(self, table: str) -> str:
        return self.tables.get(table, self.otherwise)


_LOG = {"events": ADD, "alembic_version": READ}
_PROOF = ("log_nodes", "log_checkpoints")
ACCOUNTS = (
    Account("owner", "拥有表，只用来升级 · owns the tables; used to upgrade alone"),
    Account(
        "app",
        "网站：gunicorn · the site",
        otherwise=KEEP,
        tables={**_LOG, **dict.fromkeys((*_PROOF, "integrity"), READ)},
    ),
    Account(
        "relay",
        "后台：worker、relay · the work behind: letters, parcels, checkpoints, rebuilding",
        otherwise=KEEP,
        tables={**_LOG, "log_nodes": ADD, "log_checkpoints": "SELECT, INSERT, UPDATE"},
        builds=True,
    ),
    Account(
        "auditor",
        "核验：vermilion verify · whoever verifies from outside",
        tables={
            **dict.fromkeys(("events", *_PROOF, "projections", "checkpoints", "alembic_version"), READ),
            "integrity": "SELECT, INSERT, UPDATE",
        },
    ),
    Account("backup", "备份：pg_dump、pg_basebackup · whoever backs up", otherwise=READ, attributes="REPLICATION"),
)


def create(prefix: str = PREFIX) -> Iterator[str]:
    """Make the accounts, none with a password, and give what there is to the owner; for a superuser."""
    _check(prefix)
    for account in ACCOUNTS:
        name = f"{prefix}_{account.name}"
        yield (
            f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}') THEN\n"
            f"  CREATE ROLE {name} LOGIN {account.attributes}; END IF; END $$"
        )
    owner = f"{prefix}_owner"
    yield f"GRANT USAGE, CREATE ON SCHEMA public TO {owner}"
    yield f"""DO $$ DECLARE one record; BEGIN
  EXECUTE format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO {owner}', current_database());
  FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tableowner <> '{owner}' LOOP
    EXECUTE format('ALTER TABLE public.%I OWNER TO {owner}', one.tablename);
  END LOOP;
  FOR one IN SELECT p.oid::regprocedure AS f FROM pg_proc p WHERE pronamespace = 'public'::regnamespace LOOP
    EXECUTE format('ALTER FUNCTION %s OWNER TO {owner}', one.f);
  END LOOP; END $$"""
    yield "REVOKE ALL ON SCHEMA public FROM PUBLIC"
    for account in ACCOUNTS[1:]:
        name = f"{prefix}_{account.name}"
        yield (f"DO $$ BEGIN EXECUTE format('GRANT CONNECT ON DATABASE %I TO {name}', current_database()); END $$")
        yield f"GRANT USAGE{', CREATE' if account.builds else ''} ON SCHEMA public TO {name}"
    yield f"GRANT pg_read_all_data TO {prefix}_backup"


def grant(prefix: str = PREFIX) -> Iterator[str]:
    """Bound every account to what `ACCOUNTS` says of each table of the owner's; for the owner. Twice is once."""
    _check(prefix)
    owner = f"{prefix}_owner"
    named = sorted({table for account in ACCOUNTS for table in account.tables})
    for account in ACCOUNTS[1:]:
        name = f"{prefix}_{account.name}"
        cases = "\n".join(f"      WHEN '{table}' THEN '{account.may(table)}'" for table in named)
        yield f"""DO $$ DECLARE one text; rights text; BEGIN
  FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tableowner = '{owner}' LOOP
    rights := CASE one
{cases}
      ELSE '{account.otherwise}' END;
    EXECUTE format('REVOKE ALL ON public.%I FROM PUBLIC, {name}', one);
    IF rights <> '' THEN EXECUTE format('GRANT %s ON public.%I TO {name}', rights, one); END IF;
  END LOOP; END $$"""
    yield f"""DO $$ DECLARE one record; BEGIN
  FOR one IN SELECT p.oid::regprocedure AS f FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner
             WHERE pronamespace = 'public'::regnamespace AND r.rolname = '{owner}' LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', one.f);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO {prefix}_app, {prefix}_relay', one.f);
  END LOOP; END $$"""


def script(prefix: str = PREFIX) -> str:
    """Everything, for `psql -f` by a superuser; passwords are set afterwards, by hand (`\\password`)."""
    head = [f"-- {prefix}_{account.name}: {account.does}" for account in ACCOUNTS]
    return "\n".join([*head, "BEGIN;", *(f"{one};" for one in (*create(prefix), *grant(prefix))), "COMMIT;", ""])


def apply(db: Connection, prefix: str = PREFIX) -> None:
    """Make and bound the accounts over a superuser's connection."""
    for statement in (*create(prefix), *grant(prefix)):
        db.exec_driver_sql(statement.replace("%", "%%"))


def grant_again(db: Connection) -> str | None:
    """After an upgrade: bound the accounts anew where *db* is their owner's; answers the prefix, None where there are none."""
    if db.dialect.name != "postgresql":
        return None
    user = str(db.scalar(text("SELECT current_user")))
    prefix, _, kind = user.rpartition("_")
    if kind != "owner" or not _PREFIX.fullmatch(prefix):
        return None
    known = db.scalar(text("SELECT count(*) FROM pg_roles WHERE rolname = ANY(:names)"),
                      {"names": [f"{prefix}_{account.name}" for account in ACCOUNTS]})  # fmt: skip
    if known != len(ACCOUNTS):
        return None
    for statement in grant(prefix):
        db.exec_driver_sql(statement.replace("%", "%%"))
    return prefix


def _check(prefix: str) -> None:
    if not _PREFIX.fullmatch(prefix):
        raise ValueError(f"{prefix!r} 不能作前缀 · cannot be a prefix")
