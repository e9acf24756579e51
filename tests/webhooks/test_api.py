"""Endpoints through the API: whose they are, what is shown once and what never, and what a replay would do before it does it."""

from collections.abc import Callable
from typing import Any

import pytest

from directory.actor import Actor
from tests.webhooks.depot import OPERATOR, OWN, PROVINCE, YUELU, Depot, Receiver, answer
from tests.webhooks.site import ADMIN, AUDITOR, EDITOR, YUELU_HEAD, Site

Create = Callable[..., Any]


@pytest.fixture
def site(depot: Depot) -> Site:
    return Site(depot)


@pytest.fixture
def create(site: Site, receiver: Receiver) -> Create:
    def created(actor: Actor = OPERATOR, owner: str = PROVINCE, key: str = "", **more: Any) -> Any:
        wanted = {"name": "平台", "owner": owner, "url": receiver.url("/hook?token=abc"), **more}
        return site.ask(actor, "POST", "/webhooks", wanted, key)

    return created


def codes(response: Any) -> list[str]:
    return [refusal["code"] for refusal in response.get_json()["refusals"]]


def test_a_secret_is_shown_once_and_never_again(site: Site, create: Create) -> None:
    made = create(key="k-1")
    assert made.status_code == 201
    assert made.get_json()["secret"].startswith("whsec_")
    again = create(key="k-1")
    assert (again.get_json()["id"], again.get_json()["secret"]) == (made.get_json()["id"], None)
    assert again.headers["Idempotency-Replayed"] == "true"
    read = site.ask(OPERATOR, "GET", f"/webhooks/{made.get_json()['id']}")
    assert "whsec_" not in read.text
    assert "abc" not in read.text
    assert read.get_json()["host"].startswith("http://127.0.0.1:")


def test_neither_secret_nor_whole_address_stands_in_the_log_or_in_a_table(depot: Depot, create: Create) -> None:
    secret = create().get_json()["secret"]
    with depot.engine.connect() as db:
        for table in ("events", "webhook_endpoints_r1", "command_keys"):
            for row in db.exec_driver_sql(f"SELECT * FROM {table}"):
                assert secret not in str(row)
                assert "token=abc" not in str(row)


def test_it_is_verified_by_the_challenge_that_comes_back(site: Site, create: Create, receiver: Receiver) -> None:
    id_ = create().get_json()["id"]
    assert codes(site.ask(OPERATOR, "POST", f"/webhooks/{id_}/enabling")) == ["WEBHOOK_NOT_VERIFIED"]
    receiver.says["/hook"] = answer(200, b'{"challenge": "something else"}')
    refused = site.ask(OPERATOR, "POST", f"/webhooks/{id_}/verification", {})
    assert codes(refused) == ["WEBHOOK_NOT_ANSWERED"]
    del receiver.says["/hook"]
    verified = site.ask(OPERATOR, "POST", f"/webhooks/{id_}/verification", {}).get_json()
    assert (verified["verified"], verified["enabled"]) == (True, True)
    assert [one.json["type"] for one in receiver.got] == ["endpoint.verify"] * 2


def test_only_an_operator_vouches_for_what_cannot_answer(site: Site, create: Create) -> None:
    id_ = create(ADMIN, OWN).get_json()["id"]
    assert codes(site.ask(ADMIN, "POST", f"/webhooks/{id_}/verification", {"trusted": True})) == ["ROLE_FORBIDDEN"]
    assert site.ask(OPERATOR, "POST", f"/webhooks/{id_}/verification", {"trusted": True}).get_json()["enabled"]


def test_an_office_keeps_its_own_endpoints_and_sees_no_other(site: Site, create: Create) -> None:
    mine, theirs = create(ADMIN, OWN).get_json()["id"], create(YUELU_HEAD, YUELU).get_json()["id"]
    assert codes(create(ADMIN, YUELU)) == ["WEBHOOK_OWNER"]
    assert codes(create(OPERATOR, "bureau:990000")) == ["WEBHOOK_OWNER"]
    assert codes(create(OPERATOR, "everybody")) == ["WEBHOOK_OWNER"]
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/test"), ("GET", "/parcels")):
        assert site.ask(ADMIN, method, f"/webhooks/{theirs}{path}").status_code == 404
    listed = site.ask(ADMIN, "GET", "/webhooks").get_json()["endpoints"]
    assert [each["id"] for each in listed] == [mine]
    assert len(site.ask(AUDITOR, "GET", "/webhooks").get_json()["endpoints"]) == 2
    assert codes(site.ask(AUDITOR, "DELETE", f"/webhooks/{mine}")) == ["ROLE_FORBIDDEN"]
    assert codes(site.ask(EDITOR, "GET", "/webhooks")) == ["ROLE_FORBIDDEN"]
    assert site.ask(None, "GET", "/webhooks").status_code == 401


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"url": "ftp://a.example.cn/"}, "WEBHOOK_URL"),
        ({"url": "https://10.0.0.1/"}, "WEBHOOK_URL"),
        ({"types": ["application.invented"]}, "WEBHOOK_TYPE_UNKNOWN"),
        ({"types": ["application.scored"]}, "WEBHOOK_TYPE_UNKNOWN"),
        ({"name": "  "}, "REQUIRED"),
        ({"name": "名" * 81}, "FIELD_TOO_LONG"),
    ],
)
def test_what_is_written_wrong_is_refused_with_its_reason(create: Create, wrong: dict[str, Any], code: str) -> None:
    assert codes(create(**wrong)) == [code]


def test_a_new_address_has_to_answer_for_itself_again(site: Site, create: Create, receiver: Receiver) -> None:
    id_ = create().get_json()["id"]
    site.ask(OPERATOR, "POST", f"/webhooks/{id_}/verification", {})
    same = site.ask(OPERATOR, "PUT", f"/webhooks/{id_}", {"name": "新名", "types": ["application.awarded"]}).get_json()
    assert (same["name"], same["types"], same["enabled"]) == ("新名", ["application.awarded"], True)
    moved = site.ask(OPERATOR, "PUT", f"/webhooks/{id_}", {"name": "新名", "url": receiver.url("/new")}).get_json()
    assert (moved["verified"], moved["enabled"], moved["why_disabled"]) == (False, False, "moved")


def test_what_is_deleted_is_gone_and_its_secrets_with_it(site: Site, depot: Depot, create: Create) -> None:
    id_ = create().get_json()["id"]
    assert site.ask(OPERATOR, "DELETE", f"/webhooks/{id_}").status_code == 204
    assert site.ask(OPERATOR, "GET", f"/webhooks/{id_}").status_code == 404
    with depot.engine.connect() as db:
        left = db.exec_driver_sql(
            "SELECT count(*) FROM personal_data WHERE subject LIKE 'webhook-%' AND sealed IS NOT NULL"
        )
        assert left.scalar() == 0


def test_a_test_shows_what_came_back_at_once(site: Site, create: Create, receiver: Receiver) -> None:
    id_ = create().get_json()["id"]
    receiver.says["/hook"] = answer(503, b"maintenance")
    told = site.ask(OPERATOR, "POST", f"/webhooks/{id_}/test").get_json()
    assert (told["arrived"], told["code"], told["said"]) == (False, 503, "maintenance")
    assert told["answered"].startswith("HTTP 503")


def sent(site: Site, create: Create, depot: Depot, count: int = 3) -> str:
    id_ = str(create(types=["application.recommended"]).get_json()["id"])
    site.ask(OPERATOR, "POST", f"/webhooks/{id_}/verification", {"trusted": True})
    depot.recommended(count)
    depot.listener.follow()
    depot.delivery.drain()
    return id_


def test_a_replay_counts_first_and_sends_the_same_ids(
    site: Site, create: Create, depot: Depot, receiver: Receiver
) -> None:
    id_ = sent(site, create, depot)
    before = [(one.id, one.body) for one in receiver.got]
    head = depot.store.head_position()
    counted = site.ask(OPERATOR, "POST", f"/webhooks/{id_}/replay", {}).get_json()
    assert (counted["count"], counted["done"]) == (3, False)
    assert depot.store.head_position() == head
    second = site.ask(OPERATOR, "POST", f"/webhooks/{id_}/replay", {"first": counted["first"] + 1}).get_json()
    assert second["count"] == 2
    done = site.ask(OPERATOR, "POST", f"/webhooks/{id_}/replay", {"dry_run": False}).get_json()
    assert (done["count"], done["done"]) == (3, True)
    assert depot.delivery.drain().sent == 3
    assert sorted(before) == sorted((one.id, one.body) for one in receiver.got[3:])
    assert depot.rows("replays") == [(1,), (1,), (1,)]


def test_one_parcel_is_replayed_by_its_id(site: Site, create: Create, depot: Depot, receiver: Receiver) -> None:
    id_ = sent(site, create, depot)
    again = receiver.got[1].id
    asked = {"parcels": [again], "dry_run": False}
    assert site.ask(OPERATOR, "POST", f"/webhooks/{id_}/replay", asked).get_json()["count"] == 1
    depot.delivery.drain()
    assert [one.id for one in receiver.got].count(again) == 2


def test_after_a_receiver_was_mended_only_what_was_given_up_is_replayed(
    site: Site, create: Create, depot: Depot, receiver: Receiver
) -> None:
    id_ = sent(site, create, depot, 2)
    receiver.says["/hook"] = answer(500)
    depot.recommended(1)
    depot.listener.follow()
    for _ in range(10):
        depot.delivery.drain()
        depot.clock.pass_by(hours=30)
    assert depot.states() == {"sent": 2, "dead": 1}
    del receiver.says["/hook"]
    asked = {"state": "dead", "dry_run": False}
    assert site.ask(OPERATOR, "POST", f"/webhooks/{id_}/replay", asked).get_json()["count"] == 1
    depot.delivery.drain()
    assert depot.states() == {"sent": 3}


def test_what_came_while_it_was_off_is_recorded_and_can_be_replayed(
    site: Site, create: Create, depot: Depot, receiver: Receiver
) -> None:
    id_ = sent(site, create, depot, 1)
    site.ask(OPERATOR, "POST", f"/webhooks/{id_}/disabling")
    depot.recommended(2)
    depot.listener.follow()
    depot.delivery.drain()
    assert depot.states() == {"sent": 1, "suppressed": 2}
    refused = site.ask(OPERATOR, "POST", f"/webhooks/{id_}/replay", {"dry_run": False})
    assert codes(refused) == ["WEBHOOK_DISABLED"]
    site.ask(OPERATOR, "POST", f"/webhooks/{id_}/enabling")
    site.ask(OPERATOR, "POST", f"/webhooks/{id_}/replay", {"first": 1, "dry_run": False})
    depot.delivery.drain()
    assert depot.states() == {"sent": 3}


def test_parcels_are_listed_a_page_at_a_time_with_their_attempts(site: Site, create: Create, depot: Depot) -> None:
    id_ = sent(site, create, depot, 5)
    seen, after = list[str](), ""
    while True:
        page = site.ask(OPERATOR, "GET", f"/webhooks/{id_}/parcels?limit=2&state=sent&after={after}").get_json()
        seen += [each["id"] for each in page["parcels"]]
        after = page["next"]
        if not after:
            break
    assert len(set(seen)) == len(seen) == 5
    whole = site.ask(OPERATOR, "GET", f"/webhooks/{id_}/parcels/{seen[0]}").get_json()
    assert whole["payload"]["type"] == "application.recommended"
    assert whole["attempts"][0]["code"] == 200
    assert site.ask(OPERATOR, "GET", f"/webhooks/{id_}/parcels/msg_{'0' * 32}").status_code == 404


def test_types_are_published_with_schema_and_example_for_everybody(site: Site) -> None:
    told = site.ask(None, "GET", "/webhooks/event-types").get_json()
    assert "application.recommended" in told["types"]
    assert told["silent"]["application.scored"]
    one = site.ask(None, "GET", "/webhooks/event-types/application.recommended").get_json()
    assert one["example"]["data"]["level"] == "county"
    assert site.ask(None, "GET", "/webhooks/event-types/application.scored").status_code == 404
