"""Every fault of a definition is named with file, line and place, in both languages; a sound one has none."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import programmes
from programmes import source
from programmes.calendar import instant
from programmes.catalogue import Catalogue, DefinitionFaulty, call_of, canonical, load
from programmes.check import check, check_source
from programmes.source import read_folder

SHIPPED = Path(programmes.__file__).parent / "calls" / "hn-2025"


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path / "hn-2025"))


def swap(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_shipped_call_is_sound() -> None:
    assert check(SHIPPED) == []
    assert check(SHIPPED / "call.yaml") == []


FAULTS = [
    ("call.yaml", "year: 2025", "yaer: 2025", "yaer", "unknown word"),
    ("call.yaml", "status: issued", "status: published", "status", "must be 'draft_for_approval' or 'issued'"),
    ("call.yaml", "status: issued", "digest: abc\nstatus: issued", "digest", "computed"),
    ("call.yaml", "applicant_close: 2025-11-28 17:00", "applicant_close: 28.11.2025", "deadlines.applicant_close", ""),
    ("call.yaml", "county_close: 2025-12-05", "county_close: 2025-11-05", "deadlines.county_close", "earlier"),
    ("call.yaml", "report_years: [2023, 2024]", "report_years: [2024, 2023]", "report_years", "early to late"),
    ("call.yaml", "calendar: cn", "calendar: mars", "calendar", "does not hold 2025"),
    ("call.yaml", "panel: 5", "panel: 6", "review.panel", "odd"),
    ("call.yaml", "panel: 5", "panel: 0", "review.panel", "greater than 0"),
    ("call.yaml", "panel: 5", "panel: 5, mix: [{field: 财务, at_least: 6}]", "review.mix[0].at_least", "panel of 5"),
    (
        "call.yaml",
        "odd: true",
        "odd: true, mix: [{field: 财务, at_least: 1}, {field: 财务, at_least: 1}]",
        "review.mix[1].field",
        "twice",
    ),
    ("call.yaml", "trim: 1", "trim: 3", "review.trim", "nothing"),
    (
        "L/directions.yaml",
        "    rubric:",
        "    tie_break: [nothing]\n    rubric:",
        "programmes[0].directions[0].tie_break[0]",
        "no such criterion",
    ),
    ("call.yaml", "decimals: 2", "decimals: 3", "review.decimals", ""),
    ("call.yaml", "programme: L,", "programme: X,", "quotas[0].programme", "no such programme"),
    ("call.yaml", "50,000,000.00 元", "50,000,000.001 元", "budget", ""),
    ("routes.yaml", "steps: [county, city, province]", "steps: [county, city]", "routes[3].steps", "province"),
    ("routes.yaml", "id: HN-R2", "id: HN-R1", "routes[1].id", "twice"),
    ("L/form.yaml", "id: liaison_name", "id: unit_name", "programmes[0].form[1].fields[10].id", "twice"),
    ("L/form.yaml", "type: longtext", "type: essay", "programmes[0].form[1].fields[14].type", "must be"),
    ("L/form.yaml", "max_zi: 500", "max_zi: viel", "programmes[0].form[1].fields[14].max_zi", "whole number"),
    (
        "L/form.yaml",
        "{field: assessment_score, given: true}",
        "{field: nothing, given: true}",
        "programmes[0].form[1].fields[16].required_when.field",
        "no such field",
    ),
    (
        "L/form.yaml",
        "{field: model_type, is: vertical}",
        "{field: model_type, is: deep}",
        "programmes[0].form[7].fields[1].required_when.is",
        "no option",
    ),
    (
        "L/form.yaml",
        "directions: L-V",
        "directions: L-X",
        "programmes[0].form[7].fields[1].directions",
        "no such direction",
    ),
    ("L/form.yaml", "type: multi", "type: text", "programmes[0].form[3].fields[2].type", "options"),
    (
        "L/form.yaml",
        "type: email\n        personal: true",
        "type: date\n        personal: true",
        "programmes[0].form[1].fields[13].personal",
        "personal",
    ),
    ("L/checks.yaml", "other: revenue", "other: income", "programmes[0].checks[0].other", "no such field"),
    ("L/checks.yaml", "other: staff", "other: unit_name", "programmes[0].checks[1].other", "decimal"),
    ("L/checks.yaml", "kind: at_least", "kind: about", "programmes[0].checks[4]", "no such kind"),
    ("L/checks.yaml", "slot: L-7", "slot: L-77", "programmes[0].checks[19].slot", "no such attachment"),
    ("L/checks.yaml", "option: own", "option: rented", "programmes[0].checks[16].option", "no option"),
    ("L/checks.yaml", "code: TOO_YOUNG", "code: too young", "programmes[0].checks[12].code", "match"),
    ("L/directions.yaml", "max: 40", "max: 41", "programmes[0].directions[0].rubric", "adds up to 101"),
    (
        "L/directions.yaml",
        "industry_from: domains",
        "industry_from: fields",
        "programmes[0].directions[1].industry_from",
        "no such field",
    ),
    (
        "L/papers.yaml",
        "made_from: project_name",
        "made_from: name",
        "programmes[0].paper.cover[0].made_from",
        "no such field",
    ),
    ("L/papers.yaml", "id: L-2", "id: L-1", "programmes[0].attachments[1].id", "twice"),
    ("P/form.yaml", "whole: team_total", "whole: nobody", "programmes[1].form[3].fields[4].computed.whole", "no such"),
    ("P/form.yaml", "part: specialists", "part: unit_name", "programmes[1].form[3].fields[4].computed.part", "integer"),
    (
        "P/form.yaml",
        'type: percent\n        unit: "%"\n        computed',
        'type: decimal\n        unit: "%"\n        computed',
        "programmes[1].form[3].fields[4].computed",
        "a percent",
    ),
    (
        "P/form.yaml",
        "min: 16, max: 100",
        "computed: {part: a, whole: b}",
        "programmes[1].form[10].fields[0].columns[1].computed",
        "column",
    ),
    ("P/form.yaml", "quotes: [R-059,", "quotes: [R-999,", "programmes[1].form[7].quotes", "no such clause"),
    ("P/checks.yaml", "column: specialist,", "column: age,", "programmes[1].checks[17].column", "yes-or-no"),
    (
        "P/checks.yaml",
        "field: team, other: team_total",
        "field: goals, other: team_total",
        "programmes[1].checks[16].field",
        "a table",
    ),
    (
        "P/checks.yaml",
        "field: team, other: team_total",
        "field: team, other: goals",
        "programmes[1].checks[16].other",
        "an integer",
    ),
    ("P/checks.yaml", "field: goals", "field: centre_intro_", "programmes[1].checks[15].field", "no such field"),
    ("P/checks.yaml", "field: goals", "field: team_total", "programmes[1].checks[15].field", "longtext"),
    ("P/checks.yaml", "value: together", "value: both", "programmes[1].checks[4].value", "no such option"),
    ("P/checks.yaml", "percent: 50", "percent: 150", "programmes[1].checks[7].percent", "100"),
    ("P/checks.yaml", "field: served_enterprises", "field: goals", "programmes[1].checks[10].field", "integer"),
    ("L/programme.yaml", "HN-AI-{year}-{n:04}", "HN-AI-{year}", "programmes[0].number", "needs {n}"),
]


@pytest.mark.parametrize(("file", "old", "new", "place", "said"), FAULTS, ids=[f"{row[0]}-{row[3]}" for row in FAULTS])
def test_a_fault_is_named_where_it_is_written(
    written: Path, file: str, old: str, new: str, place: str, said: str
) -> None:
    swap(written, file, old, new)
    (fault, *_) = [one for one in check(written) if one.place == place]
    assert fault.file == file
    changed = new.splitlines()[-1].strip() if "\n" not in old else new.splitlines()[0].strip()
    line = (written / file).read_text(encoding="utf-8").splitlines()[fault.line - 1]
    assert said in fault.en
    assert fault.zh
    assert fault.line == 1 or line.strip()
    assert changed


def test_the_line_is_the_line_of_the_word(written: Path) -> None:
    swap(written, "call.yaml", "calendar: cn", "calendar: mars")
    (fault,) = check(written)
    lines = (written / "call.yaml").read_text(encoding="utf-8").splitlines()
    assert lines[fault.line - 1] == "calendar: mars"
    assert str(fault).startswith(f"call.yaml:{fault.line}: calendar: 工作日表里没有 2025 年")


def test_every_fault_is_named_at_once(written: Path) -> None:
    for file, old, new in [
        ("call.yaml", "panel: 5", "panel: 6"),
        ("L/checks.yaml", "other: revenue", "other: income"),
        ("L/form.yaml", "type: longtext", "type: essay"),
        ("L/directions.yaml", "max: 40", "max: 41"),
        ("L/papers.yaml", "delegate: false", "delegate: perhaps"),
    ]:
        swap(written, file, old, new)
    assert {one.file for one in check(written)} == {
        "call.yaml",
        "L/checks.yaml",
        "L/form.yaml",
        "L/directions.yaml",
        "L/papers.yaml",
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "cannot be read"),
        ("- a\n- b\n", "words and values"),
        ("a: &x {b: 1}\nc: *x\n", "no anchors"),
        ("year: 2025\n", "written twice"),
        ("a: {b: 1, b: 2}\n", "written twice"),
        ("[a]: 1\n", "plain text"),
        ("a: " + "[" * 60 + "]" * 60 + "\n", "nested"),
        ("a: \x07\n", "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(written: Path, text: str, said: str) -> None:
    (written / "more.yaml").write_text(text, encoding="utf-8")
    assert any(said in fault.en and fault.file == "more.yaml" for fault in check(written))


def test_a_folder_without_a_definition(tmp_path: Path) -> None:
    assert "no .yaml file" in " ".join(fault.en for fault in check(tmp_path))


def test_a_definition_with_a_fault_cannot_be_published(written: Path) -> None:
    swap(written, "call.yaml", "panel: 5", "panel: 6")
    with pytest.raises(DefinitionFaulty) as refused:
        load(written)
    assert [fault.place for fault in refused.value.faults] == ["review.panel"]


def test_a_draft_for_approval_is_sound_but_opens_no_call(written: Path) -> None:
    """「（送审稿）」: a call opens only from an issued version."""
    swap(written, "call.yaml", "status: issued", "status: draft_for_approval")
    draft = load(written)
    for moment in ("2025-11-03 09:00", "2025-11-10", "2026-11-10"):
        assert [one.code for one in draft.closed_to(instant(moment))] == ["CALL_NOT_OPEN"]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_checking_never_raises_whatever_stands_in_a_place(data: st.DataObject) -> None:
    written = read_folder(SHIPPED)
    here = written.data
    for _ in range(data.draw(st.integers(0, 6))):
        keys = list(here) if isinstance(here, dict) else list(range(len(here)))
        inner = [key for key in keys if isinstance(here[key], dict | list) and here[key]]
        if not inner:
            break
        here = here[data.draw(st.sampled_from(inner))]
    keys = list(here) if isinstance(here, dict) else list(range(len(here)))
    here[data.draw(st.sampled_from(keys))] = data.draw(VALUES)
    assert isinstance(check_source(written), list)


def test_the_catalogue_knows_calls_by_id_and_by_digest() -> None:
    catalogue = Catalogue.packaged()
    call = catalogue.get("hn-2025")
    assert catalogue.by_digest(call.digest) is call
    assert catalogue.get("hn-2025", call.digest) is call
    assert call in catalogue.calls()
    for wrong in ("hn-1999",):
        with pytest.raises(KeyError):
            catalogue.get(wrong)
    with pytest.raises(KeyError):
        catalogue.by_digest("0" * 64)


def test_a_call_is_made_again_from_its_text_with_the_same_digest() -> None:
    call = Catalogue.packaged().get("hn-2025")
    assert call_of(call.document) == call
    assert len(call.digest) == 64


def test_a_new_revision_is_current_and_the_old_one_stays(written: Path) -> None:
    catalogue = Catalogue.packaged()
    old = catalogue.get("hn-2025")
    swap(written, "call.yaml", "revision: 2", "revision: 3")
    swap(written, "L/checks.yaml", "value: 8", "value: 10")
    both = catalogue.with_call(load(written))
    assert both.get("hn-2025").revision == 3
    assert both.get("hn-2025", old.digest) == old
    assert both.get("hn-2025").digest != old.digest


def test_layout_and_comments_do_not_change_the_digest(written: Path) -> None:
    swap(written, "call.yaml", "budget:", "# 预算\nbudget:")
    assert load(written).digest == Catalogue.packaged().get("hn-2025").digest


def test_the_fast_and_the_slow_reader_read_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    read = read_folder(SHIPPED)
    monkeypatch.setattr(source, "_LOADER", yaml.SafeLoader)
    again = read_folder(SHIPPED)
    assert (again.data, again.marks) == (read.data, read.marks)


def test_canonical_text_holds_no_float() -> None:
    order: Callable[[], str] = lambda: canonical({"b": [1, "二"], "a": None})  # noqa: E731
    assert order() == '{"a":null,"b":[1,"二"]}'
    assert "." not in canonical({"n": 10**20})
