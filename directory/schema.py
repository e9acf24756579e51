"""The tables of this room. Those of the register follow the log; links, sessions and tokens stand beside it.

Instants are microseconds since 1970 UTC. Of a secret only its SHA-256 is kept.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

register = MetaData()
"""Kept in step by DirectoryProjection: in the database they are called <name>_r<revision>."""

secrets = MetaData()
"""Made by migrations 0002, 0015 and 0022. What lies here is no history: nobody needs to know later which session was open."""

BIG = BigInteger().with_variant(Integer(), "sqlite")

people = Table(
    "people",
    register,
    Column("id", Text, primary_key=True),
    Column("name", Text),  # null once erased, like everything personal here
    Column("email", Text),
    Column("address", Text),  # the e-mail as it is compared
    Column("phone", Text),
    Column("language", Text, nullable=False),
    Column("erased", Boolean, nullable=False),
    UniqueConstraint("address", name="people_address"),
)

grants = Table(
    "grants",
    register,
    Column("person", Text),
    Column("role", Text),
    Column("scope", Text),
    Column("given_by", Text, nullable=False),
    Column("given_at", BIG, nullable=False),
    Column("proposed_by", Text, nullable=False),  # "" where one person gave it alone
    PrimaryKeyConstraint("person", "role", "scope", name="grants_key"),
    Index("grants_role", "role", "scope", "person"),
)

proposals = Table(
    "proposals",
    register,
    Column("person", Text),
    Column("role", Text),
    Column("scope", Text),
    Column("proposed_by", Text, nullable=False),
    Column("proposed_at", BIG, nullable=False),
    Column("until", BIG, nullable=False),
    Column("reason", Text, nullable=False),
    PrimaryKeyConstraint("person", "role", "scope", name="proposals_key"),
)

people_invitations = Table(
    "people_invitations",
    register,
    Column("id", Text, primary_key=True),
    Column("name", Text),  # null once it has ended, like the address
    Column("email", Text),
    Column("role", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("invited_by", Text, nullable=False),
    Column("invited_at", BIG, nullable=False),
    Column("expires_at", BIG, nullable=False),
    Column("ended", Text, nullable=False),  # "", withdrawn, accepted
    Column("resent", Integer, nullable=False),
    Index("people_invitations_place", "role", "scope"),
    Index("people_invitations_by", "invited_by", "ended"),
)

experts = Table(
    "experts",
    register,
    Column("person", Text, primary_key=True),
    Column("employer", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("fields", Text, nullable=False),  # a JSON list
    Column("former", Text, nullable=False),  # a JSON list of employments
)

units = Table(
    "units",
    register,
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("registered_on", Date, nullable=False),
    Column("county", Text, nullable=False),
    Column("legal_person", Boolean, nullable=False),
    Column("tags", Text, nullable=False),  # a JSON list
    Column("group_root", Text, nullable=False),
    Index("units_group", "group_root"),
)

bars = Table(
    "bars",
    register,
    Column("unit", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("decision_number", Text, nullable=False),
    Column("starts", Date, nullable=False),
    Column("until", Date, nullable=False),
)

bureaus = Table(
    "bureaus",
    register,
    Column("code", Text, primary_key=True),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("email", Text, nullable=False),
)

signin_links = Table(
    "signin_links",
    secrets,
    Column("secret", LargeBinary, primary_key=True),
    Column("address", LargeBinary, nullable=False),  # SHA-256: asked for, known here or not
    Column("person", Text),  # null: nobody has this address, and the link leads nowhere
    Column("made_at", BIG, nullable=False),
    Column("expires_at", BIG, nullable=False),
    Column("used_at", BIG),
    Index("signin_links_address", "address", "made_at"),
    Index("signin_links_age", "expires_at"),
    sqlite_strict=True,
)

sessions = Table(
    "sessions",
    secrets,
    Column("secret", LargeBinary, primary_key=True),
    Column("handle", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("opened_at", BIG, nullable=False),
    Column("seen_at", BIG, nullable=False),
    Column("method", Text, nullable=False, server_default="link"),
    Column("proved_at", BIG),  # when a second factor was shown last; null where there is none
    UniqueConstraint("handle", name="sessions_handle"),
    Index("sessions_person", "person"),
    Index("sessions_age", "opened_at"),
    sqlite_strict=True,
)

tokens = Table(
    "tokens",
    secrets,
    Column("secret", LargeBinary, primary_key=True),
    Column("handle", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("issued_at", BIG, nullable=False),
    Column("expires_at", BIG),
    Column("revoked_at", BIG),
    Column("scopes", Text, nullable=False, server_default=text("''")),  # parted by spaces
    Column("used_at", BIG),  # to the minute
    UniqueConstraint("handle", name="tokens_handle"),
    Index("tokens_person", "person"),
    sqlite_strict=True,
)

waiting = Table(
    "waiting",
    secrets,
    Column("secret", LargeBinary, primary_key=True),  # signed in by half: the second factor is still to come
    Column("person", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("opened_at", BIG, nullable=False),
    Index("waiting_age", "opened_at"),
    sqlite_strict=True,
)

passwords = Table(
    "passwords",
    secrets,
    Column("person", Text, primary_key=True),
    Column("hash", Text, nullable=False),
    Column("set_at", BIG, nullable=False),
    sqlite_strict=True,
)

former_passwords = Table(
    "former_passwords",
    secrets,
    Column("person", Text),
    Column("set_at", BIG),
    Column("hash", Text, nullable=False),
    PrimaryKeyConstraint("person", "set_at", name="former_passwords_key"),
    sqlite_strict=True,
)

tries = Table(
    "tries",
    secrets,
    Column("door", Text),
    Column("key", LargeBinary),  # SHA-256 of an account, a network address, a person
    Column("tried", Integer, nullable=False),
    Column("since", BIG, nullable=False),
    Column("closings", Integer, nullable=False),
    Column("until", BIG),
    PrimaryKeyConstraint("door", "key", name="tries_key"),
    Index("tries_age", "since"),
    sqlite_strict=True,
)

authenticators = Table(
    "authenticators",
    secrets,
    Column("person", Text, primary_key=True),
    Column("secret", LargeBinary, nullable=False),  # sealed with a key that is not in the database
    Column("added_at", BIG),  # null: shown, and not confirmed with a code yet
    Column("last_step", BIG, nullable=False),  # no code of this step or an earlier one is taken again
    sqlite_strict=True,
)

recovery_codes = Table(
    "recovery_codes",
    secrets,
    Column("code", LargeBinary, primary_key=True),  # HMAC with a key that is not in the database
    Column("person", Text, nullable=False),
    Column("made_at", BIG, nullable=False),
    Column("used_at", BIG),
    Index("recovery_codes_person", "person"),
    sqlite_strict=True,
)

passkeys = Table(
    "passkeys",
    secrets,
    Column("id", LargeBinary, primary_key=True),
    Column("handle", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BIG, nullable=False),
    Column("label", Text, nullable=False),
    Column("added_at", BIG, nullable=False),
    Column("used_at", BIG),
    UniqueConstraint("handle", name="passkeys_handle"),
    Index("passkeys_person", "person"),
    sqlite_strict=True,
)

challenges = Table(
    "challenges",
    secrets,
    Column("challenge", LargeBinary, primary_key=True),  # SHA-256: asked once, answered once
    Column("purpose", Text, nullable=False),
    Column("person", Text),
    Column("made_at", BIG, nullable=False),
    Index("challenges_age", "made_at"),
    sqlite_strict=True,
)

factor_resets = Table(
    "factor_resets",
    secrets,
    Column("person", Text, primary_key=True),  # those that wait for the second person; the facts lie in the log
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("asked_at", BIG, nullable=False),
    sqlite_strict=True,
)

outside_accounts = Table(
    "outside_accounts",
    secrets,
    Column("issuer", Text),
    Column("subject", Text),
    Column("person", Text, nullable=False),
    Column("added_at", BIG, nullable=False),
    PrimaryKeyConstraint("issuer", "subject", name="outside_accounts_key"),
    Index("outside_accounts_person", "person"),
    sqlite_strict=True,
)
