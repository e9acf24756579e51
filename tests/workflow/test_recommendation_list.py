"""附件5 项目推荐汇总表: generated for each recommending body and programme, in the body's own order."""

import pytest

from tests.workflow.house import YUHUA_UNIT, Api, House


@pytest.mark.rule("R-222", "R-225", "R-226", "R-227", "R-228", "R-229", "R-230", "R-232", "R-233")
def test_a_row_has_the_official_columns(house: House, api: Api) -> None:
    house.recommended()
    path = "/calls/hn-2025/programmes/L/recommendations/430100"
    rows = api.ask("changsha-head", "GET", path).json["rows"]
    assert [row["rank"] for row in rows] == [2]
    cells = rows[0]["cells"]
    assert list(cells) == [
        "position",
        "unit_name",
        "project_name",
        "industry",
        "city",
        "county",
        "contact",
        "programme",
        "direction",
    ]
    assert (cells["industry"], cells["city"], cells["county"]) == ("工程机械", "长沙市", "岳麓区")
    assert (cells["programme"], cells["direction"]) == ("人工智能大模型", "垂直领域")
    assert cells["unit_name"] == "湖南岳麓智模科技有限公司"


@pytest.mark.rule("R-225")
def test_the_bodys_rank_is_the_order(house: House, api: Api) -> None:
    first = house.sealed()
    second = house.sealed("guanlan-", YUHUA_UNIT)
    house.do("yuelu-head", house.recommend(first), "2025-11-26 10:00")
    house.do("yuhua-head", house.recommend(second), "2025-11-26 10:00")
    house.do("changsha-head", house.recommend(first, "1", rank=2), "2025-12-10 10:00")
    house.do("changsha-head", house.recommend(second, "2", rank=1))
    rows = api.ask("clerk", "GET", "/calls/hn-2025/programmes/L/recommendations/430100").json["rows"]
    assert [(row["application"], row["cells"]["position"]) for row in rows] == [(str(second), "1"), (str(first), "2")]


def test_another_bodys_list_is_not_there(house: House, api: Api) -> None:
    house.recommended()
    path = "/calls/hn-2025/programmes/L/recommendations"
    assert api.ask("yuhua-head", "GET", f"{path}/430104").status_code == 404
    assert api.ask("yuhua-head", "GET", f"{path}/430111").json["rows"] == []
    assert len(api.ask("changsha-head", "GET", f"{path}/430104").json["rows"]) == 1
    assert api.ask("clerk", "GET", "/calls/hn-2025/programmes/X/recommendations/430104").status_code == 404
