"""Between two requests of one session: its id is another after each proof, so that one that was stolen before opens nothing."""

from flask import Flask, Response, g, request

from directory import signin
from service.wiring import House
from web import session


def install(app: Flask, house: House, *, secure: bool) -> None:
    """Give the session a new id after an answer that asked for it (`g.renew_session`)."""

    @app.after_request
    def renewed(response: Response) -> Response:  # pyright: ignore[reportUnusedFunction]
        secret = session.secret_of(request, secure=secure) if g.get("renew_session") else None
        if secret is None:
            return response
        with house.store.begin() as db:
            fresh = signin.renew(db, secret)
        if fresh is not None:
            session.give(response, fresh, secure=secure)
        return response
