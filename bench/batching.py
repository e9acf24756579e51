"""Recommending two hundred files in one batch, beside what two hundred single commands spend in the store.

The batch is one post of the real page: session, scan, two hundred commands, the answer with a line for each. A single command
is timed from asking the dispatcher to the commit's return, which is its reading, deciding and writing; in turn, on the same database.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any
from uuid import UUID

from bench import places
from bench.figures import Figure, absent, at_most, time_of
from bench.house import CALL, command
from bench.progress import Progress
from bench.scale import QUICK, Scale
from bench.site import AGENT, Site, site
from eventstore.dispatch import Context
from eventstore.ids import uuid7
from service.paper import pdf
from tests.scenario import DIGEST, OPENED, SCAN, SEALED
from web.session import cookie_name
from workflow import commands as c

MOST, FEW, ROUNDS = 200, 20, 3
_WANTED = 1.3
_HEAD, _PAGE = "yuelu-head", "/batches/recommendation"


def figures(scale: Scale, progress: Progress) -> Iterator[Figure]:
    many = FEW if scale is QUICK else MOST
    with places.folder() as place:
        yield _figure("SQLite", many, place, places.sqlite_url(place), progress)
    with places.folder() as place, places.postgres() as url:
        if url is None:
            yield absent("PostgreSQL, batch", "no server answers")
            return
        yield _figure("PostgreSQL", many, place, url, progress)


def _figure(name: str, many: int, place: Path, url: str, progress: Progress) -> Figure:
    batches, singles = list[float](), list[float]()
    with site(place, url) as here:
        here.played.at("2025-11-26 10:00")
        for number in range(ROUNDS):
            progress(number, ROUNDS)
            together, apart = _sealed(here, many, 2 * number), _sealed(here, many, 2 * number + 1)
            order = (True, False) if number % 2 == 0 else (False, True)
            for batch in order:
                if batch:
                    batches.append(_batch(here, together, number))
                else:
                    singles.append(sum(_single(here, one) for one in apart))
    ratio = median(one / other for one, other in zip(batches, singles, strict=True))
    what = f"{name}: {many} recommendations in one batch, beside {many} commands in the store"
    return at_most(what, time_of(median(batches)), time_of(median(singles)), ratio, _WANTED)


def _sealed(here: Site, many: int, turn: int) -> list[UUID]:
    """Fresh applications that wait for the county."""
    found = [uuid7() for _ in range(many)]
    for serial, application in enumerate(found):
        opened = replace(
            OPENED,
            application_id=str(application),
            number=f"HN-AI-2025-{turn * many + serial:07}",
            definition_digest=CALL.digest,
        )
        command(here.house.handling.dispatcher, application, opened, SEALED)
    return found


def _single(here: Site, application: UUID) -> float:
    wish = c.Recommend(
        application_id=application,
        content_digest=DIGEST,
        letter_number="岳工信函〔2025〕11号",
        letter_scan=SCAN,
        handler="刘一鸣",
        handler_in_establishment=True,
    )
    context = Context(actor=f"person:{_HEAD}", correlation_id=uuid7(), command_id=uuid7().hex, fingerprint=bytes(32))
    start = perf_counter()
    here.house.handling.handle(wish, here.played.actor(_HEAD), context)
    return perf_counter() - start


def _batch(here: Site, applications: list[UUID], number: int) -> float:
    client = here.app.test_client()
    client.set_cookie(cookie_name(secure=False), here.session(_HEAD))
    headers = {"User-Agent": AGENT, "Sec-Fetch-Site": "same-origin"}
    picks = "&".join(f"pick={one}" for one in applications)
    page = client.get(f"{_PAGE}?{picks}", headers=headers).text
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    form: dict[str, Any] = {
        **hidden,
        "pick": [str(one) for one in applications],
        "letter_number": f"岳工信函〔2025〕{number}号",
        "handler": "刘一鸣",
        "handler_in_establishment": "1",
        "letter_scan": (BytesIO(pdf("推荐函")), "推荐函.pdf"),
    }
    start = perf_counter()
    answer = client.post(_PAGE, data=form, headers=headers, content_type="multipart/form-data")
    took = perf_counter() - start
    if answer.status_code != 200 or f"已推荐 {len(applications)} 件" not in answer.text:
        raise RuntimeError(f"the batch was not taken: {answer.status_code}")
    return took
