"""That a letter of ours could not be delivered: what the lead unit is told, which names no address. Pure."""

from collections.abc import Mapping

from notifications import words
from notifications.audiences import Audience
from notifications.contents import Param
from notifications.correspondence import Shown

UNREACHED = "undeliverable"
OUTSIDER = "contact:"
"""How the id of a recipient begins whose address stands in an application and not in the register."""


def unreached(shown: Shown) -> Mapping[str, Param]:
    """Which letter, to whom by office, what the server said in a number, and where the address can be corrected."""
    kind = Audience.parse(shown.audience).kind
    found: dict[str, Param] = {"letter": shown.id}
    if shown.last_code:
        found["code"] = shown.last_code
    for language in ("zh", "en"):
        found[f"what_{language}"] = words.title(shown.kind, language, shown.params)
        found[f"to_{language}"] = words.say(f"audience.{kind.value}", language, body="")
    return found
