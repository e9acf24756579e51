"""Who would hear of a step is read ahead for every step of a page at once: however many steps, the register is asked once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from service import wiring
from service.settings import for_the_demo
from service.told import Told
from service.wiring import House
from tests.scenario import COUNTY, OPENED, SEALED, Given, call_of_2025


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = wiring.build(for_the_demo(tmp_path, base_url="http://127.0.0.1", smtp_url="smtp://127.0.0.1:25"))
    house.prepare()
    yield house
    house.close()


def statements(engine: Engine) -> list[str]:
    said: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda _c, _k, statement, *_: said.append(statement))
    return said


def test_many_steps_cost_no_more_than_the_names_of_their_bodies(house: House) -> None:
    application, call = Given(OPENED, SEALED, COUNTY).application, call_of_2025()
    told = Told(house.store, house.clock)
    said = statements(house.engine)
    alone = told(("recommend",), application, call)
    together = told(("recommend", "return", "withdraw", "receive", "extend"), application, call)
    assert together["recommend"] == alone["recommend"]
    assert len(said) <= 2 * (1 + len(application.route))  # the clock, and each body of the route
    said.clear()
    told((), application, call)
    assert len(said) == 1
