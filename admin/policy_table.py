"""The policy told in words: each action with its roles, whether it takes two persons, its scopes, the operations that name it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from directory import policy
from directory.actor import PERSONS, Actor, Role
from directory.policy import POLICY, TWO_PERSONS, may
from directory.scopes import IN_PERSON, scopes_of
from paperwork.separated import write_separated
from web.operations import Operation
from web.texts import t

COLUMNS = ("action", "动作", "in English", "角色", "须两人", "须再验证", "令牌范围", "接口")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One action. *everybody*, *persons*: told in one word instead of all roles. *roles* are those that the reader is shown."""

    action: str
    zh: str
    en: str
    roles: tuple[str, ...]
    everybody: bool
    persons: bool
    two_persons: bool
    step_up: bool
    in_person: bool
    scopes: tuple[str, ...]
    operations: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the reader looks for: words, a role, only what takes two."""

    q: str = ""
    role: str = ""
    two: bool = False


def rows(operations: Iterable[Operation], by: Actor, asked: Asked) -> list[Row]:
    """The table as *by* may see it: whole for the three administrators, the part of the own roles for everybody else."""
    whole = may(by, "policy.read_all") is None
    named: dict[str, list[str]] = {}
    for operation in operations:
        named.setdefault(operation.action, []).append(operation.id)
    shown = frozenset(Role) if whole else by.roles
    found = (_row(action, roles & shown, named.get(action, ())) for action, roles in POLICY.items() if roles & shown)
    return [row for row in found if _fits(row, asked)]


def _row(action: str, roles: frozenset[Role], operations: Sequence[str]) -> Row:
    everybody = Role.PUBLIC in POLICY[action] and POLICY[action] >= PERSONS
    return Row(
        action=action,
        zh=t(f"policy.{action}", "zh"),
        en=t(f"policy.{action}", "en"),
        roles=tuple(role.value for role in Role if role in roles),
        everybody=everybody,
        persons=POLICY[action] == PERSONS,
        two_persons=action in policy.TWO_PERSONS,
        step_up=action in policy.STEP_UP,
        in_person=action in IN_PERSON,
        scopes=() if Role.PUBLIC in POLICY[action] else tuple(scope.value for scope in scopes_of(action)),
        operations=tuple(operations),
    )


def _fits(row: Row, asked: Asked) -> bool:
    words = f"{row.action} {row.zh} {row.en} {' '.join(row.operations)}".casefold()
    return (
        asked.q.casefold() in words
        and (not asked.role or asked.role in row.roles)
        and (not asked.two or row.action in TWO_PERSONS)
    )


def csv_of(found: Sequence[Row]) -> bytes:
    return write_separated([COLUMNS, *map(tuple, _cells(found))])


def _cells(found: Sequence[Row]) -> Iterator[list[str]]:
    for row in found:
        roles = "、".join(t(f"role.{role}", "zh") for role in row.roles)
        scopes = "、".join(t(f"scope.{scope}", "zh") for scope in row.scopes)
        two = t("policy.two.yes", "zh") if row.two_persons else ""
        anew = t("policy.step_up.yes", "zh") if row.step_up else ""
        yield [row.action, row.zh, row.en, roles, two, anew, scopes, " ".join(row.operations)]
