"""A whole house tells machines: endpoints from the command line, parcels from a step over HTTP, and the doctor looks at it."""

import re
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from service import wiring, world
from service.actors import relay
from service.cli import cli
from service.running import Running, publish_packaged, running
from service.settings import SettingsFaulty, for_the_demo, fresh_key, read
from service.wiring import ROOF, House
from tests.scenario import OPENED, SEALED
from tests.service.test_settings import WHOLE
from tests.webhooks.depot import FOLD, Receiver, within
from webhooks.endpoint import Wanted
from webhooks.schema import parcels

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    key = fresh_key()
    environment = {
        "VERMILION_MODE": "test",
        "VERMILION_DATABASE_URL": f"sqlite:///{tmp_path / 'vermilion.db'}",
        "VERMILION_SMTP_URL": "smtp://127.0.0.1:2525",
        "VERMILION_MAIL_FROM": "no-reply@example.cn",
        "VERMILION_BASE_URL": "https://vermilion.example.cn",
        "VERMILION_FILES": str(tmp_path / "files"),
        "VERMILION_WEBHOOK_NETWORKS": "127.0.0.0/8",
        "VERMILION_WEBHOOK_PLAIN": "true",
        **{f"VERMILION_{name}_KEY": key for name in ("MASTER", "SESSION", "CHECKPOINT")},
    }

    def command(*words: str) -> Result:
        return CliRunner(env=environment).invoke(cli, words)

    assert command("db", "upgrade").exit_code == 0
    return command


def test_an_endpoint_is_kept_from_the_command_line(run: Run) -> None:
    with Receiver().running() as receiver:
        made = run("webhooks", "create", "province:43", receiver.url(), "--name", "数据平台", "--asymmetric")
        id_, secret, public = made.output.split()
        assert secret.startswith("whsec_")
        assert public.startswith("whpk_")
        assert "没有验证" in run("webhooks", "enable", id_).output
        assert run("webhooks", "verify", id_).exit_code == 0
        assert run("webhooks", "test", id_).output.startswith("HTTP 200")
        assert re.search(rf"{id_}  standard  province:43  on", run("webhooks", "list").output)
        assert "would be sent: 0" in run("webhooks", "replay", id_).output
        assert secret not in run("webhooks", "rotate", id_).output
        assert run("webhooks", "parcels", id_).output == ""
        assert run("webhooks", "disable", id_).exit_code == 0
        assert run("webhooks", "delete", id_).exit_code == 0
        assert "no such endpoint" in run("webhooks", "delete", id_).output


def test_what_may_not_be_is_said_in_both_languages(run: Run) -> None:
    refused = run("webhooks", "create", "province:43", "https://169.254.169.254/latest/meta-data/")
    assert refused.exit_code == 1
    assert "回调地址不能使用" in refused.output
    assert "cannot be used" in refused.output


def test_event_types_are_told_with_schema_and_example(run: Run) -> None:
    assert "application.recommended" in run("webhooks", "types").output
    assert '"const": "application.recommended"' in run("webhooks", "types", "application.recommended").output
    assert run("webhooks", "types", "application.scored").exit_code == 1


def test_loopback_is_for_demonstrations_and_tests_alone() -> None:
    with pytest.raises(SettingsFaulty, match="WEBHOOK_NETWORKS"):
        read({**WHOLE, "webhook_networks": "10.0.0.0/8, 127.0.0.0/8"})
    with pytest.raises(SettingsFaulty, match="WEBHOOK_NETWORKS"):
        read({**WHOLE, "webhook_networks": "somewhere"})
    assert len(read({**WHOLE, "webhook_networks": "10.0.0.0/8, fd12::/16"}).webhook_networks_open) == 2


def test_a_step_in_a_running_house_arrives_at_a_machine(tmp_path: Path) -> None:
    with (
        Receiver().running() as receiver,
        running(tmp_path, webhook_networks="127.0.0.0/8", webhook_plain=True) as here,
    ):
        house = here.house
        publish_packaged(house)
        world.populate(house)
        made = house.hooks.register.create(
            ROOF, house.as_roof(), Wanted(name="x"), kind="standard", owner="province:43", url=receiver.url()
        )
        house.hooks.trial.verify(ROOF, house.as_roof(), made.id)
        _sealed(house)
        assert here.actors.settle(20)
        _wait_for(lambda: len(receiver.parcels()) == 1)
        assert receiver.parcels()[0].json["type"] == "application.unit_sealed"
        _wait_for(lambda: _states(here) == ["sent"])


def test_without_any_broker_the_relay_plans_and_delivers(tmp_path: Path) -> None:
    """A broker that is lost costs delay and no parcel: the rows are looked at each second."""
    with Receiver().running() as receiver:
        settings = for_the_demo(
            tmp_path,
            base_url="http://127.0.0.1:1",
            smtp_url="smtp://127.0.0.1:1",
            webhook_networks="127.0.0.0/8",
            webhook_plain=True,
        )
        house = wiring.build(settings)
        house.prepare()
        publish_packaged(house)
        world.populate(house)
        made = house.hooks.register.create(
            ROOF, house.as_roof(), Wanted(name="x"), kind="standard", owner="province:43", url=receiver.url()
        )
        house.hooks.register.verified(ROOF, house.as_roof(), made.id, "trusted")
        stop = threading.Event()
        relaying = threading.Thread(target=relay, args=(house, stop))
        relaying.start()
        _sealed(house)
        _wait_for(lambda: len(receiver.parcels()) == 1)
        stop.set()
        relaying.join(30)
        house.close()


def _sealed(house: House) -> None:
    id_ = house.ids.uuid7()
    opened = replace(OPENED, application_id=str(id_), definition_digest=house.calls.get("hn-2025").digest)
    house.dispatcher.dispatch(f"application-{id_}", FOLD, lambda *_: [opened, SEALED], house.as_roof())


def _states(here: Running) -> list[str]:
    with here.house.store.reading() as db:
        return list(db.execute(select(parcels.c.state)).scalars())


def _wait_for(true: Callable[[], bool]) -> None:
    still = within(10)
    while not true() and still():
        time.sleep(0.05)
    assert true()
