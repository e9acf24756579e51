"""信函文稿 on pages and for machines: find a kind, write, look at it as its reader would, publish, compare, go back."""

import html
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from directory.actor import Actor, Grant, Role
from notifications import manuscripts
from notifications import words as letter_words
from notifications.samples import samples_of
from notifications.texts_pages import FRAGMENT
from notifications.variables import house_text
from tests.notifications.post import PostOffice
from tests.notifications.writing import AUDITOR, OPERATOR, site

KINDS = letter_words.kinds()
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
EDITOR = Actor("editor", "经办人", (Grant(Role.UNIT_EDITOR, "91430104MAXTE5T16B"),))
HERE = "/letters/texts/awarded/zh"
HOUSE = house_text("awarded", "happened", "zh")
BODY = f"好消息：{HOUSE}"
Ask = Callable[[Actor | None], FlaskClient]


@pytest.fixture
def ask(post: PostOffice) -> Ask:
    return lambda actor: site(post, actor).test_client()


def hidden(page: str) -> dict[str, str]:
    """What the first form of the page carries besides its fields."""
    form = page[page.index('id="text"') :]
    return {
        name: re.findall(rf'name="{name}" value="([^"]*)"', form)[0] for name in ("csrf_token", "version", "command_id")
    }


def send(client: FlaskClient, to: str = HERE, page: str = "", **fields: str) -> TestResponse:
    page = page or client.get(HERE).text
    return client.post(to, data={**hidden(page), **fields}, headers={"Sec-Fetch-Site": "same-origin"})


def published(client: FlaskClient, body: str = BODY, why: str = "更亲切") -> TestResponse:
    return send(client, subject="您已立项", body=body, why=why)


def typed(page: str, name: str) -> str:
    found = re.search(rf'<textarea[^>]*name="{name}"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    return (
        html.unescape(found[1]) if found else html.unescape(re.findall(rf'name="{name}"[^>]*value="([^"]*)"', page)[0])
    )


def test_the_list_finds_a_kind_by_its_words_and_says_what_stands(post: PostOffice, ask: Ask) -> None:
    client = ask(OPERATOR)
    assert published(client).status_code == 303
    assert len(re.findall(r"<code>(\w+)</code>", client.get("/letters/texts").text)) == len(KINDS)
    assert re.findall(r"<code>(\w+)</code>", client.get("/letters/texts?q=立项待会签").text) == ["award_signed"]
    edited = client.get("/letters/texts?show=edited").text
    assert re.findall(r"<code>(\w+)</code>", edited) == ["awarded"]
    assert "第 1 版" in edited
    assert "没有符合条件的信函" in client.get("/letters/texts?q=没有这样的").text
    assert "没有符合条件的信函" in client.get("/letters/texts?show=fallen").text
    assert client.get("/letters/texts?q=" + "%00" * 3 + "&show=x").status_code < 500


def test_only_an_operator_publishes_and_an_auditor_reads(ask: Ask) -> None:
    page = ask(OPERATOR).get(HERE).text
    for who, reads in ((AUDITOR, True), (EDITOR, False)):
        client = ask(who)
        assert (client.get(HERE).status_code == 200) is reads
        assert (client.get("/letters/texts").status_code == 200) is reads
        assert send(client, page=page, subject="x", body=BODY, why="y").status_code in (400, 403)
    assert 'name="why"' not in ask(AUDITOR).get(HERE).text
    assert ask(None).get(HERE).status_code in (302, 303, 401)


def test_what_is_published_is_told_with_version_reason_and_difference_and_can_be_undone(ask: Ask) -> None:
    client = ask(OPERATOR)
    assert published(client).headers["Location"].startswith(f"{HERE}?done=published")
    page = client.get(HERE).text
    assert typed(page, "body") == BODY
    assert "<ins>好消息：</ins>" in page, "against the house's own"
    for said in ("第 1 版", "更亲切", "person:somebody", "恢复系统原文稿"):
        assert said in page
    back = send(client, f"{HERE}/restore", subject="您已立项", body=BODY, why="还是原文", restore="0")
    assert back.headers["Location"].startswith(f"{HERE}?done=withdrawn")
    page = client.get(HERE).text
    assert typed(page, "body") == HOUSE
    assert "与系统原文稿相同" in page
    again = send(client, f"{HERE}/restore", why="改回来", restore="1")
    assert again.headers["Location"].startswith(f"{HERE}?done=published")
    assert typed(client.get(HERE).text, "body") == BODY
    assert "恢复第 1 版" in client.get(HERE).text


def test_a_text_that_is_refused_comes_back_as_it_was_typed_with_line_and_column(post: PostOffice, ask: Ask) -> None:
    client, wrong = ask(OPERATOR), f"{BODY}\n\n<b>{{{{ gone }}}}</b>"
    answer = published(client, wrong)
    assert answer.status_code == 422
    assert typed(answer.text, "body") == wrong
    assert typed(answer.text, "why") == "更亲切"
    assert "第 3 行第 7 列：这种信函没有「gone」" in answer.text
    assert 'href="#f-body"' in answer.text
    assert "<b>{{" not in answer.text
    assert "文稿有错，改正后才能预览" in answer.text
    without = published(client, why=" ")
    assert (without.status_code, typed(without.text, "body")) == (409, BODY)
    left = published(client, "已立项。")
    assert "法定送达" in left.text
    with post.store.reading() as db:
        assert manuscripts.in_force(db) == []


def test_of_two_editors_the_second_keeps_what_was_typed_and_learns_of_the_first(ask: Ask) -> None:
    client = ask(OPERATOR)
    before = client.get(HERE).text
    assert published(client).status_code == 303
    late = send(client, page=before, subject="另一个", body=f"另写：{HOUSE}", why="我也改")
    assert late.status_code == 412
    assert "别人发布了新的版本" in late.text
    assert typed(late.text, "body") == f"另写：{HOUSE}"
    assert hidden(late.text)["version"] == "1", "looked at the newer one, it may be published"
    assert send(client, page=late.text, subject="另一个", body=f"另写：{HOUSE}", why="我也改").status_code == 303


def test_the_same_form_sent_twice_is_one_version(post: PostOffice, ask: Ask) -> None:
    client = ask(OPERATOR)
    page = client.get(HERE).text
    for _ in range(2):
        assert send(client, page=page, subject="x", body=BODY, why="y").status_code == 303
    with post.store.reading() as db:
        assert len(manuscripts.versions(db, "awarded")) == 1


@pytest.mark.parametrize("reader", ["zh", "en"])
def test_the_preview_shows_each_sample_in_text_and_html_as_its_reader_gets_it(ask: Ask, reader: str) -> None:
    client = ask(OPERATOR)
    for sample in samples_of("awarded"):
        page = send(client, f"{HERE}/preview", subject="题 {{ number }}", body=BODY, sample=sample.id, reader=reader)
        assert page.status_code == 200
        text = html.unescape(re.findall(r'<pre class="letter"[^>]*>(.*?)</pre>', page.text, re.DOTALL)[0])
        web = html.unescape(re.findall(r'srcdoc="([^"]*)"', page.text)[0])
        assert "题 HN-AI-2025-0001" in page.text
        for said in (text, web):
            assert "好消息：" in said
            assert ("湘工信〔2026〕1号" in said) is sample.whole
            assert ("was awarded" in said) is (reader == "en")
            assert "34 q83vEjRW=" in said, "on what real letters are written on"
            assert "key=" not in said.replace("off?key=", "")
        assert typed(page.text, "body") == BODY


def test_the_script_of_the_page_gets_the_preview_alone(ask: Ask) -> None:
    client = ask(OPERATOR)
    page = client.get(HERE).text
    asked = {"Sec-Fetch-Site": "same-origin", FRAGMENT: "preview"}
    fields = {
        **hidden(page),
        "subject": "x",
        "body": "<script>alert(1)</script>{{ number }}",
        "sample": "",
        "reader": "zh",
    }
    found = client.post(f"{HERE}/preview", data=fields, headers=asked).text
    assert "<html" not in found
    assert "须写明" in found
    found = client.post(
        f"{HERE}/preview", data={**fields, "body": f"<script>alert(1)</script>{HOUSE}"}, headers=asked
    ).text
    assert "<script>" not in found
    assert "sandbox" in re.findall(r"<iframe[^>]*>", found)[0]


def test_odd_forms_are_never_a_5xx_and_write_nothing(post: PostOffice, ask: Ask) -> None:
    client = ask(OPERATOR)
    page = client.get(HERE).text
    odd = (
        {}, {"subject": "\x00", "body": "x"}, {"body": "{{" * 5000}, {"body": "{% if unit %}" * 3000}, {"body": "x" * 400_000},
        {"sample": "../../x"}, {"reader": "fr"}, {"restore": "-1"}, {"restore": "9" * 40}, {"restore": "7"}, {"version": "x"},
        {"subject": "a\r\nBcc: x@y.cn", "body": BODY}, {"subject": "\u202e", "body": BODY}, {"body": "{{ 'x' * 10**9 }}"},
    )  # fmt: skip
    for place in (HERE, f"{HERE}/preview", f"{HERE}/restore"):
        for fields in odd:
            data = {**hidden(page), **fields}
            answer = client.post(place, data=data, headers={"Sec-Fetch-Site": "same-origin"})
            assert answer.status_code < 500, (place, fields)
    for path in ("/letters/texts/none", "/letters/texts/none/zh", "/letters/texts/awarded/fr", f"{HERE}?sample=none"):
        assert client.get(path).status_code == 404, path
    with post.store.reading() as db:
        assert manuscripts.in_force(db) == []


def test_machines_read_preview_publish_and_restore(ask: Ask) -> None:
    client, place = ask(OPERATOR), "/api/v1/letter-texts/awarded/zh"
    found = client.get(place)
    assert (found.headers["ETag"], found.json["version"], found.json["body"]) == ('"0"', 0, HOUSE)
    assert {one["name"] for one in found.json["variables"] if one["must_stay"]} >= {"number", "amount_fen"}
    wish = {"subject": "您已立项", "body": BODY, "why": "更亲切"}
    assert client.put(place, json=wish, headers={"Idempotency-Key": "k"}).status_code == 428
    made = client.put(place, json=wish, headers={"Idempotency-Key": "k", "If-Match": '"0"'})
    assert (made.status_code, made.json["version"], made.headers["ETag"]) == (200, 1, '"1"')
    late = client.put(place, json={**wish, "body": HOUSE}, headers={"Idempotency-Key": "l", "If-Match": '"0"'})
    assert late.status_code == 412
    shown = client.post(f"{place}/preview", json={"subject": "x", "body": BODY, "sample": found.json["samples"][-1]})
    assert "好消息" in shown.json["text"]
    wrong = client.post(f"{place}/preview", json={"subject": "x", "body": "{{ unit"})
    assert wrong.status_code == 422
    assert wrong.json["errors"][0]["params"]["line"] == 1
    headers = {"Idempotency-Key": "m", "If-Match": '"1"'}
    back = client.post(f"{place}/restoration", json={"version": 0, "why": "原文"}, headers=headers)
    assert (back.json["version"], back.json["body"], len(back.json["versions"])) == (0, HOUSE, 2)
    kinds = client.get("/api/v1/letter-texts").json["kinds"]
    assert len(kinds) == len(KINDS)
    assert client.get("/api/v1/letter-texts/none/zh").status_code == 404


def test_the_outbox_tells_of_texts_that_failed(post: PostOffice, ask: Ask) -> None:
    assert "因文稿出错" not in ask(OPERATOR).get("/outbox").text
    from notifications.schema import letters
    from tests.notifications.test_texts import sealed

    sealed(post)
    post.publish("unit_sealed", "zh", "主题", "正文")
    with post.store.begin() as db:
        db.execute(letters.update().values(wording_fault="unit_sealed/zh v1: KeyError: 'gone'"))
    assert "有 5 封信因文稿出错" in ask(OPERATOR).get("/outbox").text
    assert "5 封改用原文稿" in ask(OPERATOR).get("/letters/texts?show=fallen").text
    assert "&#39;gone&#39;" in ask(OPERATOR).get("/letters/texts/unit_sealed/zh").text
