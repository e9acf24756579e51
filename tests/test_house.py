"""What linters cannot hold: the rooms, their names, the words, and that every refusal can be read."""

import ast
import csv
import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path

import pytest

from directory.policy import POLICY
from web.texts import catalogue

TOP = Path(__file__).parent.parent
ROOMS = (
    "eventstore",
    "directory",
    "programmes",
    "web",
    "paperwork",
    "consortium",
    "workflow",
    "notifications",
    "webhooks",
    "admin",
    "service",
)
BESIDES = {"migrations", "journeys", "tests", "bench", "docs", "deploy"}
FORBIDDEN_NAMES = re.compile(r"(manager|helpers?|utils?|common|base|services|handlers|processors|registries)(\.py)?$")


def sources(*rooms: str) -> Iterator[Path]:
    for room in rooms or ROOMS:
        yield from sorted((TOP / room).rglob("*.py"))


def test_the_top_level_holds_the_rooms_and_nothing_that_has_no_reason() -> None:
    folders = {path.name for path in TOP.iterdir() if path.is_dir() and not path.name.startswith((".", "__"))}
    assert folders - BESIDES - {"dist", "build"} == set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_says_what_it_is_for(room: str) -> None:
    docstring = ast.get_docstring(ast.parse((TOP / room / "__init__.py").read_text(encoding="utf-8")))
    assert docstring


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(TOP)) for path in sources() if not ast.get_docstring(ast.parse(path.read_text("utf-8")))
    ]
    assert silent == []


CRYPTOGRAPHY = {"cryptography", "hashlib", "hmac", "secrets", "argon2", "webauthn", "authlib", "joserfc"}


def test_whatever_uses_cryptography_stands_in_the_list() -> None:
    """ASVS 11.1.2: docs/cryptography.csv names every module that does, and none that does not."""
    with (TOP / "docs" / "cryptography.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert all(row["use"] and row["algorithm"] and row["if it weakens"] for row in rows)
    listed = {module for row in rows for module in row["modules"].split()}
    assert listed == {str(path.relative_to(TOP)) for path in sources() if CRYPTOGRAPHY & set(_imported(path))}


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=names):
                yield from (name.name.partition(".")[0] for name in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module.partition(".")[0]
            case _:
                continue


def test_nothing_that_was_sent_is_ever_run() -> None:
    """No text becomes code, in any room: not ours, and nobody's."""
    running = {"eval", "exec", "compile", "__import__"}
    found = [
        f"{path.relative_to(TOP)}:{node.lineno}"
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in running
    ]
    assert found == []


def test_every_library_that_is_installed_stands_in_the_lock_with_its_version() -> None:
    """The lock is the list of libraries (ASVS 15.1.2), each with its version, source and hashes."""
    locked = {
        (one["name"], one.get("version")) for one in tomllib.loads((TOP / "uv.lock").read_text("utf-8"))["package"]
    }
    tools = {"pip", "setuptools", "wheel", "uv", "vermilion"}
    there = {(re.sub(r"[-_.]+", "-", one.name).lower(), one.version) for one in distributions()}
    assert {(name, version) for name, version in there if name not in tools} <= locked


def test_no_script_writes_under_a_name_it_was_given() -> None:
    """Whoever may choose a name could choose `__proto__`. The passkeys' script writes under two names of its own."""
    written = {
        (path.name, found)
        for path in (TOP / "web/static").glob("*.js")
        for found in re.findall(r"(\w+\[[^\]]+\])\s*=(?![=>])", path.read_text(encoding="utf-8"))
        if not found.startswith("const")
    }
    assert written == {("passkeys.js", "known[name]")}


def test_no_file_is_named_after_machinery() -> None:
    named = [str(path.relative_to(TOP)) for path in sources() if FORBIDDEN_NAMES.search(path.name)]
    assert named == []


def test_stage_is_the_word_and_status_is_not() -> None:
    """`status` is HTTP's word, a definition's and a command key's; an application stands at a stage."""
    offending = [
        f"{path.relative_to(TOP)}:{number}"
        for path in sources("workflow", "notifications")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if re.search(r"\bapplication\.status\b|\bis_submitted\b|\bis_approved\b", line)
    ]
    assert offending == []


def test_only_settings_read_the_environment_in_the_rooms() -> None:
    reading = {
        str(path.relative_to(TOP))
        for path in sources()
        if re.search(r"\bos\.environ\b|\bgetenv\(", path.read_text("utf-8"))
    }
    assert reading <= {"service/settings.py", "service/cli.py"}


def test_every_refusal_has_a_reason_in_both_languages_a_source_and_somebody_who_can_mend_it() -> None:
    made = {
        code
        for path in sources()
        for code in re.findall(r'(?:Refusal(?:\.of)?|NotReadable)\(\s*"([A-Z][A-Z_]+)"', path.read_text("utf-8"))
    }
    texts = catalogue()
    assert sorted(code for code in made if f"refusal.{code}" not in texts) == []
    for key, text in texts.items():
        if key.startswith("refusal."):
            assert text.zh, key
            assert text.en, key
            assert text.who, key
            assert text.source, key


def test_every_rule_of_a_packaged_call_that_can_refuse_has_its_words() -> None:
    texts = catalogue()
    calls = sorted((TOP / "programmes" / "calls").rglob("*.yaml"))
    refusing = {
        code
        for path in calls
        for code, when in re.findall(r"code: ([A-Z_]+), when: (save|seal|warn)", path.read_text("utf-8"))
        if when != "warn"
    }
    assert sorted(code for code in refusing if f"refusal.{code}" not in texts) == []


def test_decisions_know_no_clock_no_chance_and_no_reading() -> None:
    forbidden = re.compile(r"\b(datetime\.now|date\.today|time\.time|random\.|secrets\.|open\(|uuid4|uuid7)\b")
    pure = [
        *sources("workflow/decisions", "workflow/guards"),
        *(
            TOP / "workflow" / name
            for name in (
                "application.py",
                "state.py",
                "lifecycle.py",
                "steps.py",
                "review.py",
                "notice.py",
                "answers.py",
            )
        ),
    ]
    assert [str(path) for path in pure if forbidden.search(path.read_text("utf-8"))] == []


def test_every_action_of_the_policy_is_given_to_somebody() -> None:
    assert all(roles for roles in POLICY.values())


def test_no_path_of_one_machine_is_written_down() -> None:
    files = [path for path in sources(*ROOMS, "tests", "migrations") if path != Path(__file__)]
    assert [str(path) for path in files if re.search(r"[\"'](/root/|/home/|/Users/)", path.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    ("library", "doors"),
    [
        ("transitions", {"workflow/lifecycle.py"}),
        ("aiosmtplib", {"notifications/smtp.py"}),
        ("httptools", {"webhooks/exchange.py"}),
        ("aiohttp", set()),
        ("boto3", {"workflow/bucket.py"}),
    ],
)
def test_a_library_with_one_door_is_known_there_alone(library: str, doors: set[str]) -> None:
    knows = re.compile(rf"^\s*(from|import) {library}\b", re.MULTILINE)
    assert {str(path.relative_to(TOP)) for path in sources() if knows.search(path.read_text("utf-8"))} <= doors


@pytest.mark.parametrize(
    "driver", ["psycopg", "redis", "pika", "gunicorn", "boto3", "botocore", "eventsourcing", "pytest"]
)
def test_the_program_starts_without_what_is_optional(driver: str) -> None:
    """`make demo` installs the core alone; an extra may be imported only where it is used."""
    at_the_top = re.compile(rf"^(from|import) {driver}\b", re.MULTILINE)
    assert [str(path) for path in sources() if at_the_top.search(path.read_text("utf-8"))] == []
