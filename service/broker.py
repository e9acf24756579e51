"""How wake-ups travel: in this process, or through Redis or RabbitMQ. Messages carry row ids and names, never facts.

A lost wake-up costs delay, not truth: the rows are the truth, and the tick looks after them.
"""

import threading
from collections import deque
from collections.abc import Iterable
from queue import Empty, Queue
from typing import Any

from dramatiq import Broker, Consumer, Message, MessageProxy, Worker
from dramatiq.brokers.stub import StubBroker
from dramatiq.errors import QueueNotFound
from dramatiq.middleware import AgeLimit, Middleware, Retries, ShutdownNotifications, TimeLimit

from service.settings import Settings

DEAD_LETTERS_KEPT = 100
WAITING_AT_MOST = 1000
WORKER_TIMEOUT_MS = 200


class LocalBroker(StubBroker):
    """The broker of a house without servers: dramatiq's stub, made fit for a long life.

    It forgets dead messages but for the ids of the last hundred, lets no more than a thousand wait, gives prefetched
    messages back when it stops, and keeps no message for later, because such a message would be lost with the process:
    a delay belongs into a row's due_at.
    """

    def __init__(self, middleware: list[Middleware] | None = None) -> None:
        super().__init__(middleware)
        self.dead_ids: deque[str] = deque(maxlen=DEAD_LETTERS_KEPT)

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 100) -> Consumer:
        if queue_name not in self.queues:
            raise QueueNotFound(queue_name)  # type: ignore[no-untyped-call]
        return _LocalConsumer(self.queues[queue_name], self.dead_ids, prefetch, timeout)

    def enqueue(self, message: Message[Any], *, delay: int | None = None) -> Message[Any]:
        if delay is not None and message.options.get("retries", 0) == 0:
            raise ValueError("A delay belongs into a row's due_at; the local broker keeps nothing for later.")
        waiting = self.queues.get(message.queue_name)
        if waiting is not None and waiting.qsize() >= WAITING_AT_MOST:
            return message  # nobody works here (relay does, elsewhere); those that wait wake for this one too
        enqueued: Message[Any] = super().enqueue(message, delay=delay)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        return enqueued

    def idle(self) -> bool:
        """Whether nothing waits and nothing is being done."""
        return all(queue.unfinished_tasks == 0 for queue in self.queues.values())


class _LocalConsumer(Consumer):
    def __init__(self, queue: "Queue[bytes]", dead_ids: deque[str], prefetch: int, timeout: int) -> None:
        self._queue = queue
        self._dead_ids = dead_ids
        self._timeout_s = timeout / 1000
        self._slots = threading.Semaphore(prefetch)

    def __next__(self) -> MessageProxy | None:
        if not self._slots.acquire(timeout=self._timeout_s):
            return None
        try:
            encoded = self._queue.get(timeout=self._timeout_s)
        except Empty:
            self._slots.release()
            return None
        message: Message[Any] = Message.decode(encoded)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        return MessageProxy(message)

    def ack(self, message: MessageProxy) -> None:
        self._queue.task_done()
        self._slots.release()

    def nack(self, message: MessageProxy) -> None:
        self._dead_ids.append(str(message.message_id))
        self.ack(message)

    def requeue(self, messages: Iterable[MessageProxy]) -> None:
        for message in messages:
            self._queue.put(message._message.encode())  # pyright: ignore[reportPrivateUsage, reportUnknownMemberType]
            self.ack(message)


def build(settings: Settings) -> Broker:
    """The broker that *settings* name. Nothing is contacted before the first message."""
    match settings.broker:
        case "local":
            return LocalBroker(_middleware())
        case "redis":
            from dramatiq.brokers.redis import RedisBroker

            return RedisBroker(url=_url(settings), middleware=_middleware())  # type: ignore[no-untyped-call]
        case "rabbitmq":
            from dramatiq.brokers.rabbitmq import RabbitmqBroker

            return RabbitmqBroker(url=_url(settings), middleware=_middleware())


def _middleware() -> list[Middleware]:
    return [
        AgeLimit(),
        TimeLimit(),
        ShutdownNotifications(),
        Retries(max_retries=3, min_backoff=1_000, max_backoff=30_000),
    ]


def _url(settings: Settings) -> str:
    return settings.broker_url.get_secret_value() if settings.broker_url else ""


class Workers:
    """The worker threads of this process: started once, in the process that serves, never at import."""

    def __init__(self, broker: Broker, *, threads: int = 2) -> None:
        self._broker = broker
        self._worker = Worker(broker, worker_threads=threads, worker_timeout=WORKER_TIMEOUT_MS)

    def start(self) -> None:
        self._broker.emit_after("process_boot")  # TimeLimit counts only from here; to be said once
        self._worker.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        self._worker.stop(timeout=int(timeout_s * 1000))
        self._broker.close()
