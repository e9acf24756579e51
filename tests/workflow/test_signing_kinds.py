"""A programme says how its agreements are signed; a PDF that bears signatures is read, and what was found stays with it."""

import io
import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from consortium import events as k
from eventstore.engine import open_engine
from eventstore.refusal import Refusal, Refused
from paperwork import pdf_signature
from paperwork.pdf_signature import Certificate, Integrity, PdfSignature
from programmes.catalogue import Catalogue, call_of, canonical
from service import doctor
from tests.consortium.tale import M1
from tests.paperwork.signing import NOW, authority, issued
from tests.scenario import EDITOR, ID, Given, call_of_2025, facts
from tests.workflow.founded import founded_sqlite
from tests.workflow.house import OTHER_UNIT, UNIT, House
from tests.workflow.joint import LEAD, agreed, signing
from tests.workflow.test_consorting import agreed as fix
from tests.workflow.test_consorting import joined, sign
from workflow import commands as c
from workflow import signed_files
from workflow.consorted import findings, of_the_consortium
from workflow.decisions import decide
from workflow.parties import agreement_digest
from workflow.printing.room import Format

ON = "2025-11-12 10:00"
GOOD = PdfSignature(signer="长沙智云", integrity=Integrity.INTACT, certificate=Certificate.TRUSTED)


def asked(
    *kinds: str, certificates: str = "refuse", signatures: tuple[PdfSignature, ...] = (), command: Any = None
) -> Any:
    """What comes of a signed agreement under a programme that takes *kinds*: events, or codes with their parameters."""
    call = call_of_2025()
    changed = {"agreement_signing": kinds, "unknown_certificates": certificates}
    programmes = tuple(one.model_copy(update=changed) for one in call.programmes)
    application = Given(*agreed(1)).application
    known = replace(facts(EDITOR, ON, signatures=signatures), call=call.model_copy(update={"programmes": programmes}))
    command = command or signing(LEAD, M1, digest=agreement_digest(application))
    try:
        return list(decide(application, command, known))
    except Refused as refused:
        return list(refused.refusals)


def codes(outcome: list[Any]) -> list[str]:
    return [one.code for one in outcome if isinstance(one, Refusal)]


def test_on_paper_and_by_confirmation_unless_the_programme_says_otherwise() -> None:
    programme = call_of_2025().programme("L")
    assert (programme.agreement_signing, programme.unknown_certificates) == (("scan", "confirmation"), "refuse")


@pytest.mark.parametrize(
    ("kinds", "signatures", "accepted"),
    [
        (("scan",), (), True),
        (("pades",), (), False),
        (("scan", "confirmation"), (GOOD,), False),
        (("pades",), (GOOD,), True),
    ],
)
def test_a_kind_that_the_programme_does_not_take_is_refused(
    kinds: tuple[str, ...], signatures: tuple[PdfSignature, ...], accepted: bool
) -> None:
    outcome = asked(*kinds, signatures=signatures)
    assert codes(outcome) == ([] if accepted else ["SIGNING_KIND_NOT_ACCEPTED"])
    if not accepted:
        assert outcome[0].params["accepted"] == list(kinds)


def test_a_confirmation_is_neither_asked_for_nor_taken_where_the_programme_wants_paper() -> None:
    ask = c.AskConfirmation(application_id=ID, unit=M1, signer="文智云", address="m@unit.test")
    assert codes(asked("scan", command=ask)) == ["SIGNING_KIND_NOT_ACCEPTED"]
    assert codes(asked("scan", "confirmation", command=ask)) == []


FOUND: list[tuple[PdfSignature, str, list[str]]] = [
    (GOOD, "refuse", []),
    (replace(GOOD, certificate=Certificate.UNKNOWN), "refuse", ["SIGNATURE_NOT_TRUSTED"]),
    (replace(GOOD, certificate=Certificate.UNKNOWN), "accept", []),
    (replace(GOOD, certificate=Certificate.EXPIRED), "accept", ["SIGNATURE_NOT_TRUSTED"]),
    (replace(GOOD, integrity=Integrity.ALTERED), "accept", ["SIGNATURE_ALTERED"]),
    (PdfSignature(), "accept", ["SIGNATURE_UNREADABLE"]),
]


@pytest.mark.parametrize(("found", "certificates", "refused"), FOUND)
def test_what_was_altered_or_cannot_be_read_never_counts_and_the_unknown_where_the_programme_says_so(
    found: PdfSignature, certificates: str, refused: list[str]
) -> None:
    assert codes(asked("pades", certificates=certificates, signatures=(GOOD, found))) == refused


def test_what_was_found_stays_on_the_event_and_the_signer_is_personal() -> None:
    signed = asked("pades", signatures=(replace(GOOD, said_at=NOW, covers_whole=True),))[0]
    assert isinstance(signed, k.AgreementSigned)
    (report,) = signed.signatures
    assert (report.signer.value, report.integrity, report.certificate) == ("长沙智云", "intact", "trusted")
    assert (report.said_at, report.covers_whole) == (NOW, True)


def test_an_unknown_certificate_and_fewer_signatures_than_hands_are_findings() -> None:
    unknown = replace(GOOD, certificate=Certificate.UNKNOWN)
    events = asked("pades", certificates="accept", signatures=(unknown,))
    application = Given(*agreed(1), *events).application
    assert [one.code for one in findings(application)] == ["SIGNATURE_CERTIFICATE_UNKNOWN", "FEWER_SIGNATURES"]
    shown = of_the_consortium(application, call_of_2025(), personal=False, pending=True)
    assert (shown.documents[0].signatures[0].signer, shown.documents[0].signatures[0].certificate) == (None, "unknown")
    named = of_the_consortium(application, call_of_2025(), personal=True, pending=True)
    assert named.documents[0].signatures[0].signer == "长沙智云"


def test_a_kind_that_cannot_be_checked_here_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    call = call_of_2025()
    every = {"agreement_signing": ("scan", "pades")}
    call = call.model_copy(update={"programmes": tuple(one.model_copy(update=every) for one in call.programmes)})
    application = Given(*agreed(1)).application

    def offered() -> tuple[str, ...]:
        return of_the_consortium(application, call, personal=True, pending=True).signing

    assert offered() == ("scan", "pades")
    monkeypatch.setattr(pdf_signature, "find_spec", lambda _: None)
    assert offered() == ("scan",)


# a real agreement, printed, signed outside, and brought back


@pytest.fixture
def house(tmp_path: Path) -> House:
    definition = json.loads(Catalogue.packaged().get("hn-2025").document)
    for programme in definition["programmes"]:
        programme["agreement_signing"] = ["scan", "pades"]
    engine = open_engine(founded_sqlite(tmp_path))
    return House(engine, tmp_path / "files", catalogue=Catalogue([call_of(canonical(definition))]))


def brought(house: House, application: UUID, data: bytes, code: str) -> c.SignAgreement:
    kept = house.files.keep_scan(io.BytesIO(data), "联合体协议书.pdf")
    units = house.application(application).units
    return replace(sign(application, "", *units), scan_sha256=kept, paper_code=code)


def test_a_printed_agreement_is_signed_outside_and_comes_back(house: House, tmp_path: Path) -> None:
    ca = authority()
    roots = tmp_path / "roots"
    roots.mkdir()
    (roots / "hunan.pem").write_text(ca.pem)
    house.handling.signed_files = signed_files.reading(house.files, roots)
    application = house.filled()
    joined(house, application, OTHER_UNIT.code)
    fix(house, application)
    house.do("editor", c.IssuePaper(application_id=application, kind="consortium_agreement"))
    (paper,) = [one for one in house.printing.papers(house.application(application)) if "agreement" in one.kind]
    house.printing.ask(paper, Format.PDF, "editor")
    house.printing.drain()
    stream = house.printing.open(paper, Format.PDF)
    assert stream is not None
    with stream:
        both = issued(ca, UNIT.name).sign(stream.read(), "lead")
    both = issued(ca, OTHER_UNIT.name).sign(both, "member")
    altered = both.replace(b"xmp:CreateDate>2025", b"xmp:CreateDate>2024", 1)
    assert house.refused("editor", brought(house, application, altered, paper.code)) == {"SIGNATURE_ALTERED"}
    stranger = issued(authority("别处的认证"), "路人").sign(both, "stranger")
    assert house.refused("editor", brought(house, application, stranger, paper.code)) == {"SIGNATURE_NOT_TRUSTED"}
    house.do("editor", brought(house, application, both, paper.code))
    consortium = house.application(application).consortium
    assert [found.signer.value for found in consortium.documents[0].signatures] == [UNIT.name, OTHER_UNIT.name]
    assert consortium.issue is not None
    assert consortium.issue.effective_from == date(2025, 11, 12)


def test_trusted_certificates_come_from_a_file_or_a_folder(tmp_path: Path) -> None:
    one, two = authority("甲").pem, authority("乙").pem
    (tmp_path / "both.pem").write_text(f"comment\n{one}\n{two}")
    (tmp_path / "readme.txt").write_text("no certificate")
    assert len(signed_files.trusted(tmp_path / "both.pem")) == len(signed_files.trusted(tmp_path)) == 2
    assert signed_files.trusted(None) == []


def test_the_doctor_says_whether_signatures_can_be_checked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert "没有设置受信任的证书" in doctor.signatures(None).said
    (tmp_path / "ca.pem").write_text(authority().pem)
    assert "1 张受信任的证书" in doctor.signatures(tmp_path / "ca.pem").said
    gone = doctor.signatures(tmp_path / "gone.pem")
    assert (gone.grade, gone.mend) == (doctor.FAILING, "VERMILION_SIGNATURE_ROOTS")
    monkeypatch.setattr(pdf_signature, "find_spec", lambda _: None)
    assert "未安装" in doctor.signatures(None).said
