"""Bureaus: the authorities for industry and information technology that recommend, and the province that decides.

Pure. Which of them an application passes through is the route's business; here is only who answers for which county.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from directory.division import Division, Divisions, Level

_ZH = "工业和信息化"
_EN = "Industry and Information Technology"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bureau:
    """A recommending body. `code` is what a route and a grant name; `region` is the division it answers for.

    They are the same for the bureau of a division. A zone (园区, 新区) has a code of its own and, when it answers for
    no county as a whole, no region: then only a route leads to it. `email` is the office's own mailbox, "" for none.
    """

    code: str
    name_zh: str
    name_en: str
    level: Level
    region: str
    email: str = ""

    def answers_for(self, county: str) -> bool:
        """Whether the county with this code lies in the bureau's region."""
        return bool(self.region) and county.startswith(prefix_of(self.region))


def prefix_of(region: str) -> str:
    """What the codes of every division inside *region* begin with: "430100" gives "4301", "43" itself."""
    return region[:4] if len(region) == 6 and region.endswith("00") else region


def bureaus_of(province: str, table: Divisions) -> Iterator[Bureau]:
    """The bureaus of a province as its divisions suggest them: one a county or a town, one a city, and the department.

    A list to begin with. 县市区局 differ in name (工信局, 工信和科技局 …) and zones are missing; both are registered.
    """
    yield _department(table.get(province))
    for city in table.cities_of(province):
        yield _city_bureau(city)
        for county in table.counties_of(city.code):
            yield _county_bureau(county, city)
        for town in table.towns_of(city.code):
            yield _town_bureau(town, city)


def _department(province: Division) -> Bureau:
    return Bureau(
        code=province.code,
        name_zh=f"{province.name}{_ZH}厅",
        name_en=f"Department of {_EN} of {province.name_en} Province",
        level=Level.PROVINCE,
        region=province.code,
    )


def _city_bureau(city: Division) -> Bureau:
    return Bureau(
        code=city.code,
        name_zh=f"{city.name}{_ZH}局",
        name_en=f"{city.name_en} Bureau of {_EN}",
        level=Level.CITY,
        region=city.code,
    )


def _county_bureau(county: Division, city: Division) -> Bureau:
    """A district's bureau carries the city's name before its own; counties and county-level cities stand alone."""
    district = county.name.endswith("区")
    return Bureau(
        code=county.code,
        name_zh=f"{city.name if district else ''}{county.name}{_ZH}局",
        name_en=f"{county.name_en} Bureau of {_EN}" + (f", {city.name_en}" if district else ""),
        level=Level.COUNTY,
        region=county.code,
    )


def _town_bureau(town: Division, city: Division) -> Bureau:
    """The city's bureau has a branch in each town, named without the kind of place: 东莞市工业和信息化局长安分局."""
    place = town.name.removesuffix("街道").removesuffix("镇")
    return Bureau(
        code=town.code,
        name_zh=f"{city.name}{_ZH}局{place}分局",
        name_en=f"{city.name_en} Bureau of {_EN}, {town.name_en} Branch",
        level=Level.TOWN,
        region=town.code,
    )
