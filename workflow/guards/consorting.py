"""When the lead may ask others to join, what an answer is worth, and when the agreement holds."""

from collections.abc import Mapping, Sequence

from consortium import agreement, membership
from consortium.ratios import WHOLE, Column, percent, read_percent, sums
from consortium.state import Standing
from directory.actor import UNIT_ROLES
from eventstore.refusal import Refusal
from paperwork.pdf_signature import Certificate, Integrity, PdfSignature
from programmes.calendar import beijing_date, passed
from programmes.identifiers import NotReadable, credit_code, email
from programmes.words import count_zi
from workflow import commands as c
from workflow.answers import plain
from workflow.application import Application
from workflow.commands import Command
from workflow.facts import Facts
from workflow.parties import agreement_digest, document_of, member_of, parties_of
from workflow.printing.sheets import sheet_of
from workflow.stages import Stage

SOURCE = "联合体成员规则"
LONGEST: Mapping[str, int] = {"name": 100, "task": 500, "clause": 2000, "extra": 2000}
MOST_EXTRA = 20
_CHARACTERS_TO_ZI = 10


def the_consortium_is_open(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """Frozen between seal and return, unless the return unlocks it."""
    returned = application.returned
    if application.stage is not Stage.RETURNED or returned is None:
        return None
    if any(item.kind == "consortium" for item in returned.items):
        return None
    return Refusal.of("FROZEN", source=SOURCE)


def unit_may_be_invited(application: Application, command: Command | None, facts: Facts) -> Sequence[Refusal]:
    """「成员单位数量不超过7家」: the lead and whoever was asked are counted (R-023, A-01)."""
    programme = facts.call.programme_of(application.direction)
    unit = _code(command.unit) if isinstance(command, c.Invite) else ""
    replaces = command.replaces if isinstance(command, c.Invite) else ""
    known = unit if isinstance(unit, str) else ""
    return membership.may_be_invited(
        application.consortium, facts.call, programme, application.lead_unit, known, replaces
    )


def invitation_is_readable(application: Application, command: Command | None, facts: Facts) -> Sequence[Refusal]:
    match command:
        case c.Invite():
            found = [_code(command.unit), _address(command.address)]
            unnamed = not command.unit_name.strip() and facts.unit is None
            blank = [
                name for name, empty in (("contact", not command.contact.strip()), ("unit_name", unnamed)) if empty
            ]
            wrong = [one for one in found if isinstance(one, Refusal)]
            return [*wrong, *(Refusal.of("REQUIRED", source=SOURCE, field=name) for name in blank)]
        case c.AskConfirmation():
            wrong = [one for one in (_address(command.address),) if isinstance(one, Refusal)]
            unsigned = [] if command.signer.strip() else [Refusal.of("REQUIRED", source=SOURCE, field="signer")]
            return [*wrong, *unsigned]
        case _:
            return ()


def _code(typed: str) -> str | Refusal:
    try:
        return credit_code(typed[:64])
    except NotReadable as wrong:
        return Refusal.of(wrong.code, source=SOURCE, field="unit", **wrong.params)


def _address(typed: str) -> str | Refusal:
    try:
        return email(typed[:200])
    except NotReadable as wrong:
        return Refusal.of(wrong.code, source=SOURCE, field="address", **wrong.params)


def invitation_is_open(application: Application, command: Command | None, facts: Facts) -> Sequence[Refusal]:
    """An invitation ends once: by its answer, by the lead, or by the clock."""
    match command:
        case c.Uninvite(invitation=invitation) | c.ExpireInvitation(invitation=invitation):
            member = application.consortium.invitation(invitation)
            if member is None:
                return [Refusal.of("INVITATION_UNKNOWN", source=SOURCE)]
            if member.standing is not Standing.INVITED:
                return [Refusal.of("INVITATION_CLOSED", source=SOURCE, state=member.standing.value)]
            if isinstance(command, c.ExpireInvitation) and not passed(facts.now, member.expires_at):
                return [Refusal.of("NOT_YET_DUE", at=member.expires_at.isoformat())]
            return ()
        case _:
            return ()


def answer_counts(application: Application, command: Command | None, facts: Facts) -> Sequence[Refusal]:
    """The limit is asked again when a unit joins, and whoever declines says why."""
    match command:
        case c.AnswerInvitation():
            consortium = application.consortium
            member = consortium.invitation(command.invitation)
            closed = membership.may_be_answered(member, command.key, facts.now)
            if closed or member is None:
                return closed
            blank = [] if command.by.strip() else [Refusal.of("REQUIRED", source=SOURCE, field="by")]
            if not command.accept:
                silent = [] if command.reason.strip() else [Refusal.of("REASON_REQUIRED", trigger=command.trigger)]
                return [*blank, *silent]
            full = membership.may_be_accepted(consortium, facts.call, member, command.key, facts.now)
            return [*blank, *full]
        case _:
            return ()


def unit_is_a_member(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    match command:
        case c.RemoveMember(unit=unit) | c.Leave(unit=unit) if member_of(application, unit) is None:
            return Refusal.of("MEMBER_UNKNOWN", source=SOURCE, unit=unit)
        case c.AskConfirmation(unit=unit) if unit not in application.units:
            return Refusal.of("MEMBER_UNKNOWN", source=SOURCE, unit=unit)
        case _:
            return None


def speaks_for_the_unit(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """Nobody leaves for another; a member brings documents that bear its own hand, the lead brings any."""
    mine = facts.actor.scopes(*UNIT_ROLES)
    match command:
        case c.Leave(unit=unit) if unit not in mine:
            pass
        case c.AskConfirmation(unit=unit) if application.lead_unit not in mine and unit not in mine:
            pass
        case c.SignAgreement(hands=hands) if application.lead_unit not in mine and mine.isdisjoint(
            {hand.unit for hand in hands}
        ):
            pass
        case c.RecordCommitment(unit=unit) if application.lead_unit not in mine and unit not in mine:
            pass
        case _:
            return None
    return Refusal.of("ROLE_FORBIDDEN", trigger=command.trigger, allowed=["unit.admin"])


def text_is_as_seen(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """Nobody writes over, or fixes, a text that was changed behind their back: a member may have joined meanwhile."""
    match command:
        case c.SetRatios(seen=seen) | c.SetTerms(seen=seen) | c.IssueAgreement(seen=seen) if seen:
            current = agreement_digest(application)
            return None if seen == current else Refusal.of("AGREEMENT_CHANGED", source=agreement.SOURCE)
        case _:
            return None


def ratios_are_whole(application: Application, command: Command | None, facts: Facts) -> Sequence[Refusal]:
    """Each column that is written adds up to one whole, and names every unit and no other (A-09)."""
    if not isinstance(command, c.SetRatios):
        return ()
    refusals: list[Refusal] = []
    for name, typed in command.columns.items():
        if name not in list(Column):
            refusals.append(Refusal.of("BAD_FORMAT", source=SOURCE, field="columns", expected=", ".join(Column)))
            continue
        refusals += _column(application, Column(name), typed)
    return refusals


def _column(application: Application, column: Column, typed: Mapping[str, str]) -> Sequence[Refusal]:
    units = application.units
    strangers = [unit[:64] for unit in typed if unit not in units]
    if strangers:
        return [Refusal.of("SIGNATORY_UNKNOWN", source=SOURCE, units=strangers)]
    read = [read_percent(typed.get(unit, "0"), column, row) for row, unit in enumerate(units, 1)]
    wrong = [one for one in read if isinstance(one, Refusal)]
    found = [one for one in read if isinstance(one, int)]
    return wrong or [_said(refusal) for refusal in sums({column: found}, needs_own_funds=False)]


def _said(refusal: Refusal) -> Refusal:
    """With the sum as people read it."""
    measure = refusal.params.get("measure")
    total = percent(measure) if isinstance(measure, int) else ""
    return Refusal.of(
        refusal.code, source=refusal.source, **{**refusal.params, "total": total, "whole": percent(WHOLE)}
    )


def terms_are_sound(application: Application, command: Command | None, facts: Facts) -> Sequence[Refusal]:
    if not isinstance(command, c.SetTerms):
        return ()
    tasks, clauses, extra = command.tasks or {}, command.clauses or {}, command.extra or ()
    strangers = [unit[:64] for unit in tasks if unit not in application.units]
    said = [
        ("consortium_name", command.name or "", LONGEST["name"]),
        *((f"task:{unit}", task, LONGEST["task"]) for unit, task in tasks.items()),
        *((f"clause:{name[:40]}", text, LONGEST["clause"]) for name, text in clauses.items()),
        *(("extra", text, LONGEST["extra"]) for text in extra),
    ]
    refusals = [
        Refusal.of("FIELD_TOO_LONG", source=SOURCE, field=name, measure=length, limit=limit)
        for name, text, limit in said
        if (length := _length(text, limit)) > limit
    ]
    if strangers:
        refusals.append(Refusal.of("SIGNATORY_UNKNOWN", source=SOURCE, units=strangers))
    if len(extra) > MOST_EXTRA:
        refusals.append(Refusal.of("ABOVE_MAX", source=SOURCE, field="extra", measure=len(extra), limit=MOST_EXTRA))
    if command.copies is not None and not 0 < command.copies < 100:
        refusals.append(Refusal.of("BAD_FORMAT", source=SOURCE, field="copies", expected="1…99"))
    return refusals


def _length(text: str, limit: int) -> int:
    """In 字, as everywhere (A-20); in characters where those are out of all proportion, one endless word for instance."""
    return len(text) if len(text) > _CHARACTERS_TO_ZI * limit else count_zi(text)


def there_is_somebody_to_agree_with(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    if application.consortium.accepted:
        return None
    return Refusal.of("NO_MEMBERS", source=SOURCE)


def agreement_is_whole(application: Application, command: Command | None, facts: Facts) -> Sequence[Refusal]:
    """「明确责任、义务及利益分配机制」: every unit's task and every column (R-022)."""
    if not application.consortium.accepted:
        return ()
    return [_said(one) if one.code == "RATIO_SUM" else one for one in _gaps(application)]


def _gaps(application: Application) -> Sequence[Refusal]:
    return agreement.gaps(application.consortium, parties_of(application), own_funds=False)


def document_counts(application: Application, command: Command | None, facts: Facts) -> Sequence[Refusal]:
    """Only a document of the text that stands, with hands that are good, is taken (R-217 to R-221)."""
    if not isinstance(command, c.SignAgreement):
        return ()
    sheet = sheet_of(application, facts.call, command)
    refusals = agreement.judge_document(
        application.consortium,
        parties_of(application),
        document_of(sheet.command, ""),
        beijing_date(facts.now),
        legal_names(application),
    )
    unscanned = [] if command.scan_sha256 else [Refusal.of("REQUIRED", source=SOURCE, field="scan_sha256")]
    return [*sheet.refusals, *refusals, *unscanned]


def signing_kind_is_accepted(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """The programme says how its agreements are signed; a PDF with signatures in it is another thing than a scan."""
    match command:
        case c.SignAgreement():
            kind = "pades" if facts.signatures else "scan"
        case c.AskConfirmation() | c.ConfirmAgreement():
            kind = "confirmation"
        case _:
            return None
    accepted = facts.call.programme_of(application.direction).agreement_signing
    if kind in accepted:
        return None
    return Refusal.of("SIGNING_KIND_NOT_ACCEPTED", source=agreement.SOURCE, kind=kind, accepted=list(accepted))


def signatures_hold(application: Application, command: Command | None, facts: Facts) -> Sequence[Refusal]:
    """A file whose signatures cannot be read, or that was changed after one, proves nothing; whose certificate nobody here knows
    counts only where the programme says so, and one that ran out never does."""
    if not isinstance(command, c.SignAgreement):
        return ()
    known = facts.call.programme_of(application.direction).unknown_certificates == "accept"
    found = (_why_it_does_not_hold(one, known) for one in facts.signatures)
    return [refusal for refusal in found if refusal is not None]


def _why_it_does_not_hold(signature: PdfSignature, unknown_is_fine: bool) -> Refusal | None:
    if signature.integrity is Integrity.UNREADABLE:
        return Refusal.of("SIGNATURE_UNREADABLE", source=agreement.SOURCE)
    if signature.integrity is Integrity.ALTERED:
        return Refusal.of("SIGNATURE_ALTERED", source=agreement.SOURCE, signer=signature.signer)
    if signature.certificate is Certificate.TRUSTED:
        return None
    if signature.certificate is Certificate.UNKNOWN and unknown_is_fine:
        return None
    said = signature.certificate.value
    return Refusal.of("SIGNATURE_NOT_TRUSTED", source=agreement.SOURCE, signer=signature.signer, certificate=said)


def legal_names(application: Application) -> Mapping[str, str]:
    """Legal representatives that are known: the lead's of the form, a member's of its own commitment."""
    legal = str(plain({"name": application.answers.get("legal_representative", "")})["name"] or "")
    members = {made.unit: made.signer.value or "" for made in application.commitments.values()}
    return {**members, application.lead_unit: legal}


def agreement_is_issued(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """What is confirmed is the text that was fixed for signing."""
    digest = agreement_digest(application)
    issue = agreement.current(application.consortium, digest)
    if issue is not None:
        return None
    issues = application.consortium.issues
    newest = issues[-1].version if issues else 0
    return Refusal.of("AGREEMENT_STALE", source=agreement.SOURCE, signed=newest, current=newest + 1)


def confirmation_counts(application: Application, command: Command | None, facts: Facts) -> Sequence[Refusal]:
    match command:
        case c.ConfirmAgreement():
            asked = application.consortium.confirmation(command.confirmation)
            closed = membership.may_be_confirmed(asked, command.key, facts.now)
            if closed or asked is None:
                return closed
            if asked.unit not in application.units:
                return [Refusal.of("INVITATION_CLOSED", source=SOURCE, state="removed")]
            if command.digest != asked.digest or asked.digest != agreement_digest(application):
                versions = {one.digest: one.version for one in application.consortium.issues}
                newest = max(versions.values(), default=0)
                return [
                    Refusal.of(
                        "AGREEMENT_STALE",
                        source=agreement.SOURCE,
                        signed=versions.get(asked.digest, 0),
                        current=versions.get(agreement_digest(application), newest + 1),
                    )
                ]
            return ()
        case _:
            return ()


def the_consortium_is_sealed_together(
    application: Application, command: Command | None, facts: Facts
) -> Sequence[Refusal]:
    """One answer that names what is lacking of the agreement, of its signatures, and who has not answered (R-021 to R-023)."""
    consortium, units = application.consortium, facts.call.units
    programme = facts.call.programme_of(application.direction)
    if not consortium.exists:
        alone = programme.consortium == "required"
        return [Refusal.of("CONSORTIUM_REQUIRED", source=programme.source, programme=programme.id)] if alone else ()
    refusals = [*membership.none_allowed(programme), *membership.over_the_limit(consortium, facts.call, 0)]
    if consortium.pending:
        names = [member.unit_name for member in consortium.pending]
        refusals.append(Refusal.of("INVITATION_PENDING", source=units.source, units=names))
    if not consortium.accepted:
        return refusals
    lacking = agreement.not_covered(consortium, parties_of(application))
    return [*refusals, *agreement_is_whole(application, command, facts), *lacking]
