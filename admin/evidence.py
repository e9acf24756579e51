"""The evidence of one application in one file: its events with their proofs, the forms as they were sealed, files, signatures.

Whoever gets it needs neither this house nor a library: the script that checks it is inside (`verify_bundle`). What the
reader may not know is withheld, and only the hash stands for it; the chain and the proofs hold all the same. What cannot be
read off the events (a drawn paper, a scan, what is told here in words) is vouched for by a note that the log's key signs.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile

from admin import sentences, verify_bundle
from admin.history import Told
from admin.papers import Drawn
from admin.proof import Proofs, envelope
from eventstore.event import Fact
from eventstore.refusal import Damaged, Refused
from web import texts
from web.format import beijing
from workflow.answers import scans_of
from workflow.printing.naming import kind_words

ABOUT = "/evidence"
SIGNED = "signed.txt"
_KEPT_OF_WITHHELD = ("position", "stream", "version", "algorithm", "prev_hash", "hash")
SCRIPT = Path(verify_bundle.__file__).read_text("utf-8")
OpenFile = Callable[[str, str], IO[bytes]]
OpenScan = Callable[[str], IO[bytes]]
_README = """# 证据包 · Evidence bundle

{number} {unit_name}

- events.jsonl      该申报的每一条事件（被哈希的原文）、到检查点的包含证明 · every event as hashed, with its inclusion proof
- checkpoint.txt    日志的签名检查点（C2SP tlog-checkpoint，Ed25519，{algorithm}）· a signed head of the log
- key.txt           公钥；请与公开发布的公钥核对 · the public key; compare it with the published one: {base_url}/checkpoints
- forms/            每次盖章时的申报书内容；个人信息只有承诺值 · the form at each seal; personal values are commitments
- papers/           盖章文本和协议书的打印稿，文件名是校验码 · the sealed texts and the agreement as PDF, named by their check codes
- attachments.json  附件清单与 SHA-256 · attachments by digest{files}
- signatures.json   联合体协议、签署、承诺 · agreement, signatures, commitments{scans}
- signed.txt        本包每一部分的 SHA-256，由日志的私钥签名 · the digest of every part of this file, signed by the log's key
- verify.py         只用 Python 标准库的核验程序 · checks everything above with plain Python

核验 · verify:   python3 verify.py {name} "$(cat published-key.txt)"
或 · or:          vermilion verify-bundle {name}

## 打印稿 · Papers

{papers}

## 盖章之后 · What followed

{followed}

标有 withheld 的事件只给出哈希：objector 为异议人身份，draft 为最近一次盖章之后尚未提交的内容。
Events marked withheld give their hash alone: "objector" hides who objected, "draft" what was written since the last seal.
本包不能证明在最后一条事件之后没有别的事件。 A bundle cannot show that nothing followed its last event.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What goes in beside the events. *open_file* (id, sha256) and *open_scan* (digest): with bytes, as far as they are there,
    sound, and the reader's to have."""

    papers: Sequence[Drawn] = ()
    open_file: OpenFile | None = None
    open_scan: OpenScan | None = None


def bundle(told: Told, proofs: Proofs, base_url: str, contents: Contents, names: Mapping[str, str]) -> bytes:
    """The whole file. *names*: display names of whoever acted. Raises HistoryBroken where nothing may be signed,
    NotSignedYet where the work behind has yet to."""
    head = told.facts[-1].recorded.position
    kept = proofs.covering(head)
    paths = proofs.proofs((fact.recorded.position for fact in told.facts), kept.size)
    lines = [{**_given(told, fact), "proof": path} for fact, path in zip(told.facts, paths, strict=True)]
    derived = verify_bundle.told(lines)
    written, digests = BytesIO(), list[str]()
    with ZipFile(written, "w", ZIP_DEFLATED) as archive:

        def put(name: str, content: bytes | str) -> None:
            data = content.encode() if isinstance(content, str) else content
            digests.append(f"{sha256(data).hexdigest()}  {name}\n")
            archive.writestr(name, data)

        put("events.jsonl", "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines))
        put("checkpoint.txt", kept.note)
        put("key.txt", proofs.verifier + "\n")
        for name, value in derived.items():
            put(name, json.dumps(value, ensure_ascii=False, indent=1))
        for paper in contents.papers:
            if paper.data is not None:
                put(paper.name, paper.data)
        for name, data in _bytes(_open_to_reader(told, derived["attachments.json"]), contents.open_file):
            put(name, data)
        for name, data in _scans(told, contents.open_scan):
            put(name, data)
        put("README.md", _readme(told, proofs, base_url, contents, names))
        put("verify.py", SCRIPT)
        archive.writestr(SIGNED, proofs.vouch(ABOUT, "".join(digests)))
    return written.getvalue()


def name_of(told: Told) -> str:
    return f"evidence-{told.application.number or told.application.id}.zip"


def _given(told: Told, fact: Fact) -> dict[str, Any]:
    whole = envelope(fact.recorded)
    reason = told.withheld(fact)
    if not reason:
        return whole
    return {**{name: whole[name] for name in _KEPT_OF_WITHHELD}, "withheld": reason}


def _open_to_reader(told: Told, listed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Files of a slot that holds what is personal are given only where the mask is off."""
    slots = told.call.programme_of(told.application.direction).slots
    hidden = {slot.id for slot in slots if slot.personal and not told.view.personal}
    return [file for file in listed if file["slot"] not in hidden]


def _bytes(listed: list[dict[str, Any]], open_file: OpenFile | None) -> Iterator[tuple[str, bytes]]:
    """Each attached file once; one that is gone, damaged or in quarantine is left out, its digest stays."""
    if open_file is None:
        return
    for file_id, digest in {file["file_id"]: file["sha256"] for file in listed}.items():
        try:
            with open_file(file_id, digest) as stream:
                yield f"attachments/{file_id}", stream.read()
        except (Damaged, Refused):
            continue


def _scans(told: Told, open_scan: OpenScan | None) -> Iterator[tuple[str, bytes]]:
    """What was signed and sealed by hand, up to the newest seal; signatures are personal, so only where the mask is off."""
    if open_scan is None or not told.view.personal:
        return
    for digest in sorted(scans_of(told.states[told.sealed_until]) - {""}):
        try:
            with open_scan(digest) as stream:
                yield f"scans/{digest.removeprefix('sha256:')}", stream.read()
        except (Damaged, Refused):
            continue


def _readme(told: Told, proofs: Proofs, base_url: str, contents: Contents, names: Mapping[str, str]) -> str:
    application = told.application
    files = "；attachments/ 内为原文件 · their bytes lie in attachments/" if contents.open_file else ""
    scans = "；scans/ 内为盖章扫描件 · sealed scans in scans/" if contents.open_scan and told.view.personal else ""
    return _README.format(
        number=application.number, unit_name=application.unit_name, base_url=base_url, files=files, scans=scans,
        algorithm=proofs.algorithm, name=name_of(told), papers="\n".join(_paper_lines(told, contents.papers)),
        followed="\n".join(_followed(told, names)),
    )  # fmt: skip


def _paper_lines(told: Told, papers: Iterable[Drawn]) -> Iterator[str]:
    """Every paper with its check code; the ones that are still to be drawn are said to be."""
    there = False
    for paper in papers:
        there, words = True, kind_words(paper.kind, told.application)
        lacking = "（正在绘制，稍后重新导出即有 · being drawn: take the bundle again）" if paper.data is None else ""
        yield f"- v{paper.seal} {_both(words)}：{paper.code}{lacking}"
    if not there:
        yield "没有。None."


def _followed(told: Told, names: Mapping[str, str]) -> Iterator[str]:
    """Where it stands, and what happened after the newest seal, in a sentence each."""
    stage = told.application.stage
    if stage is not None:
        yield f"现状 · stands at: {_both({language: texts.t(f'stage.{stage.value}', language) for language in texts.LANGUAGES})}"
    programme = told.call.programme_of(told.application.direction)
    later = [fact for fact in told.facts if fact.recorded.version > told.sealed_until]
    for fact in later:
        if told.withheld(fact):
            yield f"- {_stamp(fact)} #{fact.recorded.version} （未给出 · withheld: {told.withheld(fact)}）"
            continue
        said = sentences.told(fact, programme, told.view, names)
        yield f"- {_stamp(fact)} #{fact.recorded.version} {_both(said['text'])}"
    if not later:
        yield "盖章之后没有别的事件。 Nothing happened after the seal."


def _stamp(fact: Fact) -> str:
    return beijing(fact.recorded.instant, style="stamp")


def _both(words: Mapping[str, str]) -> str:
    return f"{words['zh']} · {words['en']}"
