"""The language in which administrators write letters: text, `{{ name }}`, `{{ name|filter }}`, and `{% if name %}`.

A piece of Jinja2 and nothing else of it: no loops, no calls, no attributes, no literals, no arithmetic. Its cost is bounded
by its form: read in one pass, every node told at most once, and what is told is counted while it is told. Pure.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

LONGEST = 4_000
"""Characters of a text as it is written."""
LONGEST_TOLD = 20_000
"""Characters of what it says, whatever its values hold."""
MOST_TAGS, DEEPEST, MOST_NAMES_ASKED = 100, 5, 6

Shown: TypeAlias = Callable[[str, str], str]
"""A value by its name and the filter it is to be shown by ("" for none)."""
There: TypeAlias = Callable[[str], bool]
"""Whether a value has something to say."""

_NAME = re.compile(r"[a-z][a-z_]{0,39}", re.ASCII)
_WORDS = re.compile(r"\s*([^\s|]+|\|)")
_OPENING = re.compile(r"\{\{|\{%|\{#|\}\}|%\}|#\}")
_CLOSING = {"{{": "}}", "{%": "%}"}
_RESERVED = frozenset({"if", "elif", "else", "endif", "and", "or", "not", "true", "false", "none", "is", "in"})
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ud800-\udfff]"
)
"""What no letter needs and what could make one read otherwise than it is: controls, bidirectional marks, characters without
width (the joiners of scripts and emoji are none of them), half characters."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the text, both counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that the language does not have: a code of the catalogue, where it stands, and what it is about."""

    code: str
    at: Place
    about: str = ""
    more: Mapping[str, int | str | tuple[str, ...]] = field(default_factory=dict[str, "int | str | tuple[str, ...]"])


class Unreadable(ValueError):
    """A text that is not of the language; *wrong* is the first thing that is not."""

    def __init__(self, wrong: Wrong) -> None:
        self.wrong = wrong
        super().__init__(f"{wrong.code} at {wrong.at.line}:{wrong.at.column} {wrong.about}".strip())


class TooLong(ValueError):
    """What a text says is longer than a letter may be."""


@dataclass(frozen=True, slots=True)
class Slot:
    """The value *name*, shown by *filter* ("" for none)."""

    name: str
    filter: str
    at: Place


@dataclass(frozen=True, slots=True)
class Term:
    """A name that is there, or with *negated* one that is missing."""

    name: str
    negated: bool
    at: Place


@dataclass(frozen=True, slots=True)
class Branch:
    """What is told where *any* of its rows holds, a row where *all* its terms do; without rows, in every other case."""

    rows: tuple[tuple[Term, ...], ...]
    nodes: "tuple[Node, ...]"

    def holds(self, there: There) -> bool:
        return not self.rows or any(all(there(term.name) is not term.negated for term in row) for row in self.rows)


@dataclass(frozen=True, slots=True)
class Choice:
    """An `if` with its `elif` and `else`: the first branch that holds is told."""

    branches: tuple[Branch, ...]


Node: TypeAlias = str | Slot | Choice


@dataclass(frozen=True, slots=True)
class Template:
    """A text that was read."""

    nodes: tuple[Node, ...]

    def told(self, shown: Shown, there: There) -> str:
        """What it says. Raises TooLong; whatever *shown* raises goes on to the caller."""
        found: list[str] = []
        length = 0
        for piece in _pieces(self.nodes, shown, there):
            length += len(piece)
            if length > LONGEST_TOLD:
                raise TooLong(f"it would say more than {LONGEST_TOLD} characters")
            found.append(piece)
        return "".join(found)

    def names(self, there: There) -> frozenset[str]:
        """The names whose values are told where those are *there*."""
        return frozenset(slot.name for slot in _reached(self.nodes, there))

    def slots(self) -> tuple[tuple[Slot, frozenset[str]], ...]:
        """Every slot, with the names that are certainly there where it stands, in the order of the text."""
        return tuple(_slots(self.nodes, frozenset()))

    def terms(self) -> tuple[Term, ...]:
        """Every name that is asked for, in the order of the text."""
        return tuple(_terms(self.nodes))


def _pieces(nodes: Sequence[Node], shown: Shown, there: There) -> Iterator[str]:
    for node in nodes:
        match node:
            case str():
                yield node
            case Slot(name=name, filter=how):
                yield shown(name, how)
            case Choice():
                yield from _pieces(_taken(node, there), shown, there)


def _reached(nodes: Sequence[Node], there: There) -> Iterator[Slot]:
    for node in nodes:
        if isinstance(node, Slot):
            yield node
        elif isinstance(node, Choice):
            yield from _reached(_taken(node, there), there)


def _taken(choice: Choice, there: There) -> tuple[Node, ...]:
    return next((branch.nodes for branch in choice.branches if branch.holds(there)), ())


def _slots(nodes: Sequence[Node], known: frozenset[str]) -> Iterator[tuple[Slot, frozenset[str]]]:
    for node in nodes:
        if isinstance(node, Slot):
            yield node, known
        elif isinstance(node, Choice):
            missed: frozenset[str] = frozenset()
            for branch in node.branches:
                yield from _slots(branch.nodes, known | missed | _certain(branch))
                missed |= _refuted(branch)


def _certain(branch: Branch) -> frozenset[str]:
    """Names that are there in whatever way the branch came to hold."""
    if not branch.rows:
        return frozenset()
    first, *others = [frozenset(term.name for term in row if not term.negated) for row in branch.rows]
    return first.intersection(*others)


def _refuted(branch: Branch) -> frozenset[str]:
    """Names that are there because the branch did not hold: those it asked to be missing, one by one."""
    return frozenset(row[0].name for row in branch.rows if len(row) == 1 and row[0].negated)


def _terms(nodes: Sequence[Node]) -> Iterator[Term]:
    for node in nodes:
        if isinstance(node, Choice):
            for branch in node.branches:
                for row in branch.rows:
                    yield from row
                yield from _terms(branch.nodes)


def read(text: str) -> Template:
    """*text* as it will be told. Raises Unreadable for the first thing that is not of the language."""
    return _Reader(text).whole()


@dataclass(slots=True)
class _Open:
    """An `if` that is not closed yet: the branches before, and the one being read."""

    at: Place
    branches: list[Branch]
    rows: tuple[tuple[Term, ...], ...]
    outer: list[Node]


class _Reader:
    """One pass over a text; what is open lies on a stack of its own, so that no depth can exhaust ours."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._nodes: list[Node] = []
        self._open: list[_Open] = []
        self._tags = 0

    def whole(self) -> Template:
        if len(self._text) > LONGEST:
            more: dict[str, int | str | tuple[str, ...]] = {"measure": len(self._text), "limit": LONGEST}
            raise Unreadable(Wrong("FIELD_TOO_LONG", self._place(LONGEST), more=more))
        if hidden := _INVISIBLE.search(self._text):
            raise self._wrong("LETTER_TEXT_INVISIBLE", hidden.start(), f"U+{ord(hidden[0]):04X}")
        begin = 0
        while found := _OPENING.search(self._text, begin):
            self._add(self._text[begin : found.start()])
            begin = self._tag(found[0], found.start())
        self._add(self._text[begin:])
        if self._open:
            raise Unreadable(Wrong("LETTER_TEXT_UNCLOSED", self._open[-1].at, "{% if %}"))
        return Template(tuple(self._nodes))

    def _add(self, text: str) -> None:
        if text:
            self._nodes.append(text)

    def _tag(self, opening: str, at: int) -> int:
        """Take one tag in; answers where the text goes on."""
        self._tags += 1
        if self._tags > MOST_TAGS:
            raise self._wrong("LETTER_TEXT_TOO_MANY", at, limit=MOST_TAGS)
        if opening not in _CLOSING:
            raise self._wrong("LETTER_TEXT_NOT_ALLOWED", at, opening)
        closing = _OPENING.search(self._text, at + 2)
        if closing is None or closing[0] != _CLOSING[opening]:
            raise self._wrong("LETTER_TEXT_UNCLOSED", at, opening)
        words = [(found[1], found.start(1)) for found in _WORDS.finditer(self._text, at + 2, closing.start())]
        if not words:
            raise self._wrong("LETTER_TEXT_NOT_ALLOWED", at, self._text[at : closing.end()])
        if opening == "{{":
            self._nodes.append(self._slot(words))
        else:
            self._block(words, at)
        return closing.end()

    def _slot(self, words: Sequence[tuple[str, int]]) -> Slot:
        match words:
            case [(name, at)]:
                return Slot(self._name(name, at), "", self._place(at))
            case [(name, at), ("|", _), (how, how_at)]:
                return Slot(self._name(name, at), self._name(how, how_at), self._place(at))
            case [(name, at), *rest]:
                self._name(name, at)
                surplus, surplus_at = rest[2] if len(rest) > 2 and rest[0][0] == "|" else rest[0]
                raise self._wrong("LETTER_TEXT_NOT_ALLOWED", surplus_at, surplus)
            case _:
                raise AssertionError("a tag has words")

    def _block(self, words: Sequence[tuple[str, int]], at: int) -> None:
        (keyword, _), *rest = words
        match keyword:
            case "if":
                if len(self._open) >= DEEPEST:
                    raise self._wrong("LETTER_TEXT_TOO_DEEP", at, limit=DEEPEST)
                self._open.append(_Open(self._place(at), [], self._rows(rest, words[0]), self._nodes))
                self._nodes = []
            case "elif" | "else" | "endif" if not self._open:
                raise self._wrong("LETTER_TEXT_DANGLING", at, keyword)
            case "elif" | "else" if not self._open[-1].rows:
                raise self._wrong("LETTER_TEXT_DANGLING", at, keyword)
            case "elif":
                self._turn(self._rows(rest, words[0]))
            case "else" if not rest:
                self._turn(())
            case "endif" if not rest:
                self._turn(())
                closed = self._open.pop()
                self._nodes = [*closed.outer, Choice(tuple(closed.branches))]
            case "else" | "endif":
                raise self._wrong("LETTER_TEXT_NOT_ALLOWED", rest[0][1], rest[0][0])
            case _:
                raise self._wrong("LETTER_TEXT_NOT_ALLOWED", words[0][1], keyword)

    def _turn(self, rows: tuple[tuple[Term, ...], ...]) -> None:
        """Close the branch being read and begin one with *rows*."""
        here = self._open[-1]
        here.branches.append(Branch(here.rows, tuple(self._nodes)))
        here.rows, self._nodes = rows, []

    def _rows(self, words: Sequence[tuple[str, int]], keyword: tuple[str, int]) -> tuple[tuple[Term, ...], ...]:
        """A condition: names, `not`, `and`, `or`; binding as in Jinja2, and no brackets."""
        rows: list[tuple[Term, ...]] = []
        row: list[Term] = []
        left = list(reversed(words))
        while True:
            negated = bool(left) and left[-1][0] == "not"
            if negated:
                left.pop()
            if not left:
                raise self._wrong("LETTER_TEXT_NOT_ALLOWED", keyword[1], keyword[0])
            name, at = left.pop()
            row.append(Term(self._name(name, at), negated, self._place(at)))
            if not left:
                return (*rows, tuple(row))
            joint, joint_at = left.pop()
            if joint == "or":
                rows.append(tuple(row))
                row = []
            elif joint != "and":
                raise self._wrong("LETTER_TEXT_NOT_ALLOWED", joint_at, joint)

    def _name(self, word: str, at: int) -> str:
        if not _NAME.fullmatch(word) or word in _RESERVED:
            raise self._wrong("LETTER_TEXT_NOT_ALLOWED", at, word)
        return word

    def _place(self, at: int) -> Place:
        before = self._text[:at]
        return Place(before.count("\n") + 1, at - before.rfind("\n"))

    def _wrong(self, code: str, at: int, about: str = "", **more: int) -> Unreadable:
        return Unreadable(Wrong(code, self._place(at), about[:40], dict(more)))
