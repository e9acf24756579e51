"""Writing in a real browser: without a connection, without a session, two in one part, by keys alone and without JavaScript."""

import json
import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask, Response, request
from playwright.sync_api import Browser, Page, expect

from service.paper import pdf
from tests.browser.site import secret_of, served, site
from tests.browser.test_pages import page_of
from tests.workflow.house import House
from workflow import commands as c

PROFILE = "湖南岳麓智模科技有限公司专注行业大模型研发，现有研发人员一百余人，产品已在省内多家企业使用。"


class Weather:
    """A site that can be made to fail, or to have forgotten who is signed in."""

    def __init__(self, app: Flask) -> None:
        self.down = False
        self.slow = False
        self.saves = 0
        app.before_request(self._before)

    def _before(self) -> Response | None:
        saving = request.method == "POST" and "/sections/" in request.path
        self.saves += saving
        if saving and self.down:
            return Response("busy", 503)
        if saving and self.slow:
            import time

            time.sleep(1.2)
        return None


@pytest.fixture
def app(house: House) -> Flask:
    house.at("2025-11-05 10:00")
    return site(house)


@pytest.fixture
def weather(app: Flask) -> Weather:
    return Weather(app)


@pytest.fixture
def address(app: Flask, weather: Weather) -> Generator[str]:
    with served(app) as base:
        yield base


@contextmanager
def rough(chromium: Browser, base: str, who: str = "editor", **more: Any) -> Generator[Page]:
    """A page on which the network may fail: the browser may say so in its console."""
    context = chromium.new_context(**more)
    cookies = {"theme": "light", "lang": "zh", "sid": secret_of(who)}
    context.add_cookies([{"name": name, "value": value, "url": base} for name, value in cookies.items()])
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.set_default_timeout(8000)
    yield page
    context.close()
    assert wrong == []


def opened(page: Page, address: str) -> None:
    """A part's page with its scripts at work."""
    page.goto(address)
    page.wait_for_selector("form[data-stands]")


def stamp(page: Page) -> Any:
    return page.locator("[data-saved]")


def kept(page: Page) -> list[str]:
    return list(page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('draft:'))"))


def name_of(house: House, draft: UUID) -> Any:
    return house.application(draft).answers.get("project_name")


def test_without_a_connection_nothing_is_lost_and_it_is_saved_when_it_is_back(
    chromium: Browser, address: str, house: House
) -> None:
    draft = house.open(when="2025-11-05 10:00")
    with rough(chromium, address) as page:
        opened(page, f"{address}/applications/{draft}/sections/cover")
        page.context.set_offline(True)
        page.get_by_label("项目名称").fill("断网时写的名称")
        expect(stamp(page)).to_contain_text("网络断开，已在本机暂存")
        assert len(kept(page)) == 1
        assert name_of(house, draft) is None
        page.get_by_role("button", name="保存", exact=True).last.click()
        expect(stamp(page)).to_contain_text("网络断开")
        assert page.url.endswith("/sections/cover")
        page.context.set_offline(False)
        expect(stamp(page)).to_contain_text("已保存")
        assert name_of(house, draft) == "断网时写的名称"
        assert kept(page) == []


def test_a_browser_that_is_closed_while_offline_gives_the_text_back(
    chromium: Browser, address: str, house: House
) -> None:
    draft = house.open(when="2025-11-05 10:00")
    with rough(chromium, address) as page:
        opened(page, f"{address}/applications/{draft}/sections/model")
        page.context.set_offline(True)
        page.get_by_role("group", name="应用场景").get_by_role("button", name="添加一行").click()
        page.locator("[name='scenarios.0.scenario']").fill("泵车臂架故障预警")
        page.locator("[name='scenarios.1.scenario']").fill("塔机远程诊断")
        expect(stamp(page)).to_contain_text("已在本机暂存")
        page.close(run_before_unload=False)
        again = page.context.new_page()
        page.context.set_offline(False)
        opened(again, f"{address}/applications/{draft}/sections/model")
        assert again.locator("[name='scenarios.1.scenario']").input_value() == "塔机远程诊断"
        expect(stamp(again)).to_contain_text("已保存")
        assert [row["scenario"] for row in house.application(draft).answers["scenarios"]] == [
            "泵车臂架故障预警",
            "塔机远程诊断",
        ]


def test_a_server_that_answers_503_is_asked_again(
    chromium: Browser, address: str, house: House, weather: Weather
) -> None:
    draft = house.open(when="2025-11-05 10:00")
    with rough(chromium, address) as page:
        opened(page, f"{address}/applications/{draft}/sections/cover")
        weather.down = True
        page.get_by_label("项目名称").fill("服务器忙时写的")
        expect(stamp(page)).to_contain_text("服务器暂时没有应答，已在本机暂存")
        assert len(kept(page)) == 1
        weather.down = False
        expect(stamp(page)).to_contain_text("已保存")
        assert name_of(house, draft) == "服务器忙时写的"


def test_what_was_typed_survives_the_end_of_the_session(chromium: Browser, address: str, house: House) -> None:
    draft = house.open(when="2025-11-05 10:00")
    with rough(chromium, address) as page:
        opened(page, f"{address}/applications/{draft}/sections/cover")
        page.context.clear_cookies(name="sid")
        page.get_by_label("项目名称").fill("会话过期后写的")
        expect(stamp(page)).to_contain_text("登录已过期")
        assert page.get_by_role("link", name="重新登录").is_visible()
        page.get_by_role("button", name="保存并继续").click()
        expect(stamp(page)).to_contain_text("登录已过期")
        assert page.get_by_label("项目名称").input_value() == "会话过期后写的"
        page.context.add_cookies([{"name": "sid", "value": secret_of("admin"), "url": address}])
        other = page.context.new_page()
        opened(other, f"{address}/applications/{draft}/sections/cover")
        assert other.get_by_label("项目名称").input_value() == "", "another person at the same machine"
        other.close()
        page.context.add_cookies([{"name": "sid", "value": secret_of("editor"), "url": address}])
        back = page.context.new_page()
        opened(back, f"{address}/applications/{draft}/sections/cover")
        assert back.get_by_label("项目名称").input_value() == "会话过期后写的"
        expect(stamp(back)).to_contain_text("已保存")
        assert name_of(house, draft) == "会话过期后写的"


def test_signing_out_leaves_nothing_in_the_browser(chromium: Browser, address: str, house: House) -> None:
    draft = house.open(when="2025-11-05 10:00")
    with rough(chromium, address) as page:
        asked: list[str] = []
        page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
        opened(page, f"{address}/applications/{draft}/sections/cover")
        page.context.set_offline(True)
        page.get_by_label("项目名称").fill("没有保存的")
        expect(stamp(page)).to_contain_text("已在本机暂存")
        assert len(kept(page)) == 1
        page.context.set_offline(False)
        page.route("**/sign-out", lambda route: route.fulfill(status=204))
        page.evaluate("localStorage.setItem('draft:editor:/else', '1')")
        page.get_by_role("button", name="退出").click()
        assert asked == ["confirm"]
        assert kept(page) == []


def test_leaving_with_unsaved_text_warns(chromium: Browser, address: str, house: House) -> None:
    draft = house.open(when="2025-11-05 10:00")
    with rough(chromium, address) as page:
        asked: list[str] = []
        page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
        opened(page, f"{address}/applications/{draft}/sections/cover")
        page.get_by_label("项目名称").fill("还没保存")
        page.goto(f"{address}/applications/{draft}")
        assert asked == ["beforeunload"]


def test_a_pressed_button_waits_for_the_save_on_its_way(
    chromium: Browser, address: str, house: House, weather: Weather
) -> None:
    draft = house.open(when="2025-11-05 10:00")
    with rough(chromium, address) as page:
        opened(page, f"{address}/applications/{draft}/sections/cover")
        weather.slow = True
        with page.expect_request(lambda each: each.method == "POST" and "/sections/" in each.url):
            page.get_by_label("项目名称").fill("先")
        page.get_by_label("项目名称").fill("先写后按")
        page.get_by_role("button", name="保存并继续").click()
        page.wait_for_url("**/sections/unit")
        assert name_of(house, draft) == "先写后按"
        assert house.application(draft).section_versions["cover"] <= 2


def test_two_in_one_part_compare_and_merge(chromium: Browser, address: str, house: House) -> None:
    draft = house.open(when="2025-11-05 10:00")
    answers = {"unit_name": "湖南智模", "unit_profile": PROFILE, "bank": "老支行"}
    house.do("editor", c.SaveSection(application_id=draft, section="unit", answers=answers))
    with rough(chromium, address, "admin") as page:
        opened(page, f"{address}/applications/{draft}/sections/unit")
        theirs = {"unit_profile": PROFILE.replace("多家企业", "三十家企业"), "address": "长沙市岳麓区"}
        house.do("editor", c.SaveSection(application_id=draft, section="unit", answers=theirs))
        page.get_by_label("单位简介").fill(PROFILE.replace("一百余人", "两百余人"))
        page.get_by_label("开户银行").fill("岳麓支行")
        expect(stamp(page)).to_contain_text("他人已改动这一节")
        page.get_by_role("button", name="比较并合并").click()
        box = page.get_by_role("group", name="单位简介")
        expect(box.locator("ins")).to_have_text(["两", "三十"])
        assert "林婉清" in box.inner_text()
        page.get_by_role("button", name="保存合并结果").click()
        assert "请为「单位简介」选一种" in page.get_by_role("alert").inner_text()
        page.get_by_role("radio", name="改写后保存").check()
        merged = PROFILE.replace("一百余人", "两百余人").replace("多家企业", "三十家企业")
        page.get_by_role("textbox", name="单位简介").fill(merged)
        page.get_by_role("button", name="保存合并结果").click()
        page.wait_for_url("**/sections/unit")
        page.wait_for_selector("form[data-stands]")
        stands = house.application(draft).answers
        assert (stands["unit_profile"], stands["bank"]) == (merged, "岳麓支行")
        assert (stands["address"], stands["unit_name"]) == ("长沙市岳麓区", "湖南智模")
        assert kept(page) == []


def test_merging_works_without_javascript(chromium: Browser, address: str, house: House) -> None:
    draft = house.open(when="2025-11-05 10:00")
    with page_of(chromium, address, "admin", java_script_enabled=False) as page:
        page.goto(f"{address}/applications/{draft}/sections/unit")
        rows = [{"name": "示范企业", "obtained": "2024-06"}]
        theirs = {"unit_name": "他们的名称", "registered_capital": "0.000001", "honours": rows}
        house.do("editor", c.SaveSection(application_id=draft, section="unit", answers=theirs))
        page.get_by_label("单位名称").fill("我们的名称")
        page.get_by_label("注册资金（万元）").fill("12345.678901")
        page.locator("[name='honours.0.name']").fill("我们的荣誉")
        page.get_by_label("邮箱").fill("不是邮箱")
        page.get_by_role("button", name="保存", exact=True).last.click()
        for label, choice in (("单位名称", "用已存的"), ("注册资金（万元）", "用我写的"), ("单位所获荣誉", "用我写的")):
            group = page.locator("fieldset.meeting", has=page.locator(f"legend:text-is('{label}')"))
            group.get_by_role("radio", name=choice).check()
        page.locator("fieldset.meeting", has=page.locator("legend:text-is('邮箱')")).get_by_role(
            "radio", name="改写后保存"
        ).check()
        page.locator("#f-liaison_email").fill("lin@example.com")
        page.get_by_role("button", name="保存合并结果").click()
        stands = house.application(draft).answers
        assert stands["unit_name"] == "他们的名称"
        assert stands["registered_capital"] == 12_345_678_901
        assert [row["name"] for row in stands["honours"]] == ["我们的荣誉"]
        assert stands["liaison_email"].value == "lin@example.com"


def test_rows_by_keys_alone_keep_the_focus(chromium: Browser, address: str, house: House) -> None:
    draft = house.open(when="2025-11-05 10:00")
    with page_of(chromium, address, "editor") as page:
        opened(page, f"{address}/applications/{draft}/sections/model")
        page.locator("[name='scenarios.0.scenario']").focus()
        page.keyboard.type("甲")
        table = page.get_by_role("group", name="应用场景")
        for word in "乙丙":
            table.get_by_role("button", name="添加一行").focus()
            page.keyboard.press("Enter")
            page.keyboard.type(word)
        table.get_by_role("button", name=re.compile("上移，行 3")).focus()
        page.keyboard.press("Enter")
        expect(table.get_by_role("button", name=re.compile("上移，行 2"))).to_be_focused()
        page.keyboard.press("Space")
        expect(table.get_by_role("button", name=re.compile("下移，行 1"))).to_be_focused()
        expect(table.get_by_role("status")).to_have_text("已移到第 1 行")
        table.get_by_role("button", name=re.compile("删除 3|移除 3")).focus()
        page.keyboard.press("Enter")
        expect(table.get_by_role("button", name=re.compile("删除 2|移除 2"))).to_be_focused()
        expect(stamp(page)).to_contain_text("已保存")
        page.wait_for_timeout(1200)
        assert [row["scenario"] for row in house.application(draft).answers["scenarios"]] == ["丙", "甲"]
        assert page.url.endswith("/sections/model")


def tab_to(page: Page, wanted: str) -> None:
    """Press Tab until the focus is on what the selector *wanted* means."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("(wanted) => document.activeElement.matches(wanted)", wanted):
            return
    raise AssertionError(f"no way by keys to {wanted}")


def test_a_draft_is_begun_and_filled_by_keys_alone(chromium: Browser, address: str, house: House) -> None:
    with page_of(chromium, address, "admin") as page:
        page.goto(f"{address}/applications")
        tab_to(page, "[name=direction]")
        page.keyboard.press("ArrowDown")
        tab_to(page, "form button.primary")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile("/applications/[0-9a-f-]{36}$"))
        tab_to(page, "a.primary")
        page.keyboard.press("Enter")
        page.wait_for_selector("form[data-stands]")
        tab_to(page, "#f-project_name")
        page.keyboard.type("按键写的名称")
        tab_to(page, "[name=_next]")
        page.keyboard.press("Enter")
        page.wait_for_url("**/sections/unit")
        page.wait_for_selector("form[data-stands]")
        tab_to(page, "[name='honours.0.name']")
        page.keyboard.type("示范企业")
        tab_to(page, "[name=_next]")
        page.keyboard.press("Enter")
        page.wait_for_url("**/sections/business")
        tab_to(page, "#why a")
        page.keyboard.press("Enter")
        page.wait_for_url("**/sections/**#f-**")
        draft = UUID(page.url.partition("/applications/")[2][:36])
        answers = house.application(draft).answers
        assert (answers["project_name"], answers["honours"]) == ("按键写的名称", [{"name": "示范企业"}])


def test_the_deadline_that_passes_while_typing_is_said(chromium: Browser, address: str, house: House) -> None:
    draft = house.open(when="2025-11-05 10:00")
    with rough(chromium, address) as page:
        opened(page, f"{address}/applications/{draft}/sections/cover")
        house.at("2025-11-28 17:01")
        page.get_by_label("项目名称").fill("太晚了")
        expect(stamp(page)).to_contain_text("截止")
        assert page.get_by_label("项目名称").input_value() == "太晚了"


def test_who_else_is_here_is_shown_and_goes(chromium: Browser, address: str, house: House) -> None:
    draft = house.open(when="2025-11-05 10:00")
    place = f"{address}/applications/{draft}"
    with page_of(chromium, address, "editor") as lin, page_of(chromium, address, "admin") as zhou:
        opened(lin, f"{place}/sections/unit")
        opened(zhou, f"{place}/sections/cover")
        expect(zhou.locator(".present")).to_contain_text("林婉清 正在填写 （一）单位基本信息")
        lin.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        expect(lin.locator(".present")).to_contain_text("正在填写 封面")
        house.at("2025-11-05 10:02")
        zhou.goto(place)
        expect(zhou.locator(".present")).to_have_count(0)


def test_a_share_is_worked_out_as_the_server_does(chromium: Browser, address: str) -> None:
    """「占比」: part of whole in percent, two decimals, half up; the page's script and the form's own answer agree."""
    from programmes.fields import Field, FieldType, Share
    from programmes.form import answer_of, present
    from programmes.vocabulary import Words

    words = Words(zh="占比", en="share")
    share = Field(id="s", label=words, type=FieldType.PERCENT, computed=Share(part="a", whole="b"), source="x")
    pairs = [
        (1, 3),
        (2, 3),
        (0, 7),
        (1, 8),
        (5, 1000),
        (15, 100_000),
        (7, 7),
        (200, 3),
        (1, 0),
        (123_456_789, 987_654_321),
    ]
    with page_of(chromium, address, "editor") as page:
        page.goto(f"{address}/applications")
        found = page.evaluate(
            "async (pairs) => { const { shareOf } = await import('/static/pages-draft.js');"
            " return pairs.map(([a, b]) => shareOf(String(a), String(b))); }",
            pairs,
        )
    assert found == [present(share, answer_of(share, {"a": a, "b": b})) for a, b in pairs]


def test_the_whole_draft_without_javascript_and_the_seal_is_refused(
    chromium: Browser, address: str, house: House, tmp_path: Any
) -> None:
    paper = tmp_path / "完税证明.pdf"
    paper.write_bytes(pdf("完税证明"))
    with page_of(chromium, address, "admin", java_script_enabled=False) as page:
        page.goto(f"{address}/applications")
        page.get_by_label("垂直领域大模型").check()
        page.get_by_role("button", name="新建申报").click()
        draft = UUID(page.url.rpartition("/")[2])
        page.get_by_role("link", name="继续填写").click()
        page.get_by_label("项目名称").fill("面向工程机械运维的垂直领域大模型")
        page.get_by_role("button", name="保存并继续").click()
        page.get_by_label("单位简介").fill(PROFILE)
        page.locator("[name='honours.0.name']").fill("甲")
        page.get_by_role("group", name="单位所获荣誉").get_by_role("button", name="添加一行").click()
        page.locator("[name='honours.1.name']").fill("乙")
        page.locator("[name='honours.1.name']").press("Enter")
        page.get_by_role("button", name=re.compile("上移，行 2")).click()
        assert page.locator("[name='honours.0.name']").input_value() == "乙"
        page.goto(f"{address}/applications/{draft}")
        slot = page.locator("#slot-L-4")
        slot.locator("summary").click()
        slot.locator("input[type=file]").set_input_files(paper)
        slot.get_by_label("报告年度").select_option("2024")
        slot.get_by_role("button", name=re.compile("上传")).click()
        assert page.locator("#slot-L-4").get_by_role("link", name="完税证明.pdf").first.is_visible()
        assert page.get_by_role("heading", name="为什么还不能盖章？").is_visible()
        page.goto(f"{address}/applications/{draft}/seal")
        page.get_by_role("button", name=re.compile("盖章")).last.click(force=True)
        assert house.application(draft).stage == "draft"
        page.goto(f"{address}/applications/{draft}/changes")
        assert "周砚舟 上传了「完税证明.pdf」" in page.locator("ol.timeline").inner_text()


@pytest.mark.parametrize(("theme", "width", "language"), [("light", 1280, "zh"), ("dark", 390, "en")])
def test_every_drafting_page_is_accessible(
    chromium: Browser, address: str, house: House, theme: str, width: int, language: str
) -> None:
    draft = house.open(when="2025-11-05 10:00")
    answers = {
        "unit_name": "湖南智模",
        "unit_profile": PROFILE,
        "honours": [{"name": "示范企业", "obtained": "2024-06"}],
    }
    house.do("editor", c.SaveSection(application_id=draft, section="unit", answers=answers))
    place, found = f"{address}/applications/{draft}", list[str]()
    size: Any = {"width": width, "height": 900}
    with page_of(chromium, address, "admin", theme=theme, language=language, viewport=size) as page:
        with page_of(chromium, address, "editor") as other:
            opened(other, f"{place}/sections/unit")
        for path in ("", "/changes", "/sections/unit", "merge"):
            if path == "merge":
                _meet(page, f"{place}/sections/unit", house, draft)
            else:
                page.goto(place + path)
            for violation in Axe().run(page).response["violations"]:
                nodes = "; ".join(str(node["html"])[:160] for node in violation["nodes"][:3])
                found.append(f"{path} {violation['id']}: {nodes}")
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                found.append(f"{path} scrolls sideways at {width}")
    assert found == []


def _meet(page: Page, place: str, house: House, draft: UUID) -> None:
    """To the page that compares, by sending what another has overtaken."""
    page.goto(place)
    changed = {"unit_name": "另一名称", "bank": "岳麓支行", "honours": [{"name": "改过", "obtained": "2024-07"}]}
    house.do("editor", c.SaveSection(application_id=draft, section="unit", answers=changed))
    fields = {"unit_name": "我的名称", "unit_profile": PROFILE + "另有补充。", "honours.0.name": "我的"}
    page.evaluate(
        """(fields) => {
          const form = document.querySelector("form[data-autosave]");
          for (const [name, value] of Object.entries(fields)) form.elements[name].value = value;
          HTMLFormElement.prototype.submit.call(form);
        }""",
        fields,
    )
    page.wait_for_selector("form[data-guarded]")


def test_the_counter_counts_what_the_server_counts(chromium: Browser, address: str) -> None:
    """R-093 「不超过500字」 must mean the same while typing and when saving: thousands of strings, to the character."""
    import random

    from programmes.words import count_zi

    seeds = random.Random(20251105)
    bits = ["智", "能", "，", "。", "Ａ", "１", "％", "a", "B", "9", ".", "-", " ", "\n", "\t", "\u3000", "\u00a0", "é", "e\u0301",
            "👨\u200d👩\u200d👧", "👍🏽", "🇨🇳", "①", "℃", "㎡", "䶮", "𬭎", "龥\ufe00", "葛\U000e0100", "https://a.cn/b?c=1", "AI",
            "GPT-4", "·", "—", "…", "“", "”", "『", "カ", "한", "[[图1 架构]]", "[[图", "]]", "[", "\u200b", "\u2060", "\ufeff", "\x85",
            "\u1680", "½", "ﬁ", "ₐ", "ʔ", "א", "ก็", "\U0001f9ec", "\U00030000", "\U0003fffd"]  # fmt: skip
    texts = ["".join(seeds.choices(bits, k=seeds.randrange(0, 24))) for _ in range(3000)]
    texts += ["".join(chr(_scalar(seeds)) for _ in range(seeds.randrange(1, 16))) for _ in range(3000)]
    with page_of(chromium, address, "editor") as page:
        page.goto(f"{address}/applications")
        counted = page.evaluate(
            "async (texts) => { const { countZi } = await import('/static/counter.js');"
            " return JSON.parse(texts).map(countZi); }",
            json.dumps(texts),
        )
    different = [
        (text, mine, theirs) for text, mine in zip(texts, counted, strict=True) if mine != (theirs := count_zi(text))
    ]
    assert different == []


def _scalar(seeds: Any) -> int:
    """Any character but half a pair."""
    found = seeds.choice([0x20, 0x4E00, 0x2000, 0xFE00, 0x1F300, 0x20000, 0x0, 0xE0100]) + seeds.randrange(0x200)
    return found if not 0xD800 <= found <= 0xDFFF else 0x4E00
