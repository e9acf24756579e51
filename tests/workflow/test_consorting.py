"""A consortium through the real handling: asked by one-time links, agreed in text, signed, and sealed together with its lead."""

from base64 import urlsafe_b64encode
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from eventstore.refusal import Refused
from tests.workflow.house import OTHER_UNIT, UNIT, YUHUA_UNIT, Api, House
from workflow import commands as c
from workflow import worklist
from workflow.parties import agreement_digest
from workflow.stages import Stage

KEY = urlsafe_b64encode(bytes(range(32))).decode().rstrip("=")
SCAN = "sha256:" + "5c" * 32
LEGAL = {UNIT.code: "沈岳", OTHER_UNIT.code: "苏问渠", YUHUA_UNIT.code: "唐观澜"}
ELSEWHERE = "91440606MAXTE5U12F"


def invite(house: House, application: UUID, unit: str = OTHER_UNIT.code, **more: Any) -> str:
    """Asks a unit, answers the invitation's id."""
    asked = c.Invite(application_id=application, unit=unit, contact="某人", address="m@unit.test", **more)
    house.do("editor", asked)
    return house.application(application).consortium.pending[-1].invitation


def answer(application: UUID, invitation: str, accept: bool = True, key: str = KEY, reason: str = "") -> c.Command:
    return c.AnswerInvitation(
        application_id=application, invitation=invitation, key=key, accept=accept, by="韩知远", reason=reason
    )


def joined(house: House, application: UUID, *units: str) -> None:
    for unit in units:
        house.do("public", answer(application, invite(house, application, unit)))


def agreed(house: House, application: UUID) -> str:
    """Shares, tasks and text; answers the hash that was fixed for signing."""
    units = house.application(application).units
    shares = (
        dict.fromkeys(units, "50") if len(units) == 2 else dict(zip(units, ("33.34", "33.33", "33.33"), strict=True))
    )
    house.do("editor", c.SetRatios(application_id=application, columns={"contribution": shares, "grant": shares}))
    tasks = dict.fromkeys(units, "训练与评测")
    house.do("editor", c.SetTerms(application_id=application, name="岳麓联合体", tasks=tasks, copies=len(units) + 1))
    house.do("editor", c.IssueAgreement(application_id=application))
    return agreement_digest(house.application(application))


def sign(application: UUID, digest: str, *units: str, on: date = date(2025, 11, 12)) -> c.SignAgreement:
    hands = tuple(
        c.Hand(unit=unit, signer=LEGAL[unit], signer_kind="legal_representative", signed_on=on, sealed=True)
        for unit in units
    )
    return c.SignAgreement(application_id=application, digest=digest, hands=hands, scan_sha256=SCAN)


def commit(application: UUID, unit: str) -> c.RecordCommitment:
    return c.RecordCommitment(
        application_id=application,
        unit=unit,
        signer=LEGAL[unit],
        signer_kind="legal_representative",
        signed_on=date(2025, 11, 12),
        scan_sha256="cd" * 32,
    )


def codes(house: House, who: str, command: c.Command, when: str | None = None) -> set[str]:
    return house.refused(who, command, when)


@pytest.mark.rule("R-021", "R-022", "R-023")
def test_a_consortium_is_sealed_together(house: House) -> None:
    """「以联合体申报的，牵头单位与成员单位应签订联合建设协议，明确责任、义务及利益分配机制，成员单位数量不超过7家」"""
    application = house.filled()
    first, second = invite(house, application), invite(house, application, YUHUA_UNIT.code)
    house.do("public", answer(application, first))
    seal = c.Seal(application_id=application)
    with pytest.raises(Refused) as refused:
        house.do("admin", seal)
    said = {refusal.code: refusal.params for refusal in refused.value.refusals}
    lacking = {"INVITATION_PENDING", "TASK_MISSING", "RATIO_SUM", "AGREEMENT_INCOMPLETE", "MISSING_COMMITMENT"}
    assert lacking <= set(said), set(said)
    assert OTHER_UNIT.code in str(said["AGREEMENT_INCOMPLETE"]["units"])
    house.do("public", answer(application, second))
    digest = agreed(house, application)
    house.do("editor", sign(application, digest, UNIT.code, OTHER_UNIT.code))
    assert house.application(application).consortium.issue.effective_from is None  # type: ignore[union-attr]
    house.do("guanlan-editor", sign(application, digest, UNIT.code, YUHUA_UNIT.code))  # pairwise and mixed
    assert house.application(application).consortium.issue.effective_from == date(2025, 11, 12)  # type: ignore[union-attr]
    house.do("wenqu-admin", commit(application, OTHER_UNIT.code))
    assert codes(house, "guanlan-admin", commit(application, OTHER_UNIT.code)) == {"ROLE_FORBIDDEN"}
    house.do("admin", commit(application, YUHUA_UNIT.code))
    house.do("admin", seal, "2025-11-20 10:00")
    sealed = house.application(application)
    assert sealed.stage is Stage.UNIT_SEALED
    assert sealed.sealed is not None
    assert sealed.sealed.consortium == sealed.consortium
    leave = c.Leave(application_id=application, unit=OTHER_UNIT.code, reason="业务调整")
    assert codes(house, "wenqu-admin", leave) == {"FROZEN"}


@pytest.mark.rule("R-206")
def test_a_member_joins_by_its_answer_and_leaves_the_rest_to_the_lead(house: House) -> None:
    """「正式授权联合体牵头人……合法代表我们签署申报文件、承担责任、接受指示和处理」: accepting is the authorisation."""
    application = house.filled()
    assert codes(house, "wenqu-editor", c.Seal(application_id=application)) == {"NOT_FOUND"}
    joined(house, application, OTHER_UNIT.code)
    assert house.handling.load(application, house.actor("wenqu-editor")).state.number
    for forbidden in (
        c.Seal(application_id=application),
        c.Withdraw(application_id=application, reason="r"),
        c.SaveSection(application_id=application, section="unit", answers={}),
        c.SetRatios(application_id=application, columns={}),
        c.Invite(application_id=application, unit=YUHUA_UNIT.code, contact="x", address="x@y.test"),
    ):
        assert codes(house, "wenqu-admin", forbidden) == {"ROLE_FORBIDDEN"}
    mine = c.Leave(application_id=application, unit=OTHER_UNIT.code, reason="业务调整")
    assert codes(house, "admin", mine) == {"ROLE_FORBIDDEN"}
    house.do("wenqu-admin", mine)
    assert codes(house, "wenqu-admin", mine) == {"NOT_FOUND"}


def test_a_list_shows_what_a_unit_joined_and_nothing_it_was_only_asked_to(house: House) -> None:
    application = house.filled()

    def seen() -> list[str]:
        with house.store.reading() as db:
            page = worklist.page(db, house.actor("wenqu-editor"), worklist.Question())
            place = worklist.place(db, house.actor("wenqu-editor"), str(application))
        assert place is not None
        assert place.visible == bool(page.items)
        return [item.id for item in page.items]

    invitation = invite(house, application)
    assert seen() == []
    house.do("public", answer(application, invitation))
    assert seen() == [str(application)]
    house.do("admin", c.RemoveMember(application_id=application, unit=OTHER_UNIT.code, reason="不再参与"))
    assert seen() == []


def test_who_may_be_asked_and_where_it_is_only_a_warning(house: House) -> None:
    application = house.filled()
    invite(house, application)
    again = c.Invite(application_id=application, unit=OTHER_UNIT.code, contact="某人", address="m@unit.test")
    assert codes(house, "editor", again) == {"ALREADY_MEMBER"}
    wrong = c.Invite(application_id=application, unit="123", contact=" ", address="nobody")
    assert codes(house, "editor", wrong) == {"USCC_CHECK", "BAD_FORMAT", "REQUIRED"}
    invite(house, application, ELSEWHERE, unit_name="广东粤顺")
    member = house.application(application).consortium.pending[-1]
    assert (member.unit_name, member.in_province) == ("广东粤顺", False)


def test_whoever_has_not_the_key_learns_nothing(house: House) -> None:
    application, other = house.filled(), house.filled("wenqu-", OTHER_UNIT)
    invitation = invite(house, application)
    for command in (
        answer(application, invitation, key="another"),
        answer(application, invitation, key=""),
        answer(application, "00000000-0000-4000-8000-000000000000"),
        answer(other, invitation),
    ):
        assert codes(house, "public", command) == {"INVITATION_UNKNOWN"}
    late = "2025-11-27 10:00"
    assert codes(house, "public", answer(application, invitation), late) == {"INVITATION_CLOSED"}
    assert house.handling.expire_due() == 1
    assert house.handling.expire_due() == 0
    assert codes(house, "public", answer(application, invitation)) == {"INVITATION_CLOSED"}


def test_a_link_answers_once_and_its_secret_is_gone_with_the_answer(house: House) -> None:
    application = house.filled()
    invitation = invite(house, application)

    def secrets() -> list[Any]:
        facts = house.dispatcher.history(f"application-{application}")
        return [fact.event.secret.value for fact in facts if hasattr(fact.event, "secret")]  # type: ignore[union-attr]

    stored = "".join(one.payload + one.metadata for one in house.store.read_stream(f"application-{application}"))
    assert KEY not in stored
    assert secrets() == [KEY]
    assert codes(house, "public", answer(application, invitation, accept=False)) == {"REASON_REQUIRED"}
    house.do("public", answer(application, invitation, accept=False, reason="人手不足"))
    assert secrets() == [None]
    assert codes(house, "public", answer(application, invitation)) == {"INVITATION_CLOSED"}
    assert house.application(application).consortium.members[0].address.value == "m@unit.test"
    joined(house, application, OTHER_UNIT.code)  # a declined unit is asked anew


def test_two_members_answer_in_the_same_instant(house: House) -> None:
    application = house.filled()
    both = [invite(house, application), invite(house, application, YUHUA_UNIT.code)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda invitation: house.do("public", answer(application, invitation)), both))
    assert [member.invitation for member in house.application(application).consortium.accepted] == both


def test_one_link_used_twice_in_the_same_instant_joins_once(house: House) -> None:
    application = house.filled()
    invitation = invite(house, application)

    def once(_: int) -> set[str]:
        try:
            house.do("public", answer(application, invitation))
        except Refused as refused:
            return {refusal.code for refusal in refused.refusals}
        return set()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(map(sorted, pool.map(once, range(2)))) == [[], ["INVITATION_CLOSED"]]


@pytest.mark.rule("R-023")
def test_no_more_than_seven_and_whoever_was_asked_counts(house: House) -> None:
    """「成员单位数量不超过7家」, the lead and open invitations among them (A-01)."""
    from stdnum.cn import uscc

    application = house.filled()
    bodies = [f"91430104MAXTE7A{n:02}" for n in range(7)]
    units = [body + uscc.calc_check_digit(body + "0") for body in bodies]
    for unit in units[:6]:
        invite(house, application, unit, unit_name="某公司")
    seventh = c.Invite(application_id=application, unit=units[6], contact="x", address="x@y.test", unit_name="某公司")
    assert codes(house, "editor", seventh) == {"UNIT_LIMIT"}
    first = house.application(application).consortium.pending[0].invitation
    house.do("editor", c.Uninvite(application_id=application, invitation=first))
    house.do("editor", seventh)


def test_shares_are_refused_with_the_sum_they_make(house: House) -> None:
    application = house.filled()
    assert codes(house, "editor", c.IssueAgreement(application_id=application)) == {"NO_MEMBERS"}
    joined(house, application, OTHER_UNIT.code)
    for typed, code in (("50.01", "RATIO_SUM"), ("50.001", "RATIO_FORMAT"), ("-1", "RATIO_FORMAT")):
        command = c.SetRatios(application_id=application, columns={"grant": {UNIT.code: "50", OTHER_UNIT.code: typed}})
        with pytest.raises(Refused) as refused:
            house.do("editor", command)
        (refusal,) = refused.value.refusals
        assert refusal.code == code
        if code == "RATIO_SUM":
            assert (refusal.params["measure"], refusal.params["total"]) == (10_001, "100.01")
    stranger = c.SetRatios(application_id=application, columns={"grant": {YUHUA_UNIT.code: "100"}, "x": {}})
    assert codes(house, "editor", stranger) == {"SIGNATORY_UNKNOWN", "BAD_FORMAT"}


def test_a_change_of_text_voids_every_signature(house: House) -> None:
    application = house.filled()
    joined(house, application, OTHER_UNIT.code)
    digest = agreed(house, application)
    before = len(house.dispatcher.history(f"application-{application}"))
    house.do("editor", c.IssueAgreement(application_id=application))
    assert len(house.dispatcher.history(f"application-{application}")) == before  # the same text is fixed once
    house.do("editor", sign(application, digest, UNIT.code, OTHER_UNIT.code))
    house.do("editor", c.SetTerms(application_id=application, extra=("补充条款",)))
    (*_, changed) = house.dispatcher.history(f"application-{application}")
    assert changed.event.voids == 1  # type: ignore[attr-defined]
    assert codes(house, "editor", sign(application, digest, UNIT.code, OTHER_UNIT.code)) == {"AGREEMENT_STALE"}


def test_a_legal_representative_confirms_on_a_page_of_their_own(house: House) -> None:
    application = house.filled()
    joined(house, application, OTHER_UNIT.code)
    asked = {"signer": "苏问渠", "address": "su@wenqu.test"}
    early = c.AskConfirmation(application_id=application, unit=OTHER_UNIT.code, **asked)
    assert codes(house, "editor", early) == {"AGREEMENT_STALE"}
    digest = agreed(house, application)
    for unit in (UNIT.code, OTHER_UNIT.code):
        house.do("editor", c.AskConfirmation(application_id=application, unit=unit, **asked))
    for one in house.application(application).consortium.asked:
        confirm = c.ConfirmAgreement(application_id=application, confirmation=one.confirmation, key=KEY, digest=digest)
        wrong = c.ConfirmAgreement(application_id=application, confirmation=one.confirmation, key="x", digest=digest)
        assert codes(house, "public", wrong) == {"INVITATION_UNKNOWN"}
        house.do("public", confirm)
        assert codes(house, "public", confirm) == {"INVITATION_CLOSED"}
    issue = house.application(application).consortium.issue
    assert issue is not None
    assert issue.effective_from == date(2025, 11, 12)


def test_the_link_over_http_shows_what_is_asked_and_answers_once(house: House, api: Api) -> None:
    application = house.filled()
    invitation = invite(house, application)
    path = f"/invitations/{invitation}"
    foreign = "/invitations/00000000-0000-4000-8000-000000000000"
    unknown = [
        api.ask("", "POST", path, {"key": "altered"}),
        api.ask("", "POST", foreign, {"key": KEY}),
        api.ask("", "POST", f"{path}/answer", {"key": "altered", "accept": True, "by": "x"}),
        api.ask("", "POST", f"{foreign}/answer", {"key": KEY, "accept": True, "by": "x"}),
    ]
    assert {answer.get_json()["refusals"][0]["code"] for answer in unknown} == {"INVITATION_UNKNOWN"}
    assert len({answer.status_code for answer in unknown}) == 1
    for _ in range(2):  # looking answers nothing
        shown = api.ask("", "POST", path, {"key": KEY})
        assert shown.status_code == 200
        assert (shown.get_json()["standing"], shown.get_json()["unit_name"]) == ("invited", OTHER_UNIT.name)
        assert shown.get_json()["consortium"]["members"] == []
    body, key = {"key": KEY, "accept": True, "by": "韩知远"}, {"Idempotency-Key": "once"}
    first = api.ask("", "POST", f"{path}/answer", body, headers=key)
    assert (first.status_code, first.get_json()["standing"]) == (200, "accepted")
    assert api.ask("", "POST", f"{path}/answer", body, headers=key).status_code == 200
    assert "INVITATION_CLOSED" in api.ask("", "POST", f"{path}/answer", body).text
    assert "INVITATION_CLOSED" in api.ask("", "POST", path, {"key": KEY}).text
    dossier = api.ask("wenqu-editor", "GET", f"/applications/{application}").get_json()
    assert [member["standing"] for member in dossier["consortium"]["members"]] == ["accepted"]
    told = api.ask("admin", "GET", f"/applications/{application}/history").text
    assert KEY not in told
    assert "secret" not in told
