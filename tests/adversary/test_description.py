"""The description of the API is kept: whatever it says may be sent is answered as it says, and never with a 5xx.

Requests are drawn by schemathesis from the OpenAPI document itself, the same ones each time, and sent as every role and as
nobody, about something that is there.
"""

import os
from collections.abc import Generator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.result import Ok

from tests.adversary.site import NOBODY, Site, furnish, opened
from tests.adversary.test_authorisation import Operations, is_allowed, sight_of

WHO = ("admin", "editor", "yuelu-head", "clerk", "lead", "finance", "discipline-clerk", "discipline-head", "expert-1",
       "operator", "security", "auditor")  # fmt: skip
LEFT_OUT = {"setClock", "drain"}
"""Moving the clock or waiting for the post is no matter for anybody's requests: demonstrations and tests only."""

THOROUGH = int(os.environ.get("VERMILION_FUZZ", "0"))
"""So many requests for each operation and role, other ones each time: `make fuzz`."""
EXAMPLES, FEW = THOROUGH or 8, THOROUGH or 1
load_all_checks()
KEPT = CHECKS.get_by_names(
    ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance"]
)


@pytest.fixture(scope="module")
def open_house(tmp_path_factory: pytest.TempPathFactory) -> Generator[Site]:
    """A house of its own: what is drawn here may well seal and withdraw."""
    with opened(tmp_path_factory.mktemp("described")) as found:
        furnish(found)
        yield found


@pytest.mark.parametrize("who", [*WHO, NOBODY])
def test_every_operation_answers_every_role_as_described(open_house: Site, who: str) -> None:
    """Whoever may ask is drawn for at length, whoever may not at least once: a refusal is described, too."""
    schema = schemathesis.openapi.from_url(f"{open_house.running.url}/api/v1/openapi.json")
    actions = {name: action for name, _, _, action, _ in Operations(open_house).found}
    tried: set[str] = set()
    for result in schema.get_all_operations():
        assert isinstance(result, Ok), result
        operation = result.ok()
        name = operation.definition.raw["operationId"]
        if name not in LEFT_OUT:
            tried.add(name)
            first = next((one for one in WHO if is_allowed(one, actions[name])), "admin")
            _drawn(open_house, operation, who, EXAMPLES if who == first else FEW)
    assert tried == set(actions) - LEFT_OUT


def _drawn(site: Site, operation: Any, who: str, examples: int) -> None:
    headers = {"Authorization": f"Bearer {site.tokens[who]}"} if who else {}
    seen = [site.made[name] for name in sight_of(site, who or "admin")]
    turn = iter(range(10**6))

    @settings(max_examples=examples, derandomize=not THOROUGH, deadline=None, database=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(case=operation.as_strategy())
    def answered_as_described(case: Any) -> None:
        number = next(turn)
        if seen and "application_id" in (case.path_parameters or {}):
            case.path_parameters["application_id"] = str(seen[number % len(seen)])
        if case.headers and "If-Match" in case.headers and number % 3:
            del case.headers["If-Match"]
        if "Idempotency-Key" in (case.headers or {}):
            case.headers["Idempotency-Key"] = f"{operation.label}-{who}-{number}".replace(" ", "-")[-120:]
        case.call_and_validate(headers=headers, checks=KEPT, timeout=30)

    answered_as_described()
