"""From a wish about an application to its events: admit the actor, gather facts, decide, dispatch. One transaction.

The same admission and the same guards answer commands, buttons and lists of actions.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from hmac import compare_digest
from typing import TypeAlias
from uuid import UUID

import msgspec
from sqlalchemy import Connection

from consortium.membership import digest_of
from directory.actor import BUREAU_ROLES, CLOCK, PUBLIC, Actor, Role
from directory.policy import proven, visible_to
from directory.records import Directory
from eventstore.aside import Aside
from eventstore.clock import Clock
from eventstore.dispatch import Context, Dispatcher, Fold, Loaded, Outcome
from eventstore.event import Fact, RecordedEvent, microseconds
from eventstore.facts import reading
from eventstore.ids import Ids
from eventstore.refusal import ConcurrencyConflict, PreconditionFailed, Refusal, Refused
from paperwork.pdf_signature import PdfSignature
from programmes.call import Call
from web import tracing
from workflow import attempts, files, lifecycle, members, sheet_drafts, verdicts, worklist
from workflow import commands as c
from workflow.application import EMPTY, Application, evolve, folded
from workflow.blind import blinded, is_blind
from workflow.decisions import decide
from workflow.decisions.consorting import closed_links, subject_of
from workflow.discretion import actor_for
from workflow.dossier import view_of
from workflow.events import ApplicationEvent, FileAttached, Opened
from workflow.facts import Facts
from workflow.gathering import Gathering, Randomness, latest_for
from workflow.projections import stream_of
from workflow.quarantine import Quarantine
from workflow.signed_files import SignedFiles, no_signatures
from workflow.stages import Stage
from workflow.standing import Definitions

FOLD: Fold[Application] = Fold(EMPTY, evolve)
_LIMITS = files.Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """Somebody was given what is protected: a file, a scan, who objected. *item* says which of them. With a *reason* every
    single look is noted, and nothing is given before it is."""

    application: str
    what: str
    item: str = ""
    reason: str = ""


OnRefused: TypeAlias = Callable[[c.Command, Actor, Refused, Context], None]
OnRead: TypeAlias = Callable[[Read, Actor, Context], None]


class NotFound(Refused):
    """There is no such application, or it is not this actor's to see: the same answer, to the byte."""

    def __init__(self) -> None:
        super().__init__(Refusal.of("NOT_FOUND"))


class Handling:
    """Everything handed in: *directory* opens the register on a connection, *randomness* answers random bytes."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        catalogue: Definitions,
        directory: Callable[[Connection], Directory],
        clock: Clock,
        ids: Ids,
        randomness: Randomness,
        scanning: bool = False,
        signed_files: SignedFiles = no_signatures,
    ) -> None:
        self.dispatcher = dispatcher
        self.store = dispatcher.store
        self.clock = clock
        self.ids = ids
        self.quarantine = Quarantine(self.store, scanning)
        self.signed_files = signed_files
        self.gathering = Gathering(catalogue, directory, randomness, ids)
        self.register = directory
        self.on_refused: list[OnRefused] = []
        self.on_read: list[OnRead] = []

    def handle(self, command: c.Command, actor: Actor, context: Context) -> Outcome:
        """Do what *actor* asks, or raise Refused with every reason; `result` tells what the application is now.

        A repetition under the same command key answers the first result.
        """
        if unproved := proven(actor, f"application.{command.trigger}"):
            raise Refused(unproved)
        result: dict[str, object] = {"id": str(command.application_id)}
        notes = dict(context.metadata)
        signatures = self._signatures_for(command, actor)

        def deciding(db: Connection, loaded: Loaded[Application], now: datetime) -> Sequence[ApplicationEvent]:
            events = self._decide(db, loaded, command, actor, now, signatures)
            after = reduce(evolve, events, loaded.state)
            notes.update(_notes(after, command))  # written after deciding, with the events
            result.clear()
            result.update(self._result(after, events))
            return events

        try:
            return self.dispatcher.dispatch(
                stream_of(command.application_id), FOLD, deciding, replace(context, metadata=notes), result
            )
        except Refused as refused:
            self._note_attempt(command, refused, context)
            for tell in self.on_refused:
                tell(command, actor, refused, context)
            raise self._with_names(refused) from None
        except PreconditionFailed as failed:
            raise self._discreet(failed, command.application_id, actor) from None

    def _signatures_for(self, command: c.Command, actor: Actor) -> tuple[PdfSignature, ...]:
        """The electronic signatures in the file of a signed agreement, read before the lock is taken, and only for whoever may
        bring one: reading takes a while."""
        if not isinstance(command, c.SignAgreement) or not sees(actor, self._standing(command.application_id)):
            return ()
        return self.signed_files(command.scan_sha256, self.now())

    def _standing(self, application_id: UUID) -> Application:
        return self.dispatcher.load(stream_of(application_id), FOLD).state

    def _note_attempt(self, command: c.Command, refused: Refused, context: Context) -> None:
        """Another application has the place: nothing was written, and the bureau of that one is told."""
        if not isinstance(command, c.Seal | c.Resubmit):
            return
        application = self.dispatcher.load(stream_of(command.application_id), FOLD).state
        if application.stage is None:
            return
        call = self.call_of(application)
        if attempts.is_about_exclusivity(refused, application, call):
            unkeyed = replace(context, command_id=None, fingerprint=None, if_match=None)
            attempts.note(self.dispatcher, self.register, application, call, unkeyed)

    def _decide(
        self,
        db: Connection,
        loaded: Loaded[Application],
        command: c.Command,
        actor: Actor,
        now: datetime,
        signatures: tuple[PdfSignature, ...],
    ) -> Sequence[ApplicationEvent]:
        application = loaded.state
        admit(application, command, actor)
        if isinstance(command, c.AttachFile):
            too_much = files.within_the_limits(application, command.size, _LIMITS, command.replaces)
            if too_much:
                raise Refused(too_much)
        facts = replace(
            self.gathering.facts(db, application, loaded.latest, command, actor, now), signatures=signatures
        )
        if isinstance(command, c.Open) and command.copy_from is not None:
            facts = self._with_source(db, command.copy_from, facts)
        if isinstance(command, c.SaveSection) and _saw_another(application, command):
            won = self._last_to_save(db, command)
            facts = replace(facts, section_saved=latest_for(won, application, actor))
        events = decide(application, command, facts)
        for link in closed_links(events):
            self.dispatcher.personal.erase(db, subject_of(link))
        sheet_drafts.forget_settled(db, str(command.application_id), events)
        if isinstance(command, c.AttachFile):
            verdicts.expect(db, {command.sha256: command.file_id})
        return events

    def _with_source(self, db: Connection, source_id: UUID, facts: Facts) -> Facts:
        """The application whose answers are to be taken along, and its frozen definition."""
        source = self.dispatcher.load_in(db, stream_of(source_id), FOLD).state
        if source.stage is None:
            return facts
        return replace(facts, source=source, source_call=self.call_of(source))

    def _last_to_save(self, db: Connection, command: c.SaveSection) -> RecordedEvent | None:
        """Who wrote this section last: looked up only for whoever saw an older one."""
        stream = stream_of(command.application_id)
        for recorded in self.store.stream_in(db, stream, backwards=True):
            if recorded.type == _SAVED and msgspec.json.decode(recorded.payload)["section"] == command.section:
                return recorded
        return None

    def _result(self, after: Application, events: Sequence[ApplicationEvent]) -> Mapping[str, object]:
        return {
            "id": after.id,
            "number": after.number,
            "stage": after.stage.value if after.stage else "",
            "version": after.version,
            "content_digest": after.content_digest,
            "section_versions": dict(after.section_versions),
            "events": [self.dispatcher.codec.name_of(event) for event in events],
            "file_id": next((event.file_id for event in events if isinstance(event, FileAttached)), ""),
            "not_copied": list(after.not_copied) if any(isinstance(event, Opened) for event in events) else [],
        }

    def load(
        self, application_id: UUID | str, actor: Actor, until: datetime | int | None = None
    ) -> Loaded[Application]:
        """The application as *actor* may see it; NotFound when there is none, or none for them."""
        loaded = self.dispatcher.load(stream_of(application_id), FOLD, until)
        if not sees(actor, loaded.state):
            raise NotFound
        return replace(loaded, state=self._for(actor, loaded.state))

    def _for(self, actor: Actor, application: Application) -> Application:
        """The whole of it, or what a blind review leaves of it for an expert; of nobody else a definition is asked."""
        if not actor.holds(Role.EXPERT):
            return application
        call = self.call_of(application)
        return blinded(application, call, actor.id) if is_blind(actor, application, call) else application

    def history(self, application_id: UUID | str, actor: Actor) -> tuple[Application, list[Fact]]:
        """Every fact, oldest first, and what they add up to; in a blind review an expert is given the own facts, and
        the newest, by which the next step is judged."""
        facts = self.dispatcher.history(stream_of(application_id))
        application = folded(facts)
        if not sees(actor, application):
            raise NotFound
        shown = self._for(actor, application)
        if shown is application:
            return shown, facts
        return shown, [fact for fact in facts if fact is facts[-1] or fact.recorded.actor == actor_name(actor)]

    def catch_up(self) -> int:
        """Bring what is kept beside the commands up to the head of the log, before it is read."""
        read = reading(self.dispatcher.codec, self.dispatcher.personal)
        kept = (one for one in self.dispatcher.projections if isinstance(one, Aside))
        return sum(one.catch_up(self.store, read) for one in kept)

    def was_read(self, read: Read, actor: Actor) -> None:
        """Say that *actor* was given what is protected, to whoever keeps note of it."""
        for tell in self.on_read:
            tell(read, actor, Context(actor=actor_name(actor), correlation_id=tracing.correlation(self.ids.uuid7)))

    def admit(self, application_id: UUID | str, actor: Actor, to_act: bool, objecting: bool = False) -> None:
        """Before a body is read: NotFound, or for a bureau's act on another region's application WRONG_BUREAU."""
        with self.store.reading() as db:
            place = worklist.place(db, actor, str(application_id))
        if place is None:
            raise NotFound
        if place.visible or (objecting and place.noticed) or actor == CLOCK:
            return
        raise _not_theirs(actor, place.region, place.sealed and to_act)

    def actions(self, application_id: UUID | str, actor: Actor) -> tuple[lifecycle.Action, ...]:
        """Every step this actor could take, open or closed and why; by the guards that the command will meet."""
        loaded = self.load(application_id, actor)
        return self.actions_of(loaded.state, loaded.latest, actor)

    def actions_of(
        self, application: Application, latest: RecordedEvent | None, actor: Actor
    ) -> tuple[lifecycle.Action, ...]:
        return self.weighed(application, latest, actor)[0]

    def weighed(
        self, application: Application, latest: RecordedEvent | None, actor: Actor
    ) -> tuple[tuple[lifecycle.Action, ...], Facts]:
        """The steps, and the facts by which they were judged: whoever shows what is missing judges by the same."""
        facts = self.gathering.known(application, latest, actor, self.now())
        with self.store.reading() as db:
            if application.stage in (Stage.DRAFT, Stage.RETURNED):
                facts = self.gathering.of_the_unit(db, application, facts)
                facts = replace(facts, infected=self.gathering.infected(db, application))
            found = lifecycle.actions(application, facts)
            names = self._names(db, (refusal for action in found for refusal in action.refusals))
        named = (replace(a, refusals=tuple(_named(refusal, names) for refusal in a.refusals)) for a in found)
        return tuple(named), facts

    def call_of(self, application: Application) -> Call:
        """The definition the application was opened under."""
        return self.gathering.call_of(application)

    def now(self) -> datetime:
        with self.store.reading() as db:
            return self.clock.now(db)

    def names(self, actors: set[str]) -> dict[str, str]:
        """Who stands behind the actors of envelopes: display names, for people who may see them."""
        people = {actor.removeprefix("person:") for actor in actors if actor.startswith("person:")}
        if not people:
            return {}
        with self.store.reading() as db:
            return {f"person:{person}": name for person, name in self.register(db).names(people).items()}

    def lapse_due(self, now: datetime | None = None) -> int:
        """The clock's sweep: end every draft and return whose deadline has passed. Answers how many it ended."""
        with self.store.reading() as db:
            overdue = worklist.lapsing(db, microseconds(now or self.clock.now(db)))
        return sum(self._lapse(application_id) for application_id in overdue)

    def expire_due(self, now: datetime | None = None) -> int:
        """The clock's sweep over invitations that nobody answered in time. Answers how many it ended."""
        with self.store.reading() as db:
            late = members.overdue(db, worklist.applications(), microseconds(now or self.clock.now(db)))
        return sum(self._expire(application, invitation) for application, invitation in late)

    def _expire(self, application_id: str, invitation: str) -> int:
        """One of them; it may have been answered meanwhile."""
        context = Context(actor=CLOCK.id, correlation_id=self.ids.uuid7())
        try:
            self.handle(c.ExpireInvitation(application_id=UUID(application_id), invitation=invitation), CLOCK, context)
        except (Refused, ConcurrencyConflict):
            return 0
        return 1

    def linked(self, link: str) -> Application:
        """The application a one-time link belongs to. INVITATION_UNKNOWN where there is none: the key is asked next."""
        with self.store.reading() as db:
            found = members.application_of(db, link)
        if found is None:
            raise Refused(Refusal.of("INVITATION_UNKNOWN"))
        return self.dispatcher.load(stream_of(found), FOLD).state

    def _lapse(self, application_id: str) -> int:
        """One of them; somebody may have acted meanwhile, and then there is nothing to end."""
        context = Context(actor=CLOCK.id, correlation_id=self.ids.uuid7())
        try:
            self.handle(c.Lapse(application_id=UUID(application_id)), CLOCK, context)
        except (Refused, ConcurrencyConflict):
            return 0
        return 1

    def _with_names(self, refused: Refused) -> Refused:
        """Whoever was slower is told who was faster: names are looked up only when somebody will read them."""
        if not any(_BY in refusal.params for refusal in refused.refusals):
            return refused
        with self.store.reading() as db:
            names = self._names(db, refused.refusals)
        return Refused(_named(refusal, names) for refusal in refused.refusals)

    def _discreet(self, failed: PreconditionFailed, application_id: UUID, actor: Actor) -> PreconditionFailed:
        """Who was faster, where *actor* may know it."""
        if failed.latest is None:
            return failed
        application = self._for(actor, self._standing(application_id))
        latest = failed.latest._replace(actor=actor_for(failed.latest, view_of(actor, application)))
        return PreconditionFailed(failed.stream, failed.asked, failed.version, latest)

    def _names(self, db: Connection, refusals: Iterable[Refusal]) -> Mapping[str, str]:
        people = {str(r.params[_BY]).removeprefix("person:") for r in refusals if _BY in r.params}
        return self.register(db).names(people) if people else {}


_BY = "by"
_SAVED = "application.section_saved"


def _named(refusal: Refusal, names: Mapping[str, str]) -> Refusal:
    if _BY not in refusal.params:
        return refusal
    who = str(refusal.params[_BY])
    return replace(refusal, params={**refusal.params, _BY: names.get(who.removeprefix("person:"), who)})


def _saw_another(application: Application, command: c.SaveSection) -> bool:
    """Whether somebody saved the section after *command*'s writer opened it."""
    return command.section_version not in (None, application.section_versions.get(command.section, 0))


def _notes(application: Application, command: c.Command) -> dict[str, str]:
    return {
        "definition": application.definition_digest,
        "workflow": lifecycle.REVISION,
        "trigger": command.trigger,
    }


def actor_name(actor: Actor) -> str:
    """How an actor stands in an envelope: person:<id>, clock or public."""
    return actor.id if actor in (CLOCK, PUBLIC) else f"person:{actor.id}"


def sees(actor: Actor, application: Application, former: bool = False) -> bool:
    """`Sight.covers` for a folded application. *former*: an expert who stepped aside may still be answered."""
    if application.stage is None:
        return False
    return actor == CLOCK or visible_to(actor).covers(
        county=application.region,
        sealed=application.sealed is not None,
        units=application.units,
        route=tuple(step.body for step in application.route),
        panel=application.review.drawn_ever if former else application.review.panel,
    )


def admit(application: Application, command: c.Command, actor: Actor) -> None:
    """Whether *actor* may even ask. A bureau that is not on the way learns that much; for all others there is nothing."""
    if isinstance(command, c.Open) and application.stage is None:
        return
    if sees(actor, application, former=True):
        return
    if isinstance(command, c.Object) and application.notice is not None:
        return
    if isinstance(command, c.AnswerInvitation | c.ConfirmAgreement):
        if _has_the_key(application, command):
            return
        raise Refused(Refusal.of("INVITATION_UNKNOWN"))
    raise _not_theirs(actor, application.region, application.sealed is not None)


def _has_the_key(application: Application, command: c.AnswerInvitation | c.ConfirmAgreement) -> bool:
    """Whoever holds a link's key is let in by it; a wrong one learns nothing, not even whether there is such a link."""
    match command:
        case c.AnswerInvitation(invitation=link):
            invited = application.consortium.invitation(link)
            known = invited.secret_digest if invited else ""
        case c.ConfirmAgreement(confirmation=link):
            asked = application.consortium.confirmation(link)
            known = asked.secret_digest if asked else ""
    return compare_digest(digest_of(command.key), known)


def _not_theirs(actor: Actor, region: str, sealed: bool) -> Refused:
    bureaus = actor.scopes(*BUREAU_ROLES)
    if bureaus and sealed:
        return Refused(Refusal.of("WRONG_BUREAU", bureau=sorted(bureaus), region=region))
    return NotFound()


__all__ = ["FOLD", "Handling", "NotFound", "Read", "actor_name", "admit", "sees"]
