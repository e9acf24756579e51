"""Proof for everybody: the newest signed head and the key to check it; and a unit's receipt for its seal."""

import json
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue

from admin.desk import Desk
from admin.proof import Kept
from directory.actor import Actor
from eventstore.event import Fact
from eventstore.refusal import HistoryBroken, Refusal, Refused
from web.operations import file_response
from web.problems import NotFound
from workflow import events as e
from workflow.pages.desk import asking

RECEIPTS = (e.UnitSealed, e.Resubmitted)
_LARGEST = 2**62


def proof(desk: Desk) -> Blueprint:
    pages = Blueprint("proof", __name__)

    @pages.get("/checkpoints")
    def published() -> ResponseReturnValue:
        proofs = desk.proofs
        values = {"kept": proofs.latest(), "key": proofs.verifier, "algorithm": proofs.algorithm}
        return render_template("admin/checkpoints.html", **values)

    @pages.get("/checkpoints/latest.txt")
    def note() -> ResponseReturnValue:
        return _note(desk.proofs.latest())

    @pages.get("/checkpoints/<int:size>.txt")
    def earlier(size: int) -> ResponseReturnValue:
        """The head that a paper names, whole."""
        return _note(desk.proofs.signed_at(size) if size < _LARGEST else None)

    @pages.get("/applications/<uuid:application_id>/receipts/<int:version>")
    def receipt(application_id: UUID, version: int) -> ResponseReturnValue:
        sealed = sealed_as(desk, application_id, version, asking("receipt.read"))
        values = {"receipt": receipt_of(desk, sealed), "recorded": sealed.recorded, "version": version}
        application = f"/applications/{application_id}"
        return render_template("admin/receipt.html", **values, base=application, kept=desk.proofs.latest())

    @pages.get("/applications/<uuid:application_id>/receipts/<int:version>/file")
    def download(application_id: UUID, version: int) -> ResponseReturnValue:
        sealed = sealed_as(desk, application_id, version, asking("receipt.read"))
        content = _json(receipt_of(desk, sealed))
        return file_response(content, "application/json", f"receipt-v{version}.json")

    return pages


def _note(kept: Kept | None) -> Response:
    if kept is None:
        raise NotFound
    return Response(kept.note, content_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-cache"})


def sealed_as(desk: Desk, application_id: UUID | str, version: int, actor: Actor) -> Fact:
    """The event that sealed text *version* of an application that *actor* may see; NotFound otherwise."""
    _, facts = desk.workflow.handling.history(application_id, actor)
    for fact in facts:
        if isinstance(fact.event, RECEIPTS) and fact.event.seal_version == version:
            return fact
    raise NotFound


def receipt_of(desk: Desk, sealed: Fact) -> dict[str, Any]:
    try:
        return desk.proofs.receipt(sealed.recorded)
    except HistoryBroken:
        raise Refused(Refusal.of("LOG_NOT_PROVABLE")) from None


def _json(receipt: dict[str, Any]) -> bytes:
    return json.dumps(receipt, ensure_ascii=False, indent=1).encode()
