"""Money in whole fen, written as people write it: 万元 in forms, 元 and capitals in money documents. No floats."""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

import cn2an  # pyright: ignore[reportMissingTypeStubs]

FEN_OF_A_WAN = 1_000_000
MOST_FEN = 2**53 - 1
"""The largest whole number that every JSON reader keeps exact: ninety trillion yuan."""

_AMOUNT = re.compile(r"([+-]?)(\d{1,3}(?:,\d{3})+|\d{1,20})(?:\.(\d{1,12}))?\s*(万元|元)")


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """A sum of money; negative where a loss is meant."""

    fen: int

    @classmethod
    def read(cls, text: str) -> "Money":
        """A sum written with its unit: `5000 万元`, `50,000,000.00 元`. ValueError where it is none, or finer than a fen."""
        found = _AMOUNT.fullmatch(text.strip())
        if found is None:
            raise ValueError(f"not a sum of money with its unit: {text!r}")
        sign, whole, part, unit = found.groups()
        decimals = 6 if unit == "万元" else 2
        fen, rest = int((part or "").ljust(decimals, "0")[:decimals] or 0), (part or "")[decimals:]
        if rest.strip("0"):
            raise ValueError(f"finer than a fen: {text!r}")
        total = int(whole.replace(",", "")) * 10**decimals + fen
        return cls(-total if sign == "-" else total)

    def wan(self) -> str:
        """Exactly, in 万元, with two to six decimals: `12345.678901`, `15002.30`."""
        sign, (whole, rest) = "-" * (self.fen < 0), divmod(abs(self.fen), FEN_OF_A_WAN)
        return f"{sign}{whole}.{f'{rest:06d}'.rstrip('0').ljust(2, '0')}"

    def wan_on_paper(self) -> str:
        """In 万元 with two decimals, half up, as printed forms show it."""
        return str((Decimal(self.fen) / FEN_OF_A_WAN).quantize(Decimal("0.01"), ROUND_HALF_UP))

    def yuan(self) -> str:
        """Exactly, in 元: `123,456,789.01`."""
        sign, (whole, rest) = "-" * (self.fen < 0), divmod(abs(self.fen), 100)
        return f"{sign}{whole:,}.{rest:02d}"

    def capitals(self) -> str:
        """大写, as on a cheque: `壹佰万元整`."""
        return str(cn2an.an2cn(self.yuan().replace(",", ""), "rmb"))


def portion(whole: Money, basis_points: int) -> Money:
    """The part that *basis_points* (1/10 000) give, rounded down to a fen: 「不超过」 forbids rounding up."""
    return Money(whole.fen * basis_points // 10_000)
