"""The members of a consortium in the form's own table: typed once, when they are invited, and brought over on request.

Pure. What the form asks beside their names stays as it was answered.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from programmes.call import Programme
from programmes.row_rules import ListsMembers
from workflow.answers import plain
from workflow.application import Application

Row = Mapping[str, Any]


def listed_in(programme: Programme) -> ListsMembers | None:
    """The rule that says where the form lists the members; None where it does not ask."""
    return next((rule for rule in programme.checks if isinstance(rule, ListsMembers)), None)


def rows_to_be(application: Application, programme: Programme) -> Sequence[Row] | None:
    """The rows as they would be once every member is listed by name; None where they are just that, or not asked."""
    rule = listed_in(programme)
    if rule is None or not application.consortium.accepted:
        return None
    answered: Sequence[Any] = plain(application.answers).get(rule.field) or ()
    held: list[Row] = [row for row in answered if isinstance(row, dict)]
    known: dict[str, Row] = {str(row.get(rule.column, "")).strip(): row for row in held}
    names = [member.unit_name for member in application.consortium.accepted]
    rows = [known.get(name, {rule.column: name}) for name in names]
    return None if rows == held else rows
