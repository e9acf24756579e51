"""A bureau answers for the counties of its region."""

import pytest

from directory.bureau import Bureau, bureaus_of
from directory.division import Level, divisions

HUNAN = {bureau.code: bureau for bureau in bureaus_of("43", divisions())}


def test_hunan_has_one_bureau_a_county_one_a_city_and_the_department() -> None:
    levels = [bureau.level for bureau in HUNAN.values()]
    assert [levels.count(level) for level in (Level.COUNTY, Level.CITY, Level.PROVINCE)] == [122, 14, 1]


@pytest.mark.rule("R-223")
def test_bureaus_have_names_in_both_languages() -> None:
    assert [(HUNAN[code].name_zh, HUNAN[code].name_en) for code in ("43", "430100", "430104", "430181", "433100")] == [
        (
            "湖南省工业和信息化厅",
            "Department of Industry and Information Technology of Hunan Province",
        ),
        (
            "长沙市工业和信息化局",
            "Changsha Bureau of Industry and Information Technology",
        ),
        (
            "长沙市岳麓区工业和信息化局",
            "Yuelu District Bureau of Industry and Information Technology, Changsha",
        ),
        (
            "浏阳市工业和信息化局",
            "Liuyang Bureau of Industry and Information Technology",
        ),
        (
            "湘西土家族苗族自治州工业和信息化局",
            "Xiangxi Tujia and Miao Autonomous Prefecture Bureau of Industry and Information Technology",
        ),
    ]
    assert len({bureau.name_zh for bureau in HUNAN.values()}) == len(HUNAN)
    assert len({bureau.name_en for bureau in HUNAN.values()}) == len(HUNAN)


@pytest.mark.parametrize(
    ("bureau", "county", "answers"),
    [
        ("430104", "430104", True),
        ("430111", "430104", False),
        ("430100", "430104", True),
        ("430100", "430281", False),
        ("433100", "433101", True),
        ("43", "430104", True),
        ("43", "440606", False),
    ],
)
def test_a_bureau_answers_for_its_own_region(bureau: str, county: str, answers: bool) -> None:
    assert HUNAN[bureau].answers_for(county) is answers


def test_every_county_is_answered_for_by_one_county_one_city_and_the_province() -> None:
    for county in divisions().counties_of("43"):
        answering = [bureau.level for bureau in HUNAN.values() if bureau.answers_for(county.code)]
        assert sorted(answering) == [Level.CITY, Level.COUNTY, Level.PROVINCE]


def test_a_zone_without_a_region_answers_for_no_county() -> None:
    zone = Bureau(
        code="430671",
        name_zh="岳阳市屈原管理区",
        name_en="Quyuan",
        level=Level.COUNTY,
        region="",
    )
    assert not any(zone.answers_for(county.code) for county in divisions().counties_of("43"))


def test_dongguan_has_a_city_bureau_that_answers_for_the_city() -> None:
    guangdong = {bureau.code: bureau for bureau in bureaus_of("44", divisions())}
    assert guangdong["441900"].answers_for("441900")
    assert len(guangdong) == 1 + 21 + 122 + 36 + 23


def test_a_town_has_a_branch_that_answers_for_it_alone_below_its_city() -> None:
    guangdong = {bureau.code: bureau for bureau in bureaus_of("44", divisions())}
    answering = [bureau.level for bureau in guangdong.values() if bureau.answers_for("441900119")]
    assert sorted(answering) == [Level.CITY, Level.PROVINCE, Level.TOWN]
    town = guangdong["441900119"]
    assert town.name_zh == "东莞市工业和信息化局长安分局"
    assert town.name_en == "Dongguan Bureau of Industry and Information Technology, Chang'an Town Branch"
