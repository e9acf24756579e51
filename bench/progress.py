"""How far a measure is: a bar on a terminal, a line now and then elsewhere, nothing for what is quick."""

import sys
from time import monotonic

_WIDTH = 30
_QUICK_S = 1.0
_LINE_S = 20.0


class Progress:
    """Call it with (done, of how many); `end` wipes the bar away."""

    def __init__(self, what: str) -> None:
        self._what, self._began, self._said = what, monotonic(), 0.0
        self._terminal = sys.stderr.isatty()

    def step(self, what: str) -> "Progress":
        """The next part of the same measure."""
        self.end()
        return Progress(what)

    def __call__(self, done: int, whole: int) -> None:
        now = monotonic()
        if now - self._began < _QUICK_S or now - self._said < (0.1 if self._terminal else _LINE_S):
            return
        self._said = now
        part = min(done / max(whole, 1), 1.0)
        if self._terminal:
            bar = "#" * int(part * _WIDTH)
            sys.stderr.write(f"\r\x1b[K{self._what} [{bar:<{_WIDTH}}] {part:4.0%}")
        else:
            sys.stderr.write(f"{self._what}: {part:.0%}\n")
        sys.stderr.flush()

    def end(self) -> None:
        if self._terminal:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
