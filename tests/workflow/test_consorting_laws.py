"""Laws of a consortium, whatever is asked in whatever order: the limit, whole columns, the freeze, and one text under one hash."""

from functools import reduce
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.cn import uscc

from consortium import agreement
from consortium import events as k
from consortium.ratios import WHOLE
from directory.actor import CLOCK, PUBLIC, Role
from eventstore.refusal import Refused
from tests.consortium import tale
from tests.scenario import ADMIN, DIGEST, EDITOR, ID, OPENED, ROUTE, Given, at, facts, person
from workflow import commands as c
from workflow import events as e
from workflow.application import Application, evolve
from workflow.decisions import decide
from workflow.parties import agreement_digest, parties_of
from workflow.stages import Stage

BODIES = [f"91430104MAXTE7B{n:02}" for n in range(12)]
UNITS = [body + uscc.calc_check_digit(body + "0") for body in BODIES]
ON = "2025-11-12 10:00"
SECRET = "s3cret"
SEALED = e.UnitSealed(
    entered=Stage.UNIT_SEALED, seal_version=1, content_digest=DIGEST, route=ROUTE, route_rule="district"
)


def returned(kind: str) -> e.ReturnedForCorrection:
    return e.ReturnedForCorrection(
        entered=Stage.RETURNED,
        returned_from=Stage.UNIT_SEALED,
        body="430104",
        items=(e.ReturnItem(kind=kind, id="x", reason="r", material=False),),
        deadline=at("2025-12-20 23:59"),
    )


WISHES = st.lists(
    st.tuples(
        st.sampled_from(
            ["invite", "accept", "invite", "accept", "invite", "replace", "accept", "decline", "expire", "uninvite", "remove", "leave", "shares", "terms",
             "issue", "sign", "seal", "return", "return_else"]
        ),
        st.integers(0, 11),
        st.integers(0, WHOLE),
    ),
    min_size=4,
    max_size=40,
)  # fmt: skip


def _wish(application: Application, wish: str, which: int, points: int) -> tuple[c.Command, Any] | None:
    """The command that *wish* makes here, and who gives it; None where it names nothing."""
    consortium, unit = application.consortium, UNITS[which]
    pending, joined = consortium.pending, consortium.accepted
    asked = pending[which % len(pending)] if pending else None
    member = joined[which % len(joined)] if joined else None
    match wish:
        case "invite" | "replace":
            out = member.unit if wish == "replace" and member else ""
            more = {"contact": "某", "address": "m@x.test", "unit_name": f"单位{which}", "replaces": out}
            return c.Invite(application_id=ID, unit=unit, **more), EDITOR
        case "accept" | "decline" if asked:
            yes = wish == "accept"
            answer = {"key": SECRET, "accept": yes, "by": "某", "reason": "" if yes else "忙"}
            return c.AnswerInvitation(application_id=ID, invitation=asked.invitation, **answer), PUBLIC
        case "expire" if asked:
            return c.ExpireInvitation(application_id=ID, invitation=asked.invitation), CLOCK
        case "uninvite" if asked:
            return c.Uninvite(application_id=ID, invitation=asked.invitation), EDITOR
        case "remove" if member:
            return c.RemoveMember(application_id=ID, unit=member.unit, reason="r"), ADMIN
        case "leave" if member:
            return c.Leave(application_id=ID, unit=member.unit, reason="r"), person("m", (Role.UNIT_ADMIN, member.unit))
        case "shares":
            return c.SetRatios(application_id=ID, columns=_columns(application, points)), EDITOR
        case "terms":
            tasks = dict.fromkeys(application.units, f"任务{points % 3}")
            return c.SetTerms(application_id=ID, name="联合体", tasks=tasks, copies=9), EDITOR
        case "issue":
            return c.IssueAgreement(application_id=ID), EDITOR
        case "sign" if consortium.issues:
            return _signing(application, consortium.issues[which % len(consortium.issues)].digest, points), EDITOR
        case _:
            return None


def _columns(application: Application, points: int) -> dict[str, dict[str, str]]:
    """A column that is whole now and then: the lead has *points*, the second unit the rest; or one basis point too many."""
    units = application.units
    rest = WHOLE - points + (1 if points % 7 == 0 else 0)
    shares = {**dict.fromkeys(units, "0"), units[0]: f"{points / 100:.2f}", units[-1]: f"{rest / 100:.2f}"}
    return {"grant": shares, "contribution": shares}


def _signing(application: Application, digest: str, points: int) -> c.SignAgreement:
    hands = [
        c.Hand(unit=unit, signer="某", signer_kind="legal_representative", signed_on=at(ON).date(), sealed=True)
        for unit in application.units
    ]
    some = hands if points % 2 else hands[:2]
    return c.SignAgreement(application_id=ID, digest=digest, hands=tuple(some), scan_sha256=tale.SCAN)


@settings(max_examples=200, deadline=None)
@given(WISHES, st.integers(4, 6))
def test_no_order_of_wishes_breaks_the_limit_the_sums_the_freeze_or_the_one_text(
    wishes: list[tuple[str, int, int]], already: int
) -> None:
    """R-023 and readings A-01, A-09, A-15, A-16, all at once."""
    before = [event for unit in UNITS[:already] for event in (tale.invited(unit), tale.accepted(unit))]
    application = Given(OPENED, *before).application
    for number, (wish, which, points) in enumerate(wishes):
        if wish in ("seal", "return", "return_else"):
            application = _moved(application, wish)
            continue
        asked = _wish(application, wish, which, points)
        if asked is None:
            continue
        command, actor = asked
        known = facts(actor, ON, link_id=f"i-{number}", secret=SECRET, unit=None)
        try:
            events = decide(application, command, known)
        except Refused:
            continue
        assert not _frozen(application), (wish, events)
        for event in events:
            if isinstance(event, k.RatiosSet):
                assert all(sum(column.values()) == WHOLE for column in event.columns.values())
        application = reduce(evolve, events, application)
        _holds(application)


def _moved(application: Application, wish: str) -> Application:
    if wish == "seal" and application.stage in (Stage.DRAFT, Stage.RETURNED):
        return evolve(application, SEALED)
    if wish != "seal" and application.stage is Stage.UNIT_SEALED:
        return evolve(application, returned("consortium" if wish == "return" else "field"))
    return application


def _frozen(application: Application) -> bool:
    if application.stage is not Stage.RETURNED:
        return application.stage is not Stage.DRAFT
    assert application.returned is not None
    return all(item.kind != "consortium" for item in application.returned.items)


def _holds(application: Application) -> None:
    consortium, units = application.consortium, application.units
    assert len(units) <= 7
    assert len(set(units)) == len(units)
    for column in consortium.ratios.values():
        assert set(column) <= set(units)
    digest = agreement_digest(application)
    current = agreement.current(consortium, digest)
    if current is not None and current.effective_from is not None:
        cover = agreement.coverage(consortium, parties_of(application), digest)
        assert cover.complete
        counted = {name for names in cover.documents.values() for name in names}
        texts = {one.digest for one in consortium.documents if one.id in counted}
        assert texts == {digest}, "signers of different texts are never counted together"
