"""A bank's statement through page and API: proposed, ticked, booked row by row; what fails leaves the others standing."""

from datetime import date
from io import BytesIO
from typing import Any

import pytest

from tests.browser.site import Person, site
from tests.workflow.awarded import joint_award
from tests.workflow.house import Api, House
from workflow import commands as c

LEAD_NAME = "湖南岳麓智模科技有限公司"
CSV = (
    "交易日期,借方金额,贷方金额,流水号,对方户名,摘要\r\n"
    f'2026-01-22,"400,000.00",,B-1,{LEAD_NAME},拨付\r\n'
    f'2026-01-22,"600,000.00",,B-2,{LEAD_NAME},拨付\r\n'
    f"2026-01-22,7.00,,B-3,{LEAD_NAME},手续费\r\n"
    f"2026-01-32,7.00,,B-4,{LEAD_NAME},日期有误\r\n"
    f'2026-01-22,"400,000.00",,B-1,{LEAD_NAME},重复\r\n'
)


def instructed(house: House) -> Any:
    application = joint_award(house)
    for amount in (40_000_000, 60_000_000):
        house.do("finance", c.InstructTranche(application_id=application, amount_fen=amount))
    return application


@pytest.mark.parametrize("name", ["流水.csv", "流水.txt"])
def test_finance_looks_ticks_and_sees_what_became_of_each_row(house: House, name: str) -> None:
    application, finance = instructed(house), Person(site(house), "finance")
    finance.visit("/payments/statement")
    page = finance.send("/payments/statement", {"file": (BytesIO(CSV.encode("gb18030")), name)}, 200)
    assert "5 行中" not in page
    assert "4 行中有 2 行可以登记" in page
    assert "A5" in page
    assert "本文件第 2 行" in page
    assert "没有金额为 7.00 元的待拨批次" in page
    ticked = _ticked(page)
    key = finance.hidden("command_id", -1)
    done = finance.send("/payments/statement/bookings", {"book": ticked[1], "command_id": key}, 200)
    assert "1 行中已登记 1 行" in done
    stands = house.application(application)
    assert [tranche.bank_reference for tranche in stands.tranches] == ["", "B-2"]
    head = house.store.head_position()
    again = finance.send("/payments/statement/bookings", {"book": ticked, "command_id": key}, 200)
    assert "2 行中已登记 2 行" in again
    assert house.store.head_position() == head + 1
    assert house.application(application).stage == "disbursed"


def _ticked(page: str) -> list[str]:
    import html
    import re

    return [html.unescape(found) for found in re.findall(r'name="book" value="([^"]+)"', page)]


def test_a_row_that_no_longer_fits_is_not_booked_and_a_forged_one_is_refused(house: House) -> None:
    application, finance = instructed(house), Person(site(house), "finance")
    finance.visit("/payments/statement")
    page = finance.send("/payments/statement", {"file": (BytesIO(CSV.encode()), "流水.csv")}, 200)
    (first, _) = _ticked(page)
    house.do("finance", c.ConfirmPaid(application_id=application, bank_reference="X-1", tranche=1))
    page = finance.send("/payments/statement/bookings", {"book": first, "command_id": "k"}, 200)
    assert "情况已变" in page
    finance.visit("/payments/statement")
    finance.send("/payments/statement/bookings", {"book": "{}", "command_id": "k2"}, 422)
    forged = first.replace(str(application), "zzz")
    finance.send("/payments/statement/bookings", {"book": forged, "command_id": "k3"}, 422)


def test_a_payment_that_the_bank_sent_back_is_found_and_booked_as_its_return(house: House) -> None:
    """Money comes in under a reference of its own; the remark says that it is a return, and of which payment."""
    application, finance = instructed(house), Person(site(house), "finance")
    house.do("finance", c.ConfirmPaid(application_id=application, bank_reference="B-1", tranche=1))
    house.do("finance", c.ConfirmPaid(application_id=application, bank_reference="B-2", tranche=2))
    assert house.application(application).stage == "disbursed"
    rows = (
        "交易日期,借方金额,贷方金额,流水号,对方户名,摘要\r\n"
        '2026-01-23,,"400,000.00",R-1,某某银行,退汇 原流水号 B-1 户名不符\r\n'
        '2026-01-23,,"400,000.00",R-2,某某银行,退汇 原流水号 B-1 户名不符\r\n'
        f'2026-01-23,,"400,000.00",R-3,{LEAD_NAME},货款\r\n'
    )
    finance.visit("/payments/statement")
    page = finance.send("/payments/statement", {"file": (BytesIO(rows.encode()), "流水.csv")}, 200)
    assert "3 行中有 1 行可以登记" in page
    assert "第 1 笔被银行退回" in page
    key = finance.hidden("command_id", -1)
    done = finance.send("/payments/statement/bookings", {"book": _ticked(page), "command_id": key}, 200)
    assert "1 行中已登记 1 行" in done
    stands = house.application(application)
    assert (stands.stage, stands.tranches[0].returned) == ("disbursing", ("B-1",))
    last = house.store.read_stream(f"application-{application}")[-1]
    assert "R-1" in last.payload
    assert "2026-01-23" in last.payload


@pytest.mark.parametrize(
    ("remark", "paid_again"), [("退汇", date(2026, 1, 24)), ("退汇 原流水号 B-1 户名不符", date(2026, 1, 23))]
)
def test_a_return_that_is_booked_is_not_the_return_of_the_next_payment(
    house: House, remark: str, paid_again: date
) -> None:
    """A statement read a second time, after the tranche was paid once more: on a later day, or naming the payment of before."""
    application, finance = instructed(house), Person(site(house), "finance")
    rows = f'交易日期,贷方金额,流水号,对方户名,摘要\r\n2026-01-23,"400,000.00",R-1,{LEAD_NAME},{remark}\r\n'
    told: list[bool] = []
    for reference, paid_on in (("B-1", date(2026, 1, 22)), ("B-2", paid_again)):
        house.do(
            "finance", c.ConfirmPaid(application_id=application, bank_reference=reference, tranche=1, paid_on=paid_on)
        )
        finance.visit("/payments/statement")
        page = finance.send("/payments/statement", {"file": (BytesIO(rows.encode()), "流水.csv")}, 200)
        told.append("第 1 笔被银行退回" in page)
        if told[-1]:
            key = finance.hidden("command_id", -1)
            finance.send("/payments/statement/bookings", {"book": _ticked(page), "command_id": key}, 200)
    assert told == [True, False]


def test_nobody_but_finance_reads_a_statement(house: House) -> None:
    for who in ("lead", "clerk", "admin"):
        Person(site(house), who).visit("/payments/statement", 403)


def test_the_same_workbook_through_the_api(house: House, api: Api) -> None:
    application = instructed(house)
    head = ["交易日期", "借方金额", "流水号", "对方户名"]
    sent = {"file": (_workbook(head, ["2026-01-22", "400000.00", "B-1", LEAD_NAME]), "流水.xlsx")}
    answer = api.ask("finance", "POST", "/bank-statements", data=sent, content_type="multipart/form-data")
    assert answer.status_code == 200, answer.get_json()
    (row,) = answer.get_json()["rows"]
    assert (row["application"], row["tranche"], row["refusal"]) == (str(application), 1, None)
    asked = {name: row[name] for name in row if name not in ("number", "refusal")}
    wrong = {**asked, "row": 9, "reference": "B-9", "amount_fen": 5}
    done = api.ask("finance", "POST", "/bank-statements/bookings", {"rows": [wrong, asked]}).get_json()["rows"]
    assert [(one["stage"], [why["code"] for why in one["refusals"]]) for one in done] == [
        ("", ["ROW_CHANGED"]),
        ("disbursing", []),
    ]
    again = api.ask("finance", "POST", "/bank-statements/bookings", {"rows": [asked]}).get_json()["rows"]
    assert [why["code"] for why in again[0]["refusals"]] == ["DUPLICATE_BANK_REF"]


def _workbook(*rows: list[str]) -> BytesIO:
    from openpyxl import Workbook

    book, written = Workbook(), BytesIO()
    for row in rows:
        book.worksheets[0].append(row)
    book.save(written)
    written.seek(0)
    return written
