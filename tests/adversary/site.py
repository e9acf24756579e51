"""The whole running house, seen from outside: a real HTTP server, a real mail sink, and applications at many stages.

What is looked at goes over HTTP; only the stages are made by handling, because drafting by hand would take minutes.
"""

import html
import json
import re
import secrets
import sys
from collections.abc import Generator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID, uuid4

from directory import signin, tokens
from directory.actor import Grant, Role
from directory.bureau import bureaus_of
from directory.division import divisions
from directory.person import Identity
from directory.records import Directory
from eventstore.clock import SettableClock
from service import world
from service.running import Running, publish_packaged, running
from service.wiring import ROOF
from service.world import UNITS
from tests.filled import attach
from tests.programmes.benchmark import COST_LINES
from tests.workflow.house import House as Applications
from workflow import commands as c

PROBLEM = "application/problem+json"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
NOBODY = ""
STRANGER = "00000000-0000-7000-8000-00000000dead"


@dataclass(frozen=True, slots=True)
class Said:
    """One answer, as it came over the wire."""

    status: int
    headers: Mapping[str, str]
    raw: bytes

    @property
    def text(self) -> str:
        return self.raw.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.raw)

    @property
    def codes(self) -> list[str]:
        return [refusal["code"] for refusal in self.json.get("refusals", ())]


class Played(Applications):
    """The many steps of an application, taken in the running house instead of one of its own."""

    def __init__(self, house: Any) -> None:
        self.engine, self.store, self.clock = house.engine, house.store, house.clock
        self.dispatcher, self.handling, self.files = house.dispatcher, house.handling, house.files
        with self.store.reading() as db:
            register = Directory(db)
            self.actors = {one.id: register.actor(one.id) for one in world.people()}


@dataclass(kw_only=True)
class Site:
    """The house, everybody's token, and the applications by what they are."""

    running: Running
    tokens: dict[str, str]
    played: Played
    made: dict[str, UUID] = field(default_factory=dict[str, UUID])

    @property
    def house(self) -> Any:
        return self.running.house

    @cached_property
    def address(self) -> tuple[str, int]:
        parts = urlsplit(self.running.url)
        return parts.hostname or "", parts.port or 0

    def head(self) -> int:
        """How many facts there are; that somebody was refused, or read, is a note and changes nothing."""
        with self.house.store.reading() as db:
            facts = "SELECT count(*) FROM events WHERE stream NOT LIKE 'refused-%%' AND stream NOT LIKE 'reads-%%'"
            return int(
                db.exec_driver_sql(facts if db.dialect.name == "postgresql" else facts.replace("%%", "%")).scalar()
            )

    def at(self, when: str) -> None:
        self.played.at(when)

    def ask(
        self,
        who: str,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str | None] | None = None,
        raw: Any = None,
        kind: str = "application/json",
        key: str | None = None,
    ) -> Said:
        """One request under /api/v1. *who*: a person, a literal `Bearer …`, or nobody; a header of None is left out."""
        content = json.dumps(body).encode() if raw is None and body is not None else raw
        sent: dict[str, str | None] = {"Accept": "application/json"}
        if content is not None:
            sent["Content-Type"] = kind
        if method != "GET":
            sent["Idempotency-Key"] = key or secrets.token_hex(8)
        if who:
            sent["Authorization"] = who if who.startswith("Bearer") else f"Bearer {self.tokens[who]}"
        sent |= headers or {}
        return self.send(method, f"/api/v1{path}", content, {n: v for n, v in sent.items() if v is not None})

    def send(self, method: str, path: str, content: Any, headers: Mapping[str, str]) -> Said:
        with closing(HTTPConnection(*self.address, timeout=30, source_address=from_somewhere())) as connection:
            connection.request(method, path, content, dict(headers))
            response = connection.getresponse()
            got = {name.lower(): value for name, value in response.getheaders()}
            return Said(response.status, got, response.read())

    def browser(self, who: str = NOBODY, language: str = "zh") -> "Browser":
        return Browser(self, who, language)

    def drain(self) -> None:
        assert self.running.actors.settle(30)


def from_somewhere() -> tuple[str, int] | None:
    """Another address of this machine each time, so that a door which counts by address stays open (Linux has 127/8)."""
    if sys.platform != "linux":
        return None
    return f"127.{secrets.randbelow(254) + 1}.{secrets.randbelow(254) + 1}.{secrets.randbelow(254) + 1}", 0


class Browser:
    """A browser without scripts: keeps cookies, follows nothing, says where its requests come from."""

    def __init__(self, site: Site, who: str, language: str) -> None:
        self.site, self.cookies, self.page = site, {"lang": language}, ""
        if who:
            with site.house.store.begin() as db:
                self.cookies["sid"] = signin.open_session(db, who, site.house.wall.now(db), "adversary")

    def get(self, path: str, **headers: str) -> Said:
        return self._kept(self.site.send("GET", path, None, {**self._cookie(), **headers}))

    def visit(self, path: str, status: int = 200) -> str:
        answer = self.get(path)
        assert answer.status == status, (path, answer.status, _words(answer.text))
        self.page = answer.text
        return self.page

    def post(
        self,
        path: str,
        fields: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str | None] | None = None,
        files: Mapping[str, tuple[str, bytes]] | None = None,
    ) -> Said:
        kind, content = "application/x-www-form-urlencoded", urlencode(dict(fields or {}), doseq=True).encode()
        if files is not None:
            kind, content = multipart(fields or {}, files)
        sent: dict[str, str | None] = {"Content-Type": kind, "Sec-Fetch-Site": "same-origin", **self._cookie()}
        sent |= headers or {}
        return self._kept(self.site.send("POST", path, content, {n: v for n, v in sent.items() if v is not None}))

    def token(self) -> str:
        """The form token of the page it is on."""
        return self.hidden("csrf_token")

    def hidden(self, name: str, nth: int = -1) -> str:
        found = re.findall(rf'name="{re.escape(name)}" value="([^"]*)"', self.page)
        assert found, f"no hidden field {name}"
        return html.unescape(found[nth])

    def _cookie(self) -> dict[str, str]:
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}

    def _kept(self, answer: Said) -> Said:
        for name, value in re.findall(r"(?:^|, )([\w-]+)=([^;,]*);", answer.headers.get("set-cookie", "")):
            self.cookies[name] = value
        return answer


def multipart(fields: Mapping[str, Any], files: Mapping[str, tuple[str, bytes]]) -> tuple[str, bytes]:
    """A form with files; names go into the header as they are, however odd."""
    boundary, parts = secrets.token_hex(12), []
    for name, value in fields.items():
        parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode())
    for name, (filename, content) in files.items():
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
        parts.append(
            head.encode("utf-8", "surrogatepass") + b"Content-Type: application/pdf\r\n\r\n" + content + b"\r\n"
        )
    return f"multipart/form-data; boundary={boundary}", b"".join([*parts, f"--{boundary}--\r\n".encode()])


def _words(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))[:1500]


@contextmanager
def opened(folder: Path, **settings: Any) -> Generator[Site]:
    """A populated house with nothing applied for; its ticker sleeps, so that time moves only when a test moves it."""
    with running(folder, **{"tick_s": 3600, "mode": "test", **settings}) as ran:
        publish_packaged(ran.house)
        tokens = world.populate(ran.house)
        assert isinstance(ran.house.clock, SettableClock)
        yield Site(running=ran, tokens=tokens, played=Played(ran.house))


def furnish(site: Site) -> None:
    """Applications at many stages; the clock ends on 24 November, when drafts may still be written."""
    played, made = site.played, site.made
    _from_elsewhere(site)
    made["awarded"] = _awarded(played)
    made["noticed"] = played.noticed()
    played.do("wenqu-admin", _objection(made["noticed"], RIVAL), "2025-12-31 11:00")
    made["reviewed"] = _half_judged(played)
    made["sealed"] = played.sealed()
    made["draft"] = played.filled()
    made["other draft"] = played.filled("wenqu-", UNITS[1])
    made["other sealed"] = played.sealed("guanlan-", UNITS[2])
    made["of costs"] = _of_costs(played)
    site.at("2025-11-24 10:00")
    made["recalled"] = played.sealed()
    played.do("admin", c.Recall(application_id=made["recalled"]), "2025-11-24 10:00")
    site.drain()


def _awarded(played: Played) -> UUID:
    """Objected to by somebody from the public, found groundless, and signed by two."""
    application = played.noticed()
    played.do("public", _objection(application, OBJECTOR), "2025-12-31 10:00")
    finding = c.DismissObjection(application_id=application, objection=1, finding="经核查，异议不成立")
    played.do("discipline-head", finding, "2026-01-02 10:00")
    award = c.Award(application_id=application, document_number="湘工信〔2026〕1号")
    played.do("lead", award, "2026-01-20 10:00")
    played.do("finance", c.Award(application_id=application))
    return application


def _of_costs(played: Played) -> UUID:
    """A draft under the call that pays by costs, with its lines and the auditor's report."""
    draft = uuid4()
    wish = c.Open(application_id=draft, call="gd-2026", direction="B1", unit=UNITS[0].code)
    played.do("editor", wish, "2025-09-12 10:00")
    lines = {"cost_lines": COST_LINES}
    played.do("editor", c.SaveSection(application_id=draft, section="costs", answers=lines))
    played.do("editor", replace(attach("audit_report"), application_id=draft, file_id=f"{draft.hex[:30]}00"))
    return draft


def _objection(application: UUID, objector: str) -> c.Object:
    return c.Object(
        application_id=application, kind="person", objector=objector, contact=CONTACT, grounds="成果归属有疑问"
    )


OBJECTOR, CONTACT = "甄实名", "13907319999"
RIVAL = "苏映雪"
"""Objects while signed in: who that is stands in the envelope, too."""


def _from_elsewhere(site: Site) -> None:
    """A head of a city bureau that nothing here goes through, and tokens that no longer open anything."""
    house = site.house
    context = house.as_roof()
    house.register.register_bureaus(context, (one for one in bureaus_of("43", divisions()) if one.code == "430200"))
    house.register.register_person(context, Identity(name="贺远洲", email="zhuzhou-head@example.cn"), "zhuzhou-head")
    house.register.give(context, ROOF, "zhuzhou-head", Grant(Role.BUREAU_HEAD, "430200"))
    with house.store.begin() as db:
        now = house.wall.now(db)
        site.tokens["zhuzhou-head"] = tokens.issue(db, "zhuzhou-head", "adversary", now)[0]
        secret, token = tokens.issue(db, "admin", "to be taken back", now)
        tokens.revoke(db, "admin", token.handle, now)
        site.tokens["revoked"] = secret
        site.tokens["expired"] = tokens.issue(db, "admin", "ended", now, expires_at=now)[0]
    site.tokens["invented"] = f"{tokens.PREFIX}{'0' * 43}"


def _half_judged(played: Played) -> UUID:
    """A panel drawn; two have given marks, one has stepped aside."""
    application = played.reviewed()
    played.do("clerk", c.DrawPanel(application_id=application), "2025-12-22 10:00")
    panel = played.application(application).review.panel
    rubric = played.handling.call_of(played.application(application)).direction("L-V").rubric
    played.do(panel[4], c.Declare(application_id=application, conflict=True, ground="advised_the_unit"))
    for expert in panel[:2]:
        played.do(expert, c.Declare(application_id=application, conflict=False))
        marks = {criterion.id: criterion.max * 80 for criterion in rubric}
        played.do(expert, c.Score(application_id=application, marks=marks, comment="保密的评语"))
    return application


def fresh_draft(site: Site, who: str = "editor") -> UUID:
    """A draft of its own for a test that writes."""
    answer = site.ask(who, "POST", "/applications", {"call": "hn-2025", "direction": "L-V", "unit": UNITS[0].code})
    assert answer.status == 201, answer.text
    return UUID(answer.json["id"])


__all__ = [
    "NOBODY",
    "PDF",
    "PROBLEM",
    "STRANGER",
    "Browser",
    "Said",
    "Site",
    "fresh_draft",
    "furnish",
    "opened",
    "uuid4",
]
