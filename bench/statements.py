"""How many statements a request takes, through the real site: session, policy, reading, writing. No machine changes these."""

import gzip
from collections.abc import Iterator
from pathlib import Path

from bench import places
from bench.figures import Figure, absent, limit
from bench.progress import Progress
from bench.scale import Scale
from bench.site import Asked, Site, site

LIST, DOSSIER, TRANSITION = 6, 10, 12
_KB = 1024
_API = "/api/v1/applications"


def figures(scale: Scale, progress: Progress) -> Iterator[Figure]:
    with places.folder() as place:
        yield from _figures("SQLite", place, places.sqlite_url(place))
    with places.folder() as place, places.postgres() as url:
        if url is None:
            yield absent("PostgreSQL, statements", "no server answers")
            return
        yield from _figures("PostgreSQL", place, url)


def _figures(name: str, place: Path, url: str) -> Iterator[Figure]:
    with site(place, url) as here:
        for what, asked, most in counted(here):
            if asked.status == 404:
                yield absent(f"{name}, {what}", "there is no such page yet")
                continue
            yield limit(f"{name}, statements: {what}", len(asked.statements), most)
            if "page" in what and "list" in what:
                yield limit(f"{name}, {what}, compressed", len(gzip.compress(asked.body)) / _KB, 40, " kB", 1)


def counted(here: Site) -> Iterator[tuple[str, Asked, int]]:
    """What was asked, what came, and how many statements it may take."""
    world = here.played
    application = world.recommended()
    path = f"{_API}/{application}"
    yield "list", here.ask("clerk", "GET", f"{_API}?counts=true"), LIST
    yield "list of what waits for me", here.ask("clerk", "GET", f"{_API}?holder=mine&counts=true"), LIST
    yield "list, a page of the site: the province's desk", here.ask("clerk", "GET", "/desk"), LIST
    yield "list, a page of the site: a county's inbox", here.ask("yuelu-head", "GET", "/inbox"), LIST
    yield "list, a page of the site: a unit's own", here.ask("admin", "GET", "/applications"), LIST
    yield "dossier", here.ask("clerk", "GET", path), DOSSIER
    yield "history", here.ask("clerk", "GET", f"{path}/history"), DOSSIER
    yield "actions", here.ask("clerk", "GET", f"{path}/actions"), TRANSITION
    yield "dossier with history, a page of the site", here.ask("clerk", "GET", f"/applications/{application}"), DOSSIER
    world.at("2025-12-15 10:00")
    yield "transition: reception", here.ask("clerk", "POST", f"{path}/reception", {}), TRANSITION
    yield from _steps(here)


def _steps(here: Site) -> Iterator[tuple[str, Asked, int]]:
    world = here.played
    application = world.filled()
    path = f"{_API}/{application}"
    world.at("2025-11-20 10:00")
    yield "transition: saving a section", here.ask("editor", "PUT", f"{path}/sections/model", _SECTION), TRANSITION
    yield "transition: seal", here.ask("admin", "POST", f"{path}/seal", {}), TRANSITION
    world.at("2025-11-26 10:00")
    letter = world.recommend(application, "岳工信函〔2025〕12号")
    body = {
        name: getattr(letter, name)
        for name in ("content_digest", "letter_number", "letter_scan", "handler", "handler_in_establishment")
    }
    yield "transition: recommendation", here.ask("yuelu-head", "POST", f"{path}/recommendation", body), TRANSITION


_SECTION = {"answers": {"params_yi": "72"}}
__all__ = ["DOSSIER", "LIST", "TRANSITION", "counted", "figures"]
