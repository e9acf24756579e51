"""A view of the log can be taken away as CSV, Excel and JSON Lines; no cell is ever a formula, nothing in it is personal."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from openpyxl import load_workbook

from admin import export
from admin.search import Found
from tests.admin.office import CONTACT, OBJECTOR, Office

DANGEROUS = ("=1+1", "+cmd", "-2", "@x", "\t=1", "＝1")


def found(name: str) -> Found:
    return Found(
        position=1, stream="s", version=1, kind="unit", type="t", actor="person:x", at=datetime(2025, 11, 3, tzinfo=UTC),
        application="", number="", unit="91", unit_name=name, call="", definition="", direction="", region="430104",
    )  # fmt: skip


def rows() -> Iterator[export.Row]:
    for name in DANGEROUS:
        yield found(name), {"title": {"zh": name, "en": name}, "text": {"zh": name, "en": name}, "stage": ""}


def test_no_cell_of_the_csv_can_be_read_as_a_formula() -> None:
    text = b"".join(export.csv_lines(rows())).decode("utf-8-sig")
    cells = [cell for line in csv.reader(io.StringIO(text)) for cell in line]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "＝"))]
    assert "'=1+1" in cells


def test_no_cell_of_the_workbook_is_a_formula() -> None:
    sheet = load_workbook(io.BytesIO(export.workbook(rows()))).active
    assert sheet is not None
    kinds = {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None}
    assert kinds == {"s"}
    assert sheet.max_row == len(DANGEROUS) + 1


def test_json_lines_are_one_object_a_line() -> None:
    lines = b"".join(export.json_lines(rows())).splitlines()
    assert [json.loads(line)["unit_name"] for line in lines] == list(DANGEROUS)


def test_an_export_is_the_filtered_list_whole(office: Office) -> None:
    listed = office.api("auditor", "/history?number=HN-AI-2025-0001&limit=200").get_json()["events"]
    answer = office.api("auditor", "/history/export?format=jsonl&number=HN-AI-2025-0001")
    taken = [json.loads(line) for line in answer.data.splitlines()]
    assert [one["position"] for one in taken] == [one["position"] for one in listed]
    assert answer.content_type == "application/jsonl"


@pytest.mark.parametrize("form", ["csv", "jsonl", "xlsx"])
def test_nothing_personal_and_no_objector_is_taken_away(office: Office, form: str) -> None:
    answer = office.browser("auditor").get(f"/history/export/{form}")
    assert answer.status_code == 200
    content = answer.data
    if form == "xlsx":
        sheet = load_workbook(io.BytesIO(content)).active
        assert sheet is not None
        content = "\n".join(str(cell.value) for row in sheet.iter_rows() for cell in row).encode()
    text = content.decode()
    assert "推荐" in text
    objection = [line for line in text.splitlines() if "objection_received" in line]
    for secret in (OBJECTOR, CONTACT, "13800000000"):
        assert secret not in text
    assert not any("wenqu-admin" in line for line in objection)


def test_an_unknown_form_is_not_there(office: Office) -> None:
    assert office.browser("auditor").get("/history/export/pdf").status_code == 404
    assert office.api("auditor", "/history/export?format=pdf").status_code == 422
