"""The house as it is put together tells the owners of endpoints, and hands its letters nothing of an address but the host."""

from pathlib import Path

from sqlalchemy import select

from notifications.schema import letters
from service import wiring
from service.settings import for_the_demo
from tests.notifications.test_endpoints import ID, ON, WARNED
from webhooks.endpoint import ENDPOINT
from webhooks.events import stream_of


def test_a_warning_becomes_a_letter(tmp_path: Path) -> None:
    house = wiring.build(for_the_demo(tmp_path, base_url="http://127.0.0.1", smtp_url="smtp://127.0.0.1:25"))
    house.prepare()
    happened = (*ON, WARNED)
    house.dispatcher.dispatch(stream_of(ID), ENDPOINT, lambda _db, _loaded, _now: happened, house.as_roof())
    house.listener.follow()
    c = letters.c
    with house.store.reading() as db:
        (row,) = db.execute(select(c.kind, c.audience, c.because, c.params))
    house.close()
    assert tuple(row)[:3] == ("endpoint_failing", "body:430104", "owner")
    assert "https://hooks.yuelu.test" in row[3]
    assert "t0psecret" not in row[3]
