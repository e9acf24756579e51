"""Journeys driven through the real HTTP API, step by step, with the clock set to each step's instant.

A step that answers otherwise than written is a difference: what was expected, what came. The journey goes on.
"""

from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from service.client import Answer, Client
from service.journey import BEIJING, Expectation, Journey, Step, instant
from service.values import Names, fill, look, made, refusals

WATCHER = "auditor"
CLOCKMAKER = "operator"
PUBLIC = "public"
LETTERS_AT_ONCE = 50
SILENT = frozenset({"saveSection", "attachFile", "removeFile", "recordCommitment", "openApplication"})
"""What nobody is written to about; looked at only where a step says so. A letter too many shows at the next step."""

Scope: TypeAlias = dict[str, Any]


class Unplayable(Exception):
    """The journey itself is wrong: a name nobody bound, a person without a token, an operation the service has not."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Where the service answered otherwise than the journey says."""

    journey: str
    step: str
    what: str
    expected: object
    got: object

    def __str__(self) -> str:
        return f"{self.journey} {self.step} {self.what}: 应为 expected {self.expected!r}，实为 got {self.got!r}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """One step as it went: the answer, the letters it caused, and what differed."""

    journey: Journey
    step: Step
    who: str
    words: str
    at: datetime
    answer: Answer
    letters: Sequence[Mapping[str, Any]]
    differences: Sequence[Difference]


@dataclass(slots=True)
class Player:
    """Plays over *client* with a token for each person of *tokens*; without a clock to set, steps are played at once."""

    client: Client
    tokens: Mapping[str, str]
    told: Callable[[Played], None] = lambda played: None
    _scopes: dict[str, Scope] = field(default_factory=dict[str, Scope])
    _seen: dict[str, int] = field(default_factory=dict[str, int])
    _now: datetime | None = None

    def play(self, steps: Iterable[tuple[datetime, Journey, Step]]) -> list[Difference]:
        """Every difference of *steps* (`journey.merged` makes them), in their order."""
        return [difference for at, journey, step in steps for difference in self._step(at, journey, step)]

    def _step(self, at: datetime, journey: Journey, step: Step) -> Sequence[Difference]:
        scope = self._scopes.setdefault(journey.id, dict(journey.vars))
        this = {"this": scope[step.on]} if step.on in scope else {}
        names = ChainMap(this, dict(step.vars), scope)
        who = str(fill(step.who, names))
        self._set_clock(at)
        answer = self._ask(step, who, names)
        application = _remember(step, scope, answer, who)
        looks = step.expect.letters is not None or (
            answer.ok and step.do not in SILENT and not step.do.startswith("get")
        )
        letters = self._caused(application) if looks else ()
        watch = _Watch(journey.id, step, names)
        found = list(watch.answered(answer))
        if answer.ok:
            found += self._looked_up(step, scope, watch, answer)
            for name, path in step.keep.items():
                scope[name] = kept = self._kept(path, answer, application, step, names)
                if kept is None:
                    found += watch.same(f"keep {name}", path, None)
        elif application:
            found += self._unmoved(application, scope, step, watch)
        if step.expect.letters is not None:
            found += watch.letters(letters)
        words = self.client.operations()[step.do].words
        self.told(
            Played(
                journey=journey,
                step=step,
                who=who,
                words=words,
                at=at,
                answer=answer,
                letters=letters,
                differences=found,
            )
        )
        return found

    def _set_clock(self, at: datetime) -> None:
        if self._now is not None and at <= self._now:
            return
        answer = self.client.call("setClock", {"now": at.isoformat()}, token=self._token(CLOCKMAKER))
        if not answer.ok:
            raise Unplayable(f"the clock cannot be set: {answer.status} {answer.body}")
        self._now = at

    def _ask(self, step: Step, who: str, names: Names) -> Answer:
        operation = self.client.operations().get(step.do)
        if operation is None:
            raise Unplayable(f"{step.id}: the service has no operation {step.do}")
        given: dict[str, Any] = made(fill(step.given, names))
        about = _application(names, step.on)["id"] if "application_id" in operation.places else ""
        return self.client.call(step.do, given, token=self._token(who), application=about)

    def _token(self, who: str) -> str:
        if who == PUBLIC:
            return ""
        try:
            return self.tokens[who]
        except KeyError:
            raise Unplayable(f"there is no token for {who}") from None

    def _dossier(self, application: str, who: str) -> Any:
        answer = self.client.call("getApplication", {}, token=self._token(who), application=application)
        if not answer.ok:
            answer = self.client.call("getApplication", {}, token=self._token(WATCHER), application=application)
        return answer.body

    def _history(self, application: str) -> Any:
        return self.client.call("getHistory", {}, token=self._token(WATCHER), application=application).body

    def _looked_up(self, step: Step, scope: Scope, watch: "_Watch", answer: Answer) -> Iterator[Difference]:
        expect, who = step.expect, str(fill(step.who, watch.names))
        if expect.recorded:
            newest = look(self._history(scope[step.on]["id"]), "events.-1.summary")
            for path, wanted in expect.recorded.items():
                yield from watch.same(path, watch.filled(wanted), look(newest, path))
        if not (expect.values or expect.dates):
            return
        dossier = self._dossier(scope[step.on]["id"], who) if step.on in scope else answer.body
        for path, wanted in expect.values.items():
            yield from watch.same(path, watch.filled(wanted), look(dossier, path))
        for path, wanted in expect.dates.items():
            got = look(dossier, path)
            yield from watch.same(path, wanted, instant(got) if isinstance(got, str) else got)

    def _kept(self, path: str, answer: Answer, application: str, step: Step, names: Names) -> Any:
        """*path* into the answer, or into the dossier when the answer has none such."""
        found = look(answer.body, path)
        if found is not None or not application:
            return found
        return look(self._dossier(application, str(fill(step.who, names))), path)

    def _unmoved(self, application: str, scope: Scope, step: Step, watch: "_Watch") -> Iterator[Difference]:
        """A refused wish writes nothing: the version stands where it stood."""
        known = scope[step.on]
        answer = self.client.call("getApplication", {}, token=self._token(known["opener"]), application=application)
        yield from watch.same(
            "version after a refusal", str(known["version"]), answer.headers.get("etag", "").strip('W/"')
        )

    def _caused(self, application: str) -> Sequence[Mapping[str, Any]]:
        """The letters about *application* that were planned since the last look."""
        if not application:
            return ()
        self.client.call("drain", {}, token=self._token(CLOCKMAKER))
        asked = {"application": application, "limit": LETTERS_AT_ONCE}
        answer = self.client.call("listLetters", asked, token=self._token(WATCHER))
        seen = self._seen.get(application, 0)
        letters = [one for one in answer.body["letters"] if one["event"]["position"] > seen] if answer.ok else []
        self._seen[application] = max([seen, *(one["event"]["position"] for one in letters)])
        return letters[::-1]


@dataclass(frozen=True, slots=True)
class _Watch:
    """Compares one step's answer with what its journey says."""

    journey: str
    step: Step
    names: Names

    def answered(self, answer: Answer) -> Iterator[Difference]:
        expect = self.step.expect
        if expect.refused is None and expect.refused_among is None:
            yield from self._accepted(expect, answer)
            return
        codes = refusals(answer)
        if answer.status >= 500 or answer.ok:
            yield self._differs("status", "4xx", answer.status)
        if expect.refused_among is not None:
            missing = [code for code in expect.refused_among if code not in codes]
            if missing:
                yield self._differs("refused among", expect.refused_among, sorted(codes))
        if expect.refused is not None:
            yield from self.same("refused", sorted(expect.refused), sorted(codes))
            for code, params in expect.refused.items():
                for name, wanted in params.items():
                    yield from self.same(f"{code}.{name}", self.filled(wanted), codes.get(code, {}).get(name))

    def _accepted(self, expect: Expectation, answer: Answer) -> Iterator[Difference]:
        if not answer.ok:
            yield self._differs("answer", "accepted", f"{answer.status} {_shown(answer)}")
            return
        if expect.state is not None:
            yield from self.same("stage", expect.state, look(answer.body, "stage"))
        for path, wanted in expect.answer.items():
            yield from self.same(path, self.filled(wanted), look(answer.body, path))
        if expect.documents:
            yield from self.same_bag("documents", expect.documents, look(answer.body, "documents") or [])

    def letters(self, sent: Sequence[Mapping[str, Any]]) -> Iterator[Difference]:
        """`kind → one, another` a line; "contact" is the contact that the unit named in the form."""
        wanted = [
            f"{kind.strip()} → {one.strip()}"
            for line in self.filled(self.step.expect.letters or [])
            for kind, _, many in [line.partition("→")]
            for one in many.split(",")
        ]
        yield from self.same_bag("letters", wanted, map(letter_line, sent))

    def same(self, what: str, expected: object, got: object) -> Iterator[Difference]:
        if expected != got:
            yield self._differs(what, expected, got)

    def same_bag(self, what: str, expected: Iterable[str], got: Iterable[str]) -> Iterator[Difference]:
        yield from self.same(what, sorted(expected), sorted(got))

    def filled(self, value: Any) -> Any:
        return fill(value, self.names)

    def _differs(self, what: str, expected: object, got: object) -> Difference:
        return Difference(self.journey, self.step.id, what, expected, got)


def letter_line(letter: Mapping[str, Any]) -> str:
    """A letter as journeys write it: its kind and who it is for."""
    recipient = str(letter["recipient"])
    return f"{letter['kind']} → {'contact' if recipient.startswith('contact:') else recipient}"


def _application(names: Names, on: str) -> Mapping[str, Any]:
    try:
        application: Mapping[str, Any] = names[on]
    except KeyError:
        raise Unplayable(f"no application is called {on}") from None
    return application


def _remember(step: Step, scope: Scope, answer: Answer, who: str) -> str:
    """Keep what an accepted command answered about its application; the application's id, if the step is about one.

    An answer about something else of it (a paper) tells the application's version only in its ETag.
    """
    if answer.ok and look(answer.body, "id") is not None and look(answer.body, "version") is not None:
        told = {name: look(answer.body, name) for name in ("id", "number", "stage", "version", "content_digest")}
        scope[step.on] = {"opener": who, **scope.get(step.on, {}), **told}
    elif answer.ok and step.on in scope and (version := answer.headers.get("etag", "").strip('W/"')):
        scope[step.on] = {**scope[step.on], "version": version}
    return str(scope[step.on]["id"]) if step.on in scope else ""


def _shown(answer: Answer) -> str:
    codes = refusals(answer)
    return ", ".join(f"{code} {dict(params)}" for code, params in codes.items()) or str(answer.body)[:400]


def beijing(at: datetime) -> str:
    return f"{at.astimezone(BEIJING):%Y-%m-%d %H:%M}"
