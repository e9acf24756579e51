"""Letters in trouble, mended by people: sent anew to a corrected address, set aside, an address opened again.

A letter is never changed after the fact: sending anew makes a new row that names the old one and who asked for it.
"""

from uuid import UUID

from directory.actor import UNIT_ROLES, Actor, Role
from eventstore.clock import Clock
from eventstore.ids import Ids
from eventstore.refusal import Fault, Malformed, Refusal, Refused
from eventstore.store import EventStore
from notifications import correspondence, returned, troubles
from notifications.correspondence import Shown
from notifications.mail import Sender, Unsendable, mailbox
from notifications.reports import NoReport, Report, read
from notifications.returned import Suppressed
from notifications.unreached import OUTSIDER
from web.problems import NotFound
from workflow.handling import Handling, actor_name

MENDABLE = frozenset({"dead", "unknown"})


class Mending:
    """Who may mend what: the operator every letter; a lead unit what was written to the contacts it named itself.

    *clock* is the house's, *wall* the database's own, which letters wait by.
    """

    def __init__(
        self, store: EventStore, handling: Handling, sender: Sender, ids: Ids, clock: Clock, wall: Clock
    ) -> None:
        self._store, self._handling, self._sender, self._ids = store, handling, sender, ids
        self._clock, self._wall = clock, wall

    def letter(self, letter_id: str, actor: Actor) -> Shown:
        """The letter, where *actor* may mend it; NotFound otherwise."""
        with self._store.reading() as db:
            shown = correspondence.one(db, letter_id)
        if shown is None or not self._may(actor, shown):
            raise NotFound
        return shown

    def resend(self, letter_id: str, actor: Actor, address: str = "") -> str:
        """Send it anew, to *address* where one is given; answers the new letter's id.

        A corrected address holds for all that is written about this application from now on. Raises Malformed for what
        is no address, Refused: LETTER_NOT_IN_TROUBLE, ADDRESS_NOT_YOURS, ADDRESS_TAKES_NO_MAIL.
        """
        shown = self.letter(letter_id, actor)
        to = address.strip() or shown.address or ""
        self._check(shown, to)
        with self._store.begin() as db:
            if returned.suppressed(db, [to]):
                raise Refused(Refusal.of("ADDRESS_TAKES_NO_MAIL"))
            new_id = str(self._ids.uuid7())
            made = troubles.resend(
                db, letter_id, new_id, self._sender.message_id(new_id), to, actor_name(actor), self._wall.now(db)
            )
            if not made:
                raise Refused(Refusal.of("LETTER_NOT_IN_TROUBLE", state=shown.state))
            wrong = shown.address or ""
            if wrong and to.casefold() != wrong.casefold():
                now = self._clock.now(db)
                returned.correct(db, shown.application_id, wrong, to, actor_name(actor), now)
        return new_id

    def set_aside(self, letter_id: str, actor: Actor) -> None:
        """Nothing more will be tried with this letter, and it is in trouble no longer."""
        shown = self.letter(letter_id, actor)
        with self._store.begin() as db:
            if not troubles.set_aside(db, letter_id, actor_name(actor)):
                raise Refused(Refusal.of("LETTER_NOT_IN_TROUBLE", state=shown.state))

    def report(self, raw: bytes) -> tuple[Report, str]:
        """Take in a delivery report; answers it and what followed. Malformed where it is none of ours."""
        try:
            found = read(raw, self._sender)
        except NoReport as said:
            raise Malformed(Fault("file", "NO_DELIVERY_REPORT", {"field": "file", "said": str(said)})) from said
        with self._store.begin() as db:
            return found, returned.came_back(db, found, self._clock.now(db))

    def suppressed(self) -> list[Suppressed]:
        with self._store.reading() as db:
            return returned.all_suppressed(db)

    def lift(self, address: str) -> None:
        """Write to *address* again. NotFound where nothing stood against it."""
        with self._store.begin() as db:
            if not returned.lift(db, address):
                raise NotFound

    def _may(self, actor: Actor, shown: Shown) -> bool:
        if actor.holds(Role.OPERATOR):
            return True
        if not shown.recipient.startswith(OUTSIDER) or not shown.application_id:
            return False
        application = self._handling.load(UUID(shown.application_id), actor).state  # NotFound where it is not theirs
        return application.lead_unit in actor.scopes(*UNIT_ROLES)

    def _check(self, shown: Shown, address: str) -> None:
        if shown.state not in MENDABLE:
            raise Refused(Refusal.of("LETTER_NOT_IN_TROUBLE", state=shown.state))
        changed = address.casefold() != (shown.address or "").casefold()
        if changed and not shown.recipient.startswith(OUTSIDER):
            raise Refused(Refusal.of("ADDRESS_NOT_YOURS"))
        try:
            mailbox("address", "", address)
        except Unsendable:
            raise Malformed(Fault("address", "BAD_FORMAT", {"field": "address"})) from None
