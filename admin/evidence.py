"""The evidence of one application in one file: its events with their proofs, the forms as they were sealed, files, signatures.

Whoever gets it needs neither this house nor a library: the script that checks it is inside (`verify_bundle`). What the
reader may not know is withheld, and only the hash stands for it; the chain and the proofs hold all the same.
"""

import json
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile

from admin import verify_bundle
from admin.history import Told
from admin.proof import Proofs, envelope
from eventstore.event import Fact
from eventstore.refusal import Damaged

FORMAT = "vermilion-evidence/1"
_KEPT_OF_WITHHELD = ("position", "stream", "version", "algorithm", "prev_hash", "hash")
SCRIPT = Path(verify_bundle.__file__).read_text("utf-8")
Open = Callable[[str, str], BinaryIO]
_README = """# 证据包 · Evidence bundle

{number} {unit_name}

- events.jsonl      该申报的每一条事件（被哈希的原文）、到检查点的包含证明 · every event as hashed, with its inclusion proof
- checkpoint.txt    日志的签名检查点（C2SP tlog-checkpoint，Ed25519）· a signed head of the log
- key.txt           公钥；请与公开发布的公钥核对 · the public key; compare it with the published one: {base_url}/checkpoints
- forms/            每次盖章时的申报书内容；个人信息只有承诺值 · the form at each seal; personal values are commitments
- attachments.json  附件清单与 SHA-256 · attachments by digest{files}
- signatures.json   联合体协议、签署、承诺 · agreement, signatures, commitments
- verify.py         只用 Python 标准库的核验程序 · checks everything above with plain Python

核验 · verify:   python3 verify.py {name} "$(cat published-key.txt)"
或 · or:          vermilion verify-bundle {name}

标有 withheld 的事件只给出哈希：objector 为异议人身份，draft 为最近一次盖章之后尚未提交的内容。
Events marked withheld give their hash alone: "objector" hides who objected, "draft" what was written since the last seal.
本包不能证明在最后一条事件之后没有别的事件。 A bundle cannot show that nothing followed its last event.
"""


def bundle(told: Told, proofs: Proofs, base_url: str, open_file: Open | None = None) -> bytes:
    """The whole file. *open_file* (id, sha256): with the attachments' bytes, as far as they are there and sound.

    Raises HistoryBroken where nothing may be signed.
    """
    head = told.facts[-1].recorded.position
    kept = proofs.covering(head)
    paths = proofs.proofs((fact.recorded.position for fact in told.facts), kept.size)
    lines = [{**_given(told, fact), "proof": path} for fact, path in zip(told.facts, paths, strict=True)]
    derived = verify_bundle.told(lines)
    written = BytesIO()
    with ZipFile(written, "w", ZIP_DEFLATED) as archive:
        archive.writestr("events.jsonl", "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines))
        archive.writestr("checkpoint.txt", kept.note)
        archive.writestr("key.txt", proofs.verifier + "\n")
        for name, value in derived.items():
            archive.writestr(name, json.dumps(value, ensure_ascii=False, indent=1))
        for name, content in _bytes(_open_to_reader(told, derived["attachments.json"]), open_file):
            archive.writestr(name, content)
        archive.writestr("README.md", _readme(told, base_url, with_bytes=open_file is not None))
        archive.writestr("verify.py", SCRIPT)
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


def _bytes(listed: list[dict[str, Any]], open_file: Open | None) -> Iterator[tuple[str, bytes]]:
    """Each attached file once; one that is gone or damaged is left out, its digest stays."""
    if open_file is None:
        return
    for file_id, sha256 in {file["file_id"]: file["sha256"] for file in listed}.items():
        try:
            with open_file(file_id, sha256) as stream:
                yield f"attachments/{file_id}", stream.read()
        except Damaged:
            continue


def _readme(told: Told, base_url: str, *, with_bytes: bool) -> str:
    files = "；attachments/ 内为原文件 · their bytes lie in attachments/" if with_bytes else ""
    application = told.application
    return _README.format(
        number=application.number, unit_name=application.unit_name, base_url=base_url, files=files, name=name_of(told)
    )
