"""Settings are read once; everything wrong is said together; a secret has no default."""

import re
from pathlib import Path

import pytest

from service.settings import Settings, SettingsFaulty, for_the_demo, fresh_key, read

WHOLE = {
    "database_url": "sqlite:///x.db",
    "smtp_url": "smtp://127.0.0.1:25",
    "mail_from": "no-reply@example.cn",
    "base_url": "https://shenbao.test/",
    "files": "/srv/files",
    "master_key": fresh_key(),
    "session_key": fresh_key(),
    "checkpoint_key": fresh_key(),
}


def test_everything_that_is_missing_is_named_at_once() -> None:
    with pytest.raises(SettingsFaulty) as caught:
        read()
    named = {fault.split(":")[0] for fault in caught.value.faults}
    assert named == {f"VERMILION_{name.upper()}" for name in WHOLE}


@pytest.mark.parametrize(("part", "language"), [(0, "zh"), (1, "en")])
def test_the_manual_names_every_setting_in_either_language(part: int, language: str) -> None:
    manual = (Path(__file__).parents[2] / "docs/operations.md").read_text(encoding="utf-8").split("# In English")[part]
    rows = [line.split(" | ") for line in manual.splitlines() if re.match(r"\| `[A-Z]", line)]
    named = [name.lower() for row in rows for name in re.findall(r"`([A-Z][A-Z0-9_]+)`", row[0])]
    assert sorted(named) == sorted(Settings.model_fields)
    assert all(bool(re.search("[、-鿿]", row[-1])) == (language == "zh") for row in rows)


def test_keys_have_no_default_and_must_be_32_bytes() -> None:
    with pytest.raises(SettingsFaulty, match="MASTER_KEY"):
        read({**WHOLE, "master_key": "short"})


def test_a_secret_is_not_shown() -> None:
    settings = read(WHOLE)
    assert str(WHOLE["master_key"]) not in repr(settings)


def test_a_broker_elsewhere_needs_its_address() -> None:
    with pytest.raises(SettingsFaulty, match="BROKER_URL"):
        read({**WHOLE, "broker": "redis"})


def test_the_demo_stays_on_this_machine() -> None:
    with pytest.raises(SettingsFaulty, match="loopback"):
        read({**WHOLE, "mode": "demo", "base_url": "http://198.51.100.7"})


def test_the_demo_makes_its_own_secrets(tmp_path: Path) -> None:
    one = for_the_demo(tmp_path, base_url="http://127.0.0.1:8000", smtp_url="smtp://127.0.0.1:2525")
    two = for_the_demo(tmp_path, base_url="http://127.0.0.1:8000", smtp_url="smtp://127.0.0.1:2525")
    assert one.master_key_bytes != two.master_key_bytes
    assert len(one.session_key_bytes) == 32


def test_only_a_demo_or_a_test_may_move_the_clock() -> None:
    assert not read(WHOLE).clock_may_be_set
    assert read({**WHOLE, "mode": "test"}).clock_may_be_set


def test_a_secret_may_lie_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = tmp_path / "master"
    key.write_text(f"{WHOLE['master_key']}\n")
    monkeypatch.setenv("VERMILION_MASTER_KEY_FILE", str(key))
    rest = {name: value for name, value in WHOLE.items() if name != "master_key"}
    assert read(rest).master_key.get_secret_value() == WHOLE["master_key"]


def test_a_file_that_is_not_there_or_a_secret_set_twice_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VERMILION_MASTER_KEY_FILE", str(tmp_path / "nowhere"))
    monkeypatch.setenv("VERMILION_SESSION_KEY_FILE", str(tmp_path / "either"))
    monkeypatch.setenv("VERMILION_SESSION_KEY", str(WHOLE["session_key"]))
    with pytest.raises(SettingsFaulty) as caught:
        read(WHOLE)
    assert [fault.split(":")[0] for fault in caught.value.faults] == [
        "VERMILION_MASTER_KEY_FILE", "VERMILION_SESSION_KEY_FILE",
    ]  # fmt: skip
