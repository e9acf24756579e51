"""Where papers are asked for, made, and handed over. Asking is quick; making runs in a worker, in a child process.

A paper is made of the text as it stood when its code was issued, however much later it is asked for.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import IO

import structlog
from sqlalchemy import RowMapping, Table, select

from directory.actor import UNIT_ROLES, Actor, Role
from directory.bureau import bureaus_of
from directory.division import divisions
from eventstore.clock import Clock
from eventstore.event import Fact, instant_of
from eventstore.refusal import Refused
from eventstore.store import EventStore
from paperwork.components import NotInstalled
from paperwork.document import Document
from programmes.calendar import beijing_date
from workflow import schema
from workflow.application import Application, folded
from workflow.blind import is_blinded
from workflow.dossier import view_of
from workflow.events import Opened
from workflow.files import FileDamaged, Files
from workflow.handling import FOLD, Handling, NotFound
from workflow.printing import instruments, jobs
from workflow.printing.document import Bearing, document_of, instrument_of
from workflow.printing.illustrations import figures_of
from workflow.printing.issuing import current_codes
from workflow.printing.jobs import Format, Job, State
from workflow.printing.kinds import parted
from workflow.printing.shelf import Shelf
from workflow.projections import Papers, stream_of
from workflow.state import Attachment

TIMEOUT_S = 60.0
MEMORY_MB = 1024
SWEPT_AFTER = timedelta(days=30)
_PAPERS: Table = Papers().table(schema.papers)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One issued paper, and whether the application still says what it says. *sealed*: this is the text sealed last.

    *made*: it is no print of the text but the instrument of a step, which says for ever what it said.
    """

    application_id: str
    number: str
    kind: str
    code: str
    version: int
    stage: str
    at_version: int
    issued_at: datetime
    current: bool
    sealed: bool
    made: instruments.Made | None = None

    @property
    def dated(self) -> date:
        return beijing_date(self.issued_at)


class PrintingRoom:
    """Everything handed in. *wall* is the database's own time, which leases run on; *files* holds the figures beside
    narratives; *head* tells the signed head that covers a position of the log, the same one whenever it is asked; *on_asked*
    wakes whoever makes papers."""

    def __init__(
        self,
        handling: Handling,
        store: EventStore,
        wall: Clock,
        files: Files,
        folder: Path,
        base_url: str,
        head: Callable[[int], str] = lambda _: "",
    ) -> None:
        self._handling, self._store, self._wall, self._files = handling, store, wall, files
        self._base_url, self._head = base_url.rstrip("/"), head
        self.shelf = Shelf(folder)
        self.on_asked: list[Callable[[], None]] = []
        self._making, self._wanted = threading.Lock(), threading.Event()

    # asking

    def papers(self, application: Application) -> list[Paper]:
        """Every paper of *application* that was issued, the newest first."""
        with self._store.reading() as db:
            rows = db.execute(select(_PAPERS).where(_PAPERS.c.application == application.id)).mappings().all()
        call = self._handling.call_of(application)
        current = current_codes(application, call, (str(row["kind"]) for row in rows))
        found = [_paper(row, application, current) for row in rows]
        return sorted(found, key=lambda paper: (paper.issued_at, paper.version), reverse=True)

    def of_steps(self, application: Application) -> list[Paper]:
        """What the steps of *application* left on paper, the newest first; nothing is written until somebody asks for one."""
        return instruments_of(self._handling.dispatcher.history(stream_of(application.id)), application)

    def checked(self, code: str) -> tuple[Paper, Application] | None:
        """The paper that bears *code*, for anybody who holds it; None where there is none."""
        with self._store.reading() as db:
            row = db.execute(select(_PAPERS).where(_PAPERS.c.code == code)).mappings().first()
            asked = None if row else jobs.application_of(db, code)
        if asked is not None:
            facts = self._handling.dispatcher.history(stream_of(asked))
            application = folded(facts)
            found = next((one for one in instruments_of(facts, application) if one.code == code), None)
            return (found, application) if found else None
        if row is None:
            return None
        application = self._handling.dispatcher.load(stream_of(row["application"]), FOLD).state
        current = current_codes(application, self._handling.call_of(application), (str(row["kind"]),))
        return _paper(row, application, current), application

    def held(self, actor: Actor, application: Application, code: str) -> Paper:
        """The paper of *code* where *actor* may have it; NotFound where not, or where there is none."""
        paper = next((one for one in self.papers(application) if one.code == code), None)
        if paper is None:
            paper = next((one for one in self.of_steps(application) if one.code == code), None)
        if paper is None or not formats_for(actor, application, paper):
            raise NotFound
        return paper

    def jobs(self, paper: Paper) -> Mapping[Format, Job]:
        """What was asked for of *paper* so far."""
        with self._store.reading() as db:
            return jobs.of_paper(db, paper.application_id, paper.code)

    def ask(self, paper: Paper, format: Format, by: str) -> None:
        """Have *paper* made in this format, and wake whoever makes it. Asked twice is asked once."""
        wanted = jobs.Wanted(
            id=str(self._handling.ids.uuid7()),
            application_id=paper.application_id,
            at_version=paper.at_version,
            kind=paper.kind,
            code=paper.code,
            format=format,
            by=by,
        )
        with self._store.begin() as db:
            jobs.ask(db, wanted, self._wall.now(db))
        self.wake()

    def wake(self) -> None:
        for called in self.on_asked:
            called()

    def open(self, paper: Paper, format: Format) -> IO[bytes] | None:
        """The paper as it was made, its bytes compared with their digest; None where it is not there (yet)."""
        job = self.jobs(paper).get(format)
        if job is None or job.state is not State.DONE:
            return None
        stream = self.shelf.open(job.sha256 or "")
        if stream is None:
            with self._store.begin() as db:
                jobs.lost(db, job)
            self.wake()
        return stream

    # making

    def drain(self) -> int:
        """Make everything that waits; answers how many were tried. One at a time in each process: drawing takes memory."""
        self._wanted.set()
        tried = 0
        while self._wanted.is_set() and self._making.acquire(blocking=False):
            try:
                self._wanted.clear()  # whoever comes from here on sets it again, and is looked after before this ends
                tried += self._drain()
            finally:
                self._making.release()
        return tried

    def _drain(self) -> int:
        tried = 0
        while (job := self._claimed()) is not None:
            self.make(job)
            tried += 1
        return tried

    def _claimed(self) -> Job | None:
        with self._store.reading() as db:
            due = jobs.due(db)
        if not due:
            return None
        with self._store.begin() as db:
            now = self._wall.now(db)
            jobs.recover(db, now)
            return jobs.claim(db, now)

    def make(self, job: Job) -> State:
        """Make one paper under its lease, whatever happens: done, to be tried again, or failed with its reason."""
        from paperwork.pdf import RenderingFailed

        try:
            data, pages = self._drawn(job)
        except RenderingFailed as failure:
            return self._failed(job, failure.reason, str(failure))
        except NotInstalled as lacking:
            return self._failed(job, "not_installed", str(lacking), for_good=True)
        except Exception as error:  # a paper that cannot be made must not stop the others
            _log.exception("paper_not_made", job=job.id)
            return self._failed(job, "faulty", f"{type(error).__name__}: {error}")
        digest = self.shelf.put(data)
        with self._store.begin() as db:
            jobs.made(db, job, self._wall.now(db), digest, len(data), pages)
        return State.DONE

    def _drawn(self, job: Job) -> tuple[bytes, int | None]:
        from paperwork import pdf, word

        document = self._of_a_step(job) if job.kind in instruments.KINDS else self._of_the_text(job)
        if job.format is Format.DOCX:
            return word.render(document), None
        rendered = pdf.render(document, timeout_s=TIMEOUT_S, memory_mb=MEMORY_MB)
        return rendered.data, rendered.pages

    def _of_a_step(self, job: Job) -> Document:
        facts = self._handling.dispatcher.history(stream_of(job.application_id))
        made = next(one for one in instruments.made_of(facts) if one.code == job.code)
        application = folded(facts[: made.at_version])
        bearing = Bearing(
            code=made.code,
            version=made.number,
            link=f"{self._base_url}/v/{made.code}",
            dated=beijing_date(made.at),
            head=self._head(facts[made.at_version - 1].recorded.position),
        )
        laid_out = instruments.drawn_up(facts, made, self._handling.call_of(application), self._names(facts, made))
        return instrument_of(application, made.instrument.kind, bearing, laid_out)

    def _names(self, facts: Sequence[Fact], made: instruments.Made) -> instruments.Names:
        """Of people those that the directory still knows; of offices all of the province, as they are registered."""
        with self._store.reading() as db:
            directory = self._handling.register(db)
            people = directory.names(instruments.mentioned(facts, made))
            registered = directory.bureaus()
        opened = facts[0].event
        province = opened.region[:2] if isinstance(opened, Opened) else ""
        suggested = {bureau.code: bureau.name_zh for bureau in bureaus_of(province, divisions())}
        offices = suggested | {code: bureau.name_zh for code, bureau in registered.items()}
        return instruments.Names(people=people, offices=offices)

    def _of_the_text(self, job: Job) -> Document:
        application = self._handling.dispatcher.load(stream_of(job.application_id), FOLD, job.at_version).state
        call = self._handling.call_of(application)
        with self._store.reading() as db:
            row = db.execute(select(_PAPERS).where(_PAPERS.c.code == job.code)).mappings().one()
            [printed] = self._store.stream_in(db, stream_of(job.application_id), row["at_version"] - 1, 1)
        bearing = Bearing(
            code=job.code,
            version=row["version"],
            link=f"{self._base_url}/v/{job.code}",
            dated=beijing_date(instant_of(row["issued_at"])),
            head=self._head(printed.position),
        )
        figures = figures_of(application, call.programme_of(application.direction), self._bytes)
        veiled = job.format is Format.VEILED
        return document_of(application, call, job.kind, bearing, veiled=veiled, figures=figures)

    def _bytes(self, held: Attachment) -> bytes:
        """None for what is damaged or infected: it leaves a box with its name, and nobody gets it on a paper."""
        try:
            self._handling.quarantine.let_through(held.sha256, held.name, own=True)
            with self._files.open(held.file_id, held.sha256) as stream:
                return stream.read()
        except (FileDamaged, Refused) as lacking:
            _log.warning("figure_left_out", file=held.file_id, said=str(lacking)[:200])
            return b""

    def _failed(self, job: Job, reason: str, said: str, *, for_good: bool = False) -> State:
        with self._store.begin() as db:
            state = jobs.failed(db, job, reason, for_good=for_good)
        _log.warning("paper_failed", job=job.id, attempt=job.attempts, reason=reason, said=said[:500], now=state.value)
        return state

    def sweep(self, now: datetime) -> int:
        """Take away papers that nobody has read for a month; they are made again when somebody asks."""
        return self.shelf.sweep(now - SWEPT_AFTER)

    def forget(self, application_id: str) -> int:
        """Take away every paper of an application that was drawn, because what it says is to be seen no more; answers how many.
        Asked for again it is drawn from what then may be known."""
        with self._store.begin() as db:
            digests = jobs.forget(db, application_id)
        for digest in digests:
            self.shelf.forget(digest)
        return len(digests)

    def due(self) -> bool:
        """Whether anything waits or is being made."""
        with self._store.reading() as db:
            return jobs.due(db)


def _paper(row: RowMapping, application: Application, current: Mapping[str, str]) -> Paper:
    """*current*: by kind, the code of the text as it stands."""
    sealed = application.sealed.paper_code if application.sealed else ""
    return Paper(
        application_id=application.id,
        number=application.number,
        kind=row["kind"],
        code=row["code"],
        version=row["version"],
        stage=row["stage"],
        at_version=row["at_version"],
        issued_at=instant_of(row["issued_at"]),
        current=current[row["kind"]] == row["code"],
        sealed=bool(sealed) and row["code"] == sealed,
    )


def instruments_of(facts: Sequence[Fact], application: Application) -> list[Paper]:
    """The instruments of the steps among *facts*, the newest first."""
    return [_instrument(made, application) for made in reversed(list(instruments.made_of(facts)))]


def _instrument(made: instruments.Made, application: Application) -> Paper:
    return Paper(
        application_id=application.id,
        number=application.number,
        kind=made.instrument.kind,
        code=made.code,
        version=made.number,
        stage=made.stage,
        at_version=made.at_version,
        issued_at=made.at,
        current=True,
        sealed=False,
        made=made,
    )


def formats_for(actor: Actor, application: Application, paper: Paper) -> Sequence[Format]:
    """In which formats *actor* may have *paper*: the unit all of its own and what is everybody's, an authority the sealed form as
    PDF.

    Whoever is not shown what is personal gets no paper with it: an auditor has the veiled one, an expert none. Who is not told whose
    an application is, as a blind review's expert is not, gets no paper at all: every one of them says so.
    """
    if is_blinded(application):
        return ()
    view = view_of(actor, application)
    if paper.made is not None:
        return (Format.PDF, Format.DOCX) if instruments.may_have(paper.made, view) else ()
    if view.working:
        return (Format.PDF, Format.DOCX) if _is_theirs(actor, application, paper.kind) else ()
    if not paper.sealed:
        return ()
    if view.personal:
        return (Format.PDF,)
    return (Format.VEILED,) if actor.scopes(Role.AUDITOR) else ()


def is_protected(actor: Actor, application: Application, format: Format) -> bool:
    """Whether somebody whose own it is not is given what is personal."""
    return format is not Format.VEILED and not view_of(actor, application).working


def _is_theirs(actor: Actor, application: Application, kind: str) -> bool:
    """A unit's own paper is for its people and the lead's; the form and what belongs to it for every unit that vouches for it."""
    units, (_, unit) = actor.scopes(*UNIT_ROLES), parted(kind)
    return not unit or unit in units or application.lead_unit in units


__all__ = ["Format", "Job", "Paper", "PrintingRoom", "State", "formats_for", "instruments_of", "is_protected"]
