"""Editors anywhere can fetch what a definition's files may say."""

import pytest
from jsonschema import Draft202012Validator

from programmes import schemas
from tests.workflow.house import Api


def test_the_schema_of_a_definition_is_public(api: Api) -> None:
    for kind in schemas.KINDS:
        answer = api.ask("", "GET", f"/schemas/{kind}")
        assert answer.status_code == 200
        assert answer.json == schemas.schema(kind)
        Draft202012Validator.check_schema(answer.json)


@pytest.mark.parametrize("kind", ["paper", "..%2fcall", "call.json"])
def test_a_kind_that_is_not_there_is_not_found(api: Api, kind: str) -> None:
    assert api.ask("", "GET", f"/schemas/{kind}").status_code == 404
