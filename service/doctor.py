"""An examination: everything the service needs, looked at one by one, with the command that mends what is not well."""

import json
import platform
import smtplib
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import text

from eventstore.verify import verify
from paperwork import fonts, pdf_signature
from paperwork.components import NotInstalled, require
from service import chores, health, wiring
from service.settings import Settings
from service.wiring import House
from webhooks import health as endpoint_health
from webhooks import lists as parcel_lists
from webhooks import records
from workflow import signed_files, verdicts
from workflow.clamd import Clamd, ScannerAway

SOUND, WARNING, FAILING = 0, 1, 2
MARKS = ("通过 ok", "警告 warning", "失败 failed")
OFFSET_S = 2.0
TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: *grade* is 0 sound, 1 a warning, 2 failing; *mend* says what to do."""

    what: str
    grade: int
    said: str
    mend: str = ""


def examine(settings: Settings) -> list[Finding]:
    """Every finding; a look that cannot be taken is a finding too."""
    house = wiring.build(settings)
    found = examined(house)
    house.close()
    return found


def examined(house: House, *, at_once: bool = False) -> list[Finding]:
    """The same of a house that runs; *at_once*: without the looks that take long or wait for somebody."""
    found: list[Finding] = []
    left_out = _waiting(house) if at_once else ()
    for name, look in _LOOKS:
        if look in left_out:
            continue
        try:
            found.append(look(house))
        except Exception as error:  # whatever goes wrong in a look is what it found
            found.append(
                Finding(name, FAILING, f"{type(error).__name__}: {error}", _MENDS.get(name, "vermilion doctor"))
            )
    return found


def _waiting(house: House) -> Sequence[Callable[[House], Finding]]:
    """The looks that read the whole log, or ask somebody on the network."""
    scanner = (_scanner,) if house.settings.clamd else ()
    bucket = (_files,) if house.settings.s3_bucket else ()
    return (_mail, _broker, _history, *scanner, *bucket)


def told(findings: Sequence[Finding], *, as_json: bool = False) -> str:
    if as_json:
        return json.dumps([asdict(finding) for finding in findings], ensure_ascii=False)
    return "\n".join(
        f"{MARKS[one.grade]:<12} {one.what}: {one.said}" + (f"  → {one.mend}" if one.mend else "") for one in findings
    )


def _python(house: House) -> Finding:
    grade = SOUND if sys.version_info >= (3, 11) else FAILING
    return Finding("Python", grade, platform.python_version(), "" if grade == SOUND else "apt install python3.11")


def _time_zone(house: House) -> Finding:
    try:
        ZoneInfo("Asia/Shanghai")
    except ZoneInfoNotFoundError:
        return Finding("时区 time zone", FAILING, "没有 Asia/Shanghai", "pip install tzdata")
    return Finding("时区 time zone", SOUND, "Asia/Shanghai")


def _database(house: House) -> Finding:
    with house.engine.connect() as db:
        db.execute(text("SELECT 1"))
    return Finding("数据库 database", SOUND, house.engine.dialect.name)


def _schema(house: House) -> Finding:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    import migrations

    with house.engine.connect() as db:
        stands = MigrationContext.configure(db).get_current_revision()
    head = ScriptDirectory.from_config(migrations.config()).get_current_head()
    if stands == head:
        return Finding("表结构 schema", SOUND, str(head))
    return Finding("表结构 schema", FAILING, f"{stands} ≠ {head}", "vermilion db upgrade")


def _clock(house: House) -> Finding:
    with house.store.reading() as db:
        offset = abs((datetime.now(UTC) - house.wall.now(db)).total_seconds())
    grade = SOUND if offset <= OFFSET_S else FAILING
    return Finding(
        "时钟 clock", grade, f"与数据库差 {offset:.2f} s", "" if grade == SOUND else "timedatectl set-ntp true"
    )


def _mail(house: House) -> Finding:
    parts = urlsplit(house.settings.smtp_url.get_secret_value())
    server = smtplib.SMTP_SSL if parts.scheme == "smtps" else smtplib.SMTP
    with server(parts.hostname or "", parts.port or 0, timeout=TIMEOUT_S) as line:
        line.ehlo()
        encrypted = parts.scheme != "smtp" or line.has_extn("starttls")
    loopback = parts.hostname in {"127.0.0.1", "localhost", "::1"}
    grade = SOUND if encrypted or loopback else WARNING
    return Finding(
        "邮件 mail",
        grade,
        f"{parts.hostname} 应答 answers",
        "" if grade == SOUND else "VERMILION_SMTP_URL=smtps://…",
    )


def _texts(house: House) -> Finding:
    """Whether what administrators published can still be said; what cannot is said in the house's own words."""
    what = "信函文稿 texts of letters"
    unsound = house.texts.unsound()
    if not unsound:
        return Finding(what, SOUND, "都能用 all sound")
    named = ", ".join(f"{one.kind}/{one.language}" for one, _ in unsound)
    return Finding(
        what, WARNING, f"有错，改用原文稿 faulty, said in the house's words: {named}", "vermilion letters check"
    )


def _broker(house: House) -> Finding:
    house.broker.declare_queue("doctor")
    consumer = house.broker.consume("doctor", timeout=100)
    next(iter(consumer))
    consumer.close()
    return Finding("代理 broker", SOUND, house.settings.broker)


def _files(house: House) -> Finding:
    found = health.files(house)
    return Finding(
        "文件夹 files", SOUND if found == "ok" else FAILING, found, "" if found == "ok" else _MENDS["文件夹 files"]
    )


def _scanner(house: House) -> Finding:
    """Whether files are looked at for viruses; what waits without a verdict stays in quarantine and is never called clean."""
    what = "查毒 virus scanner"
    with house.store.reading() as db:
        counted, said = verdicts.counts(db), verdicts.last_error(db)
    waiting = f"{counted.get('waiting', 0)} 个没有结论 without a verdict"
    if not house.settings.clamd:
        grade = WARNING if house.settings.mode == "production" else SOUND
        return Finding(
            what, grade, f"没有设置，文件标为“未查毒” · none set, files say “not scanned”; {waiting}", "VERMILION_CLAMD"
        )
    found = f"{counted.get('infected', 0)} 个有毒 infected, {waiting}"
    try:
        version = Clamd(house.settings.clamd).version()
    except ScannerAway as away:
        return Finding(what, FAILING, f"不应答 does not answer: {away}; {found}", "systemctl start clamav-daemon")
    if counted.get("infected") or said:
        return Finding(what, WARNING, f"{version}; {found}; {said}", "vermilion files rescan")
    return Finding(what, SOUND, f"{version}; {found}")


def _papers(house: House) -> Finding:
    """Papers in other fonts would be other bytes than those the history names."""
    name = "公文 papers"
    try:
        require("PDF", "typst", "segno")
        changed = fonts.changed()
    except NotInstalled as missing:
        return Finding(name, WARNING, str(missing), "pip install vermilion")
    if changed:
        return Finding(
            name,
            FAILING,
            f"字体不是规定的 not the pinned fonts: {', '.join(changed)}",
            "pip install pylopdf-fonts-zh-cn==0.1.1",
        )
    return Finding(name, SOUND, f"typst {version('typst')} · 字体相符 fonts as pinned")


def _signatures(house: House) -> Finding:
    return signatures(house.settings.signature_roots)


def signatures(roots: Path | None) -> Finding:
    """Whether a PDF with electronic signatures can be checked; without the component none is taken, and the kind is not offered."""
    name = "电子签名 signatures"
    if not pdf_signature.installed():
        return Finding(
            name,
            SOUND,
            "组件未安装，不收电子签名 · not installed, none is taken",
            'pip install "vermilion[signatures]"',
        )
    if roots is not None and not roots.exists():
        return Finding(name, FAILING, f"没有 there is no {roots}", "VERMILION_SIGNATURE_ROOTS")
    known = len(signed_files.trusted(roots))
    if not known:
        return Finding(
            name,
            SOUND,
            "没有设置受信任的证书，一律算“不明” · no certificate is trusted, all are unknown",
            "VERMILION_SIGNATURE_ROOTS",
        )
    return Finding(name, SOUND, f"pyHanko {version('pyhanko')}; {known} 张受信任的证书 trusted certificates")


def _letters(house: House) -> Finding:
    waiting = house.holding.standing()
    if waiting is not None:
        said = f"扣住 held: 信件 letters {waiting.letters}, 回调 parcels {waiting.parcels}"
        return Finding("信件 letters", WARNING, said, "vermilion release")
    found = health.letters(house)
    return Finding(
        "信件 letters", SOUND if found == "ok" else WARNING, found, "" if found == "ok" else _MENDS["信件 letters"]
    )


def _worker(house: House) -> Finding:
    """Whether the clock of the house rings: reminders, lapses, papers and parcels wait for it."""
    what = "后台 worker"
    with house.store.reading() as db:
        rung, now = [one for one in chores.listed(db) if one.name == chores.TICK], house.wall.now(db)
    if not rung:
        grade = WARNING if house.settings.mode == "production" else SOUND
        return Finding(what, grade, "还没有巡检过 · no round yet", _MENDS[what] if grade else "")
    silent = (now - rung[0].at).total_seconds()
    late = silent > max(60.0, 5 * house.settings.tick_s)
    said = f"{silent:.0f} 秒前巡检 s since the last round" + (f"; {rung[0].said}" if rung[0].said else "")
    return Finding(what, WARNING if late or rung[0].said else SOUND, said, _MENDS[what] if late or rung[0].said else "")


def _webhooks(house: House) -> Finding:
    """Whether parcels are planned, which endpoints fail, and what was given up."""
    what, stands = "回调 webhooks", health.parcels(house)
    with house.store.reading() as db:
        switched = [kept.endpoint for kept in records.every(db)]
        failing = [id_ for id_, each in endpoint_health.of(db).items() if each.failures]
        dead, oldest = parcel_lists.counts(db).get("dead", 0), parcel_lists.oldest_due(db)
    off = sum(endpoint.why_disabled in ("failing", "gone") for endpoint in switched)
    said = f"{len(switched)} 个端点 endpoints, {len(failing)} 个失败中 failing, {off} 个被停用 switched off, {dead} 件放弃 given up"
    said += f"; 最早应投 oldest due {oldest:%Y-%m-%d %H:%M} UTC" if oldest else ""
    if stands != "ok":
        return Finding(what, WARNING, f"{stands}; {said}", "vermilion webhooks list")
    return Finding(what, WARNING if failing or off or dead else SOUND, said, "vermilion webhooks list" if off else "")


def _history(house: House) -> Finding:
    report = verify(house.engine)
    if report.ok:
        return Finding("历史 history", SOUND, f"{report.size} 条事件 events")
    return Finding("历史 history", FAILING, f"第 {report.position} 条 · {report.reason}", "vermilion verify")


def _integrity(house: House) -> Finding:
    """Whether heads are signed and leave the database; a log that does not continue one is the worst there is."""
    what, kept = "检查点 checkpoints", house.proofs.latest()
    broken = [one for one in house.proofs.findings() if not one.sound]
    if broken:
        return Finding(what, FAILING, broken[0].said, "vermilion verify --checkpoint FILE")
    with house.store.reading() as db:
        house.store.agree(db)
    if house.settings.checkpoints is None and house.settings.mode == "production":
        return Finding(what, WARNING, "只存在库里 · kept in the database alone", "VERMILION_CHECKPOINTS")
    return Finding(what, SOUND, "还没有 none yet" if kept is None else f"#{kept.size}")


def _transport(house: House) -> Finding:
    safe = house.settings.mode != "production" or house.settings.base_url.startswith("https://")
    return Finding(
        "传输 transport",
        SOUND if safe else WARNING,
        house.settings.base_url,
        "" if safe else "VERMILION_BASE_URL=https://…",
    )


_MENDS: Mapping[str, str] = {
    "Python": "apt install python3.11",
    "数据库 database": "systemctl start postgresql",
    "表结构 schema": "vermilion db upgrade",
    "时钟 clock": "timedatectl set-ntp true",
    "邮件 mail": "VERMILION_SMTP_URL=smtps://…",
    "代理 broker": "systemctl start redis-server",
    "文件夹 files": 'install -d -o vermilion -m 0750 "$VERMILION_FILES"',
    "信件 letters": "systemctl restart vermilion-worker",
    "后台 worker": "systemctl restart vermilion-worker",
    "历史 history": "vermilion verify",
}
"""What mends a look that could not be taken, or went badly: one command or setting each."""

_LOOKS: tuple[tuple[str, Callable[[House], Finding]], ...] = (
    ("Python", _python),
    ("时区 time zone", _time_zone),
    ("数据库 database", _database),
    ("表结构 schema", _schema),
    ("时钟 clock", _clock),
    ("邮件 mail", _mail),
    ("代理 broker", _broker),
    ("文件夹 files", _files),
    ("查毒 virus scanner", _scanner),
    ("公文 papers", _papers),
    ("电子签名 signatures", _signatures),
    ("后台 worker", _worker),
    ("信件 letters", _letters),
    ("信函文稿 texts of letters", _texts),
    ("回调 webhooks", _webhooks),
    ("历史 history", _history),
    ("检查点 checkpoints", _integrity),
    ("传输 transport", _transport),
)
