"""Papers on pages: printed with a button, watched, taken; the scan that comes back is compared with what was printed."""

import io
import re
from pathlib import Path
from urllib.parse import unquote
from uuid import UUID

import pytest
from flask import Flask

from service.paper import pdf
from tests.browser.site import Person, site, sqlite_house
from tests.workflow.house import House
from workflow import commands as c


@pytest.fixture
def house(tmp_path: Path) -> House:
    return sqlite_house(tmp_path)


@pytest.fixture
def draft(house: House) -> UUID:
    return house.filled()


@pytest.fixture
def app(house: House) -> Flask:
    return site(house)


def _print(person: Person, application: UUID, **fields: str) -> str:
    person.visit(f"/applications/{application}")
    given = {"command_id": person.hidden("command_id", -1), "kind": "application_form", "format": "pdf", **fields}
    return person.send(f"/applications/{application}/papers", given)


def _code(place: str) -> str:
    return place.rpartition("/")[2]


def _upload(person: Person, application: UUID, code: str, status: int = 303, replaces: str = "") -> str:
    control = "L-scan" + (f"-{replaces[:8]}" if replaces else "")
    given = {
        "command_id": f"scan-{code}-{status}",
        f"paper-{control}": code,
        f"file-{control}": (io.BytesIO(pdf(f"sealed {code}", 2)), "盖章申报书.pdf"),
        **({"replaces": replaces} if replaces else {}),
    }
    place = f"/applications/{application}/attachments/L-scan"
    return person.send(place, given, status, content_type="multipart/form-data")


def test_a_paper_is_printed_watched_and_taken(app: Flask, house: House, draft: UUID) -> None:
    person = Person(app, "editor")
    place = _print(person, draft)
    assert "排队中" in person.visit(place)
    assert person.client.get(f"{place}/pdf").status_code == 303
    house.printing.drain()
    page = person.visit(f"{place}?part")
    assert "<html" not in page
    assert f'href="{place}/pdf"' in page
    answer = person.client.get(f"{place}/pdf")
    assert answer.get_data().startswith(b"%PDF-")
    assert re.search(r"申报书-HN-AI-2025-\d{4}-v1\.pdf$", unquote(answer.headers["Content-Disposition"]))
    assert _print(person, draft) == place, "the same text is the same paper"


def test_a_stale_scan_is_refused_and_an_older_one_is_replaced(app: Flask, house: House, draft: UUID) -> None:
    """「扫描件对应 v1，当前是 v2。请打印 v2 重新盖章。」"""
    person = Person(app, "editor")
    first = _code(_print(person, draft))
    _upload(person, draft, first)
    answers = {"bank": "中国银行岳麓支行"}
    house.do("editor", c.SaveSection(application_id=draft, section="unit", answers=answers))
    page = person.visit(f"/applications/{draft}")
    assert "扫描件对应 v1，当前是 v2。请打印 v2 重新盖章。" in page
    assert "扫描件为 v1" in page, "the panel names the version of the scan"
    (held,) = house.application(draft).attachments["L-scan"]
    refused = _upload(person, draft, first, 422, held.file_id)
    assert "扫描件对应 v1，当前是 v2" in refused
    second = _code(_print(person, draft))
    _upload(person, draft, second, replaces=held.file_id)
    assert [file.paper_code for file in house.application(draft).attachments["L-scan"]] == [second]
    assert "扫描件对应" not in person.visit(f"/applications/{draft}")


def test_a_failed_paper_says_why_and_is_tried_again(app: Flask, house: House, draft: UUID) -> None:
    from workflow.printing import jobs
    from workflow.printing.jobs import State

    person = Person(app, "editor")
    place = _print(person, draft)
    with house.store.begin() as db:
        job = jobs.claim(db, house.printing._wall.now(db))
        assert job is not None
        assert jobs.failed(db, job, "memory", for_good=True) is State.FAILED
    page = person.visit(place)
    assert "内存不够" in page
    assert person.client.get(f"{place}/pdf").status_code == 303
    assert "排队中" in person.visit(place)


def test_an_authority_takes_the_sealed_form_and_an_expert_nothing(app: Flask, house: House) -> None:
    application = house.reviewed()
    house.do("clerk", c.DrawPanel(application_id=application), "2025-12-22 10:00")
    (paper,) = house.printing.papers(house.application(application))
    place = f"/applications/{application}/papers/{paper.code}"
    bureau = Person(app, "yuelu-clerk")
    assert f"{place}/pdf" in bureau.visit(f"/applications/{application}")
    assert bureau.client.get(f"{place}/pdf").status_code == 303
    house.printing.drain()
    assert bureau.client.get(f"{place}/pdf").get_data().startswith(b"%PDF-")
    assert bureau.client.get(f"{place}/docx").status_code == 404
    expert = Person(app, house.application(application).review.panel[0])
    for address in (place, f"{place}/pdf"):
        assert expert.client.get(address).status_code in (403, 404)
    assert place not in expert.visit(f"/applications/{application}")


def test_the_check_page_tells_the_version_and_nothing_about_anybody(app: Flask, house: House, draft: UUID) -> None:
    code = _code(_print(Person(app, "editor"), draft))
    anybody = Person(app)
    page = anybody.visit(f"/v/{code.lower()}")
    assert "此纸为当前版本（v1）" in page
    stands = house.application(draft)
    for hidden in (stands.unit_name, stands.lead_unit, str(stands.answers["project_name"]), str(draft)):
        assert hidden not in page
    unknown = [
        re.findall(r"<main.*</main>", anybody.visit(f"/v/{typed}", 404), re.DOTALL)[0]
        for typed in ("K7QX-2M4D-9STB-0F3A", "nonsense", "0" * 300)
    ]
    assert len(set(unknown)) == 1
    answer = anybody.client.get("/v", query_string={"code": code.replace("-", " ")})
    assert answer.headers["Location"] == f"/v/{code}"


def test_a_bureau_takes_its_recommendation_list(app: Flask, house: House) -> None:
    house.recommended()
    bureau = Person(app, "yuelu-head")
    page = bureau.visit("/inbox")
    places = re.findall(r'href="(/recommendations/hn-2025/L/[^"]+)"', page)
    assert [place.rpartition(".")[2] for place in places] == ["xlsx", "pdf"]
    for place, begins in zip(places, (b"PK", b"%PDF-"), strict=True):
        assert bureau.client.get(place).get_data().startswith(begins)
    assert Person(app, "editor").client.get(places[0]).status_code == 403
