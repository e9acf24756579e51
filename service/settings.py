"""What an operator may set, read once from the environment (VERMILION_…) or handed in. Nothing else reads the environment.

A value may lie in a file, which VERMILION_…_FILE names: a secret then stands in no environment that others can see.

There is no default for a secret: the demo makes its own. All faults are reported together, in both languages.
"""

import os
import re
import secrets
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from eventstore.signed_note import Signer
from eventstore.suite import SUITES, Suite

PREFIX = "VERMILION_"
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
KEY_BYTES = 32
_FILE = "_FILE"
_TOKEN = re.compile(r"[A-Za-z0-9\-._~+/=]{32,200}")

Mode = Literal["production", "demo", "test"]


def host_and_port(place: str) -> tuple[str, int]:
    """`127.0.0.1:9101`, `[::1]:9101`: both parts, port 0 for a free one. ValueError for anything else: no host is not every host."""
    host, _, port = place.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isascii() or not port.isdecimal() or int(port) > 65535:
        raise ValueError("要 主机:端口 · wanted host:port")
    return host, int(port)


class SettingsFaulty(Exception):
    """The settings cannot be used; *faults* says everything that is wrong, one line each."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        self.faults = faults
        super().__init__("\n".join(faults))


class Settings(BaseSettings):
    """The service's settings.

    *files* is a folder; *proxies* says how many of our own stand in front (nginx: 1), whose forwarded address is believed;
    *clamd* is unix:/path or host:port of a virus scanner, "" for none; *signature_roots* is a file or folder of certificates
    (PEM) whose electronic signatures are trusted; *smtp_url* is smtp://, smtps:// or smtp+starttls://; keys are 32 bytes in
    base64 or hex; *checkpoints* is the folder outside the database for signed heads, *witnesses* C2SP verifier keys, separated
    by commas; *log_suite* is the hash of the log, chosen before its first event and for ever; *mail_connections* is how many
    conversations with the mail server each process holds at a time; *webhook_networks* names networks (10.1.0.0/16, …) that
    parcels may go to besides what is public,
    *webhook_plain* lets them go over http and any port; *metrics_token* is what a monitoring system sends to read `/metrics`,
    which without one is not there; *s3_…* name a bucket for received files, without one they stay in *files*; *accounts* is
    the profile of passwords (asvs or dengbao3), *second_factor* says whether roles of the authorities and unit
    administrators must have one, *password_memory_kib* and *password_passes* are what a password's hash costs;
    *oidc_issuer*, *oidc_client_id* and *oidc_client_secret* are of the province's single sign-on, which pages call *oidc_name*.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    mode: Mode = "production"
    database_url: str
    broker: Literal["local", "redis", "rabbitmq"] = "local"
    broker_url: SecretStr | None = None
    smtp_url: SecretStr
    mail_from: str
    base_url: str
    files: Path
    master_key: SecretStr
    session_key: SecretStr
    checkpoint_key: SecretStr
    clamd: str = ""
    signature_roots: Path | None = None
    proxies: int = Field(default=0, ge=0, le=9)
    log_name: str = Field(default="vermilion", pattern=r"^[^\s+]+$")
    log_suite: Literal["SHA-256", "SM3"] = "SHA-256"
    checkpoints: Path | None = None
    witnesses: str = ""
    webhook_networks: str = ""
    webhook_plain: bool = False
    metrics_token: SecretStr | None = None
    s3_endpoint: str = ""
    s3_bucket: str = ""
    s3_region: str = "us-east-1"
    s3_access_key: SecretStr | None = None
    s3_secret_key: SecretStr | None = None
    accounts: Literal["asvs", "dengbao3"] = "asvs"
    second_factor: Literal["offered", "demanded"] = "demanded"
    password_memory_kib: int = Field(default=47_104, ge=19_456, le=1 << 21)
    password_passes: int = Field(default=1, ge=1, le=20)
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr | None = None
    oidc_name: str = "统一身份认证"
    tick_s: float = Field(default=30.0, gt=0)
    mail_per_domain_minute: int = Field(default=0, ge=0, le=100_000)
    mail_connections: int = Field(default=8, ge=1, le=32)
    batch_wait_s: float = Field(default=10.0, gt=0, le=300)

    @property
    def clock_may_be_set(self) -> bool:
        return self.mode != "production"

    @property
    def master_key_bytes(self) -> bytes:
        return _key(self.master_key.get_secret_value())

    @property
    def session_key_bytes(self) -> bytes:
        return _key(self.session_key.get_secret_value())

    @property
    def checkpoint_key_bytes(self) -> bytes:
        return _key(self.checkpoint_key.get_secret_value())

    @property
    def suite(self) -> Suite:
        return SUITES[self.log_suite]

    @property
    def checkpoint_signer(self) -> Signer:
        return Signer(self.suite.origin(self.log_name), self.checkpoint_key_bytes)

    @property
    def witness_keys(self) -> tuple[str, ...]:
        return tuple(each.strip() for each in self.witnesses.split(",") if each.strip())

    @property
    def webhook_networks_open(self) -> tuple[IPv4Network | IPv6Network, ...]:
        return tuple(ip_network(each.strip()) for each in self.webhook_networks.split(",") if each.strip())

    @field_validator("webhook_networks")
    @classmethod
    def _are_networks(cls, text: str) -> str:
        try:
            _ = [ip_network(each.strip()) for each in text.split(",") if each.strip()]
        except ValueError as error:
            raise ValueError("要网段，逗号分隔 · wanted networks like 10.1.0.0/16, separated by commas") from error
        return text

    @field_validator("master_key", "session_key", "checkpoint_key")
    @classmethod
    def _is_a_key(cls, secret: SecretStr) -> SecretStr:
        _key(secret.get_secret_value())
        return secret

    @field_validator("metrics_token")
    @classmethod
    def _is_a_token(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and not _TOKEN.fullmatch(secret.get_secret_value()):
            raise ValueError("要 32 到 200 个字母、数字或 -._~+/= · wanted 32 to 200 letters, digits or -._~+/=")
        return secret

    @field_validator("smtp_url")
    @classmethod
    def _is_a_mail_server(cls, url: SecretStr) -> SecretStr:
        parts = urlsplit(url.get_secret_value())
        if parts.scheme not in {"smtp", "smtps", "smtp+starttls"} or not parts.hostname:
            raise ValueError("要 smtp://主机:端口 · wanted smtp://host:port, smtps:// or smtp+starttls://")
        return url

    @field_validator("clamd")
    @classmethod
    def _is_a_scanner(cls, place: str) -> str:
        if place and not place.startswith("unix:/"):
            try:
                if host_and_port(place)[1] == 0:
                    raise ValueError
            except ValueError as error:
                raise ValueError("要 unix:/路径 或 主机:端口 · wanted unix:/path or host:port") from error
        return place

    @field_validator("base_url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        if urlsplit(url).scheme not in {"http", "https"}:
            raise ValueError("要 https://主机 · wanted https://host")
        return url.rstrip("/")

    @field_validator("oidc_issuer")
    @classmethod
    def _is_an_issuer(cls, url: str) -> str:
        parts = urlsplit(url)
        if url and parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
            raise ValueError("要 https://签发方 · wanted https://issuer")
        return url

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        faults: list[str] = []
        if self.password_memory_kib < 47_104 and self.password_passes < 2:
            faults.append(
                f"{PREFIX}PASSWORD_PASSES: 内存少于 47104 KiB 时至少 2 遍 · at least 2 with less than 47104 KiB (OWASP ASVS 5.0, C)"
            )
        if self.broker != "local" and self.broker_url is None:
            faults.append(f"{PREFIX}BROKER_URL: 使用 {self.broker} 时必填 · needed with {self.broker}")
        if self.oidc_issuer and not self.oidc_client_id:
            faults.append(f"{PREFIX}OIDC_CLIENT_ID: 设了 OIDC_ISSUER 时必填 · needed with OIDC_ISSUER")
        relay = urlsplit(self.smtp_url.get_secret_value())
        if self.mode == "production" and relay.scheme == "smtp" and relay.hostname not in LOOPBACK:
            faults.append(
                f"{PREFIX}SMTP_URL: 正式环境要 smtp+starttls:// 或 smtps://，本机的转发除外 · "
                "production wants smtp+starttls:// or smtps:// for all but a relay on this machine"
            )
        if self.mode == "demo" and urlsplit(self.base_url).hostname not in LOOPBACK:
            faults.append(f"{PREFIX}BASE_URL: 演示只能在本机 · the demo stays on loopback")
        if self.mode == "production" and any(network.is_loopback for network in self.webhook_networks_open):
            faults.append(f"{PREFIX}WEBHOOK_NETWORKS: 正式环境不向本机投递 · never loopback in production")
        if self.s3_bucket and not (self.s3_endpoint and self.s3_access_key and self.s3_secret_key):
            faults.append(
                f"{PREFIX}S3_ENDPOINT, {PREFIX}S3_ACCESS_KEY, {PREFIX}S3_SECRET_KEY: 设了 S3_BUCKET 时必填 · needed with S3_BUCKET"
            )
        if faults:
            raise ValueError("; ".join(faults))
        return self


def read(environment: Mapping[str, Any] | None = None) -> Settings:
    """The settings of the environment, *environment* laid over them; raises SettingsFaulty with every fault."""
    lying, faults = _in_files(os.environ)
    given: dict[str, Any] = {**lying, **(environment or {})}
    try:
        found = Settings(**given)
    except ValidationError as error:
        said = tuple(_fault(detail["loc"], detail["msg"]) for detail in error.errors())
        raise SettingsFaulty((*faults, *said)) from error
    if faults:
        raise SettingsFaulty(faults)
    return found


def _in_files(environment: Mapping[str, str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """What lies in the files that VERMILION_…_FILE name, and what is wrong with them. Set both ways is a fault: which one counts?"""
    found: dict[str, str] = {}
    faults: list[str] = []
    for variable, path in environment.items():
        name = variable.removeprefix(PREFIX).removesuffix(_FILE)
        if not (variable.startswith(PREFIX) and variable.endswith(_FILE)) or name.lower() not in Settings.model_fields:
            continue
        if f"{PREFIX}{name}" in environment:
            faults.append(f"{variable}: 与 {PREFIX}{name} 只能设一个 · set one of the two")
            continue
        try:
            found[name.lower()] = Path(path).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            faults.append(f"{variable}: {path} 读不了 · cannot be read: {type(error).__name__}")
    return found, tuple(faults)


def fresh_key() -> str:
    """A new secret of 32 random bytes, as text."""
    return urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def for_the_demo(folder: Path, *, base_url: str, smtp_url: str, **more: Any) -> Settings:
    """Settings of a demo or test world in *folder*, with secrets of its own made on the spot."""
    given: dict[str, Any] = {
        "mode": "demo",
        "database_url": f"sqlite:///{folder / 'demo.db'}",
        "smtp_url": smtp_url,
        "base_url": base_url,
        "files": folder / "files",
        "checkpoints": folder / "checkpoints",
        "master_key": fresh_key(),
        "session_key": fresh_key(),
        "checkpoint_key": fresh_key(),
        "mail_from": "no-reply@vermilion.test",
        "second_factor": "offered",
        "tick_s": 2.0,
        "batch_wait_s": 1.0,
    }
    return read({**given, **more})


def _fault(location: tuple[int | str, ...], message: str) -> str:
    name = PREFIX + "_".join(str(part) for part in location).upper() if location else ""
    said = "缺少 · missing" if message == "Field required" else message.removeprefix("Value error, ")
    return f"{name}: {said}" if name else said


def _key(text: str) -> bytes:
    try:
        key = bytes.fromhex(text) if len(text) == KEY_BYTES * 2 else b64decode(text, altchars=b"-_", validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise ValueError("要 32 字节，base64 或十六进制 · wanted 32 bytes, base64 or hex")
    return key
