"""A form without JavaScript sends flat names; put together they read as the same answers."""

from programmes.form import parse_section
from programmes.inputs import gather, input_name
from tests.programmes.sample import field, the_call


def test_flat_names_become_years_rows_and_boxes() -> None:
    assert input_name(field("revenue"), "2024") == "revenue.2024"
    assert input_name(field("honours"), 0, "name") == "honours.0.name"
    unit = the_call().programme("L").section("unit")
    sent = [
        ("csrf_token", "x"),
        ("bank", "示例银行"),
        ("srdi", "none"),
        ("honours.10.name", "乙"),
        ("honours.10.obtained", "2024-06"),
        ("honours.2.name", "甲"),
        ("honours.2.obtained", "2024-05"),
        ("honours.3.name", " "),
    ]
    typed = gather(unit, sent)
    assert list(typed) == ["bank", "srdi", "honours"]
    kept, refusals = parse_section(unit, typed, the_call())
    assert not refusals
    assert kept["honours"] == [{"name": "甲", "obtained": "2024-05"}, {"name": "乙", "obtained": "2024-06"}]


def test_boxes_with_their_blanks() -> None:
    model = the_call().programme("L").section("model")
    sent = [("modalities", ""), ("modalities", "text"), ("modalities", "other"), ("modalities.other", "图像")]
    assert gather(model, sent) == {"modalities": {"chosen": ["text", "other"], "other": {"other": "图像"}}}
    assert parse_section(model, gather(model, [("modalities", "")]), the_call()) == ({"modalities": None}, [])


def test_two_answers_under_one_name_are_refused_by_reading() -> None:
    model = the_call().programme("L").section("model")
    _, (refusal,) = parse_section(model, gather(model, [("filed", "是"), ("filed", "否")]), the_call())
    assert refusal.code == "SINGLE_CHOICE"


def test_years_are_put_together() -> None:
    business = the_call().programme("L").section("business")
    typed = gather(business, [("revenue.2023", "1"), ("revenue.2024", "2")])
    assert typed == {"revenue": {"2023": "1", "2024": "2"}}
    _, (refusal,) = parse_section(business, gather(business, [("revenue.1999", "1")]), the_call())
    assert refusal.code == "BAD_FORMAT"
