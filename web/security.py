"""What every answer and every write goes through: strict headers, and proof that a write comes from our own page.

Two lines against forged writes: where the browser says the request comes from, then a token in the form.
"""

import gzip
from collections.abc import Mapping
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Request, Response, request
from flask_wtf import CSRFProtect  # pyright: ignore[reportMissingTypeStubs]

from web import reading, reports
from web.problems import CrossSite, NotFound

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CSP = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        f"report-uri {reports.PATH}",
    )
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
HSTS = "max-age=63072000; includeSubDomains"
_COMPRESSED = ("text/", "application/json", "application/problem+json", "image/svg+xml")
_WORTH_COMPRESSING = 860


def install(app: Flask, *, secure: bool, session_cookie: str) -> CSRFProtect:
    """Headers on every answer of *app*, and the two lines of defence before every write that a cookie could carry.

    *secure*: served over TLS. *session_cookie* is the name whose presence makes a call to the API one by cookie.
    """
    settings: Mapping[str, object] = {
        "SESSION_COOKIE_NAME": "__Host-form" if secure else "form",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_PATH": "/",
        "WTF_CSRF_TIME_LIMIT": 12 * 3600,
        "WTF_CSRF_SSL_STRICT": False,  # the origin is checked below, before the token
    }
    app.config.update(settings)  # pyright: ignore[reportUnknownMemberType]

    @app.before_request
    def readable() -> None:  # pyright: ignore[reportUnusedFunction]
        """A database takes no NUL: nothing is called so, and nothing is searched for with it."""
        if "\x00" in request.path:
            raise NotFound
        reading.refuse_bad_text(request.args.to_dict(flat=False))

    @app.before_request
    def ours_only() -> None:  # pyright: ignore[reportUnusedFunction]
        if forgeable(request, session_cookie) and not from_our_own_page(request):
            raise CrossSite

    @app.after_request
    def guarded(response: Response) -> Response:  # pyright: ignore[reportUnusedFunction]
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if secure:
            response.headers["Strict-Transport-Security"] = HSTS
        if response.mimetype == "text/html":
            response.headers.setdefault("Cache-Control", "no-store")
        return compressed(response)

    @app.teardown_request
    def let_go(_: BaseException | None) -> None:  # pyright: ignore[reportUnusedFunction]
        request.close()  # uploads that were spooled to a file

    protect = CSRFProtect(app)  # registers after ours_only, so the origin is looked at first
    told = reports.reports()
    app.register_blueprint(told)
    exempt(protect, told)
    return protect


def exempt(protect: CSRFProtect, api: Blueprint) -> None:
    """For the API (its bearer calls ignore cookies, its cookie calls have passed the origin check) and for reports."""
    protect.exempt(api)  # pyright: ignore[reportUnknownMemberType]


def forgeable(request: Request, session_cookie: str) -> bool:
    """Whether a browser could have been made to send this write with somebody's rights."""
    if request.method in SAFE_METHODS or request.path == reports.PATH:
        return False
    if request.path.startswith("/api/"):
        return session_cookie in request.cookies and "Authorization" not in request.headers
    return True


def from_our_own_page(request: Request) -> bool:
    """By Sec-Fetch-Site, or where an old browser does not send it, by Origin. Saying nothing is not enough."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("Origin")
    return origin is not None and origin == request.host_url.rstrip("/")


def own_path(target: str | None, otherwise: str = "/") -> str:
    """*target* where it is a path of this site, *otherwise* where it could lead away from it."""
    if not target or not target.startswith("/") or target.startswith("//"):
        return otherwise
    if "\\" in target or any(ord(letter) < 0x20 or ord(letter) == 0x7F for letter in target):
        return otherwise
    try:
        parts = urlsplit(target)
    except ValueError:
        return otherwise
    return target if not parts.scheme and not parts.netloc else otherwise


def compressed(response: Response) -> Response:
    """gzip for text that is worth it; what is streamed or already encoded stays as it is."""
    if response.status_code in (204, 206, 304) or "Content-Encoding" in response.headers:
        return response
    if not (response.mimetype or "").startswith(_COMPRESSED) or "Content-Disposition" in response.headers:
        return response
    if response.is_streamed or response.direct_passthrough:
        return response
    response.vary.add("Accept-Encoding")
    plain = response.get_data()
    if not request.accept_encodings.quality("gzip") or len(plain) < _WORTH_COMPRESSING:
        return response
    response.set_data(gzip.compress(plain, 6, mtime=0))
    response.headers["Content-Encoding"] = "gzip"
    return response
