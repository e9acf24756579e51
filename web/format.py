"""How figures and instants are shown: money from whole fen, dates and times in Beijing. Pure; keeps every digit it was given."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

Language = Literal["zh", "en"]
BEIJING = ZoneInfo("Asia/Shanghai")
FEN_PER_YUAN = 100
FEN_PER_WAN = 1_000_000

Style = Literal["full", "short", "time", "date", "stamp"]
_INSTANTS: dict[tuple[Style, Language], str] = {
    ("full", "zh"): "y 年 M 月 d 日（EEEE）HH:mm",
    ("full", "en"): "EEEE d MMMM y, HH:mm",
    ("short", "zh"): "M 月 d 日 HH:mm",
    ("short", "en"): "d MMM, HH:mm",
    ("date", "zh"): "y 年 M 月 d 日",
    ("date", "en"): "d MMM y",
    ("time", "zh"): "HH:mm:ss",
    ("time", "en"): "HH:mm:ss",
    ("stamp", "zh"): "y-MM-dd HH:mm:ss",
    ("stamp", "en"): "y-MM-dd HH:mm:ss",
}


@lru_cache
def _locale(language: Language) -> Locale:
    return Locale.parse("zh_Hans_CN" if language == "zh" else "en_GB")


def beijing(at: datetime, language: Language = "zh", style: Style = "full") -> str:
    """An aware instant as Beijing reads it. *style*: full, short, date, time (seconds) or stamp (2025-09-10 16:20:41)."""
    if at.tzinfo is None:
        raise ValueError("an instant without a zone cannot be shown")
    beijing_time, pattern = at.astimezone(BEIJING), _INSTANTS[style, language]
    if beijing_time.time() == time.max:  # a day's deadline: its last microsecond is written 24:00
        pattern = pattern.replace("HH:mm:ss", "'24:00'").replace("HH:mm", "'24:00'")
    return format_datetime(beijing_time, pattern, locale=_locale(language))


def day(on: date, language: Language = "zh") -> str:
    """A calendar day: 2025 年 9 月 12 日."""
    return format_date(on, _INSTANTS["date", language], locale=_locale(language))


def number(value: int | Decimal, language: Language = "zh") -> str:
    """With thousands, and every decimal that is there."""
    return format_decimal(value, locale=_locale(language), decimal_quantization=False)


def size(count: int, language: Language = "zh") -> str:
    """A number of bytes: 50 MiB, 1.5 MiB, 512 KiB, 12 B."""
    for unit, name in ((1 << 20, "MiB"), (1 << 10, "KiB")):
        if count >= unit:
            tenths = count * 10 // unit
            return f"{number(Decimal(tenths) / 10, language)} {name}"
    return f"{count} B"


def _decimals(fen: int, unit: int, least: int, language: Language) -> str:
    exact = Decimal(fen) / unit
    pattern = "#,##0." + "0" * least + "#" * 8
    return format_decimal(exact, pattern, locale=_locale(language), decimal_quantization=False)


def yuan(fen: int, language: Language = "zh", *, unit: bool = True) -> str:
    """Whole fen in 元 with two decimals: 1,000,000.00 元."""
    figure = _decimals(fen, FEN_PER_YUAN, 2, language)
    return figure if not unit else (f"{figure} 元" if language == "zh" else f"CNY {figure}")


def wan(fen: int, language: Language = "zh", *, unit: bool = True) -> str:
    """Whole fen in 万元, two decimals or as many more as it takes to lose nothing: 12,345.678901 万元."""
    figure = _decimals(fen, FEN_PER_WAN, 2, language)
    return figure if not unit else (f"{figure} 万元" if language == "zh" else f"{figure} (CNY 10,000)")


def percent(basis_points: int, language: Language = "zh") -> str:
    """Whole basis points: 9,500 → 95%, 4,820 → 48.2%."""
    return format_decimal(Decimal(basis_points) / 100, "#,##0.##", locale=_locale(language)) + "%"


@dataclass(frozen=True, slots=True)
class Countdown:
    """How long is left. *tone* is "over", "error" (under 48 hours), "warn" (under 5 days) or ""."""

    days: int
    hours: int
    minutes: int
    tone: Literal["over", "error", "warn", ""]

    @property
    def over(self) -> bool:
        return self.tone == "over"

    @property
    def span(self) -> Literal["span.days", "span.hours", "span.minutes"]:
        """The key of the text that says it."""
        return "span.days" if self.days else "span.hours" if self.hours else "span.minutes"


def countdown(now: datetime, until: datetime) -> Countdown:
    """What is left from *now*, rounded down to the minute; both are aware instants."""
    left = until - now
    if left < timedelta(0):
        return Countdown(0, 0, 0, "over")
    minutes = int(left.total_seconds()) // 60
    tone: Literal["error", "warn", ""] = (
        "error" if left < timedelta(hours=48) else "warn" if left < timedelta(days=5) else ""
    )
    return Countdown(minutes // 1440, minutes // 60 % 24, minutes % 60, tone)


def instant(text: str) -> datetime | date | None:
    """An ISO 8601 text as it stands in a refusal's parameters, or None; an instant without a zone is UTC."""
    try:
        return date.fromisoformat(text) if len(text) == 10 else _aware(datetime.fromisoformat(text))
    except ValueError:
        return None


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)
