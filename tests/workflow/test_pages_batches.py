"""Many files in one go: one letter and one confirmation, a result each, and what fails stays with its reasons."""

import io
import re
from pathlib import Path
from typing import Any
from uuid import UUID

import openpyxl
import pytest
from flask import Flask

from eventstore.ids import uuid7
from service.paper import pdf
from tests.browser.site import Person, site, sqlite_house
from tests.workflow.house import OTHER_UNIT, UNIT, House
from workflow.stages import Stage


@pytest.fixture
def house(tmp_path: Path) -> House:
    return sqlite_house(tmp_path)


@pytest.fixture
def app(house: House) -> Flask:
    return site(house)


@pytest.fixture
def two(house: House) -> tuple[UUID, UUID]:
    """Two sealed applications that wait for the county, in its last week."""
    found = house.sealed(), house.sealed("wenqu-", OTHER_UNIT)
    house.at("2025-11-26 10:00")
    return found


def _look(person: Person, resource: str, picks: tuple[UUID, ...]) -> None:
    person.visit(f"/batches/{resource}?" + "&".join(f"pick={one}" for one in picks))


def _form(person: Person, picks: tuple[UUID, ...], **typed: Any) -> dict[str, Any]:
    """The page's own form with *picks* ticked and what is typed over it."""
    hidden = {f"{name}.{one}": person.hidden(f"{name}.{one}") for one in picks for name in ("key", "version", "digest")}
    return {"batch": person.hidden("batch"), "pick": [str(one) for one in picks], **hidden, **typed}


def _letter(**changed: Any) -> dict[str, Any]:
    return {
        "letter_number": "岳工信函〔2025〕11号",
        "handler": "刘一鸣",
        "handler_in_establishment": "1",
        "letter_scan": (io.BytesIO(pdf("推荐函")), "推荐函.pdf"),
        **changed,
    }


def _batches_of(house: House, application: UUID) -> set[object]:
    stream = house.store.read_stream(f"application-{application}")
    return {one.notes.get("batch") for one in stream if one.type == "application.recommended"}


def test_a_bureau_recommends_what_it_ticked_under_one_letter(app: Flask, house: House, two: tuple[UUID, UUID]) -> None:
    clerk = Person(app, "yuelu-head")
    inbox = clerk.visit("/inbox")
    assert inbox.count('name="pick"') == 2
    assert 'formaction="/batches/recommendation"' in inbox
    _look(clerk, "recommendation", two)
    page = clerk.send("/batches/recommendation", _form(clerk, two, **_letter(), **{f"rank.{two[0]}": "2"}), 200)
    assert "已推荐 2 件" in page
    made = [house.application(one).recommendations[0] for one in two]
    assert {one.letter_number for one in made} == {"岳工信函〔2025〕11号"}
    assert len({one.letter_scan for one in made}) == 1
    assert [one.rank for one in made] == [2, None]


def test_a_batch_has_one_name_in_the_log_and_every_file_its_own_command(
    app: Flask, house: House, two: tuple[UUID, UUID]
) -> None:
    """A-17: whoever is told hears of the batch."""
    clerk = Person(app, "yuelu-head")
    _look(clerk, "recommendation", two)
    form = _form(clerk, two, **_letter())
    clerk.send("/batches/recommendation", form, 200)
    assert _batches_of(house, two[0]) == _batches_of(house, two[1]) == {form["batch"]}
    assert form[f"key.{two[0]}"] != form[f"key.{two[1]}"]


def test_a_part_of_a_batch_sent_again_is_the_same_wish(app: Flask, house: House, two: tuple[UUID, UUID]) -> None:
    """The answer got lost; one of the two is ticked off and the form sent once more: its command is known, and not given twice."""
    clerk = Person(app, "yuelu-head")
    _look(clerk, "recommendation", two)
    form = _form(clerk, two, **_letter())
    clerk.send("/batches/recommendation", form, 200)
    again = {**form, **_letter(), "pick": [str(two[0])]}
    assert "已推荐 1 件" in clerk.send("/batches/recommendation", again, 200)
    assert len(house.application(two[0]).recommendations) == 1


def test_what_fails_stays_with_its_reasons_and_what_was_typed(app: Flask, house: House, two: tuple[UUID, UUID]) -> None:
    """One of two was recommended by a colleague meanwhile: the other goes through, and the page says who was first."""
    clerk = Person(app, "yuelu-head")
    _look(clerk, "recommendation", two)
    form = _form(clerk, two, **_letter())
    house.do("yuelu-head", house.recommend(two[1]), "2025-11-26 10:30")
    page = clerk.send("/batches/recommendation", form, 200)
    assert "已推荐 1 件" in page
    assert "1 件没有办成" in page
    assert house.application(two[0]).stage is Stage.COUNTY_RECOMMENDED
    assert len(house.application(two[1]).recommendations) == 1


def test_a_refused_letter_leaves_every_file_and_every_word(app: Flask, house: House, two: tuple[UUID, UUID]) -> None:
    """No number of the letter: nothing is recommended, and the scan need not be chosen again."""
    clerk = Person(app, "yuelu-head")
    _look(clerk, "recommendation", two)
    form = _form(clerk, two, **_letter(letter_number="", opinion="同意推荐"), **{f"rank.{two[0]}": "7"})
    page = clerk.send("/batches/recommendation", form, 422)
    assert house.application(two[0]).stage is Stage.UNIT_SEALED
    assert "同意推荐" in page
    assert 'value="刘一鸣"' in page
    assert re.search(rf'name="rank.{two[0]}" value="7"', page)
    kept = clerk.hidden("scan_digest")
    assert kept.startswith("sha256:")
    again = _form(clerk, two, **_letter(letter_scan=(io.BytesIO(b""), "")), scan_digest=kept)
    assert "已推荐 2 件" in clerk.send("/batches/recommendation", again, 200)
    assert house.application(two[0]).recommendations[0].letter_scan == kept


def test_a_scan_that_is_none_is_refused_beside_its_field(app: Flask, house: House, two: tuple[UUID, UUID]) -> None:
    clerk = Person(app, "yuelu-head")
    _look(clerk, "recommendation", two)
    form = _form(clerk, two, **_letter(letter_scan=(io.BytesIO(b"MZ no letter"), "letter.exe")))
    page = clerk.send("/batches/recommendation", form, 422)
    assert 'value="刘一鸣"' in page
    assert "error-summary" in page or 'aria-invalid="true"' in page
    assert house.application(two[0]).stage is Stage.UNIT_SEALED


def test_a_file_out_of_sight_stops_the_batch_before_anything_is_taken(
    app: Flask, house: House, two: tuple[UUID, UUID]
) -> None:
    clerk = Person(app, "yuelu-head")
    _look(clerk, "recommendation", two)
    form = _form(clerk, two, **_letter())
    form["pick"] = [*form["pick"], str(uuid7())]
    clerk.send("/batches/recommendation", form, 404)
    assert house.application(two[0]).stage is Stage.UNIT_SEALED


def test_pressing_again_does_nothing_twice(app: Flask, house: House, two: tuple[UUID, UUID]) -> None:
    clerk = Person(app, "yuelu-head")
    _look(clerk, "recommendation", two)
    form = _form(clerk, two, **_letter())
    page = clerk.page
    clerk.send("/batches/recommendation", form, 200)
    clerk.page = page
    assert "已推荐 2 件" in clerk.send("/batches/recommendation", form | _letter(), 200)
    assert [len(house.application(one).recommendations) for one in two] == [1, 1]


def test_what_the_county_may_not_take_is_named_before_the_confirmation(
    app: Flask, house: House, two: tuple[UUID, UUID]
) -> None:
    house.do("yuelu-head", house.recommend(two[1]), "2025-11-26 10:30")
    clerk = Person(app, "yuelu-head")
    _look(clerk, "recommendation", two)
    assert "不能列入本批（1）" in clerk.page
    assert clerk.page.count('name="pick"') == 1


def test_the_province_takes_in_what_lies_ready(app: Flask, house: House) -> None:
    application = house.recommended()
    house.at("2025-12-15 10:00")
    clerk = Person(app, "clerk")
    assert 'formaction="/batches/reception"' in clerk.visit("/desk?all=1")
    _look(clerk, "reception", (application,))
    assert "已受理 1 件" in clerk.send("/batches/reception", _form(clerk, (application,)), 200)
    assert house.application(application).stage is Stage.FORMAL_REVIEW


def test_nothing_ticked_and_strangers_files_are_answered_without_a_fault(
    app: Flask, house: House, two: tuple[UUID, UUID]
) -> None:
    clerk = Person(app, "yuelu-head")
    assert "先勾选" in clerk.visit("/batches/recommendation")
    clerk.visit(f"/batches/recommendation?pick={uuid7()}", 404)
    Person(app, "yuhua-head").visit(f"/batches/recommendation?pick={two[0]}", 404)
    Person(app, "editor").visit(f"/batches/recommendation?pick={two[0]}", 403)
    clerk.visit("/batches/recommendation?pick=nonsense&pick=%E2%80%AE", 422)
    _look(clerk, "recommendation", two)
    strange = _form(clerk, two, **_letter()) | {f"rank.{two[0]}": "first", f"version.{two[0]}": "x" * 40}
    page = clerk.send("/batches/recommendation", strange, 200)
    assert "已推荐 1 件" in page
    assert re.search(r'class="error">[^<]*排序', page)
    assert house.application(two[0]).stage is Stage.UNIT_SEALED


def test_two_hundred_files_are_the_most_of_one_batch(app: Flask, two: tuple[UUID, UUID]) -> None:
    clerk = Person(app, "yuelu-head")
    many = "&".join(f"pick={uuid7()}" for _ in range(201))
    assert "200" in clerk.visit(f"/batches/recommendation?{many}", 422)


def test_the_letter_and_the_list_are_drawn_before_anything_is_recommended(
    app: Flask, house: House, two: tuple[UUID, UUID]
) -> None:
    """附件5 and its letter are sealed first, and the sealed scan is what the step asks for."""
    clerk = Person(app, "yuelu-head")
    _look(clerk, "recommendation", two)
    typed = {"letter_number": "岳工信函〔2025〕11号", "handler": "刘一鸣", f"rank.{two[0]}": "2", f"rank.{two[1]}": "1"}
    form = {"csrf_token": clerk.hidden("csrf_token"), **_form(clerk, two, **typed)}
    for place, head in (
        ("letter.docx", b"PK"),
        ("letter.pdf", b"%PDF"),
        ("L/summary.xlsx", b"PK"),
        ("L/summary.pdf", b"%PDF"),
    ):
        answer = _drawn(clerk, place, form)
        assert answer.status_code == 200, place
        assert answer.data.startswith(head)
    rows = [row for row in _cells(_drawn(clerk, "L/summary.xlsx", form).data) if any(row)]
    assert [row[1] for row in rows[-2:]] == [OTHER_UNIT.name, UNIT.name]
    assert all(house.application(one).stage is Stage.UNIT_SEALED for one in two)


def test_a_letter_of_nothing_or_of_strangers_files_is_none(app: Flask, two: tuple[UUID, UUID]) -> None:
    clerk = Person(app, "yuelu-head")
    _look(clerk, "recommendation", two)
    token = clerk.hidden("csrf_token")
    for pick, status in (([], 422), ([str(uuid7())], 404), (["nonsense"], 422)):
        answer = _drawn(clerk, "letter.pdf", {"csrf_token": token, "pick": pick})
        assert answer.status_code == status
    answer = _drawn(clerk, "Z/summary.pdf", {"csrf_token": token, "pick": [str(two[0])]})
    assert answer.status_code == 404


def _drawn(person: Person, place: str, form: dict[str, Any]) -> Any:
    return person.client.post(f"/batches/recommendation/{place}", data=form, headers={"Sec-Fetch-Site": "same-origin"})


def _cells(data: bytes) -> list[tuple[object, ...]]:
    return list(openpyxl.load_workbook(io.BytesIO(data)).worksheets[0].iter_rows(values_only=True))
