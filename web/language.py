"""Which language and which theme a person sees: the cookie, then what the person chose for good, then the browser."""

from typing import Literal, TypeGuard

from flask import Request, g

from web.format import Language

LANGUAGE_COOKIE = "lang"
THEME_COOKIE = "theme"
Theme = Literal["light", "dark", "system"]
YEAR_S = 365 * 24 * 3600


def is_language(text: object) -> TypeGuard[Language]:
    return text in ("zh", "en")


def is_theme(text: object) -> TypeGuard[Theme]:
    return text in ("light", "dark", "system")


def of(request: Request) -> Language:
    """For a page. Chinese, unless somebody says otherwise."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if is_language(chosen):
        return chosen
    preferred = getattr(g, "preferred_language", None)
    if is_language(preferred):
        return preferred
    return _accepted(request) or "zh"


def for_machines(request: Request) -> Language:
    """For titles and details of the API: what is asked for, or English. Reasons come in both."""
    return _accepted(request) or "en"


def _accepted(request: Request) -> Language | None:
    best = request.accept_languages.best_match(["zh-Hans", "zh-CN", "zh", "en"])
    return None if best is None else "en" if best == "en" else "zh"


def theme(request: Request) -> Theme:
    chosen = request.cookies.get(THEME_COOKIE)
    return chosen if is_theme(chosen) else "system"
