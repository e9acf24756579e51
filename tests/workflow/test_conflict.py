"""Two who act at the same moment never both succeed; the slower one is told which event won, whose and when.

Two houses over one database stand for two processes: nothing is shared but the database.
"""

import threading
from collections.abc import Callable, Generator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine

from eventstore.engine import open_engine
from eventstore.refusal import PreconditionFailed, Refused
from tests.workflow.house import House
from workflow import commands as c

PAIRS = 8

Wish = tuple[str, Callable[[House, UUID], c.Command]]

RECOMMEND: Wish = ("yuelu-head", lambda house, of: house.recommend(of))
RECALL: Wish = ("admin", lambda house, of: c.Recall(application_id=of))
WITHDRAW: Wish = ("admin", lambda house, of: c.Withdraw(application_id=of, reason="不再申报"))
REFUSE: Wish = ("yuelu-head", lambda house, of: c.NotRecommend(application_id=of, reason="不符合条件"))

WON = {
    "application.recommended": "陈守正",
    "application.recalled": "周砚舟",
    "application.withdrawn": "周砚舟",
    "application.not_recommended": "陈守正",
}


def attempt(house: House, wish: Wish, command: c.Command, start: threading.Barrier, answers: list[object]) -> None:
    start.wait()
    try:
        answers.append(house.do(wish[0], command).result["events"])
    except Refused as refused:
        answers.append(refused)


@pytest.fixture
def second(engine: Engine, house: House, tmp_path: Path) -> Generator[House]:
    """Another house over the same database, with connections of its own."""
    other = open_engine(engine.url.render_as_string(hide_password=False))
    yield House(other, tmp_path / "files", first=False)
    other.dispose()


@pytest.mark.parametrize(
    ("one", "other"),
    [(RECOMMEND, RECALL), (WITHDRAW, WITHDRAW), (RECALL, REFUSE), (RECOMMEND, REFUSE), (RECOMMEND, RECOMMEND)],
    ids=["recommend-recall", "withdraw-twice", "recall-refuse", "recommend-refuse", "recommend-twice"],
)
def test_exactly_one_of_two_wins(house: House, second: House, engine: Engine, one: Wish, other: Wish) -> None:
    for _ in range(PAIRS // 4 if engine.dialect.name == "postgresql" else PAIRS):
        application = house.sealed()
        house.at("2025-11-21 10:00")
        before = house.application(application).version
        start, answers = threading.Barrier(2), list[object]()
        threads = [
            threading.Thread(target=attempt, args=(at, wish, wish[1](at, application), start, answers))
            for at, wish in ((house, one), (second, other))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        won = [answer for answer in answers if not isinstance(answer, Refused)]
        lost = [answer for answer in answers if isinstance(answer, Refused)]
        assert (len(won), len(lost)) == (1, 1), answers
        assert house.application(application).version == before + 1
        (event,) = won[0]  # type: ignore[misc]
        refusal = lost[0].refusals[0]
        assert refusal.code == "WRONG_STAGE"
        assert (refusal.params["event"], refusal.params["by"]) == (event, WON[event])
        assert str(refusal.params["at"]).startswith("2025-11-21T02:0")


def test_who_acts_on_the_version_they_saw_never_overtakes_another(house: House, second: House) -> None:
    """A withdrawal after a recommendation would be lawful; with If-Match the slower one must look first."""
    for _ in range(PAIRS // 2):
        application = house.sealed()
        house.at("2025-11-21 10:00")
        seen = house.application(application).version
        start, answers = threading.Barrier(2), list[object]()

        def act(at: House, wish: Wish, of: UUID, seen: int, start: threading.Barrier, answers: list[object]) -> None:
            command = wish[1](at, of)
            start.wait()
            try:
                answers.append(at.do(wish[0], command, if_match=seen).version)
            except PreconditionFailed as overtaken:
                answers.append(overtaken)

        threads = [
            threading.Thread(target=act, args=(at, wish, application, seen, start, answers))
            for at, wish in ((house, RECOMMEND), (second, WITHDRAW))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        (failed,) = (answer for answer in answers if isinstance(answer, PreconditionFailed))
        assert failed.latest is not None
        assert failed.version == house.application(application).version == seen + 1


def test_two_bureaus_never_share_the_last_slot(house: House, engine: Engine, tmp_path: Path) -> None:
    """Quota 3 for the city: of four asked at once three are on the list, each on its own place."""
    applications = [house.sealed() for _ in range(4)]
    for application in applications:
        house.do("yuelu-head", house.recommend(application), "2025-11-26 10:00")
    house.at("2025-12-10 10:00")
    start, answers = threading.Barrier(4), list[object]()
    wish: Wish = ("changsha-head", lambda at, of: at.recommend(of, "7", rank=1))
    threads = [
        threading.Thread(target=attempt, args=(house, wish, house.recommend(of, "7", rank=1), start, answers))
        for of in applications
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    refused = [answer for answer in answers if isinstance(answer, Refused)]
    assert [refusal.code for each in refused for refusal in each.refusals] == ["QUOTA_EXCEEDED"]
    slots = [
        house.application(of).recommendations[1].slot
        for of in applications
        if len(house.application(of).recommendations) > 1
    ]
    assert sorted(slots, key=str) == [1, 2, 3]


def test_many_who_open_at_nine_get_numbers_of_their_own(house: House) -> None:
    house.at("2025-11-03 09:00")
    numbers: list[str] = []

    def opening() -> None:
        numbers.append(house.application(house.open(when="2025-11-03 09:00")).number)

    threads = [threading.Thread(target=opening) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == [f"HN-AI-2025-{n:04}" for n in range(1, 9)]
