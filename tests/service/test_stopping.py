"""Being told to stop: a process that waits is woken whichever thread the system gave the signal to."""

import signal
import subprocess
import sys

import pytest

TWICE = """
import signal, socket, os
from service.console import until_told_to_stop

stop = until_told_to_stop()
os.kill(os.getpid(), signal.SIGTERM)
stop.wait()
pairs = [socket.socketpair() for _ in range(8)]
os.kill(os.getpid(), signal.SIGTERM)
for pair in pairs:
    for side in pair:
        side.setblocking(False)
        try:
            print("meddled with", side.recv(1))
        except BlockingIOError:
            continue
print("stopped")
"""

WAITING = """
import signal, threading, time
from service.console import until_told_to_stop

stop = until_told_to_stop()
another = threading.Thread(target=time.sleep, args=(600,), daemon=True)
another.start()
threading.Timer(0.2, lambda: signal.pthread_kill(another.ident, signal.{name})).start()
stop.wait()
print("stopped")
"""


def test_a_second_signal_goes_into_nobody_elses_socket() -> None:
    """What drains opens sockets of its own, and somebody impatient asks again."""
    said = subprocess.run([sys.executable, "-c", TWICE], capture_output=True, text=True, timeout=60)
    assert said.stdout == "stopped\n", said.stderr


@pytest.mark.parametrize("name", [signal.SIGTERM.name, signal.SIGINT.name])
def test_a_signal_given_to_another_thread_ends_the_wait(name: str) -> None:
    said = subprocess.run([sys.executable, "-c", WAITING.format(name=name)], capture_output=True, text=True, timeout=60)
    assert said.stdout == "stopped\n", said.stderr
