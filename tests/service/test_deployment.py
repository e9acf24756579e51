"""What deploy/ gives an operator is what the programs themselves take: nginx answers by it, systemd reads it, compose fits together."""

import json
import re
import shutil
import socket
import ssl
import subprocess
import threading
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import SecretStr
from werkzeug.serving import make_server

from service import actors, wiring
from service.settings import Settings, SettingsFaulty, for_the_demo, read
from service.site import create_app
from tests.adversary.test_floods import still_waits
from tests.databases import demanded
from tests.faults.instances import free_port, until

DEPLOY = Path(__file__).parents[2] / "deploy"
HOST = "shenbao.example.cn"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
HALF_OPEN = 64


@dataclass(frozen=True)
class Proxy:
    plain: int
    tls: int
    trusted: ssl.SSLContext

    def secure(self) -> HTTPSConnection:
        return HTTPSConnection("127.0.0.1", self.tls, timeout=20, context=self.trusted)

    def ask(self, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], str]:
        with closing(self.secure()) as line:
            line.request(method, path, None, {"Host": HOST, **headers})
            answer = line.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode()


def certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)]), datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 7, now - timedelta(1), now + timedelta(1))
    signed = made.sign(key, hashes.SHA256())
    (folder / "fullchain.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def example(folder: Path, site: int, plain: int, tls: int) -> Path:
    """The example with ports and paths of this test and nothing else changed."""
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    text = text.replace("127.0.0.1:8000", f"127.0.0.1:{site}").replace("/etc/ssl/vermilion", str(folder))
    text = re.sub(r"listen \[::\]:.*\n", "", text)
    text = text.replace("listen 80;", f"listen 127.0.0.1:{plain};").replace("listen 443", f"listen 127.0.0.1:{tls}")
    (folder / "site.conf").write_text(text, encoding="utf-8")
    temporary = "".join(
        f"{what}_temp_path {folder}/{what};" for what in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = folder / "nginx.conf"
    whole.write_text(
        f"pid {folder}/pid; error_log {folder}/error.log; daemon off; worker_processes 1;"
        f"events {{ worker_connections 512; }} http {{ access_log off; {temporary} include {folder}/site.conf; }}"
    )
    return whole


@contextmanager
def site(folder: Path) -> Iterator[int]:
    settings = for_the_demo(folder, base_url=f"https://{HOST}", smtp_url="smtp://127.0.0.1:9", mode="test", proxies=1,
                            metrics_token="m" * 40)  # fmt: skip
    house = wiring.build(settings)
    house.prepare()
    app = create_app(house, actors.declare(house))

    @app.get("/who")
    def who() -> dict[str, Any]:
        from flask import request

        return {
            "address": request.remote_addr,
            "scheme": request.scheme,
            "host": request.host,
            "root": request.root_path,
        }

    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        house.close()


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """nginx itself by the example, before the site."""
    if NGINX is None:
        demanded("nginx is not installed")
    assert NGINX is not None
    folder = tmp_path_factory.mktemp("nginx")
    folder.chmod(0o755)
    certificate(folder)
    with site(folder) as port:
        plain, tls = free_port(), free_port()
        whole = example(folder, port, plain, tls)
        checked = subprocess.run([NGINX, "-t", "-c", str(whole)], capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stderr
        assert "[warn]" not in checked.stderr, checked.stderr
        trusted = ssl.create_default_context(cafile=str(folder / "fullchain.pem"))
        trusted.check_hostname = False  # asked for by address; the name goes in Host
        with subprocess.Popen([NGINX, "-c", str(whole)], stderr=subprocess.PIPE) as process:
            found = Proxy(plain, tls, trusted)

            def well() -> bool:
                assert process.poll() is None, "nginx has ended"
                with suppress(OSError):
                    return found.ask("/healthz")[0] == 200
                return False

            until(well, "nginx answers")
            yield found
            process.terminate()


def test_the_site_is_reached_through_it_and_its_guards_arrive(proxy: Proxy) -> None:
    status, headers, page = proxy.ask("/notices")
    assert (status, "公示" in page) == (200, True)
    assert headers["strict-transport-security"].startswith("max-age=63072000")
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["server"] == "nginx", "and no version"


def test_only_tls_1_2_and_1_3_are_spoken(proxy: Proxy) -> None:
    def spoken(version: ssl.TLSVersion, ciphers: str = "DEFAULT:@SECLEVEL=0") -> str:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_ciphers(ciphers)
        context.minimum_version = context.maximum_version = version
        with (
            closing(socket.create_connection(("127.0.0.1", proxy.tls), timeout=10)) as line,
            context.wrap_socket(line) as tls,
        ):
            return str(tls.version())

    assert spoken(ssl.TLSVersion.TLSv1_3) == "TLSv1.3"
    assert spoken(ssl.TLSVersion.TLSv1_2) == "TLSv1.2"
    for old in (ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1):
        with pytest.raises((ssl.SSLError, ConnectionResetError)), pytest.warns(DeprecationWarning, match="TLSv1"):
            spoken(old)
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        spoken(ssl.TLSVersion.TLSv1_2, "AES256-SHA:AES128-GCM-SHA256:ECDHE-ECDSA-AES256-SHA:@SECLEVEL=0")


def test_plain_http_leads_people_to_tls_and_refuses_machines(proxy: Proxy) -> None:
    def plain(method: str, path: str) -> tuple[int, str | None]:
        with closing(HTTPConnection("127.0.0.1", proxy.plain, timeout=10)) as line:
            line.request(method, path, headers={"Host": "evil.example"})
            answer = line.getresponse()
            answer.read()
            return answer.status, answer.getheader("Location")

    assert plain("GET", "/notices?a=b") == (301, f"https://{HOST}/notices?a=b"), (
        "to our own name, whatever was asked for"
    )
    assert plain("POST", "/sign-in") == (403, None)
    assert plain("GET", "/api/v1/calls") == (403, None)


def test_a_forwarded_address_somebody_made_up_is_overwritten(proxy: Proxy) -> None:
    made_up = {"X-Forwarded-For": "198.51.100.9", "X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil.example",
               "X-Forwarded-Prefix": "/evil", "Forwarded": "for=198.51.100.9;host=evil.example", "X-Real-IP": "198.51.100.9"}  # fmt: skip
    found = json.loads(proxy.ask("/who", **made_up)[2])
    assert found == {"address": "127.0.0.1", "scheme": "https", "host": HOST, "root": ""}


def test_metrics_are_not_reached_through_the_proxy(proxy: Proxy) -> None:
    assert proxy.ask("/metrics", Authorization="Bearer " + "m" * 40)[0] == 404
    assert proxy.ask("/readyz")[0] == 404


def test_connections_that_say_nothing_hold_up_nobody(proxy: Proxy) -> None:
    """Design C9: 64 half-open ones (silent, half a head, half a body), and others are answered beside them."""
    halves = (
        b"",
        b"GET / HTTP/1.1\r\nHost: x",
        f"POST /sign-in HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 90\r\n\r\nab".encode(),
    )
    with ExitStack() as held:
        lines: list[socket.socket] = []
        for number in range(HALF_OPEN):
            raw = socket.create_connection(("127.0.0.1", proxy.tls), timeout=10)
            line = held.enter_context(closing(proxy.trusted.wrap_socket(raw) if number % 2 else raw))
            with suppress(OSError):
                line.sendall(halves[number % 3] if number % 2 else b"")
            lines.append(line)
        for _ in range(3):
            assert proxy.ask("/healthz")[0] == 200
        assert still_waits(lines[-1]), "nginx gives a head ten seconds; nobody waited for that"


def test_who_knocks_too_often_is_told_to_wait(proxy: Proxy) -> None:
    statuses = [proxy.ask("/sign-in")[0] for _ in range(20)]
    assert set(statuses) == {200, 429}


UNITS = sorted((DEPLOY / "systemd").glob("*.service"))


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_the_units_are_closed_as_systemd_sees_it(unit: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        demanded("systemd-analyze is not installed")
    said = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False).stderr
    assert [line for line in said.splitlines() if "not executable" not in line] == []
    judged = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=20", str(unit)],
                            capture_output=True, text=True, check=False)  # fmt: skip
    assert judged.returncode == 0, judged.stdout[-300:]


def test_no_unit_and_no_container_holds_a_secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What the units name are settings there are; with the files in their place nothing is missing."""
    wanted = {"DATABASE_URL", "MASTER_KEY", "SESSION_KEY", "CHECKPOINT_KEY", "SMTP_URL"}
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8")
        named = set(re.findall(r"Environment=VERMILION_(\w+)_FILE=%d/(\w+)", text))
        assert {setting for setting, _ in named} == wanted
        assert {file for _, file in named} == set(re.findall(r"LoadCredential=(\w+):", text))
        assert not re.search(r"^Environment=VERMILION_(?!\w+_FILE=)", text, re.MULTILINE)
    for setting in wanted:
        monkeypatch.setenv(f"VERMILION_{setting}_FILE", str(tmp_path / setting))
    with pytest.raises(SettingsFaulty) as caught:
        read()
    assert {fault.partition(":")[0] for fault in caught.value.faults} >= {f"VERMILION_{each}_FILE" for each in wanted}


def test_every_secret_there_is_can_be_handed_over_by_systemd() -> None:
    """The units name what every house has; the drop-in the rest, of which an operator keeps what is used."""
    more = (DEPLOY / "systemd/more-secrets.conf").read_text(encoding="utf-8")
    named = re.findall(r"^Environment=VERMILION_(\w+)_FILE=%d/(\w+)$", more, re.MULTILINE)
    assert [file for _, file in named] == re.findall(
        r"^LoadCredential=(\w+):/etc/vermilion/secrets/\1$", more, re.MULTILINE
    )
    handed = {"database_url", *(setting.lower() for setting, _ in named)}
    for unit in UNITS:
        found = re.findall(r"Environment=VERMILION_(\w+)_FILE=", unit.read_text(encoding="utf-8"))
        assert handed | {each.lower() for each in found} == {"database_url", *secret_settings()}


def secret_settings() -> set[str]:
    return {name for name, field in Settings.model_fields.items() if SecretStr in (field.annotation, *get_args(field.annotation))}  # fmt: skip


def test_the_image_holds_everything_an_operator_can_switch_on() -> None:
    project = tomllib.loads((DEPLOY.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    [extras] = re.findall(r'"\.\[([\w,]+)\]"', (DEPLOY / "Dockerfile").read_text(encoding="utf-8"))
    assert set(project["optional-dependencies"]) - set(extras.split(",")) == {"rabbitmq"}, "the compose file runs Redis"


def test_the_archive_of_the_compose_file_is_postgresqls_before_it_starts() -> None:
    services = COMPOSE["services"]
    assert services["database"]["depends_on"] == {"archive": {"condition": "service_completed_successfully"}}
    assert services["archive"]["command"][:2] == ["chown", "postgres:postgres"]
    assert set(services["archive"]["volumes"]) <= set(services["database"]["volumes"])


def test_the_processes_of_the_site_count_together_in_memory() -> None:
    web = COMPOSE["services"]["web"]
    folders = [each.partition(":")[0] for each in web["tmpfs"]]
    assert any(web["environment"]["PROMETHEUS_MULTIPROC_DIR"].startswith(f"{folder}/") for folder in folders)
    assert "mkdir -p" in web["command"][2], "which nobody else makes"


COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
OURS = ("upgrade", "web", "worker", "relay")


def test_every_secret_of_the_compose_file_is_a_file() -> None:
    declared = COMPOSE["secrets"]
    assert all(set(secret) == {"file"} for secret in declared.values())
    for name, service in COMPOSE["services"].items():
        assert set(service.get("secrets", ())) <= set(declared), name
        for variable, value in service.get("environment", {}).items():
            if re.search(r"PASSWORD|KEY|DATABASE_URL|BROKER_URL|SMTP_URL", variable):
                assert variable.endswith("_FILE"), (name, variable)
                assert value.removeprefix("/run/secrets/") in service["secrets"], (name, variable)


def test_each_part_of_the_compose_file_has_the_account_that_is_its_own() -> None:
    found = {
        name: COMPOSE["services"][name]["environment"]["VERMILION_DATABASE_URL_FILE"].rpartition("_")[2]
        for name in OURS
    }
    assert found == {"upgrade": "owner", "web": "app", "worker": "relay", "relay": "relay"}


def test_the_database_the_broker_and_the_service_are_reached_by_no_port_of_the_host() -> None:
    services = COMPOSE["services"]
    assert {name: service["ports"] for name, service in services.items() if "ports" in service} == {
        "web": ["80:80", "443:443"]
    }
    assert services["nginx"]["network_mode"] == "service:web"
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert {name for name in ("database", "broker") if services[name]["networks"] == ["inside"]} == {
        "database",
        "broker",
    }
    for name in OURS:
        assert services[name]["read_only"] is True
        assert services[name]["cap_drop"] == ["ALL"]


def test_everything_the_compose_file_names_is_there() -> None:
    services = COMPOSE["services"]
    for name, service in services.items():
        assert set(service.get("depends_on", ())) <= set(services), name
        assert set(service.get("networks", ())) <= set(COMPOSE["networks"]), name
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            assert source.startswith((".", "$")) or source in COMPOSE["volumes"], (name, volume)
        for variable in service.get("environment", {}):
            setting = variable.removeprefix("VERMILION_").removesuffix("_FILE").lower()
            assert not variable.startswith("VERMILION_") or setting in Settings.model_fields, variable
