"""When a tranche may be handed on, in which parts, and who may say that it came (T33)."""

from collections.abc import Sequence

from directory.actor import Role
from eventstore.refusal import Refusal
from workflow.application import Application
from workflow.commands import Command, ConfirmHandOn, HandOn
from workflow.facts import Facts
from workflow.shares import name_of, to_answer, to_hand_on, unconfirmed

SOURCE = "联合体协议书·资金分配"


def members_apply(application: Application, command: Command | None, facts: Facts) -> bool:
    """Nobody who applies alone is shown this step; whoever asks for it all the same is told why not."""
    return command is not None or len(application.units) > 1


def a_member_asks(application: Application, command: Command | None, facts: Facts) -> bool:
    return command is not None or bool(_own_members(application, facts))


def own_member(application: Application, command: ConfirmHandOn, facts: Facts) -> str:
    """The member that the actor answers for; "" where there is none, or where several are and none is named."""
    mine = _own_members(application, facts)
    if command.unit:
        return command.unit if command.unit in mine else ""
    return mine[0] if len(mine) == 1 else ""


def _own_members(application: Application, facts: Facts) -> tuple[str, ...]:
    held = facts.actor.scopes(Role.UNIT_ADMIN)
    return tuple(unit for unit in application.units if unit in held and unit != application.lead_unit)


def a_part_is_to_be_handed_on(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """The tranche was paid, and something of it is still with the lead or disputed."""
    asked = [application.tranche(command.tranche)] if isinstance(command, HandOn) else application.tranches
    if any(tranche is not None and to_hand_on(application, tranche) for tranche in asked):
        return None
    return Refusal.of("NO_HANDON_DUE", source=SOURCE, tranche=getattr(command, "tranche", ""))


def parts_are_the_split(application: Application, command: Command | None, facts: Facts) -> Sequence[Refusal]:
    """协议第5条：由牵头人按比例分配给各成员方. Every unit that gets another sum than the split gives it is named."""
    tranche = application.tranche(command.tranche) if isinstance(command, HandOn) else None
    if tranche is None or not isinstance(command, HandOn):
        return ()
    due = to_hand_on(application, tranche)
    given: dict[str, int] = {}
    for part in command.parts:
        given[part.unit] = given.get(part.unit, 0) + part.amount_fen
    return [
        Refusal.of(
            "HANDON_MISMATCH",
            source=SOURCE,
            unit=name_of(application, unit),
            member=unit,
            measure=given.get(unit, 0),
            limit=due.get(unit, 0),
        )
        for unit in dict.fromkeys((*due, *given))
        if given.get(unit, 0) != due.get(unit, 0)
    ]


def references_are_new(application: Application, command: Command | None, facts: Facts) -> Sequence[Refusal]:
    """Each part has a bank reference of its own, and none that was ever booked."""
    if not isinstance(command, HandOn):
        return ()
    found: list[Refusal] = []
    seen: set[str] = set()
    for part in command.parts:
        reference = part.bank_reference.strip()
        if not reference:
            found.append(Refusal.of("REQUIRED", field="bank_reference", unit=name_of(application, part.unit)))
        elif reference in seen or reference in facts.booked:
            found.append(Refusal.of("DUPLICATE_BANK_REF", reference=reference))
        seen.add(reference)
    return found


def voucher_is_there(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    match command:
        case HandOn(scan_sha256=scan) if not scan.strip():
            return Refusal.of("REQUIRED", source="转拨凭证", field="scan_sha256")
        case _:
            return None


def a_member_answers_for_itself(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    if not isinstance(command, ConfirmHandOn) or own_member(application, command, facts):
        return None
    return Refusal.of("ROLE_FORBIDDEN", trigger=command.trigger, allowed=[Role.UNIT_ADMIN.value])


def a_part_waits_for_an_answer(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """It was handed on, and is not confirmed yet; what was disputed may still be confirmed."""
    match command:
        case ConfirmHandOn(tranche=number):
            units: tuple[str, ...] = (own_member(application, command, facts),)
            tranches = [each for each in application.tranches if each.number == number]
        case _:
            units, tranches = _own_members(application, facts), list(application.tranches)
    if any(to_answer(tranche, unit) for tranche in tranches for unit in units) or "" in units:
        return None  # whoever answers for nobody is told that alone
    return Refusal.of("NO_RECEIPT_DUE", source=SOURCE, tranche=getattr(command, "tranche", ""))


def a_dispute_says_why(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    match command:
        case ConfirmHandOn(received=False, reason=reason) if not reason.strip():
            return Refusal.of("REASON_REQUIRED", trigger=command.trigger)
        case _:
            return None


def hand_on_is_confirmed(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """T34: nothing is closed while a member has not confirmed what it was to get."""
    waits = list(unconfirmed(application))
    if not waits:
        return None
    return Refusal.of(
        "HANDON_OPEN",
        source=SOURCE,
        units=list(dict.fromkeys(name_of(application, unit) for _, unit in waits)),
        tranches=sorted({str(number) for number, _ in waits}),
    )
