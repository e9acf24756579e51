"""Many files in one go: a bureau recommends what it ticked under one letter, the province takes in what lies ready.

One page to confirm, one command an application under a key of its own, one result each: what fails stays on the page with its
reasons and with what was typed, and pressing again does nothing twice. Whoever is told hears of the batch, not of each file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from directory.actor import Actor
from eventstore.dispatch import Context
from eventstore.refusal import Fault, Malformed, PreconditionFailed, Refusal, Refused
from programmes.calendar import beijing_date
from programmes.call import Programme
from web import face, forms, texts
from web.operations import file_response
from web.problems import NotFound
from workflow import commands as c
from workflow import recommendation_list, worklist
from workflow.application import Application
from workflow.pages import reasons
from workflow.pages.acting import won
from workflow.pages.desk import Desk, asking
from workflow.pages.frame import Frame, framed
from workflow.pages.reading import warnings
from workflow.printing.summary import LETTER_TYPES, SHEET_TYPES, drawn, drawn_letter
from workflow.worklist import Item

MOST = 200
"""How many files one batch may have: what one page can still show for a last look."""
Typed = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file of the batch before it is taken: open or why not, what to look at, its rank, and the key it will be taken under."""

    frame: Frame
    closed: Sequence[texts.Reason]
    findings: Sequence[Refusal]
    rank: str
    key: str
    wrong: Sequence[texts.Reason] = ()

    @property
    def id(self) -> str:
        return self.frame.application.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What is done to all of them: the step's trigger, the desk it is done from, and whether the files are ranked."""

    trigger: str
    home: str
    ranked: bool = False


_SHARED = ("letter_number", "handler", "handler_in_establishment", "opinion")
_OWN = ("version", "digest", "rank")
"""What of the form makes the wish about one file; which others were ticked beside it is no part of it."""

KINDS: Mapping[str, Kind] = {
    "recommendation": Kind(trigger="recommend", home="/inbox", ranked=True),
    "reception": Kind(trigger="receive", home="/desk"),
}


def batches(desk: Desk) -> Blueprint:
    pages = Blueprint("batches", __name__)

    @pages.get("/batches/<any(recommendation, reception):resource>")
    def look(resource: str) -> ResponseReturnValue:
        kind = KINDS[resource]
        actor = asking(f"application.{kind.trigger}")
        entries = [_entry(desk, kind, actor, pick, {}) for pick in _picked(request.args.to_dict(flat=False))]
        return render_template("workflow/batch.html", **_page(desk, resource, entries))

    @pages.post("/batches/<any(recommendation, reception):resource>")
    def take(resource: str) -> ResponseReturnValue:
        kind, posted = KINDS[resource], forms.fields()
        actor = asking(f"application.{kind.trigger}")
        try:
            scan = _scan(desk) if kind.ranked else ""
        except (Malformed, Refused) as error:
            entries = [_entry(desk, kind, actor, pick, posted) for pick in _picked(posted)]
            wrong = [texts.explain(one) for one in reasons.mendable_here(error)]
            page = _page(desk, resource, entries, posted) | {
                "summary": [{"field": "letter_scan", "text": t} for t in wrong],
                "errors": {"letter_scan": wrong[0]},
            }
            return render_template("workflow/batch.html", **page), 422
        taken, left = _each(desk, kind, actor, posted, scan)
        page = _page(desk, resource, left, posted) | {"taken": taken, "scan_digest": scan}
        return render_template("workflow/batch.html", **page), 422 if left and not taken else 200

    @pages.post("/batches/recommendation/letter.<any(docx, pdf):format>")
    def letter(format: str) -> ResponseReturnValue:
        """The letter to be sealed, of what is ticked and typed; nothing is recommended by it."""
        frames, ranked = _ranked(desk, asking("application.recommend"), forms.fields())
        by, to = _from_and_to(frames[0])
        document = recommendation_list.letter(
            frames[0].call,
            by=by,
            to=to,
            ranked=ranked,
            number=forms.text("letter_number").strip()[:100],
            opinion=forms.text("opinion").strip()[:2000],
            handler=forms.text("handler").strip()[:100],
            on=beijing_date(face.now()),
        )
        name = recommendation_list.letter_name(by, format)
        return file_response(drawn_letter(document, format), LETTER_TYPES[format], name)

    @pages.post("/batches/recommendation/<programme>/summary.<any(xlsx, pdf):format>")
    def summary(programme: str, format: str) -> ResponseReturnValue:
        """附件5 of what is ticked, to be sealed with the letter."""
        frames, ranked = _ranked(desk, asking("application.recommend"), forms.fields())
        call = frames[0].call
        if programme not in {one.id for one in call.programmes}:
            raise NotFound
        by, _ = _from_and_to(frames[0])
        rows = recommendation_list.proposed(call, programme, ranked, forms.text("letter_number").strip()[:100])
        sheet = recommendation_list.sheet(call, programme, by, rows, beijing_date(face.now()))
        name = recommendation_list.file_name(call, programme, by, format)
        return file_response(drawn(sheet, format), SHEET_TYPES[format], name)

    return pages


def _ranked(desk: Desk, actor: Actor, posted: Typed) -> tuple[list[Frame], list[tuple[Application, int | None]]]:
    """What is ticked, in the order of the ranks typed so far; a rank that cannot be read is left out here and refused at the step."""
    picks = _picked(posted)
    if not picks:
        raise Malformed(Fault("pick", "REQUIRED", {"field": "pick"}))
    frames = [framed(desk, pick, actor) for pick in picks]
    ranks = [next(iter(posted.get(f"rank.{pick}", ())), "").strip() for pick in picks]
    ranked = [
        (frame.application, int(rank) if rank.isascii() and rank.isdigit() and len(rank) < 7 else None)
        for frame, rank in zip(frames, ranks, strict=True)
    ]
    return frames, sorted(ranked, key=lambda each: (each[1] is None, each[1] or 0))


def _from_and_to(frame: Frame) -> tuple[str, str]:
    """The body whose turn it is, and the one that it recommends to."""
    application = frame.application
    bodies = [step.body for step in application.route] + [frame.call.province]
    turn = min(len(application.recommendations), len(bodies) - 2)
    return bodies[turn], next((one for one in bodies[turn + 1 :] if one != bodies[turn]), bodies[turn])


def _picked(given: Typed) -> list[UUID]:
    """The files that were ticked, each once, in their order.

    Malformed for what is no application's id, and for more than MOST.
    """
    picks = given.get("pick", ())
    try:
        found = list(dict.fromkeys(UUID(text) for text in picks))
    except ValueError:
        raise Malformed(Fault("pick", "BAD_FORMAT", {"field": "pick", "expected": "UUID"})) from None
    if len(found) > MOST:
        raise Malformed(Fault("pick", "BATCH_TOO_LARGE", {"field": "pick", "most": MOST, "found": len(found)}))
    return found


def _entry(desk: Desk, kind: Kind, actor: Actor, pick: UUID, typed: Typed) -> Entry:
    frame = framed(desk, pick, actor)
    action = frame.action(kind.trigger)
    closed = reasons.told(action.refusals, frame.call, frame.application) if action else ()
    if action is None:
        closed = [texts.explain(Refusal.of("WRONG_STAGE", trigger=kind.trigger, stage=frame.dossier.stage.value))]
    rank = next(iter(typed.get(f"rank.{pick}", ())), "")
    return Entry(
        frame=frame, closed=closed, findings=warnings(desk, frame), rank=rank.strip()[:6], key=forms.new_command_id()
    )


def _page(desk: Desk, resource: str, entries: Sequence[Entry], typed: Typed | None = None) -> dict[str, Any]:
    """Those with findings first: they are what an officer should look at once more."""
    kind = KINDS[resource]
    ready = sorted((one for one in entries if not one.closed), key=lambda one: not (one.findings or one.wrong))
    told = desk.told((kind.trigger,), ready[0].frame.application, ready[0].frame.call)[kind.trigger] if ready else ()
    return {
        "resource": resource,
        "kind": kind,
        "ready": ready,
        "closed": [one for one in entries if one.closed],
        "taken": (),
        "told_people": told,
        "programmes": _programmes(ready) if kind.ranked else (),
        "typed": typed or {},
        "errors": {},
        "summary": (),
        "scan_digest": next(iter((typed or {}).get("scan_digest", ())), ""),
        "batch": next(iter((typed or {}).get("batch", ())), "") or forms.new_command_id(),
    }


def _programmes(ready: Sequence[Entry]) -> Sequence[Programme]:
    """Of which programmes there are files: each has a list of its own."""
    found = {one.frame.application.programme: one.frame for one in ready}
    return [frame.call.programme(programme) for programme, frame in sorted(found.items())]


def _each(desk: Desk, kind: Kind, actor: Actor, posted: Typed, scan: str) -> tuple[Sequence[Item], list[Entry]]:
    """What was taken, as the list shows it, and what was not, each with its reasons."""
    taken: list[str] = []
    left: list[Entry] = []
    picks = _picked(posted)
    with desk.handling.store.reading() as db:
        if len(worklist.in_sight(db, actor, {str(pick) for pick in picks})) != len(picks):
            raise NotFound  # before anything is taken, so that no result gets lost behind the answer
    for pick in picks:
        try:
            command, version = _command(kind, pick, posted, scan)
            desk.handling.handle(command, actor, _context(desk, kind, actor, pick, posted, version))
        except (Malformed, Refused, PreconditionFailed) as error:
            entry = _entry(desk, kind, actor, pick, posted)
            left.append(replace(entry, wrong=_why(desk, entry.frame, error)))
            continue
        taken.append(str(pick))
    with desk.handling.store.reading() as db:
        known = worklist.items(db, taken)
    return [known[one] for one in taken], left


def _context(desk: Desk, kind: Kind, actor: Actor, pick: UUID, posted: Typed, version: int | None) -> Context:
    """Every application under a key of its own, all under the one name of their batch."""
    batch = next(iter(posted.get("batch", ())), "")[:128]
    mine = {name: posted.get(name if name in _SHARED else f"{name}.{pick}", ()) for name in (*_SHARED, *_OWN)}
    context = desk.context(actor, kind.trigger, str(pick), version=version, batch=batch, fields=mine)
    return replace(context, command_id=next(iter(posted.get(f"key.{pick}", ())), "")[:128] or forms.new_command_id())


def _command(kind: Kind, pick: UUID, posted: Typed, scan: str) -> tuple[c.Command, int | None]:
    """The command for one file, and the version that the officer saw of it."""
    seen = next(iter(posted.get(f"version.{pick}", ())), "")
    version = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 19 else None
    if not kind.ranked:
        return c.Receive(application_id=pick), version
    rank = next(iter(posted.get(f"rank.{pick}", ())), "").strip()
    if rank and not (rank.isascii() and rank.isdigit() and len(rank) < 7):
        raise Malformed(Fault("rank", "BAD_FORMAT", {"field": "rank", "expected": "1, 2, 3 …"}))
    return (
        c.Recommend(
            application_id=pick,
            content_digest=next(iter(posted.get(f"digest.{pick}", ())), ""),
            letter_number=forms.text("letter_number"),
            letter_scan=scan,
            handler=forms.text("handler"),
            handler_in_establishment=bool(forms.text("handler_in_establishment")),
            opinion=forms.text("opinion"),
            rank=int(rank) if rank else None,
        ),
        version,
    )


def _scan(desk: Desk) -> str:
    """The digest of the sealed letter, uploaded now or with the try before; "" where none came, which the guard will name."""
    upload = request.files.get("letter_scan")
    if upload is None or not upload.filename:
        return forms.text("scan_digest")
    return desk.handling.quarantine.take_in(desk.files.keep_scan(upload.stream, upload.filename))


def _labelled(fault: Fault) -> Refusal:
    """The fault with what its input is called on the page."""
    refusal, label = reasons.of_fault(fault), texts.catalogue().get(f"pages.input.{fault.field}")
    words = {"label_zh": label.zh, "label_en": label.en} if label else {}
    return replace(refusal, params={**refusal.params, **words})


def _why(desk: Desk, frame: Frame, error: Malformed | Refused | PreconditionFailed) -> Sequence[texts.Reason]:
    if isinstance(error, PreconditionFailed):
        return [texts.explain(Refusal("CONFLICT", won(desk, error)))]
    found = [_labelled(fault) for fault in error.faults] if isinstance(error, Malformed) else error.refusals
    return reasons.told(found, frame.call, frame.application)
