"""Who acts: a person with the roles given to them, or the clock, or the public.

Pure values. What a role may do stands in policy.py; how a grant is given and taken back in records.py.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from directory.scopes import Scope


class Role(StrEnum):
    UNIT_EDITOR = "unit.editor"  # 申报用户
    UNIT_ADMIN = "unit.admin"  # 单位管理员
    BUREAU_CLERK = "bureau.clerk"  # 经办人
    BUREAU_HEAD = "bureau.head"  # 负责人
    PROVINCE_CLERK = "province.clerk"
    PROVINCE_LEAD = "province.lead"
    PROVINCE_FINANCE = "province.finance"
    EXPERT = "expert"
    DISCIPLINE_CLERK = "discipline.clerk"
    DISCIPLINE_HEAD = "discipline.head"
    OPERATOR = "operator"  # 系统管理员: runs the house; the name in the log is older than the split
    SECURITY = "security"  # 安全管理员: people, roles, tokens
    AUDITOR = "auditor"  # 审计管理员: reads, verifies, exports
    CLOCK = "clock"
    PUBLIC = "public"


UNIT_ROLES = frozenset({Role.UNIT_EDITOR, Role.UNIT_ADMIN})
BUREAU_ROLES = frozenset({Role.BUREAU_CLERK, Role.BUREAU_HEAD})
PROVINCE_ROLES = frozenset({Role.PROVINCE_CLERK, Role.PROVINCE_LEAD, Role.PROVINCE_FINANCE})
DISCIPLINE_ROLES = frozenset({Role.DISCIPLINE_CLERK, Role.DISCIPLINE_HEAD})
HOUSE_ROLES = frozenset({Role.OPERATOR, Role.SECURITY, Role.AUDITOR})
"""The three administrators (三员分立, GB/T 22239-2019 8.1.5): none acts on an application, whoever holds one holds nothing else."""

GIVEN_TO_NOBODY = frozenset({Role.CLOCK, Role.PUBLIC})
PERSONS = frozenset(Role) - GIVEN_TO_NOBODY
STAFF = PERSONS - UNIT_ROLES - {Role.EXPERT}
"""Roles of the authorities: their sessions end after half an hour of rest."""


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """A role and where it holds: a unit's credit code, a bureau's code ("430104", "430100"), or a province ("43")."""

    role: Role
    scope: str


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who acts. `id` is what the log remembers; the name is for the page and is never logged. `through`: the
    scopes of the token that they came with; None for whoever came in person. `must_prove`: a second factor was shown too
    long ago for a legal or money act; a token is never asked for one."""

    id: str
    name: str
    grants: tuple[Grant, ...] = ()
    through: frozenset[Scope] | None = None
    must_prove: bool = field(default=False, compare=False)

    def holds(self, role: Role, scope: str | None = None) -> bool:
        """Whether the role was given, in this scope or (without one) in any."""
        return any(grant.role is role and scope in (None, grant.scope) for grant in self.grants)

    def scopes(self, *roles: Role) -> frozenset[str]:
        """Where any of *roles* holds."""
        return frozenset(grant.scope for grant in self.grants if grant.role in roles)

    @property
    def roles(self) -> frozenset[Role]:
        """The roles given, and the public's: whoever signs in may still do what everybody may."""
        given = frozenset(grant.role for grant in self.grants)
        return given if Role.CLOCK in given else given | {Role.PUBLIC}

    @property
    def staff(self) -> bool:
        return not self.roles.isdisjoint(STAFF)

    @property
    def keeps_much(self) -> bool:
        """Whether a strong profile demands a second factor: roles of the authorities, and a unit's administrators."""
        return self.staff or Role.UNIT_ADMIN in self.roles


CLOCK = Actor("clock", "时钟", (Grant(Role.CLOCK, ""),))
PUBLIC = Actor("public", "公众", (Grant(Role.PUBLIC, ""),))
CONSOLE = Actor("console", "命令行", (Grant(Role.OPERATOR, ""),))
"""Whoever runs the house's command line; the first administrators are given their roles by it."""
FOUNDERS = frozenset({CONSOLE.id, "house"})
"""Who acts before any person can. They are no persons, nobody signs in as one, and the log names them."""
