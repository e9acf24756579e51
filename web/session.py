"""The cookie that carries a session, and who it or a token belongs to. Sessions themselves are rows of the directory."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Request, Response

from directory.actor import Actor

ABSOLUTE_S = 12 * 3600


def cookie_name(*, secure: bool) -> str:
    """`__Host-` binds the cookie to this host and to TLS; a demo on loopback has no TLS."""
    return "__Host-sid" if secure else "sid"


def give(response: Response, secret: str, *, secure: bool) -> None:
    """Put the session's secret into the cookie; called once, at sign-in."""
    response.set_cookie(
        cookie_name(secure=secure), secret, max_age=ABSOLUTE_S, path="/", secure=secure, httponly=True, samesite="Lax"
    )


def take_back(response: Response, *, secure: bool) -> None:
    response.delete_cookie(cookie_name(secure=secure), path="/", secure=secure, httponly=True, samesite="Lax")


def secret_of(request: Request, *, secure: bool) -> str | None:
    """What the browser holds, if it looks like one of ours at all."""
    secret = request.cookies.get(cookie_name(secure=secure), "")
    return secret if 20 <= len(secret) <= 200 and secret.isascii() and secret.isprintable() else None


@dataclass(frozen=True, slots=True, kw_only=True)
class CookieOrToken:
    """An operations.Identity: a bearer token where one is sent (the cookie is then ignored), else the session's cookie.

    *by_session* and *by_token* look up a secret and give None where it is unknown, ended or taken back.
    """

    secure: bool
    by_session: Callable[[str], Actor | None]
    by_token: Callable[[str], Actor | None]

    def __call__(self, request: Request, /) -> Actor | None:
        if "Authorization" in request.headers:
            kind, _, token = request.headers["Authorization"].partition(" ")
            token = token.strip()
            if kind.lower() != "bearer" or not 20 <= len(token) <= 200 or not (token.isascii() and token.isprintable()):
                return None
            return self.by_token(token)
        secret = secret_of(request, secure=self.secure)
        return None if secret is None else self.by_session(secret)
