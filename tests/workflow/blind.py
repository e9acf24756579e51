"""A call whose experts must not know whose application it is."""

import json
from functools import cache

from programmes.catalogue import Catalogue, call_of, canonical
from tests.workflow.house import CATALOGUE

SHOWN = ("cover", "model")


@cache
def blind_calls() -> Catalogue:
    """hn-2025 with a blind review: experts read the cover and the model."""
    data = json.loads(CATALOGUE.get("hn-2025").document)
    data["review"]["blind"] = True
    for programme in data["programmes"]:
        sections = {section["id"] for section in programme["form"]}
        programme["blind_shows"] = [name for name in SHOWN if name in sections] or [programme["form"][0]["id"]]
    return Catalogue([call_of(canonical(data))])
