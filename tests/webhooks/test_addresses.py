"""A parcel is handed to public addresses alone, whatever text or answer of a resolver led there."""

import asyncio
from collections.abc import Sequence
from ipaddress import ip_network

import pytest

from eventstore.refusal import Refused
from tests.webhooks.depot import LOOPBACK, OPERATOR, Depot, Receiver
from webhooks.addresses import Table
from webhooks.post import Door, Shut, Unanswered

NOT_PUBLIC = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.100.100.200",
    "100.127.255.255",
    "127.0.0.1",
    "127.8.8.8",
    "168.63.129.16",
    "169.254.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.31.196.1",
    "192.52.193.1",
    "192.88.99.1",
    "192.168.0.1",
    "192.175.48.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::8.8.8.8",
    "64:ff9b::a00:1",
    "64:ff9b::808:808",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:a00:1::1",
    "2002:808:808::1",
    "2620:4f:8000::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
    "nonsense",
    "1.2.3",
]
PUBLIC = ["1.1.1.1", "8.8.8.8", "114.114.114.114", "100.63.255.255", "172.32.0.1", "2400:3200::1", "2606:4700::1111"]
HOSTILE = [
    "", "ftp://a.example.cn/", "http://a.example.cn/", "https://a.example.cn:22/", "https://a.example.cn:0/",
    "https://a.example.cn:99999/", "https://user@a.example.cn/", "https://user:pw@a.example.cn/", "https://a.example.cn/#x",
    "https://a.example.cn\\@127.0.0.1/", "https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f.1/",
    "https://0177.0.0.1/", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[fe80::1%25eth0]/", "https://localhost/",
    "https://a/", "https://.example.cn/", "https://a..example.cn/", "https://-a.example.cn/", "https://a_b.example.cn/",
    "https://a.example.cn./", "https://a.example.1/", "https://①②⑦.0.0.1/", "https://例子.cn/", "https://a.example.cn/\r\nX: y",
    "https://a.example.cn/ x", "https://a.example.cn\t/", "https:///a.example.cn/", "https:/a.example.cn/", "//a.example.cn/",
    "javascript:alert(1)", "file:///etc/passwd", "https://a.example.cn/\x00", "https://a.example.cn?x=1",
    "https://a.example.cn/<x>", "https://a.example.cn/`x`", "https://a.example.cn/{x}", "https://" + "a" * 64 + ".cn/",
    "https://" + "a." * 130 + "cn/", "https://a.example.cn/" + "x" * 2000, "https://a.example.cn:443:443/",
    "https://a.example.cn%00.evil.cn/", "https://a.example.cn%2f@evil.cn/", "gopher://a.example.cn/",
    "https://a.example.cn/%", "https://169.254.169.254/latest/meta-data/",
]  # fmt: skip
STILL_FINE = {"https://a.example.cn/%"}


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert not Table().lets(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_let_through(address: str) -> None:
    assert Table().lets(address)


def test_an_operator_may_open_an_intranet_but_never_where_clouds_keep_their_secrets() -> None:
    table = Table(allowed=(ip_network("0.0.0.0/0"), ip_network("::/0")))
    assert table.lets("10.1.2.3")
    assert table.lets("fd00::1")
    for address in ("169.254.169.254", "100.100.100.200", "192.0.0.192", "168.63.129.16", "fd00:ec2::254", "fe80::1"):
        assert not table.lets(address)


@pytest.mark.parametrize("url", HOSTILE)
def test_a_hostile_address_is_refused_before_anybody_is_asked_for_it(url: str) -> None:
    if url in STILL_FINE:
        Door().read(url)
        return
    with pytest.raises(Shut):
        Door().read(url)


def test_an_ordinary_address_is_read_as_it_is_written() -> None:
    for url, origin, target in (
        (
            "https://hooks.example.cn/in/%E5%8C%85?key=a%2Fb&x=1",
            "https://hooks.example.cn",
            "/in/%E5%8C%85?key=a%2Fb&x=1",
        ),
        ("https://hooks.example.cn:8443", "https://hooks.example.cn:8443", "/"),
        ("https://hooks.example.cn:443/a", "https://hooks.example.cn", "/a"),
        ("HTTPS://A.example.cn/", "https://a.example.cn", "/"),
    ):
        place = Door().read(url)
        assert (place.origin, place.target) == (origin, target)


class Answers:
    """A resolver that answers differently each time it is asked, as an attacker's does."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers, self.asked = list(answers), 0

    async def __call__(self, host: str, port: int, /) -> Sequence[str]:
        self.asked += 1
        return self.answers[min(self.asked, len(self.answers)) - 1]


@pytest.mark.parametrize(
    "found",
    [("127.0.0.1",), ("1.1.1.1", "10.0.0.1"), ("2400:3200::1", "::1"), ("64:ff9b::7f00:1",), ("100.100.100.200",)],
)
def test_one_bad_address_among_the_answers_is_enough(found: Sequence[str]) -> None:
    door = Door(resolver=Answers(found))
    with pytest.raises(Shut, match="address"):
        asyncio.run(door.look("https://hooks.example.cn/"))


def test_a_name_without_an_address_is_told_apart_from_a_refused_one() -> None:
    with pytest.raises(Unanswered, match="resolve"):
        asyncio.run(Door(resolver=Answers([])).look("https://hooks.example.cn/"))


def test_a_name_that_turns_after_it_was_checked_reaches_nobody(receiver: Receiver) -> None:
    """DNS rebinding: public when it is saved, loopback when it is sent to."""
    resolver = Answers(["1.1.1.1"], ["127.0.0.1"])
    door = Door(resolver=resolver, plain=True)
    url = f"http://turns.example.cn:{receiver.port}/"
    asyncio.run(door.look(url))
    with pytest.raises(Shut, match="address"):
        asyncio.run(_posted(door, url))
    assert (resolver.asked, receiver.connections) == (2, 0)


def test_what_was_judged_is_what_is_connected_to(receiver: Receiver) -> None:
    """One question for one connection; a second answer would be another one."""
    resolver = Answers(["127.0.0.1"], ["10.0.0.1"])
    door = Door(table=LOOPBACK, resolver=resolver, plain=True)
    asyncio.run(_posted(door, f"http://hooks.example.cn:{receiver.port}/hook"))
    assert resolver.asked == 1
    assert receiver.got[0].headers["host"] == f"hooks.example.cn:{receiver.port}"


def test_the_last_look_is_at_the_socket_itself(receiver: Receiver) -> None:
    """Even an address that never went through the resolver is judged before it is connected to."""

    class Literal(Door):
        def read(self, text: str):  # type: ignore[no-untyped-def]
            return Door(table=LOOPBACK, plain=True).read(text)

    with pytest.raises(Shut, match="address"):
        asyncio.run(_posted(Literal(plain=True), receiver.url()))
    assert receiver.connections == 0


def test_the_same_door_stands_at_saving_testing_and_delivery(depot: Depot, receiver: Receiver) -> None:
    turning = Answers(["1.1.1.1"], ["127.0.0.1"])
    astray = Depot(depot.engine, Door(resolver=turning, plain=True))
    made = astray.endpoint(f"http://turns.example.cn:{receiver.port}/")
    assert astray.trial.test(OPERATOR, made.id).said == "refused: address"
    astray.recommended()
    astray.listener.follow()
    assert astray.delivery.drain().outcomes == {"later": 2}
    with pytest.raises(Refused, match="WEBHOOK_URL"):
        astray.endpoint(f"http://turns.example.cn:{receiver.port}/")
    assert receiver.connections == 0


async def _posted(door: Door, url: str) -> None:
    async with door.open() as line:
        await line.post(url, {}, b'{"type":"endpoint.test","data":{}}')
