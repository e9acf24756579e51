"""谁能做什么: the table that the house enforces is the table that is shown, whole to the three administrators."""

import csv
import re
from io import StringIO
from pathlib import Path

import pytest

from admin.policy_table import Asked, rows
from directory.actor import HOUSE_ROLES, Actor, Grant, Role
from directory.policy import POLICY, STEP_UP, TWO_PERSONS
from tests.admin.office import Office
from web.texts import has
from workflow import commands


def who(role: Role) -> Actor:
    return Actor("p", "", (Grant(role, "43"),))


def test_every_action_has_its_words() -> None:
    assert [action for action in POLICY if not has(f"policy.{action}")] == []
    assert set(POLICY) >= TWO_PERSONS


def test_every_action_is_asked_for_by_something_that_can_be_done() -> None:
    """A row that no operation, page or command names would tell people of a right that opens nothing."""
    root = Path(__file__).parents[2]
    rooms = ("admin", "consortium", "directory", "notifications", "service", "web", "webhooks", "workflow")
    texts = [
        file.read_text("utf-8") for room in rooms for file in (root / room).rglob("*.py") if file.name not in _TABLES
    ]
    named = {action for text in texts for action in re.findall(r'"([a-z_]+(?:\.[a-z_]+)+)"', text)}
    steps = {f"application.{one.trigger}" for one in vars(commands).values() if hasattr(one, "trigger")}
    assert sorted(set(POLICY) - named - steps) == []


_TABLES = ("policy.py", "scopes.py")


@pytest.mark.parametrize("role", sorted(HOUSE_ROLES))
def test_the_three_administrators_see_the_whole_table(role: Role) -> None:
    shown = {row.action: set(row.roles) for row in rows((), who(role), Asked())}
    assert shown == {action: {one.value for one in roles} for action, roles in POLICY.items()}


def test_everybody_else_sees_what_their_own_roles_may(office: Office) -> None:
    found = rows((), who(Role.BUREAU_CLERK), Asked())
    assert {row.action for row in found} == {
        action for action, roles in POLICY.items() if roles & {Role.BUREAU_CLERK, Role.PUBLIC}
    }
    assert {role for row in found for role in row.roles} <= {"bureau.clerk", "public"}
    page = office.page("yuelu-clerk", "/policy")
    assert "退回补正" in page
    assert "省级财务" not in page
    assert office.app.test_client().get("/policy").status_code == 401


def test_it_is_found_by_word_action_operation_role_and_two_persons(office: Office) -> None:
    def found(**asked: str) -> list[str]:
        answer = office.api("auditor", "/policy", query_string=asked)
        assert answer.status_code == 200, answer.text
        return [row["action"] for row in answer.get_json()["actions"]]

    assert found(q="立项", role="province.finance") == ["application.award"]
    assert found(q="getPolicy") == ["policy.read"]
    assert found(q="awarding a unicorn") == []
    assert set(found(two="yes")) == TWO_PERSONS
    assert office.api("auditor", "/policy?two=maybe").status_code == 422


def test_every_operation_of_the_house_is_named_once(office: Office) -> None:
    paths = office.client.get("/api/v1/openapi.json").get_json()["paths"]
    described = {said["operationId"] for methods in paths.values() for said in methods.values()}
    table = office.api("security", "/policy").get_json()["actions"]
    named = [one for row in table for one in row["operations"]]
    assert sorted(named) == sorted(described)


def test_the_csv_is_the_page(office: Office) -> None:
    answer = office.browser("operator").get("/policy.csv?role=auditor")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    table = list(csv.reader(StringIO(answer.data.decode("utf-8-sig"))))
    assert [row[0] for row in table[1:]] == [row.action for row in rows((), who(Role.OPERATOR), Asked(role="auditor"))]
    assert ["history.unmask", "显示个人信息"] in [row[:2] for row in table]


def test_what_needs_a_second_factor_anew_is_said(office: Office) -> None:
    table = office.api("security", "/policy").get_json()["actions"]
    assert {row["action"] for row in table if row["step_up"]} == STEP_UP
    assert "须再验证" in office.page("security", "/policy?q=application.award")
