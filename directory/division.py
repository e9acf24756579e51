"""The divisions of the country that the house knows: GB/T 2260 codes, names, and which lies in which.

Pure data from divisions.csv; codes are "43" (province), "430100" (city), "430104" (county), and "441900119" for a town of
a city that has no counties (GB/T 10114), which stands where a county would (reading A-03). Closed codes keep their name, so that an old application is printed as it was filed; they are not offered for new ones.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from eventstore.refusal import Refusal

SOURCE = "GB/T 2260"
TOWN_DIGITS = 9


class Level(StrEnum):
    TOWN = "town"
    COUNTY = "county"
    CITY = "city"
    PROVINCE = "province"


class DivisionUnknown(LookupError):
    """No division of this code is in the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Division:
    """One division. `valid_from` and `valid_to` are the first and last year in force; None is open."""

    code: str
    name: str
    name_en: str
    parent: str
    valid_from: int | None = None
    valid_to: int | None = None

    @property
    def level(self) -> Level:
        if len(self.code) == 2:
            return Level.PROVINCE
        if len(self.code) == TOWN_DIGITS:
            return Level.TOWN
        return Level.CITY if self.code.endswith("00") else Level.COUNTY

    def in_force(self, year: int) -> bool:
        return (self.valid_from or year) <= year <= (self.valid_to or year)


class Divisions:
    """The table, looked up by code. An unknown code raises DivisionUnknown."""

    def __init__(self, rows: Iterable[Division]) -> None:
        self._by_code: Mapping[str, Division] = MappingProxyType({row.code: row for row in rows})

    def __contains__(self, code: object) -> bool:
        return code in self._by_code

    def get(self, code: str) -> Division:
        try:
            return self._by_code[code]
        except KeyError:
            raise DivisionUnknown(f"no division {code!r}") from None

    def name(self, code: str, language: str = "zh") -> str:
        division = self.get(code)
        return division.name_en if language == "en" else division.name

    def parent(self, code: str) -> str:
        """The code of the division around it; "" for a province."""
        return self.get(code).parent

    def city_of(self, code: str) -> str:
        """The city that a county or a town lies in; a city answers itself. A province has none and raises DivisionUnknown."""
        division = self.get(code)
        match division.level:
            case Level.COUNTY | Level.TOWN:
                return division.parent
            case Level.CITY:
                return code
            case Level.PROVINCE:
                raise DivisionUnknown(f"{code!r} is a province and lies in no city")

    def province_of(self, code: str) -> str:
        """ "430104" lies in "43"."""
        self.get(code)
        return code[:2]

    def provinces(self) -> tuple[Division, ...]:
        return tuple(row for row in self._by_code.values() if row.level is Level.PROVINCE)

    def cities_of(self, province: str) -> tuple[Division, ...]:
        return tuple(row for row in self._by_code.values() if row.parent == self.get(province).code)

    def counties_of(self, around: str, year: int | None = None) -> tuple[Division, ...]:
        """Counties of a city or a province in force in *year*; without a year, those still in force."""
        self.get(around)
        return tuple(row for row in self._counties(around) if self._in_force(row, year))

    def towns_of(self, city: str) -> tuple[Division, ...]:
        """Streets, towns and parks of a city without counties; none of any other."""
        return tuple(row for row in self._by_code.values() if row.level is Level.TOWN and row.parent == city)

    def _counties(self, around: str) -> Iterable[Division]:
        for row in self._by_code.values():
            if row.level is Level.COUNTY and around in (row.parent, row.code[:2]):
                yield row

    def _in_force(self, row: Division, year: int | None) -> bool:
        return row.valid_to is None if year is None else row.in_force(year)

    def county(self, code: str, year: int | None = None) -> Division | Refusal:
        """The county where a unit is registered, or why this code cannot be one (now, or in *year*).

        In a city without counties (东莞 441900, 中山 442000) a town takes its place; the city itself stands for what lies in no town.
        """
        division = self._by_code.get(code)
        if division is None:
            return Refusal.of("DIVISION_UNKNOWN", source=SOURCE, division=code)
        childless = division.level is Level.CITY and not self.counties_of(code)
        if division.level not in (Level.COUNTY, Level.TOWN) and not childless:
            return Refusal.of("DIVISION_NOT_COUNTY", source=SOURCE, division=code, name=division.name)
        if not self._in_force(division, year):
            return Refusal.of("DIVISION_CLOSED", source=SOURCE, division=code, name=division.name)
        return division


@cache
def divisions() -> Divisions:
    """The table that is shipped with the house."""
    english = {row["code"]: row["name_en"] for row in _rows("english_names.csv")}
    return Divisions(
        Division(
            code=row["code"],
            name=row["name"],
            name_en=english[row["code"]],
            parent=row["parent"],
            valid_from=_year(row["valid_from"]),
            valid_to=_year(row["valid_to"]),
        )
        for row in _rows("divisions.csv")
    )


def _rows(file: str) -> Iterable[dict[str, str]]:
    lines = files("directory").joinpath(file).read_text(encoding="utf-8").splitlines()
    return csv.DictReader(line for line in lines if not line.startswith("#"))


def _year(text: str) -> int | None:
    return int(text) if text else None
