"""The divisions are those of GB/T 2260: Hunan 14 + 122, Guangdong 21 + 122."""

from hashlib import sha256

import pytest

from directory.division import Division, DivisionUnknown, Level, divisions
from eventstore.refusal import Refusal

TABLE = divisions()

HUNAN = "3347325bd51d9ae84703f2fbe60c9c6aab38dba5eded5eb7dad05df9815cc685"
GUANGDONG = "393faabeab073dd4715d0e5fe1513f9c8aea124902b86ca805bdca4326925235"

COUNTIES_A_CITY = {
    "4301": 9, "4302": 9, "4303": 5, "4304": 12, "4305": 12, "4306": 9, "4307": 9,
    "4308": 4, "4309": 6, "4310": 11, "4311": 11, "4312": 12, "4313": 5, "4331": 8,
}  # fmt: skip


@pytest.mark.rule("R-081")
@pytest.mark.parametrize(("province", "digest"), [("43", HUNAN), ("44", GUANGDONG)])
def test_the_counties_are_the_ones_four_sources_agree_on(province: str, digest: str) -> None:
    lines = sorted(f"{county.code} {county.name}" for county in TABLE.counties_of(province))
    assert len(lines) == 122
    assert sha256("\n".join(lines).encode()).hexdigest() == digest


@pytest.mark.rule("R-229", "R-230")
def test_every_city_of_hunan_has_its_number_of_counties() -> None:
    counted = {city.code[:4]: len(TABLE.counties_of(city.code)) for city in TABLE.cities_of("43")}
    assert counted == COUNTIES_A_CITY


def test_the_provinces_have_their_cities() -> None:
    assert [(p.code, p.name, len(TABLE.cities_of(p.code))) for p in TABLE.provinces()] == [
        ("43", "湖南省", 14),
        ("44", "广东省", 21),
    ]


def test_the_counties_of_hunan_are_of_four_sorts() -> None:
    names = [county.name for county in TABLE.counties_of("43")]
    own = sum(name.endswith("自治县") for name in names)
    assert [sum(name.endswith(end) for name in names) for end in "区市"] == [36, 19]
    assert (sum(name.endswith("县") for name in names) - own, own) == (60, 7)


@pytest.mark.rule("R-229", "R-230")
def test_city_and_county_of_a_summary_line_come_from_the_county_code() -> None:
    assert TABLE.name("430104") == "岳麓区"
    assert TABLE.city_of("430104") == "430100"
    assert TABLE.name(TABLE.city_of("430104")) == "长沙市"
    assert TABLE.province_of("430104") == "43"
    assert TABLE.name("430104", "en") == "Yuelu District"


def test_a_county_that_ends_in_01_is_no_placeholder() -> None:
    assert TABLE.name("433101") == "吉首市"


def test_no_placeholder_and_no_statistical_zone_is_in_the_table() -> None:
    for county in (*TABLE.counties_of("43"), *TABLE.counties_of("44")):
        assert county.name != "市辖区"
        assert not 71 <= int(county.code[4:]) <= 80


@pytest.mark.parametrize(
    ("old", "name", "new", "year"),
    [("430124", "宁乡县", "430182", 2017), ("430221", "株洲县", "430212", 2018),
     ("430521", "邵东县", "430582", 2019), ("431121", "祁阳县", "431181", 2021)],
)  # fmt: skip
def test_an_old_code_keeps_its_name_and_is_offered_no_more(old: str, name: str, new: str, year: int) -> None:
    assert TABLE.name(old) == name
    closed = TABLE.county(old)
    assert isinstance(closed, Refusal)
    assert closed.code == "DIVISION_CLOSED"
    assert isinstance(TABLE.county(old, year - 1), Division)
    assert isinstance(TABLE.county(new, year - 1), Refusal)
    assert isinstance(TABLE.county(new), Division)


def test_a_county_is_asked_for_and_nothing_else_is_taken() -> None:
    answers = {code: TABLE.county(code) for code in ("430100", "43", "999999", "")}
    codes = {code: answer.code if isinstance(answer, Refusal) else "" for code, answer in answers.items()}
    assert codes == {
        "430100": "DIVISION_NOT_COUNTY",
        "43": "DIVISION_NOT_COUNTY",
        "999999": "DIVISION_UNKNOWN",
        "": "DIVISION_UNKNOWN",
    }


@pytest.mark.parametrize("code", ["441900", "442000"])
def test_a_city_without_counties_stands_for_its_own_county(code: str) -> None:
    county = TABLE.county(code)
    assert isinstance(county, Division)
    assert county.level is Level.CITY
    assert TABLE.city_of(code) == code


@pytest.mark.parametrize(("city", "towns"), [("441900", 36), ("442000", 23), ("440600", 0), ("430100", 0)])
def test_where_a_city_has_no_counties_its_towns_take_their_place(city: str, towns: int) -> None:
    """Reading A-03. The codes are the nine digits of GB/T 10114; the count is of the same release as the counties."""
    found = TABLE.towns_of(city)
    assert len(found) == towns
    assert all(
        (TABLE.county(town.code), TABLE.city_of(town.code), town.level) == (town, city, Level.TOWN) for town in found
    )
    assert not set(found) & set(TABLE.counties_of(city[:2]))


def test_an_unknown_code_is_an_unknown_division() -> None:
    assert "430104" in TABLE
    assert "999999" not in TABLE
    with pytest.raises(DivisionUnknown):
        TABLE.name("999999")
    with pytest.raises(DivisionUnknown):
        TABLE.city_of("43")
