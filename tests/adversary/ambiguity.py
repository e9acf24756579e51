"""Whether a regular expression can read one text in so many ways that it thinks for ever.

The expression becomes an automaton whose places are the characters it reads (Glushkov), with an edge for every way from one to
the next. Where one place can come back to itself over the same text by two paths, a text of n characters has some 2ⁿ readings,
and the engine tries them all before it says no (Weideman et al., "Analyzing matching time behavior of backtracking regular
expression matchers", 2016). A finite repetition of more than `COPIES` counts as an endless one.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as having
from re import IGNORECASE
from re import _constants as c
from re import _parser as parser
from typing import Any, TypeAlias

COPIES = 8
_REPEATS = (c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT)
_CLASSES: Mapping[Any, Callable[[str], bool]] = {
    c.CATEGORY_DIGIT: str.isdecimal,
    c.CATEGORY_NOT_DIGIT: lambda one: not one.isdecimal(),
    c.CATEGORY_SPACE: str.isspace,
    c.CATEGORY_NOT_SPACE: lambda one: not one.isspace(),
    c.CATEGORY_WORD: lambda one: one.isalnum() or one == "_",
    c.CATEGORY_NOT_WORD: lambda one: not (one.isalnum() or one == "_"),
}
_SAMPLES = frozenset({*map(chr, range(128)), *"é½中１　\u2028\U0001f600"})
"""A character of every class; those that an expression names come on top."""

Place: TypeAlias = int
Pair: TypeAlias = tuple[Place, Place]


def ambiguous(pattern: str | bytes, flags: int = 0) -> bool:
    """Whether some text has exponentially many readings in *pattern*."""
    parsed = parser.parse(pattern, flags)
    named = {chr(point + by) for point in _points(parsed) for by in (-1, 0, 1) if 0 <= point + by < 0x110000}
    automaton = _Automaton(sorted(_SAMPLES | named))
    automaton.read(parsed, parsed.state.flags)
    return any(_doubles(automaton, loop) for loop in _loops(automaton.edges))


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of the automaton: the places it begins and ends at, and in how many ways (two stand for many) it may read nothing."""

    first: tuple[Place, ...] = ()
    last: tuple[Place, ...] = ()
    empty: int = 1


@dataclass(slots=True)
class _Automaton:
    alphabet: list[str]
    reads: list[frozenset[str]] = having(default_factory=list[frozenset[str]])
    edges: Counter[Pair] = having(default_factory=Counter[Pair])

    def read(self, items: Iterable[Any], flags: int) -> _Part:
        part = _Part()
        for op, argument in items:
            part = self._after(part, self._one(op, argument, flags))
        return part

    def _one(self, op: Any, argument: Any, flags: int) -> _Part:
        if op in _REPEATS:
            return self._repeated(argument, flags)
        if op is c.SUBPATTERN:
            _, more, less, inner = argument
            return self.read(inner, (flags | more) & ~less)
        if op is c.ATOMIC_GROUP:
            return self.read(argument, flags)
        if op is c.BRANCH:
            return self._either([self.read(each, flags) for each in argument[1]])
        if op is c.GROUPREF_EXISTS:
            return self._either([self.read(each or (), flags) for each in argument[1:]])
        if op in (c.ASSERT, c.ASSERT_NOT):
            self.read(argument[1], flags)  # a text of its own, which leads nowhere
            return _Part()
        if op is c.AT:
            return _Part()
        place = len(self.reads)
        self.reads.append(frozenset(one for one in self.alphabet if _reads(op, argument, one, flags)))
        return _Part((place,), (place,), empty=0)

    def _repeated(self, argument: tuple[int, int, Any], flags: int) -> _Part:
        least, most, body = argument
        part = _Part()
        for _ in range(min(least, COPIES) - 1):
            part = self._after(part, self.read(body, flags))
        if most > COPIES:
            looped = self.read(body, flags)
            self._join(looped, looped)
            ends = 1 + looped.empty  # by going no further, or once more over nothing
            return self._after(part, _Part(looped.first, _few(looped.last * ends), looped.empty if least else ends))
        if least:
            part = self._after(part, self.read(body, flags))
        return self._after(part, self._at_most(most - least, body, flags))

    def _at_most(self, times: int, body: Any, flags: int) -> _Part:
        """`(x(x(x)?)?)?`, as the engine reads it."""
        if not times:
            return _Part()
        whole = self.read(body, flags)
        whole = self._after(whole, self._at_most(times - 1, body, flags))
        return _Part(whole.first, whole.last, min(2, 1 + whole.empty))

    def _after(self, one: _Part, other: _Part) -> _Part:
        self._join(one, other)
        first = _few(one.first + other.first * one.empty)
        last = _few(other.last + one.last * other.empty)
        return _Part(first, last, min(2, one.empty * other.empty))

    def _either(self, parts: list[_Part]) -> _Part:
        first = tuple(place for part in parts for place in part.first)
        last = tuple(place for part in parts for place in part.last)
        return _Part(first, last, min(2, sum(part.empty for part in parts)))

    def _join(self, one: _Part, other: _Part) -> None:
        self.edges.update((source, dest) for source in one.last for dest in other.first)


def _few(places: tuple[Place, ...]) -> tuple[Place, ...]:
    """Each place twice at most: two ways are as bad as many."""
    return tuple(place for place, ways in Counter(places).items() for _ in range(min(2, ways)))


def _reads(op: Any, argument: Any, one: str, flags: int) -> bool:
    if flags & IGNORECASE:
        return any(_reads(op, argument, case, flags & ~IGNORECASE) for case in {one, one.lower(), one.upper()} if len(case) == 1)  # fmt: skip
    if op is c.LITERAL:
        return bool(ord(one) == argument)
    if op is c.NOT_LITERAL:
        return bool(ord(one) != argument)
    if op is c.RANGE:
        return bool(argument[0] <= ord(one) <= argument[1])
    if op is c.CATEGORY:
        return _CLASSES[argument](one)
    if op is c.IN:
        negated = argument[0][0] is c.NEGATE
        return negated != any(_reads(each, value, one, flags) for each, value in argument[negated:])
    return (op is c.ANY and (one != "\n" or bool(flags & c.SRE_FLAG_DOTALL))) or op is c.GROUPREF


def _points(parsed: Any) -> Iterator[int]:
    """The code points that an expression names."""
    if isinstance(parsed, int) and not isinstance(parsed, type(c.LITERAL)):
        yield parsed
    elif isinstance(parsed, (list, tuple, parser.SubPattern)):
        for each in parsed:
            yield from _points(each)


def _reached(edges: Mapping[Any, Iterable[Any]], start: Iterable[Any]) -> set[Any]:
    found, waiting = set[Any](), list(start)
    while waiting:
        for dest in edges.get(waiting.pop(), ()):
            if dest not in found:
                found.add(dest)
                waiting.append(dest)
    return found


def _loops(edges: Counter[Pair]) -> Iterator[frozenset[Place]]:
    """The places that lead back to themselves, each with those on its way."""
    onward, back = defaultdict[Place, set[Place]](set), defaultdict[Place, set[Place]](set)
    for source, dest in edges:
        onward[source].add(dest)
        back[dest].add(source)
    seen = set[Place]()
    for place in list(onward):
        if place not in seen:
            loop = frozenset(_reached(onward, [place]) & _reached(back, [place]))
            seen |= loop
            if loop:
                yield loop


def _doubles(automaton: _Automaton, loop: frozenset[Place]) -> bool:
    """Whether two readings of one text part in *loop* and meet again."""
    inside = {
        pair: ways for pair, ways in automaton.edges.items() if loop.issuperset(pair) and automaton.reads[pair[1]]
    }
    if any(ways > 1 for ways in inside.values()):
        return True
    follows = defaultdict[Place, list[Place]](list)
    for source, dest in inside:
        follows[source].append(dest)
    onward, back = defaultdict[Pair, set[Pair]](set), defaultdict[Pair, set[Pair]](set)
    together = [(place, place) for place in loop]
    waiting, seen = list(together), set(together)
    while waiting:
        here = one, other = waiting.pop()
        for dest in follows[one]:
            for beside in follows[other]:
                if automaton.reads[dest] & automaton.reads[beside]:
                    onward[here].add((dest, beside))
                    back[dest, beside].add(here)
                    if (dest, beside) not in seen:
                        seen.add((dest, beside))
                        waiting.append((dest, beside))
    return any(one != other for one, other in _reached(onward, together) & _reached(back, together))
