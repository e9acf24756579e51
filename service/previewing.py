"""A form looked at before anybody fills it: as one file, or served on loopback from the folder as it is written now."""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask

from programmes.call import Call
from programmes.catalogue import DefinitionFaulty, load
from programmes.source import Fault
from web import face
from web.face import Furniture, Visitor
from web.format import Language
from web.language import LANGUAGE_COOKIE
from workflow.pages import TEMPLATES
from workflow.pages.preview import page, preview


def html(call: Call, direction: str, language: Language) -> str:
    """The form of *direction* in *language* as one file that needs nothing else."""
    app = _app()
    with app.test_request_context("/", headers={"Cookie": f"{LANGUAGE_COOKIE}={language}"}):
        return page(call, direction)


def site(folder: Path) -> Flask:
    """The preview of what stands in *folder* at each request, so that writing and looking go together."""

    def read() -> Call | Sequence[Fault]:
        try:
            return load(folder)
        except DefinitionFaulty as faulty:
            return faulty.faults

    app = _app()
    app.register_blueprint(preview(read))
    return app


def _app() -> Flask:
    """An application with the house's look, and nobody in it."""
    app = Flask(__name__, static_folder=None, template_folder=str(TEMPLATES))
    app.secret_key = secrets.token_bytes(32)
    face.furnish(
        app,
        Furniture(identity=lambda _: None, now=lambda: datetime.now(UTC), visitor=lambda _: Visitor(), secure=False),
    )
    return app
