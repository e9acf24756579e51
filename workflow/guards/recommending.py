"""When a bureau may put its name to an application, send it back or refuse it, and when the province takes it in."""

from directory.actor import Actor, Role
from directory.bureau import prefix_of
from eventstore.refusal import Refusal
from programmes.calendar import CalendarUnknown, beijing_date, end_of, passed
from workflow.application import Application
from workflow.commands import Command, DecideReconsideration, Extend, PassForm, Recommend, ReturnForCorrection
from workflow.facts import Facts
from workflow.guards.asking import Selector, before, deadline_of
from workflow.stages import Stage

_BUREAU_ROLES = (Role.BUREAU_HEAD, Role.BUREAU_CLERK)
_PROVINCE_ROLES = (Role.PROVINCE_LEAD, Role.PROVINCE_CLERK)


def the_next_step_is_county(application: Application, command: Command | None, facts: Facts) -> bool:
    return _level(application) == "county"


def the_next_step_is_city(application: Application, command: Command | None, facts: Facts) -> bool:
    return _level(application) == "city"


def _level(application: Application) -> str:
    return application.next_step.level if application.next_step else ""


def holder(application: Application) -> str:
    """The body that has the application in its hands: a bureau's code, or the province's."""
    return application.next_step.body if application.next_step else ""


def bodies(actor: Actor) -> frozenset[str]:
    """The bodies an actor acts for: bureaus, and the province for its staff."""
    return frozenset(grant.scope for grant in actor.grants if grant.role in (*_BUREAU_ROLES, *_PROVINCE_ROLES))


def bureau_holds_the_step(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """Only the bureau that the frozen route names now; others learn whether it is not theirs or not their turn."""
    body, mine = holder(application), bodies(facts.actor)
    if body in mine:
        return None
    acted = [made.body for made in application.recommendations if made.body in mine]
    if acted:
        latest = facts.latest
        said = {"event": latest.event, "by": latest.actor, "at": latest.at.isoformat()} if latest else {}
        return Refusal.of("WRONG_STAGE", trigger=_trigger(command), stage=application.stage or "", **said)
    on_the_route = {step.body for step in application.route}
    if any(application.region.startswith(prefix_of(code)) for code in mine) and not mine & on_the_route:
        return Refusal.of("NO_SUCH_STEP", trigger=_trigger(command), bureau=sorted(mine), rule=application.route_rule)
    return Refusal.of("WRONG_BUREAU", bureau=sorted(mine), holder=body, region=application.region)


def _trigger(command: Command | None) -> str:
    return command.trigger if command else ""


def handler_is_named(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """实名推荐: the handler is named and in establishment (在编)."""
    match command:
        case Recommend(handler=handler, handler_in_establishment=in_establishment):
            if handler.strip() and in_establishment:
                return None
            return Refusal.of("MISSING_HANDLER", named="yes" if handler.strip() else "no")
        case _:
            return None


def handler_is_not_the_head(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """One prepares, another signs."""
    match command:
        case Recommend(handler=handler) if handler.strip() == facts.actor.name:
            return Refusal.of("SAME_PERSON", trigger="recommend")
        case _:
            return None


def rank_is_set(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """A city ranks what it passes on; the order of 附件5 is its ranking (T08, R-225)."""
    ranks = _level(application) == "city" and holder(application) in bodies(facts.actor)
    match command:
        case Recommend(rank=None) if ranks:
            return Refusal.of("REQUIRED", field="rank", label_zh="排序", label_en="Rank")
        case Recommend(rank=int(rank)) if rank < 1:
            return Refusal.of("BELOW_MIN", field="rank", measure=rank, limit=1, label_zh="排序", label_en="Rank")
        case _:
            return None


def letter_is_there(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    match command:
        case Recommend(letter_number=number, letter_scan=scan) if not (number.strip() and scan.strip()):
            return Refusal.of("LETTER_MISSING", missing="letter_number" if not number.strip() else "letter_scan")
        case _:
            return None


def version_is_current(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """A bureau signs the text it read: the hash it names is the hash that stands."""
    match command:
        case Recommend(content_digest=digest) if digest != application.content_digest:
            version = application.sealed.version if application.sealed else 0
            return Refusal.of("STALE_VERSION", seen=digest[:19], current=f"v{version}", version=version)
        case _:
            return None


def within_the_quota(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    quota = facts.call.quota(application.programme, _level(application), holder(application))
    if quota is None or facts.free_slot <= quota:
        return None
    return Refusal.of("QUOTA_EXCEEDED", body=holder(application), measure=facts.free_slot - 1, quota=quota)


def before_the_bureaus_deadline(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    return before(application, facts, f"{_level(application)}_close")


def no_recommendation_is_left(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """The province takes in what has every recommendation of its route."""
    step = application.next_step
    if step is None or step.level == "province":
        return None
    return Refusal.of("WRONG_BUREAU", bureau=sorted(bodies(facts.actor)), holder=step.body, region=application.region)


def items_are_listed(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """一次性告知: everything to put right at once, each with its reason."""
    match command:
        case ReturnForCorrection(items=items) if not items or any(not item.reason.strip() for item in items):
            return Refusal.of("NOTHING_TO_RETURN", items=len(items))
        case ReturnForCorrection(working_days=days) if days is not None and days < 1:
            return Refusal.of("BELOW_MIN", field="working_days", measure=days, limit=1)
        case ReturnForCorrection(working_days=int(days)) if days > facts.call.returns.working_days:
            return Refusal.of("ABOVE_MAX", field="working_days", measure=days, limit=facts.call.returns.working_days)
        case ReturnForCorrection(working_days=days):
            return _calendar_knows(facts, days or facts.call.returns.working_days)
        case _:
            return None


def _calendar_knows(facts: Facts, days: int) -> Refusal | None:
    try:
        facts.call.working_days.add(beijing_date(facts.now), days)
    except CalendarUnknown as unknown:
        return Refusal.of("CALENDAR_UNKNOWN", year=unknown.day.year)
    return None


def returns_are_left(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    limit = facts.call.returns.max_per_stage
    used = application.returns.get(application.stage or "", 0)
    return None if used < limit else Refusal.of("RETURN_LIMIT", measure=used, limit=limit)


def goes_back_to(stage: Stage) -> Selector:
    """The row of a resubmission: back to where it was returned from, or to the first bureau after a material change."""

    def selects(application: Application, command: Command | None, facts: Facts) -> bool:
        returned = application.returned
        if returned is None:
            return False
        material = any(item.material for item in returned.items)
        return stage is (Stage.UNIT_SEALED if material else returned.returned_from)

    return selects


def extender_receives_it(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """The body that will receive the application may give it longer; the province may always."""
    receives = application.returned.body if application.returned else holder(application)
    mine = bodies(facts.actor)
    if facts.call.province in mine or not receives or receives in mine:
        return None
    return Refusal.of("WRONG_BUREAU", bureau=sorted(mine), holder=receives, region=application.region)


def extension_is_later(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    match command:
        case Extend(deadline="return", until=until):
            stands = application.returned.deadline if application.returned else None
        case Extend(deadline=name, until=until):
            stands = deadline_of(application, facts, name)
        case _:
            return None
    if stands is not None and until > stands and until > facts.now:
        return None
    return Refusal.of("EXTENSION_NOT_LATER", deadline=command.deadline, until=until.isoformat())


def reconsidered_once(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    return None if application.reconsideration is None else Refusal.of("RECONSIDER_ONCE")


def asked_in_time(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """Within N working days of the refusal, the day of the refusal not counted (民法典 §201)."""
    if facts.latest is None:
        return None
    days = facts.call.reconsideration.working_days
    try:
        closing = end_of(facts.call.working_days.add(beijing_date(facts.latest.at), days))
    except CalendarUnknown as unknown:
        return Refusal.of("CALENDAR_UNKNOWN", year=unknown.day.year)
    if passed(facts.now, closing):
        return Refusal.of("RECONSIDER_LATE", days=days, until=closing.isoformat())
    return None


def granted_back_to(stage: Stage) -> Selector:
    def selects(application: Application, command: Command | None, facts: Facts) -> bool:
        match command:
            case DecideReconsideration(granted=granted):
                return granted and application.refused_from is stage
            case _:
                return False

    return selects


def not_granted(application: Application, command: Command | None, facts: Facts) -> bool:
    match command:
        case DecideReconsideration(granted=granted):
            return not granted
        case _:
            return True


def reconsideration_is_asked(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    asked = application.reconsideration
    if asked is not None and asked.granted is None:
        return None
    return Refusal.of("NOT_ASKED", trigger="reconsider")


def deciding_body(application: Application, facts: Facts) -> str:
    """The next higher body of the route above the one that refused; the province at the top."""
    route = [step.body for step in application.route]
    if application.refused_by in route:
        above = route.index(application.refused_by) + 1
        if above < len(route):
            return route[above]
    return facts.call.province


def the_higher_body_decides(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    body, mine = deciding_body(application, facts), bodies(facts.actor)
    if body in mine:
        return None
    return Refusal.of("WRONG_BUREAU", bureau=sorted(mine), holder=body, region=application.region)


def checklist_is_complete(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    match command:
        case PassForm(checklist=ticked):
            items = [slot.id for slot in facts.call.programme_of(application.direction).attachments if slot.required]
            missing = [item for item in ("form", *items) if item not in ticked]
            return Refusal.of("CHECKLIST_INCOMPLETE", items=missing) if missing else None
        case _:
            return None
