"""One text, one hash; signatures under another hash cover nobody; every member is covered beside the lead."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consortium import agreement
from consortium import events as e
from consortium.agreement import content_digest, coverage, gaps, judge_document, not_covered
from consortium.state import Consortium, Document
from eventstore.event import Personal
from tests.consortium.tale import (
    LEAD,
    LEGAL,
    M1,
    M2,
    M3,
    PROJECT,
    SCAN,
    TODAY,
    after,
    agreed,
    hand,
    joined,
    parties,
    signed,
)

OURS = parties(M1, M2, M3)


def issued(*members: str) -> tuple[Consortium, str]:
    said = agreed(*members)
    digest = content_digest(said, parties(*members))
    return after(e.AgreementIssued(version=1, digest=digest, units=(LEAD, *members)), start=said), digest


def judged(standing: Consortium, event: e.AgreementSigned, **more: Any) -> list[str]:
    document = Document(
        id=event.document, digest=event.digest, signatories=event.signatories, scan_sha256=event.scan_sha256
    )
    found = judge_document(standing, more.get("parties", OURS), document, TODAY, LEGAL)
    return [refusal.code for refusal in found]


@pytest.mark.rule("R-022", "R-205", "R-210")
def test_an_agreement_needs_its_name_every_task_and_whole_columns() -> None:
    """「明确责任、义务及利益分配机制」."""
    bare = gaps(joined(M1), parties(M1))
    assert [one.code for one in bare] == ["REQUIRED", "TASK_MISSING", "RATIO_SUM", "RATIO_SUM", "RATIO_SUM"]
    assert bare[1].params["units"] == [LEAD, M1]
    assert gaps(agreed(M1), parties(M1)) == []


@pytest.mark.rule("R-216")
def test_each_member_and_the_province_get_a_copy() -> None:
    said = agreed(M1)
    assert agreement.too_few_copies(said, parties(M1)) == []
    assert len(agreement.too_few_copies(replace(said, copies=2), parties(M1))) == 1


_CHANGES: tuple[Any, ...] = (
    e.TermsSet(tasks={M1: "另一项任务"}),
    e.TermsSet(name="另一个名字"),
    e.TermsSet(clauses={"staff": "人员分工"}),
    e.TermsSet(extra=("违约责任另行约定",)),
    e.TermsSet(copies=9),
    e.RatiosSet(columns={"grant": {LEAD: 2501, M1: 2499, M2: 2500, M3: 2500}}),
    e.MemberLeft(unit=M3, reason="退出"),
)


@pytest.mark.rule("R-220")
@pytest.mark.parametrize("change", _CHANGES, ids=lambda change: type(change).__name__)
def test_any_change_voids_every_signature(change: Any) -> None:
    """Reading A-16: tables are in every copy; a new version, all signatures void."""
    standing, digest = issued(M1, M2, M3)
    standing = after(signed(digest, LEAD, M1, M2, M3), start=standing)
    assert not_covered(standing, OURS) == []
    changed = after(change, start=standing)
    left = parties(*(member.unit for member in changed.accepted))
    (refusal,) = not_covered(changed, left)
    assert (refusal.code, refusal.params["units"]) == ("AGREEMENT_INCOMPLETE", list(left.names))
    assert judged(changed, signed(digest, LEAD, M1), parties=left)[0] == "AGREEMENT_STALE"


def test_the_same_words_again_are_another_version() -> None:
    """Reading A-16: a change voids for good what was signed, even where it is taken back; unsigned, nothing was lost."""
    standing, digest = issued(M1, M2, M3)
    other, back = e.TermsSet(copies=9, voids=1), e.TermsSet(copies=5)
    signed_once = after(signed(digest, LEAD, M1, M2, M3), start=standing)
    taken_back = after(other, back, start=signed_once)
    assert content_digest(taken_back, OURS) == digest
    assert agreement.current(taken_back, digest) is None
    assert judged(taken_back, signed(digest, LEAD, M1))[0] == "AGREEMENT_STALE"
    again = after(e.AgreementIssued(version=2, digest=digest, units=(LEAD, M1, M2, M3)), start=taken_back)
    assert coverage(again, OURS, digest).missing == (M1, M2, M3)  # what was signed of version 1 covers nobody
    assert coverage(after(signed(digest, LEAD, M1, M2, M3), start=again), OURS, digest).complete
    untouched = after(e.TermsSet(copies=9), back, start=standing)
    assert agreement.current(untouched, digest) is not None


def test_another_name_of_the_project_is_another_text() -> None:
    """「共同参加（申报项目名称）申报」."""
    said = agreed(M1)
    assert content_digest(said, parties(M1)) != content_digest(said, parties(M1, project="另一个项目"))


@pytest.mark.rule("R-221")
@pytest.mark.parametrize(
    ("sheets", "missing"),
    [
        ([(LEAD, M1, M2, M3)], ()),
        ([(LEAD, M1), (LEAD, M2), (LEAD, M3)], ()),
        ([(LEAD, M1, M2), (LEAD, M3)], ()),
        ([(LEAD, M1), (M2, M3)], (M2, M3)),
        ([(LEAD, M1)], (M2, M3)),
        ([], (M1, M2, M3)),
    ],
)
def test_joint_pairwise_and_mixed_documents_cover_alike(
    sheets: list[tuple[str, ...]], missing: tuple[str, ...]
) -> None:
    """「可由牵头人和各成员方分别两两盖章」 (A-15)."""
    standing, digest = issued(M1, M2, M3)
    for number, units in enumerate(sheets):
        standing = after(signed(digest, *units, document=f"d{number}"), start=standing)
    assert coverage(standing, OURS, digest).missing == missing


def test_confirmations_of_one_text_stand_as_on_one_sheet() -> None:
    standing, digest = issued(M1, M2)
    both = parties(M1, M2)

    def confirmed(unit: str) -> e.AgreementConfirmed:
        return e.AgreementConfirmed(unit=unit, digest=digest, signer=Personal(LEGAL[unit]), confirmed_on=TODAY)

    standing = after(confirmed(M1), start=standing)
    assert coverage(standing, both, digest).missing == (M1, M2)
    assert coverage(after(confirmed(LEAD), start=standing), both, digest).missing == (M2,)


@pytest.mark.rule("R-215")
def test_the_agreement_is_in_force_from_the_last_hand() -> None:
    """「本协议书自签署之日起生效」."""
    standing, digest = issued(M1, M2)
    standing = after(signed(digest, LEAD, M1, signed_on=date(2025, 11, 12)), start=standing)
    standing = after(signed(digest, LEAD, M2, document="d2", signed_on=date(2025, 11, 15)), start=standing)
    assert agreement.effective_from(standing, digest) == date(2025, 11, 15)


@pytest.mark.rule("R-217", "R-218")
def test_a_hand_without_seal_from_the_future_or_of_a_stranger_does_not_count() -> None:
    standing, digest = issued(M1, M2, M3)
    assert judged(standing, signed(digest, LEAD, M1)) == []
    assert judged(standing, signed(digest, LEAD, M1, sealed=False)) == ["SEAL_MISSING", "SEAL_MISSING"]
    assert judged(standing, signed(digest, LEAD, M1, signed_on=date(2025, 11, 19))) == ["IN_THE_FUTURE"] * 2
    assert judged(standing, signed(digest, LEAD, M1, signer=Personal("别人"))) == ["SIGNER_UNKNOWN"] * 2
    assert judged(standing, signed(digest, M1, M2)) == ["SIGNATORIES_MISSING"]
    assert judged(standing, signed(digest, LEAD)) == ["SIGNATORIES_MISSING"]
    assert judged(standing, signed(digest, LEAD, M1, M1)) == ["SIGNATORY_UNKNOWN"]


def letter(**more: Any) -> e.Authorisation:
    told: dict[str, Any] = {
        "principal": Personal(LEGAL[M1]),
        "agent": Personal("代签人"),
        "project": PROJECT,
        "valid_from": date(2025, 11, 17),
        "valid_to": date(2025, 11, 17),
        "scan_sha256": SCAN,
    }
    return e.Authorisation(**{**told, **more})


@pytest.mark.rule("R-219")
@pytest.mark.parametrize(
    ("authorisation", "wrong"),
    [
        (letter(), None),
        (None, "AUTH_LETTER_MISSING"),
        (letter(scan_sha256=""), "AUTH_LETTER_MISSING"),
        (letter(principal=Personal("别人")), "principal"),
        (letter(agent=Personal("另一人")), "agent"),
        (letter(project="另一个项目"), "project"),
        (letter(valid_to=date(2025, 11, 16), valid_from=date(2025, 11, 1)), "days"),
        (letter(valid_from=date(2025, 11, 18), valid_to=date(2025, 12, 1)), "days"),
    ],
)
def test_a_delegate_brings_a_letter_that_is_in_force_on_the_day(
    authorisation: e.Authorisation | None, wrong: str | None
) -> None:
    """「本协议书由委托人签字的，应附法定代表人签字的授权委托书」."""
    delegate = hand(M1, signer=Personal("代签人"), signer_kind="delegate", authorisation=authorisation)
    found = agreement.judge_hand(delegate, PROJECT, TODAY, LEGAL[M1])
    if wrong is None:
        assert found == []
    elif wrong.isupper():
        assert [one.code for one in found] == [wrong]
    else:
        assert [(one.code, one.params["wrong"]) for one in found] == [("AUTH_LETTER_NOT_IN_FORCE", [wrong])]


_STEPS = st.lists(st.sampled_from([*_CHANGES[:6], "issue", "sign-a", "sign-b"]), max_size=25)


@given(_STEPS)
def test_signers_of_different_texts_are_never_counted_together(steps: list[Any]) -> None:
    standing, shown = agreed(M1, M2, M3), list[str]()
    for number, step in enumerate(steps):
        digest = content_digest(standing, OURS)
        if step == "issue":
            standing = after(e.AgreementIssued(version=number, digest=digest, units=()), start=standing)
            shown.append(digest)
        elif isinstance(step, str):
            units = (LEAD, M1, M2) if step == "sign-a" else (LEAD, M3)
            text = shown[-1] if shown else "sha256:none"
            standing = after(signed(text, *units, document=f"d{number}"), start=standing)
        else:
            standing = after(step, start=standing)
    digest = content_digest(standing, OURS)
    covering = coverage(standing, OURS, digest).documents
    by_id = {document.id: document for document in standing.documents}
    assert {by_id[one].digest for documents in covering.values() for one in documents} <= {digest}
    if not not_covered(standing, OURS):
        assert all(covering[unit] for unit in (M1, M2, M3))
