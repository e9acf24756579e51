"""统一身份认证: signing in with an account of another house, by OpenID Connect. An extra (`oidc`), off unless an issuer is set.

The issuer is pinned and the account is known by issuer and subject alone (OWASP ASVS 5.0, 6.8.1): an address that the other
house says is nobody's proof here. An account is linked once, by its owner, who is signed in; there is no other way in.
"""

from collections.abc import Mapping
from typing import Any, cast

from flask import Blueprint, Flask, g, make_response, redirect, render_template, session
from flask.typing import ResponseReturnValue

from directory import outside_accounts
from eventstore.refusal import Busy, Refusal, Refused
from service import enrolling, logs
from service.entrance import held, let_in
from service.settings import Settings
from service.wiring import House
from web.face import asking, signed_in
from web.problems import NotSignedIn

START, ANSWER, HOME = "/sign-in/outside", "/sign-in/outside/answer", "/me/account"
PATIENCE_S = 10
_LINKING = "outside_linking"


def install(app: Flask, house: House, *, secure: bool) -> None:
    """The pages, where an issuer is set; `outside_name` tells other pages what it is called, "" where there is none."""
    wanted = house.settings.oidc_issuer
    offered: Mapping[str, Any] = {"outside_name": house.settings.oidc_name if wanted else ""}
    app.jinja_env.globals.update(offered)
    if wanted:
        app.register_blueprint(pages(house, _client(app, house.settings), secure=secure))


def _client(app: Flask, settings: Settings) -> Any:
    from authlib.integrations.flask_client import OAuth

    secret = settings.oidc_client_secret
    registry: Any = OAuth(app)
    return registry.register(
        "outside",
        client_id=settings.oidc_client_id,
        client_secret=secret.get_secret_value() if secret else None,
        server_metadata_url=f"{settings.oidc_issuer}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid", "code_challenge_method": "S256", "default_timeout": PATIENCE_S},
    )


def pages(house: House, client: Any, *, secure: bool) -> Blueprint:
    blueprint = Blueprint("outside", __name__, template_folder="templates")
    here = f"{house.settings.base_url}{ANSWER}"

    @blueprint.get(START)
    def begin() -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        with _reached():
            return cast("ResponseReturnValue", client.authorize_redirect(here))

    @blueprint.get(ANSWER)
    def answer() -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        linking = session.pop(_LINKING, "")
        try:
            subject = _subject(client, house.settings.oidc_issuer)
            if linking:
                return _linked(house, linking, subject)
            with house.store.reading() as db:
                person = outside_accounts.person_of(db, house.settings.oidc_issuer, subject)
            if person is None:
                raise Refused(Refusal.of("OUTSIDE_UNKNOWN"))
        except Refused as refused:
            logs.sign_in("refused", "outside", why=refused.refusals)
            page = render_template("service/sign_in.html", sent=False, email="", faults=refused.refusals)
            return make_response(page, 422)
        return let_in(house, person, secure=secure, method="outside")

    @blueprint.post(f"{HOME}/outside")
    def link() -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        """Remember that this session wants it, and show the way: no form may lead to another site."""
        asking("credential.change")
        here = held()
        house.access.require_recent(here)
        session[_LINKING] = here.handle
        return render_template("service/outside.html")

    @blueprint.post(f"{HOME}/outside/removal")
    def unlink() -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        actor = asking("credential.change")
        outside_accounts.unlink(house.access, enrolling.context(house, actor.id), held(), house.settings.oidc_issuer)
        g.renew_session = True
        return redirect(f"{HOME}?done=1", 303)

    return blueprint


def _linked(house: House, handle: str, subject: str) -> ResponseReturnValue:
    """The account belongs to whoever asked for it in this very session."""
    actor, here = signed_in(), held()
    if here.handle != handle:
        raise NotSignedIn
    issuer = house.settings.oidc_issuer
    outside_accounts.link(house.access, enrolling.context(house, actor.id), here, issuer, subject)
    g.renew_session = True
    return redirect(f"{HOME}?done=1", 303)


def _subject(client: Any, issuer: str) -> str:
    """Who came back, as the issuer calls them. Raises OUTSIDE_FAILED for whatever does not fit: state, code, nonce, signature,
    issuer, audience, time."""
    from authlib.common.errors import AuthlibBaseError
    from joserfc.errors import JoseError

    options = {"iss": {"essential": True, "value": issuer}, "sub": {"essential": True}}
    try:
        with _reached():
            token = client.authorize_access_token(claims_options=options)
        told: Any = token.get("userinfo") or {}
        subject: Any = told.get("sub")
    except (AuthlibBaseError, JoseError, ValueError) as wrong:
        raise Refused(Refusal.of("OUTSIDE_FAILED")) from wrong
    if not isinstance(subject, str) or not 0 < len(subject) <= 255 or "\x00" in subject:
        raise Refused(Refusal.of("OUTSIDE_FAILED"))
    return subject


class _reached:  # noqa: N801  reads as a word of the sentence
    """The other house answers in time, or we say that we are busy."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        from requests import RequestException

        if isinstance(error, RequestException):
            raise Busy("the issuer does not answer", PATIENCE_S) from error
