"""Faults about costs, rows and days are named with file and line, like every other fault of a definition."""

import shutil
from pathlib import Path

import pytest

import programmes
from programmes.check import check

SHIPPED = Path(programmes.__file__).parent / "calls" / "gd-2026"


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path / "gd-2026"))


def test_the_shipped_call_is_sound() -> None:
    assert check(SHIPPED) == []


FAULTS = [
    ("B/costs.yaml", "lines: cost_lines", "lines: expenses", "costs.lines", "no such table"),
    ("B/costs.yaml", "payments: payments", "payments: goals", "costs.payments", "needs a column"),
    ("B/costs.yaml", "{id: hardware,", "{id: machines,", "costs.categories[0].kinds[0].id", "no option 'machines'"),
    ("B/costs.yaml", "{id: software,", "{id: hardware,", "costs.categories[0].kinds[1].id", "used twice"),
    ("B/costs.yaml", "not_eligible: own_labour", "not_eligible: []", "costs.categories", "'own_labour' belongs to no"),
    ("B/costs.yaml", "slot: invoice,", "slot: bill,", "costs.evidence[1].slot", "no such attachment"),
    ("B/costs.yaml", "evidence: [evidence_list,", "evidence: [lists,", "costs.categories[0].evidence[0]", "no such"),
    ("B/costs.yaml", "last: 2025-07-31", "last: 2021-07-31", "costs.window.last", "before the first"),
    ("B/costs.yaml", "last: 2025-07-31", "last: July 2025", "costs.window.last", "a day such as"),
    ("B/costs.yaml", "floor: 3,000,000.00 元 ", "", "costs.floor_policy", "no `floor`"),
    ("B/costs.yaml", "rate_bp: 3000", "rate_bp: 30000", "costs.rate_bp", "not be more than 10000"),
    ("B/costs.yaml", "rate_bp: 3000", "rate: 3000", "costs.rate", "unknown word"),
    ("B/costs.yaml", "partial_payment: pro_rata", "partial_payment: half", "costs.partial_payment", "must be"),
    ("B/costs.yaml", "cap: 8,000,000.00 元", "cap: 8,000,000.001 元", "costs.cap", ""),
    ("B/form.yaml", "{id: paid_on, label: {zh: 支付", "{id: day, label: {zh: 支付", "costs.payments", "'paid_on'"),
    ("B/form.yaml", "unit: 元, above: 0}", "unit: 美元, above: 0}", "form[3].fields[1].columns[3].unit", "万元 or 元"),
    ("B/form.yaml", "{id: datasets,", "{id: data_sets,", "costs.categories[2].kinds[0].id", "no option"),
    ("B/checks.yaml", "field: started_on", "field: industry", "checks[0].field", "about a date"),
    ("B/checks.yaml", "first: 2022-07-01", "first: 2022-13-01", "checks[0].day_within.first", "a day such as"),
    ("B/checks.yaml", "distinct: number", "distinct: numbers", "checks[21].distinct", "no such column"),
    ("B/checks.yaml", "option: social", "option: moral", "checks[24].option", "no option"),
    ("B/checks.yaml", "field: scenarios", "field: industry", "checks[20].field", "about a table"),
    ("B/checks.yaml", "controller: group_controller", "controller: owner", "checks[30].controller", "no such field"),
    ("B/checks.yaml", "price_letter]", "letter]", "checks[31].slots", "no such attachment"),
    ("B/checks.yaml", "kind: tax_fits", "kind: tax_fitz", "checks[27]", "no such kind"),
]


@pytest.mark.parametrize(("file", "old", "new", "place", "said"), FAULTS, ids=[f"{row[0]}-{row[3]}" for row in FAULTS])
def test_a_fault_is_named_where_it_is_written(
    written: Path, file: str, old: str, new: str, place: str, said: str
) -> None:
    text = (written / file).read_text(encoding="utf-8")
    assert old in text
    (written / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    found = {fault.place: fault for fault in check(written)}
    fault = found[f"programmes[0].{place.replace('.day_within', '')}"]
    assert said in fault.en
    assert fault.zh
    assert fault.file in {file, "B/costs.yaml"}
    assert fault.line > 1


def test_an_award_by_ratio_needs_costs(written: Path) -> None:
    (written / "B" / "costs.yaml").unlink()
    faults = {fault.place: fault.en for fault in check(written)}
    assert faults["programmes[0].award_mode"] == "an award by ratio needs `costs`"
    assert sum(said == "this rule needs `costs`" for said in faults.values()) == 11
