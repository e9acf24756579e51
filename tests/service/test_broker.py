"""The broker inside the process: nothing piles up, nothing prefetched is lost, nothing is kept for later. A lost wake-up is made good."""

import threading
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import dramatiq
import pika
import pytest
from dramatiq.middleware import Retries

from service.broker import DEAD_LETTERS_KEPT, WAITING_AT_MOST, LocalBroker, Workers, build
from service.settings import for_the_demo


@pytest.fixture
def broker() -> Iterator[LocalBroker]:
    broker = LocalBroker(middleware=[Retries(max_retries=0)])
    yield broker
    broker.close()


def drained(broker: LocalBroker) -> None:
    broker.join("default", timeout=5_000, fail_fast=False)


def test_a_message_reaches_its_actor(broker: LocalBroker) -> None:
    seen: list[str] = []
    actor = dramatiq.actor(seen.append, broker=broker, actor_name="see")
    workers = Workers(broker, threads=1)
    workers.start()
    actor.send("a")
    drained(broker)
    workers.stop()
    assert seen == ["a"]


def test_only_the_ids_of_the_last_hundred_failures_are_kept(broker: LocalBroker) -> None:
    def fail(weight: str) -> None:
        raise RuntimeError(weight)

    actor = dramatiq.actor(fail, broker=broker, actor_name="fail")
    workers = Workers(broker, threads=2)
    workers.start()
    for _ in range(DEAD_LETTERS_KEPT + 20):
        actor.send("x")
    drained(broker)
    workers.stop()
    assert len(broker.dead_ids) == DEAD_LETTERS_KEPT
    assert broker.dead_letters == []


def test_what_was_fetched_but_not_begun_is_given_back_at_the_stop(broker: LocalBroker) -> None:
    begun, go_on, done = threading.Event(), threading.Event(), list[str]()

    def work(name: str) -> None:
        begun.set()
        go_on.wait(5)
        done.append(name)

    actor = dramatiq.actor(work, broker=broker, actor_name="work")
    workers = Workers(broker, threads=1)
    workers.start()
    for number in range(20):
        actor.send(str(number))
    assert begun.wait(5)
    threading.Timer(0.2, go_on.set).start()
    workers.stop()
    waiting = broker.queues["default"].qsize()
    assert len(done) + waiting == 20


def test_where_nobody_works_wake_ups_do_not_pile_up(broker: LocalBroker) -> None:
    actor = dramatiq.actor(print, broker=broker, actor_name="wake")
    for _ in range(WAITING_AT_MOST + 5):
        actor.send()
    assert broker.queues["default"].qsize() == WAITING_AT_MOST


def test_a_delay_is_refused(broker: LocalBroker) -> None:
    actor = dramatiq.actor(print, broker=broker, actor_name="later")
    with pytest.raises(ValueError, match="due_at"):
        actor.send_with_options(args=("x",), delay=1_000)


@pytest.mark.parametrize("kind", ["local", "redis", "rabbitmq"])
def test_a_wake_up_that_is_lost_costs_time_and_no_letter(kind: str) -> None:
    """The rows are the truth: a queue emptied behind our back is made good by the next tick."""
    queue = f"mail-{uuid4().hex[:8]}"
    broker = _broker(kind)
    woken = threading.Event()
    actor = dramatiq.actor(woken.set, broker=broker, actor_name=f"wake-{queue}", queue_name=queue)
    actor.send()
    broker.flush(queue)
    workers = Workers(broker, threads=4)
    workers.start()
    try:
        assert not woken.wait(0.5)
        actor.send()  # what the tick does
        assert woken.wait(10)
    finally:
        workers.stop()
        if kind == "rabbitmq":
            _forget(queue)


def _forget(queue: str) -> None:
    """RabbitMQ keeps a queue for ever; nobody uses this one again."""
    with pika.BlockingConnection(pika.URLParameters("amqp://guest:guest@127.0.0.1:5672")) as connection:
        for name in (queue, f"{queue}.DQ", f"{queue}.XQ"):
            connection.channel().queue_delete(name)


def _broker(kind: str) -> dramatiq.Broker:
    url = {"redis": "redis://127.0.0.1:6379/9", "rabbitmq": "amqp://guest:guest@127.0.0.1:5672", "local": None}[kind]
    given: dict[str, object] = {"broker": kind, **({"broker_url": url} if url else {})}
    return build(for_the_demo(Path("."), base_url="http://127.0.0.1", smtp_url="smtp://127.0.0.1:25", **given))
