"""A printed text has one code and one version; an older scan is refused; papers are made beside the requests."""

import hashlib
import io
import os
import re
import signal
import subprocess
import threading
from datetime import timedelta
from urllib.parse import unquote
from uuid import UUID

import pytest

from eventstore.facts import reading
from eventstore.rebuild import rebuild
from eventstore.refusal import Refused
from paperwork import pdf
from paperwork.document import Document
from tests.scenario import at
from tests.workflow.house import OTHER_UNIT, UNIT, Api, House
from workflow import commands as c
from workflow.api.printing import PaperAnswer
from workflow.dossier import view_of
from workflow.handling import FOLD
from workflow.printing import jobs
from workflow.printing.document import VEILED, Bearing, document_of
from workflow.printing.issuing import issue_of, kinds_of
from workflow.printing.room import Format, Paper, State, formats_for
from workflow.printing.schema import metadata
from workflow.state import FORM, Application


def _print(house: House, application: UUID, kind: str = FORM) -> Paper:
    house.do("editor", c.IssuePaper(application_id=application, kind=kind))
    stands = house.application(application)
    code = issue_of(stands, house.handling.call_of(stands), kind).code
    return next(paper for paper in house.printing.papers(stands) if paper.code == code)


def _write(house: House, application: UUID, text: str) -> None:
    answers = {"bank": text}
    house.do("editor", c.SaveSection(application_id=application, section="unit", answers=answers))


def _scan(application: UUID, code: str, file_id: str = "5c" * 16) -> c.AttachFile:
    return c.AttachFile(
        application_id=application,
        slot="L-scan",
        file_id=file_id,
        name="盖章.pdf",
        size=1000,
        sha256="5c" * 32,
        media_type="application/pdf",
        paper_code=code,
    )


def test_the_same_text_is_issued_once_and_each_other_text_has_its_own_version(house: House) -> None:
    application = house.filled()
    first = _print(house, application)
    version = house.application(application).version
    assert _print(house, application) == first
    assert house.application(application).version == version
    _write(house, application, "中国银行岳麓支行")
    second = _print(house, application)
    assert (first.version, second.version, second.stage) == (1, 2, "draft")
    assert [(paper.version, paper.current) for paper in house.printing.papers(house.application(application))] == [
        (2, True),
        (1, False),
    ]
    _write(house, application, "长沙银行股份有限公司岳麓支行")
    assert _print(house, application).code == first.code


def test_a_commitment_stays_current_when_the_form_changes(house: House) -> None:
    application = house.filled()
    signed = _print(house, application, "commitment")
    _write(house, application, "中国银行岳麓支行")
    assert _print(house, application, "commitment") == signed


def test_sealing_issues_the_form_of_the_sealed_text(house: House) -> None:
    application = house.sealed()
    stands = house.application(application)
    assert stands.sealed is not None
    (paper,) = house.printing.papers(stands)
    assert (paper.code, paper.version, paper.stage, paper.sealed) == (stands.sealed.paper_code, 1, "unit_sealed", True)


@pytest.mark.rule("R-069")
def test_a_scan_of_an_older_version_is_refused_with_both_versions(house: House) -> None:
    """「申报单位：（盖章）」: what was sealed on paper is the text that is handed in."""
    application = house.filled()
    old = _print(house, application)
    _write(house, application, "中国银行岳麓支行")
    with pytest.raises(Refused) as refused:
        house.do("editor", _scan(application, old.code))
    (refusal,) = refused.value.refusals
    assert (refusal.code, refusal.params["printed"], refusal.params["current"]) == ("STALE_SCAN", 1, 2)
    new = _print(house, application)
    house.do("editor", _scan(application, new.code.lower().replace("-", " ")))
    held = house.application(application).attachments["L-scan"]
    assert [file.paper_code for file in held] == [new.code]
    assert _print(house, application) == new, "the scan of a paper does not make it old"


@pytest.mark.parametrize(
    ("typed", "code"), [("", "SCAN_CODE_MISSING"), ("   ", "SCAN_CODE_MISSING"), ("K7QX-2M4D-9STB-0F3A", "SCAN_UNKNOWN"),
                        ("не код", "SCAN_UNKNOWN"), ("1" * 60, "SCAN_UNKNOWN")]
)  # fmt: skip
def test_a_scan_comes_with_the_code_of_its_paper(house: House, typed: str, code: str) -> None:
    application = house.filled()
    _print(house, application)
    assert house.refused("editor", _scan(application, typed)) == {code}


def test_a_code_of_another_kind_or_another_application_is_no_code_of_this_paper(house: House) -> None:
    application, other = house.filled(), house.open()
    commitment = _print(house, application, "commitment")
    assert house.refused("editor", _scan(application, commitment.code)) == {"SCAN_UNKNOWN"}
    foreign = _print(house, other)
    assert house.refused("editor", _scan(application, foreign.code), "2025-11-12 10:00") == {"SCAN_UNKNOWN"}


def test_a_stale_scan_hinders_the_seal_until_it_is_replaced(house: House) -> None:
    application = house.filled()
    house.do("editor", _scan(application, _print(house, application).code))
    _write(house, application, "中国银行岳麓支行")
    assert house.refused("admin", c.Seal(application_id=application)) == {"STALE_SCAN"}
    offered = {action.trigger: action for action in house.handling.actions(application, house.actor("admin"))}
    assert [refusal.code for refusal in offered["seal"].refusals] == ["STALE_SCAN"]
    house.do("editor", c.RemoveFile(application_id=application, slot="L-scan", file_id="5c" * 16))
    house.do("editor", _scan(application, _print(house, application).code, "5d" * 16))
    house.do("admin", c.Seal(application_id=application))


def test_an_unknown_kind_of_paper_is_refused(house: House) -> None:
    application = house.open()
    assert house.refused("editor", c.IssuePaper(application_id=application, kind="passport")) == {"PAPER_UNKNOWN"}


def test_the_table_of_papers_is_rebuilt_as_it_was(house: House) -> None:
    _print(house, house.filled())
    house.sealed("wenqu-", OTHER_UNIT)
    (papers,) = [each for each in house.projections if each.name == "papers"]
    made = rebuild(house.store, reading(house.dispatcher.codec, house.dispatcher.personal), papers, repair=False)
    assert made.equal


# making


def _document(house: House, application: Application, kind: str = FORM, *, veiled: bool = False) -> str:
    call = house.handling.call_of(application)
    bearing = Bearing(code="K7QX-2M4D-9STB-0F3A", version=1, link="https://x.test/v/K", dated=at("2025-11-20").date())
    return repr(document_of(application, call, kind, bearing, veiled=veiled))


def test_the_form_says_what_was_typed_under_the_official_headings(house: House) -> None:
    said = _document(house, house.application(house.filled()))
    for words in ("一、真实性承诺", "二、申报信息表", "（一）单位基本信息", "主要经营状况", "三、相关附件", UNIT.name):
        assert words in said, words
    headings = [said.index(words) for words in ("（二）大模型基本信息", "（三）大模型简介", "（七）知识产权和资质荣誉")]
    assert headings == sorted(headings)


def test_a_veiled_paper_holds_nothing_personal(house: House) -> None:
    application = house.application(house.filled())
    open_, veiled = _document(house, application), _document(house, application, veiled=True)
    for personal in ("13800138000", "liaison@example.cn", "0430123456789012"):
        if personal in open_:
            assert personal not in veiled
    assert VEILED in veiled


def test_a_paper_is_made_of_the_text_as_it_was_printed(house: House) -> None:
    application = house.filled()
    paper = _print(house, application)
    _write(house, application, "中国银行岳麓支行")
    house.printing.ask(paper, Format.PDF, "editor")
    assert house.printing.drain() == 1
    made = house.printing.jobs(paper)[Format.PDF]
    assert (made.state, made.attempts) == (State.DONE, 1)
    stream = house.printing.open(paper, Format.PDF)
    assert stream is not None
    with stream:
        data = stream.read()
    assert data.startswith(b"%PDF-")
    assert hashlib.sha256(data).hexdigest() == made.sha256
    assert made.pages == pdf.render(_drawn(house, paper)).pages


def _drawn(house: House, paper: Paper) -> Document:
    state = house.dispatcher.load(f"application-{paper.application_id}", FOLD, paper.at_version).state
    bearing = Bearing(
        code=paper.code, version=paper.version, link=f"https://vermilion.test/v/{paper.code}", dated=paper.dated
    )
    return document_of(state, house.handling.call_of(state), paper.kind, bearing)


def test_every_kind_of_paper_of_every_programme_is_made_in_every_format(house: House) -> None:
    application = house.filled()
    kinds = kinds_of(house.handling.call_of(house.application(application)).programme("L"))
    papers = [_print(house, application, kind) for kind in kinds]
    for paper in papers:
        for format in Format:
            house.printing.ask(paper, format, "editor")
    assert house.printing.drain() == len(papers) * len(Format)
    for paper in papers:
        assert {job.state for job in house.printing.jobs(paper).values()} == {State.DONE}, paper.kind


def test_asked_twice_is_made_once_and_two_workers_never_make_the_same(house: House) -> None:
    paper = _print(house, house.filled())
    for _ in range(3):
        house.printing.ask(paper, Format.DOCX, "editor")
    taken = []
    for _ in range(2):
        with house.store.begin() as db:
            taken.append(jobs.claim(db, house.printing._wall.now(db)))
    assert [job is not None for job in taken] == [True, False]


def test_what_a_dead_worker_left_is_made_by_another_and_given_up_after_the_third(house: House) -> None:
    paper = _print(house, house.filled())
    house.printing.ask(paper, Format.DOCX, "editor")
    for attempt in (1, 2, 3):
        with house.store.begin() as db:
            job = jobs.claim(db, house.printing._wall.now(db))
            assert job is not None
            assert job.attempts == attempt
        with house.store.begin() as db:
            jobs.recover(db, house.printing._wall.now(db) + jobs.LEASE + timedelta(seconds=1))
    lost = house.printing.jobs(paper)[Format.DOCX]
    assert (lost.state, lost.reason) == (State.FAILED, "lost")
    house.printing.ask(paper, Format.DOCX, "editor")
    assert house.printing.drain() == 1
    assert house.printing.jobs(paper)[Format.DOCX].state is State.DONE


def test_a_child_that_is_killed_is_tried_twice_more_and_then_shown(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper = _print(house, house.filled())
    house.printing.ask(paper, Format.PDF, "editor")
    run, killed = subprocess.run, list[int]()

    def shot(command: list[str], **more: object) -> object:
        more.pop("check", None), more.pop("capture_output", None), more.pop("timeout", None)
        typed = more.pop("input")
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)  # type: ignore[call-overload]
        os.kill(child.pid, signal.SIGKILL)
        killed.append(child.pid)
        out, err = child.communicate(typed) if child.poll() is None else (b"", b"")
        return subprocess.CompletedProcess(command, child.wait(), out, err)

    monkeypatch.setattr(pdf.subprocess, "run", shot)
    assert house.printing.drain() == jobs.ATTEMPTS == len(killed)
    failed = house.printing.jobs(paper)[Format.PDF]
    assert failed.state is State.FAILED
    assert failed.reason
    monkeypatch.setattr(pdf.subprocess, "run", run)
    house.printing.ask(paper, Format.PDF, "editor")
    assert house.printing.drain() == 1
    assert house.printing.jobs(paper)[Format.PDF].state is State.DONE


def test_a_paper_that_was_swept_or_spoilt_is_made_again_with_the_same_bytes(house: House) -> None:
    paper = _print(house, house.filled())
    house.printing.ask(paper, Format.PDF, "editor")
    house.printing.drain()
    digest = house.printing.jobs(paper)[Format.PDF].sha256
    assert digest
    (house.printing.shelf._path(digest)).write_bytes(b"spoilt")
    assert house.printing.open(paper, Format.PDF) is None
    assert house.printing.drain() == 1
    assert house.printing.jobs(paper)[Format.PDF].sha256 == digest
    assert house.printing.shelf.sweep(at("2999-01-01 00:00")) == 1
    assert house.printing.open(paper, Format.PDF) is None
    assert house.printing.drain() == 1


# who may have it


def test_each_gets_what_their_view_shows(house: House) -> None:
    application = house.recommended()
    stands = house.application(application)
    (sealed,) = house.printing.papers(stands)
    drafted = Paper(**{**{name: getattr(sealed, name) for name in Paper.__dataclass_fields__}, "sealed": False})
    may = {
        who: formats_for(house.actor(who), stands, sealed)
        for who in ("editor", "yuelu-clerk", "changsha-head", "clerk", "lead", "auditor", "expert-1")
        if who in house.actors
    }
    assert may["editor"] == (Format.PDF, Format.DOCX)
    for who in ("yuelu-clerk", "changsha-head", "clerk", "lead"):
        assert may.get(who, (Format.PDF,)) == (Format.PDF,), who
    assert may.get("auditor", (Format.VEILED,)) == (Format.VEILED,)
    assert may.get("expert-1", ()) == ()
    assert formats_for(house.actor("clerk"), stands, drafted) == ()
    assert not view_of(house.actor("clerk"), stands).working


# the API


def _asked(api: Api, application: UUID, **more: str) -> dict[str, object]:
    answer = api.ask("editor", "POST", f"/applications/{application}/papers", more)
    assert answer.status_code == 202, answer.get_data(as_text=True)
    assert answer.headers["Location"].endswith(answer.json["code"])
    return PaperAnswer.model_validate_json(answer.get_data()).model_dump()


def test_a_paper_over_the_api(house: House, api: Api) -> None:
    application = house.filled()
    asked = _asked(api, application)
    place = f"/applications/{application}/papers/{asked['code']}"
    assert api.ask("editor", "GET", f"{place}/pdf").status_code in (409, 422)
    house.printing.drain()
    told = api.ask("editor", "GET", place).json
    assert (told["version"], told["current"], told["files"][0]["state"]) == (1, True, "done")
    file = api.ask("editor", "GET", f"{place}/pdf")
    assert file.get_data().startswith(b"%PDF-")
    name = unquote(file.headers["Content-Disposition"])
    assert re.search(r"申报书-HN-AI-2025-\d{4}-v1\.pdf", name)
    assert len(api.ask("editor", "GET", f"/applications/{application}/papers").json["items"]) == 1


def test_nobody_else_gets_a_draft_s_paper(house: House, api: Api) -> None:
    application = house.filled()
    asked = _asked(api, application)
    place = f"/applications/{application}/papers/{asked['code']}"
    for who in ("yuelu-clerk", "clerk", "other-editor"):
        if who in house.actors:
            assert api.ask(who, "GET", place).status_code == 404, who
    assert api.ask("yuelu-clerk", "POST", f"/applications/{application}/papers", {}).status_code in (403, 404)


def test_anybody_may_check_a_code_and_learns_nothing_personal(house: House, api: Api) -> None:
    application = house.filled()
    asked = _asked(api, application)
    code = str(asked["code"])
    for typed in (code, code.lower(), code.replace("-", ""), code.replace("0", "O")):
        told = api.ask("", "GET", f"/papers/{typed}").json
        assert (told["number"], told["version"], told["stage"], told["current"]) == (asked["number"], 1, "draft", True)
    whole = api.ask("", "GET", f"/papers/{code}").get_data(as_text=True)
    stands = house.application(application)
    for hidden in (stands.unit_name, stands.lead_unit, str(stands.answers["project_name"]), str(application)):
        assert hidden not in whole
    _write(house, application, "中国银行岳麓支行")
    assert api.ask("", "GET", f"/papers/{code}").json["current"] is False


def test_unknown_and_malformed_codes_are_answered_alike(api: Api) -> None:
    answers = [
        api.ask("", "GET", f"/papers/{typed}")
        for typed in ("K7QX-2M4D-9STB-0F3A", "nonsense", "%F0%9F%92%A9", "0" * 500)
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.json["title"] for answer in answers}) == 1


def test_the_tables_are_those_of_the_migrations(house: House) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with house.engine.connect() as db:
        options = {"include_name": lambda name, kind, _: kind != "table" or name in metadata.tables}
        assert compare_metadata(MigrationContext.configure(db, opts=options), metadata) == []


def test_papers_asked_for_at_the_same_time_are_all_made(house: House) -> None:
    paper = _print(house, house.filled())
    for format in (Format.DOCX, Format.VEILED):
        house.printing.ask(paper, format, "editor")
    workers = [threading.Thread(target=house.printing.drain) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert {job.state for job in house.printing.jobs(paper).values()} == {State.DONE}


@pytest.mark.rule("R-222", "R-223", "R-225", "R-233")
def test_the_recommendation_list_is_handed_over_in_the_nine_official_columns(house: House, api: Api) -> None:
    """「序号、企业名称、项目名称、所属行业、所在市州、所在县市区、联系人及电话、申报方向、子方向」"""
    from openpyxl import load_workbook

    house.recommended()
    place = "/calls/hn-2025/programmes/L/recommendations/430100/summary"
    answer = api.ask("changsha-head", "GET", f"{place}.xlsx")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    rows = [[cell for cell in row if cell] for row in load_workbook(io.BytesIO(answer.get_data())).active.values]
    heads = next(row for row in rows if row and row[0] == "序号")
    assert heads == [
        column.label.zh for column in house.handling.gathering.definitions.get("hn-2025").summary_table.columns
    ]
    assert len(heads) == 9
    assert any(UNIT.name in row for row in rows)
    assert "长沙市" in unquote(answer.headers["Content-Disposition"])
    assert api.ask("changsha-head", "GET", f"{place}.pdf").get_data().startswith(b"%PDF-")
    assert api.ask("yuelu-head", "GET", f"{place}.xlsx").status_code == 404
    assert api.ask("changsha-head", "GET", f"{place}.exe").status_code == 404
