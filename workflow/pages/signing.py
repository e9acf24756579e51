"""From what was typed and uploaded on the signature board to its commands: a signed agreement, a unit's commitment."""

from datetime import date
from uuid import UUID

from flask import request

from eventstore.refusal import Fault, Malformed, Refusal
from web import forms
from workflow import commands as c
from workflow.application import Application
from workflow.pages.desk import Desk
from workflow.parties import parties_of


def document(desk: Desk, application: Application) -> c.SignAgreement:
    """`hand` ticks the units whose signature and seal are on the scan; `signer.<unit>`, `kind.<unit>`, `on.<unit>` and
    `sealed.<unit>` tell of each, the `letter_….<unit>` of a delegate's authorisation. Malformed with every fault."""
    faults: list[Fault] = []
    units = [unit for unit in forms.fields().get("hand", ()) if unit in application.units]
    if not units:
        faults.append(_missing("hand"))
    hands = [_hand(desk, application, unit, faults) for unit in units]
    digest = _kept(desk, "scan", faults)
    if faults:
        raise Malformed(faults)
    return c.SignAgreement(
        application_id=UUID(application.id),
        digest=forms.text("digest"),
        hands=tuple(hand for hand in hands if hand),
        scan_sha256=digest,
        paper_code=forms.text("paper_code"),
    )


def _hand(desk: Desk, application: Application, unit: str, faults: list[Fault]) -> c.Hand | None:
    signed_on = _day(f"on.{unit}", "signed_on", faults)
    signer = forms.text(f"signer.{unit}")
    if not signer:
        faults.append(_missing(f"signer.{unit}", "signer"))
    delegate = forms.text(f"kind.{unit}") == "delegate"
    letter = _letter(desk, application, unit, signer, faults) if delegate else None
    if signed_on is None:
        return None
    return c.Hand(
        unit=unit,
        signer=signer,
        signer_kind="delegate" if delegate else "legal_representative",
        signed_on=signed_on,
        sealed=bool(forms.text(f"sealed.{unit}")),
        letter=letter,
    )


def _letter(desk: Desk, application: Application, unit: str, signer: str, faults: list[Fault]) -> c.Letter | None:
    """授权委托书 as it says; none where none came, which the guard will name."""
    upload = request.files.get(f"letter_scan.{unit}")
    if upload is None or not upload.filename:
        return None
    valid_from = _day(f"letter_from.{unit}", "letter_from", faults)
    valid_to = _day(f"letter_to.{unit}", "letter_to", faults)
    principal = forms.text(f"letter_principal.{unit}")
    if not principal:
        faults.append(_missing(f"letter_principal.{unit}", "letter_principal"))
    digest = _kept(desk, f"letter_scan.{unit}", faults)
    if valid_from is None or valid_to is None:
        return None
    return c.Letter(
        principal=principal,
        agent=forms.text(f"letter_agent.{unit}") or signer,
        project=forms.text(f"letter_project.{unit}") or parties_of(application).project,
        valid_from=valid_from,
        valid_to=valid_to,
        scan_sha256=digest,
    )


def commitment(desk: Desk, application: Application, unit: str) -> c.RecordCommitment:
    """One unit's 真实性承诺书 with its scan. Malformed with every fault."""
    faults: list[Fault] = []
    signed_on = _day(f"commitment_on.{unit}", "signed_on", faults)
    digest = _kept(desk, f"commitment_scan.{unit}", faults)
    if faults or signed_on is None:
        raise Malformed(faults)
    return c.RecordCommitment(
        application_id=UUID(application.id),
        unit=unit,
        signer=forms.text(f"commitment_signer.{unit}"),
        signer_kind=forms.text(f"commitment_kind.{unit}") or "legal_representative",
        signed_on=signed_on,
        scan_sha256=digest,
        paper_code=forms.text(f"commitment_code.{unit}"),
    )


def _missing(control: str, label: str = "") -> Fault:
    return Fault(control, "REQUIRED", {"field": label or control, "control": control})


def _day(control: str, label: str, faults: list[Fault]) -> date | None:
    typed = forms.text(control)
    try:
        return date.fromisoformat(typed)
    except ValueError:
        code = "BAD_FORMAT" if typed else "REQUIRED"
        faults.append(Fault(control, code, {"field": label, "control": control, "expected": "2025-11-12"}))
        return None


def _kept(desk: Desk, control: str, faults: list[Fault]) -> str:
    """The digest of the scan, taken into the house; "" where none came."""
    upload = request.files.get(control)
    if upload is None or not upload.filename:
        faults.append(_missing(control, control.partition(".")[0]))
        return ""
    return desk.handling.quarantine.take_in(desk.files.keep_scan(upload.stream, upload.filename))


_OF_A_HAND = {
    "SEAL_MISSING": "sealed",
    "SIGNER_UNKNOWN": "signer",
    "AUTH_LETTER_MISSING": "letter_scan",
    "AUTH_LETTER_NOT_IN_FORCE": "letter_from",
    "IN_THE_FUTURE": "on",
    "COMMITMENT_SIGNER": "commitment_signer",
}


def control(refusal: Refusal) -> str:
    """The control a refusal is about: of a unit's hand where it names the unit, else the scan or none."""
    params = refusal.params
    if named := params.get("control"):
        return str(named)
    if refusal.code in _OF_A_HAND and params.get("unit"):
        return f"{_OF_A_HAND[refusal.code]}.{params['unit']}"
    return {
        "SIGNATORIES_MISSING": "hand",
        "SIGNATORY_UNKNOWN": "hand",
        "SCAN_UNKNOWN": "paper_code",
        "AGREEMENT_STALE": "paper_code",
    }.get(refusal.code, str(params.get("field", "")) if params.get("field") in ("signer", "address") else "")
