"""Checks an evidence bundle with nothing but Python: python3 verify.py BUNDLE.zip [KEY]; names what does not fit.
KEY is the log's public key as it was published; without it, compare the one that is printed. Pure, but for printing."""

import base64
import hashlib
import json
import sys
import zipfile
from typing import Any

DOMAIN = b"\x00vermilion-event/1"
P, Q = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D, ROOT = -121665 * pow(121666, P - 2, P) % P, pow(2, (P - 1) // 4, P)
FIELDS = "stream version event_id type schema_version payload metadata actor correlation_id causation_id recorded_at"
SEALS = ("application.unit_sealed", "application.resubmitted")
SIGNS = ("consortium.agreement_", "consortium.confirmation_", "application.commitment_recorded")


def need(fits: bool, where: str) -> None:
    if not fits:
        raise ValueError(where)


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def plus(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    """Edwards25519 in extended coordinates (RFC 8032 §5.1.4)."""
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    g, h = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    i, j, k, m = f - e, h - g, h + g, f + e
    return i * j % P, k * m % P, j * k % P, i * m % P


def times(n: int, point: tuple[int, ...]) -> tuple[int, ...]:
    found: tuple[int, ...] = (0, 1, 1, 0)
    while n:
        found, point, n = plus(found, point) if n & 1 else found, plus(point, point), n >> 1
    return found


def point_of(raw: bytes) -> tuple[int, ...]:
    y, sign = int.from_bytes(raw, "little") & (2**255 - 1), raw[31] >> 7
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if (x * x - square) % P == 0 else x * ROOT % P
    need(y < P and (x * x - square) % P == 0 and not (x == 0 and sign), "key.txt: no point of the curve")
    x = x if x & 1 == sign else P - x
    return x, y, 1, x * y % P


def signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Ed25519 (RFC 8032 §5.1.7)."""
    if len(signature) != 64 or (s := int.from_bytes(signature[32:], "little")) >= Q:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % Q
    base = point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
    left, right = times(s, base), plus(point_of(signature[:32]), times(h, point_of(public)))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 == (left[1] * right[2] - right[1] * left[2]) % P


def head_of(note: str, key: str) -> tuple[int, bytes]:
    """Size and root of a C2SP checkpoint that *key* signed."""
    name, named, encoded = key.split("+", 2)
    raw = base64.b64decode(encoded)
    need(raw[:1] == b"\x01" and sha(name.encode(), b"\n", raw)[:4].hex() == named, "key.txt: does not fit its name")
    body, split, lines = note.rpartition("\n\n")
    ours = [line.split(" ")[2] for line in lines.splitlines() if line.startswith(f"— {name} ")]
    need(bool(split and ours), "checkpoint.txt: the key's signature is missing")
    sent = base64.b64decode(ours[0])
    need(sent[:4].hex() == named and signed(raw[1:], (body + "\n").encode(), sent[4:]), "checkpoint.txt: signature")
    origin, size, root = (body + "\n").split("\n")[:3]
    need(origin == name, "checkpoint.txt: another log")
    return int(size), base64.b64decode(root)


def hash_of(event: dict[str, Any]) -> bytes:
    values = [str("" if event[name] is None else event[name]).encode() for name in FIELDS.split()]
    lengths = [part for value in values for part in (len(value).to_bytes(8, "big"), value)]
    return sha(DOMAIN, bytes.fromhex(event["prev_hash"]), *lengths)


def included(event: dict[str, Any], size: int, root: bytes) -> bool:
    """RFC 9162 §2.1.3.2."""
    here, last = event["position"] - 1, size - 1
    node = sha(b"\x00", event["position"].to_bytes(8, "big"), bytes.fromhex(event["hash"]))
    for sibling in map(bytes.fromhex, event["proof"]):
        if not last:
            return False
        if here & 1 or here == last:
            node = sha(b"\x01", sibling, node)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            node = sha(b"\x01", node, sibling)
        here, last = here >> 1, last >> 1
    return 0 <= event["position"] - 1 < size and last == 0 and node == root


def told(events: list[dict[str, Any]]) -> dict[str, Any]:
    """What the events say: every form as it was sealed, every file, every signature."""
    answers: dict[str, Any] = {}
    found: dict[str, Any] = {"attachments.json": [], "signatures.json": []}
    for event in events:
        payload: dict[str, Any] = json.loads(event.get("payload", "{}"))
        kind = event.get("type", "")
        if kind == "application.section_saved":
            answers.update(payload["answers"])
        elif kind == "application.file_attached":
            found["attachments.json"].append({"at": event["version"], **payload})
        elif kind in SEALS:
            form = {"content_digest": payload["content_digest"], "at": event["version"]}
            kept = {name: value for name, value in sorted(answers.items()) if value is not None}
            found[f"forms/v{payload['seal_version']}.json"] = {**form, "answers": kept}
        if kind.startswith(SIGNS):
            found["signatures.json"].append({"at": event["version"], "type": kind, **payload})
    return found


def check(bundle: zipfile.ZipFile, trusted: str = "") -> str:
    """Raises ValueError (or KeyError, for what is missing) at the first thing that does not fit; says what was checked."""
    read = bundle.read
    key = read("key.txt").decode().strip()
    need(trusted in ("", key), "key.txt: not the key that was published")
    size, root = head_of(read("checkpoint.txt").decode(), key)
    events = [json.loads(line) for line in read("events.jsonl").decode().splitlines()]
    tip = bytes(32).hex()
    for version, event in enumerate(events, 1):
        at = f"events.jsonl: event {version} (position {event['position']})"
        need(event["algorithm"] == "SHA-256", f"{at}: algorithm")
        need(event["version"] == version and event["prev_hash"] == tip, f"{at}: does not follow the one before")
        need("withheld" in event or hash_of(event).hex() == event["hash"], f"{at}: content is not what its hash says")
        need(included(event, size, root), f"{at}: not under the checkpoint's root")
        tip = event["hash"]
    for name, value in told(events).items():
        need(json.loads(read(name)) == value, f"{name}: not what the events say")
    digests = {file["file_id"]: file["sha256"] for file in json.loads(read("attachments.json"))}
    files = [name for name in bundle.namelist() if name.startswith("attachments/")]
    for name in files:
        need(sha(read(name)).hex() == digests.get(name.split("/")[1]), f"{name}: not the file of the log")
    return f"{len(events)} events, {len(digests)} files by digest, {len(files)} inside, checkpoint of {size}\n{key}"


if __name__ == "__main__":
    try:
        print("SOUND 无误:", check(zipfile.ZipFile(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""))
    except Exception as wrong:
        sys.exit(f"WRONG 不符: {wrong}")
