"""Setting up an authenticator: the QR code and the key, as pages show them, inside and before the door."""

from base64 import b64encode
from typing import Any
from urllib.parse import urlsplit

from directory import second_factor
from directory.records import Directory
from eventstore.dispatch import Context
from paperwork import qr
from service.wiring import House

ISSUER = "朱印 Vermilion"


def shown(house: House, person: str) -> dict[str, Any]:
    """The picture and the spelled key of an authenticator that waits to be confirmed; empty where one is in use."""
    secret = house.access.begin_authenticator(person)
    if not secret:
        return {"picture": "", "key": ""}
    with house.store.reading() as db:
        found = Directory(db).person(person)
    account = found.email if found else person
    address = second_factor.address_of(secret, account, f"{ISSUER} ({urlsplit(house.settings.base_url).hostname})")
    picture = "data:image/png;base64," + b64encode(qr.png(address)).decode()
    return {"picture": picture, "key": second_factor.spelled(secret)}


def context(house: House, person: str) -> Context:
    """The envelope of what somebody does to their own account."""
    return Context(actor=f"person:{person}", correlation_id=house.ids.uuid7())
