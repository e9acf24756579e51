"""From audiences to persons: by office through the directory, one address once, in the language each prefers.

Whoever has no address any more is kept with the reason, so that "why did nothing come" has an answer too.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from directory.actor import Role
from directory.records import Directory, Person
from eventstore.event import Personal
from notifications.announcements import Announcement
from notifications.audiences import Audience, Kind, Who
from programmes.call import Call
from programmes.fields import FieldType
from workflow.application import Application

OFFICES: Mapping[Kind, tuple[Role, ...]] = {
    Kind.UNIT: (Role.UNIT_ADMIN, Role.UNIT_EDITOR),
    Kind.MEMBER: (Role.UNIT_ADMIN, Role.UNIT_EDITOR),
    Kind.BODY: (Role.BUREAU_HEAD, Role.BUREAU_CLERK),
    Kind.PROVINCE: (Role.PROVINCE_LEAD, Role.PROVINCE_CLERK),
    Kind.FINANCE: (Role.PROVINCE_FINANCE,),
    Kind.DISCIPLINE: (Role.DISCIPLINE_HEAD, Role.DISCIPLINE_CLERK),
}
"""Who reads the letters of an office: everybody who holds one of these roles in its scope."""

KEEPERS: Mapping[Kind, tuple[Role, ...]] = {
    Kind.UNIT: (Role.UNIT_ADMIN,),
    Kind.BODY: (Role.BUREAU_HEAD,),
    Kind.PROVINCE: (Role.PROVINCE_LEAD,),
}
"""Who of an office keeps its webhook endpoints, as the policy has it; nobody else of it could do anything about one."""

NO_ADDRESS = "no_address"
NOBODY_THERE = "nobody_holds_the_office"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Somebody a letter is made out to. *reason* says why none is sent; otherwise there is an *address*."""

    id: str
    name: str
    address: str | None
    language: str
    announcement: Announcement
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contacts:
    """Addresses that stand in the application itself: the unit's contact of the form, who objected, by number, the
    members' contacts by their unit's code, and whom a one-time link was sent to, by the link."""

    unit: str = ""
    members: Mapping[str, str] = field(default_factory=dict[str, str])
    links: Mapping[str, str] = field(default_factory=dict[str, str])
    objectors: Mapping[int, str] = field(default_factory=dict[int, str])


def roles_of(kind: Kind, because: Who) -> tuple[Role, ...]:
    """Who of an office reads what is written for the part *because*; nobody of what is no office."""
    return (KEEPERS if because is Who.OWNER else OFFICES).get(kind, ())


def recipients(
    directory: Directory, announcements: Sequence[Announcement], unit_name: str, contacts: Contacts
) -> list[Recipient]:
    """Everybody to be written to about one event; a person in several audiences once, as of the first of them.

    The contact of the form (R-092, 通知邮箱) is written to beside the unit's people, unless it is the address of one.
    """
    people: set[str] = set()
    addresses: set[str] = set()
    found: list[Recipient] = []
    for announcement in announcements:
        for one in _of(directory, announcement, unit_name, contacts):
            address = (one.address or "").casefold()
            if one.id not in people and (not address or address not in addresses):
                people.add(one.id)
                addresses.add(address)
                found.append(one)
    return found


def _of(directory: Directory, announcement: Announcement, unit_name: str, contacts: Contacts) -> Iterator[Recipient]:
    audience = announcement.audience
    match audience.kind:
        case Kind.EXPERT:
            yield _one(directory, audience.id.removeprefix("person:"), announcement)
        case Kind.PERSON:
            yield _one(directory, audience.id, announcement)
        case Kind.OBJECTOR:
            yield _outsider(announcement, "", contacts.objectors.get(int(audience.id), ""))
        case Kind.INVITED | Kind.SIGNER:
            yield _outsider(announcement, "", contacts.links.get(audience.id, ""))
        case _:
            persons = list(_holders(directory, audience, announcement.because))
            yield from (_written(person, announcement) for person in persons)
            if audience.kind is Kind.UNIT and contacts.unit:
                yield _outsider(announcement, unit_name, contacts.unit)
            elif audience.kind is Kind.MEMBER and contacts.members.get(audience.id):
                yield _outsider(announcement, "", contacts.members[audience.id])
            elif not persons:
                yield _nobody(announcement, NOBODY_THERE)


def _one(directory: Directory, person: str, announcement: Announcement) -> Recipient:
    found = directory.person(person)
    return _written(found, announcement) if found else _nobody(announcement, NO_ADDRESS)


def _holders(directory: Directory, audience: Audience, because: Who) -> Iterator[Person]:
    wanted: list[tuple[Role, str | None]] = [(role, audience.id) for role in roles_of(audience.kind, because)]
    held = directory.people_of(wanted)
    for key in wanted:
        yield from held.get(key, ())


def _written(person: Person, announcement: Announcement) -> Recipient:
    return Recipient(
        id=person.id,
        name=person.name,
        address=person.email or None,
        language=person.language,
        announcement=announcement,
        reason="" if person.email else NO_ADDRESS,
    )


def _outsider(announcement: Announcement, name: str, contact: str) -> Recipient:
    """Somebody without an account: named by the audience, never by the address."""
    usable = "@" in contact
    return Recipient(
        id=f"contact:{announcement.audience}",
        name=name,
        address=contact.strip() if usable else None,
        language="zh",
        announcement=announcement,
        reason="" if usable else NO_ADDRESS,
    )


def _nobody(announcement: Announcement, reason: str) -> Recipient:
    return Recipient(
        id=f"office:{announcement.audience}",
        name="",
        address=None,
        language="zh",
        announcement=announcement,
        reason=reason,
    )


def contacts_of(application: Application, call: Call, objectors: Mapping[int, str]) -> Contacts:
    """Every address that the application itself knows."""
    consortium = application.consortium
    links = {member.invitation: member.address.value or "" for member in consortium.members}
    asked = {one.confirmation: one.address.value or "" for one in consortium.asked}
    return Contacts(
        unit=contact_of_the_form(application, call),
        objectors=objectors,
        members={member.unit: member.address.value or "" for member in consortium.members},
        links={**links, **asked},
    )


def contact_of_the_form(application: Application, call: Call) -> str:
    """The address the unit gave for notices, as sealed if it was sealed; "" when there is none, or it was erased."""
    answers = application.sealed.answers if application.sealed else application.answers
    for asked in call.programme(application.programme).fields:
        if asked.type is FieldType.EMAIL:
            match answers.get(asked.id):
                case Personal(value=str(address)) | str(address) if address:
                    return address
                case _:
                    continue
    return ""
