"""A sealed text judged again under changed rules: who would be refused, who accepted, and by which rule."""

import shutil
from pathlib import Path

import pytest

import programmes
from programmes.call import Call
from programmes.catalogue import load
from tests.filled import FILES, filled
from tests.scenario import ADMIN, facts
from workflow.application import Application
from workflow.facts import Facts
from workflow.rejudging import Rejudged, judged, rejudge

SHIPPED = Path(programmes.__file__).parent / "calls" / "hn-2025"
SEALED_ON = "2025-11-20 10:00"


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path / "hn-2025"))


def swap(folder: Path, file: str, before: str, after: str) -> Call:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    return load(folder)


def whole() -> tuple[Application, Facts]:
    return filled().application, facts(ADMIN, SEALED_ON)


def again(changed: Call) -> Rejudged:
    application, known = whole()
    return rejudge(application, known, changed)


def test_under_its_own_definition_nothing_differs() -> None:
    application, known = whole()
    told = rejudge(application, known, known.call)
    assert (told.before, told.after, told.outcome) == ((), (), "same")


@pytest.mark.parametrize(
    ("file", "before", "after", "code", "field"),
    [
        ("L/checks.yaml", "field: params_yi, value: 8", "field: params_yi, value: 100000", "BELOW_MIN", "params_yi"),
        ("L/checks.yaml", "values: [enterprise, public_institution]", "values: [foundation]", "UNIT_KIND", None),
        ("L/checks.yaml", "years: 2", "years: 20", "TOO_YOUNG", "registered_on"),
        ("L/form.yaml", "max_zi: 500", "max_zi: 5", "FIELD_TOO_LONG", "unit_profile"),
        ("L/form.yaml", "id: unit_profile", "id: unit_portrait", "REQUIRED", "unit_portrait"),
        ("L/form.yaml", "type: longtext\n        max_zi: 500", "type: date", "BAD_FORMAT", "unit_profile"),
        ("call.yaml", "applicant_close: 2025-11-28 17:00", "applicant_close: 2025-11-19", "DEADLINE_PASSED", None),
        ("L/papers.yaml", "id: L-7", "id: L-17\n    required: true\n    label: {zh: 新, en: New}\n  - id: L-7", "MISSING_ATTACHMENT", None),
        ("L/papers.yaml", "version: hn-2025-L-1", "version: hn-2025-L-2", "MISSING_COMMITMENT", None),
    ],
)  # fmt: skip
def test_a_rule_made_harder_refuses_and_says_by_which(
    written: Path, file: str, before: str, after: str, code: str, field: str | None
) -> None:
    told = again(swap(written, file, before, after))
    assert told.outcome == "refused"
    assert [one.code for one in told.after] == [code]
    assert told.newly == told.after
    if field:
        assert told.after[0].params["field"] == field


def test_a_rule_made_softer_accepts_a_draft_that_was_refused(written: Path) -> None:
    application = filled(files=FILES[:-1]).application
    changed = swap(
        written, "L/papers.yaml", "    several: true\n    rule: [R-142", "    required: false\n    rule: [R-142"
    )
    told = rejudge(application, facts(ADMIN, SEALED_ON), changed)
    assert (told.outcome, [one.code for one in told.no_longer]) == ("accepted", ["MISSING_ATTACHMENT"])


def test_other_reasons_are_told_apart(written: Path) -> None:
    application = filled(files=()).application
    changed = swap(written, "L/checks.yaml", "field: params_yi, value: 8", "field: params_yi, value: 100000")
    told = rejudge(application, facts(ADMIN, SEALED_ON), changed)
    assert (told.outcome, [one.code for one in told.newly]) == ("otherwise", ["BELOW_MIN"])


def test_a_direction_that_is_gone_is_one_reason(written: Path) -> None:
    application, known = whole()
    changed = known.call.model_copy(update={"programmes": known.call.programmes[1:]})
    assert [one.code for one in judged(application, known, changed)] == ["DIRECTION_UNKNOWN"]


def test_an_unchanged_form_is_not_read_again_and_changes_nothing(written: Path) -> None:
    """Canonical answers read again are the same answers, for every field of the form."""
    text = (written / "L/form.yaml").read_text(encoding="utf-8")
    (written / "L/form.yaml").write_text(text.replace("zh: ", "zh: 新"), encoding="utf-8")
    assert again(load(written)).outcome == "same"


def test_other_report_years_are_asked_for(written: Path) -> None:
    told = again(swap(written, "call.yaml", "report_years: [2023, 2024]", "report_years: [2022, 2024]"))
    assert told.outcome == "refused"
    assert {"REQUIRED", "MISSING_ATTACHMENT"} == {one.code for one in told.newly}
