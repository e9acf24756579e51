"""Last year's answers in this year's form: exact where they still fit, and named where they do not."""

from typing import Any

import pytest

from programmes import form
from programmes.call import Call
from programmes.carrying import carry, typed_again
from programmes.catalogue import Catalogue, call_of, canonical
from programmes.inputs import gather, scatter
from tests.filled import answers_by_section

CALL = Catalogue.packaged().get("hn-2025")


def _answers(call: Call = CALL, direction: str = "L-V") -> dict[str, Any]:
    programme, found = call.programme_of(direction), dict[str, Any]()
    for name, typed in answers_by_section().items():
        answers, refused = form.parse_section(programme.section(name), typed, call, direction=direction)
        assert refused == []
        found |= answers
    return {name: answer for name, answer in found.items() if answer is not None}


def _changed(change: Any) -> Call:
    """The same call with its document changed by *change*, which gets every field of the large-model form by id."""
    import json

    document = json.loads(CALL.document)
    programme = next(one for one in document["programmes"] if one["id"] == "L")
    change({field["id"]: field for section in programme["form"] for field in section["fields"]}, document)
    return call_of(canonical(document))


def test_the_same_form_takes_every_answer_as_it_was() -> None:
    answers = _answers()
    carried = carry(CALL, "L-V", answers, CALL, "L-V")
    assert carried.left == ()
    assert {name: one for some in carried.taken.values() for name, one in some.items()} == answers


def test_a_figure_keeps_its_six_decimals() -> None:
    answers = _answers() | {"total_assets": {"2023": 12_345_678_901, "2024": -1}, "registered_capital": 1}
    answers["total_assets"] = {"2023": 12_345_678_901, "2024": 1}
    carried = carry(CALL, "L-V", answers, CALL, "L-V")
    assert carried.taken["business"]["total_assets"] == {"2023": 12_345_678_901, "2024": 1}
    assert carried.taken["unit"]["registered_capital"] == 1


def test_what_is_asked_otherwise_is_left_and_named() -> None:
    def change(fields: dict[str, Any], document: Any) -> None:
        fields["params_yi"]["type"] = "text"
        fields["unit_profile"]["max_zi"] = 3
        fields["model_type"]["options"] = [o for o in fields["model_type"]["options"] if o["id"] != "vertical"]
        del fields["params_yi"]["rule"]

    answers = _answers()
    carried = carry(CALL, "L-V", answers, _changed(change), "L-V")
    assert {"params_yi", "unit_profile", "model_type"} <= set(carried.left)
    assert carried.taken["unit"]["unit_name"] == answers["unit_name"]


def test_only_the_report_years_that_are_still_asked_come_along() -> None:
    def change(fields: dict[str, Any], document: Any) -> None:
        document["report_years"] = [2024, 2025]

    answers = _answers()
    carried = carry(CALL, "L-V", answers, _changed(change), "L-V")
    assert carried.taken["business"]["revenue"] == {"2024": answers["revenue"]["2024"]}
    assert "revenue" not in carried.left


def test_what_contradicts_itself_under_todays_rules_stays_behind() -> None:
    answers = _answers()
    answers["ai_revenue"] = {year: value + 10**12 for year, value in answers["revenue"].items()}
    carried = carry(CALL, "L-V", answers, CALL, "L-V")
    assert "ai_revenue" in carried.left
    assert carried.taken["unit"]["unit_name"] == answers["unit_name"]


@pytest.mark.parametrize("direction", ["L-G", "L-V"])
def test_a_form_sent_twice_says_the_same(direction: str) -> None:
    """What is scattered over inputs gathers to itself: the page that compares carries what was typed in hidden fields."""
    answers = _answers()
    for section in CALL.programme_of(direction).sections(direction):
        typed = {field.id: typed_again(field, answers[field.id]) for field in section.fields if field.id in answers}
        pairs = [pair for field in section.fields if field.id in typed for pair in scatter(field, typed[field.id])]
        gathered = gather(section, pairs)
        again, refused = form.parse_section(section, gathered, CALL)
        assert refused == []
        assert again == {name: answers[name] for name in typed}
        twice = [
            pair for field in section.fields if field.id in gathered for pair in scatter(field, gathered[field.id])
        ]
        assert gather(section, twice) == gathered
