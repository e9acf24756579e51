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
D, ROOT, BASE = -121665 * pow(121666, P - 2, P) % P, pow(2, (P - 1) // 4, P), 4 * pow(5, P - 2, P) % P
HASHES = {"SHA-256": "sha256", "SM3": "sm3"}
FIELDS = "stream version event_id type schema_version payload metadata actor correlation_id causation_id recorded_at"
SEALS = ("application.unit_sealed", "application.resubmitted")
SIGNS = ("consortium.agreement_", "consortium.confirmation_", "application.commitment_recorded")


def need(fits: bool, where: str) -> None:
    if not fits:
        raise ValueError(where)


def digest(algorithm: str, *parts: bytes) -> bytes:
    need(HASHES[algorithm] in hashlib.algorithms_available, f"{algorithm}: this Python has none, take one with OpenSSL")
    return hashlib.new(HASHES[algorithm], b"".join(parts)).digest()


def plus(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:  # in extended coordinates (RFC 8032 §5.1.4)
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    g, h = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    i, j, k, m = f - e, h - g, h + g, f + e
    return i * j % P, k * m % P, j * k % P, i * m % P


def times(n: int, point: tuple[int, ...]) -> tuple[int, ...]:
    return plus(times(n >> 1, plus(point, point)), point if n & 1 else (0, 1, 1, 0)) if n else (0, 1, 1, 0)


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
    x, y, z, _ = plus(times(s, point_of(BASE.to_bytes(32, "little"))), times(8 * Q - h, point_of(public)))
    x, y = x * pow(z, P - 2, P) % P, y * pow(z, P - 2, P) % P
    return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]


def opened(note: str, key: str, file: str, about: str = "") -> list[str]:
    """What a C2SP note says that *key* signed, behind the line that names the log and what of it is signed."""
    name, named, encoded = key.split("+", 2)
    raw = base64.b64decode(encoded)
    need(raw[:1] == b"\x01" and digest("SHA-256", name.encode(), b"\n", raw)[:4].hex() == named, "key.txt: its name")
    body, split, lines = note.rpartition("\n\n")
    ours = [line.split(" ")[2] for line in lines.splitlines() if line.startswith(f"— {name} ")]
    need(bool(split and ours), f"{file}: the key's signature is missing")
    sent = base64.b64decode(ours[0] + "==")
    need(sent[:4].hex() == named and signed(raw[1:], (body + "\n").encode(), sent[4:]), f"{file}: signature")
    need(body.split("\n")[0] == name + about, f"{file}: of another log, or of something else")
    return body.split("\n")[1:]


def head_of(note: str, key: str) -> tuple[str, int, bytes]:
    """Hash, size and root of a checkpoint. A log that is not of SHA-256 has its hash at the end of its name."""
    size, root = opened(note, key, "checkpoint.txt")[:2]
    return "SM3" if key.split("+")[0].endswith("/SM3") else "SHA-256", int(size), base64.b64decode(root)


def hash_of(event: dict[str, Any]) -> bytes:
    values = [str("" if event[name] is None else event[name]).encode() for name in FIELDS.split()]
    lengths = [part for value in values for part in (len(value).to_bytes(8, "big"), value)]
    return digest(event["algorithm"], DOMAIN, bytes.fromhex(event["prev_hash"]), *lengths)


def included(event: dict[str, Any], size: int, root: bytes) -> bool:
    """RFC 9162 §2.1.3.2: whether the path leads from this event, at its position, to the root."""
    algorithm, start, end, lefts = event["algorithm"], 0, size, list[bool]()
    while end - start > 1:
        half = start + (1 << ((end - start - 1).bit_length() - 1))
        lefts.append(event["position"] <= half)
        start, end = (start, half) if lefts[-1] else (half, end)
    node = digest(algorithm, b"\x00", event["position"].to_bytes(8, "big"), bytes.fromhex(event["hash"]))
    for left, beside in zip(reversed(lefts), map(bytes.fromhex, event["proof"]), strict=False):
        node = digest(algorithm, b"\x01", *((node, beside) if left else (beside, node)))
    return 0 < event["position"] <= size and len(event["proof"]) == len(lefts) and node == root


def told(events: list[dict[str, Any]]) -> dict[str, Any]:
    """What the events say: every form as it was sealed, every file, every signature."""
    answers: dict[str, Any] = {}
    found: dict[str, Any] = {"attachments.json": [], "signatures.json": []}
    for event in events:
        payload, kind = json.loads(event.get("payload", "{}")), event.get("type", "")
        if kind == "application.section_saved":
            answers.update(payload["answers"])
        elif kind == "application.file_attached":
            found["attachments.json"].append({"at": event["version"], **payload})
        elif kind in SEALS:
            kept = {name: value for name, value in sorted(answers.items()) if value is not None}
            form = {"content_digest": payload["content_digest"], "at": event["version"], "answers": kept}
            found[f"forms/v{payload['seal_version']}.json"] = form
        if kind.startswith(SIGNS):
            found["signatures.json"].append({"at": event["version"], "type": kind, **payload})
    return found


def check(bundle: zipfile.ZipFile, trusted: str = "") -> str:
    """Raises ValueError (KeyError: something is missing) at the first thing that does not fit; says what was checked."""
    read, names = bundle.read, bundle.namelist()
    text = {name: read(name).decode(errors="replace") for name in names if "/" not in name}
    key = text["key.txt"].strip()
    need(trusted in ("", key), "key.txt: not the key that was published")
    sums = {line[66:]: line[:64] for line in opened(text["signed.txt"], key, "signed.txt", "/evidence")}
    for name in sorted({*sums, *names} - {"signed.txt"}):
        fits = names.count(name) == 1 and digest("SHA-256", read(name)).hex() == sums.get(name)
        need(fits, f"{name}: not there once, with the bytes that were signed")
    algorithm, size, root = head_of(text["checkpoint.txt"], key)
    events, tip = [json.loads(line) for line in text["events.jsonl"][:-1].split("\n")], bytes(32).hex()
    for version, event in enumerate(events, 1):
        at = f"events.jsonl: event {version} (position {event['position']})"
        need(event["algorithm"] == algorithm, f"{at}: algorithm")
        need(event["version"] == version and event["prev_hash"] == tip, f"{at}: does not follow the one before")
        need("withheld" in event or hash_of(event).hex() == event["hash"], f"{at}: content is not what its hash says")
        need(included(event, size, root), f"{at}: not under the checkpoint's root")
        tip = event["hash"]
    for name, value in told(events).items():
        need(json.loads(read(name)) == value, f"{name}: not what the events say")
    listed = {file["file_id"]: file["sha256"] for file in json.loads(read("attachments.json"))}
    for name in [name for name in names if name.startswith("attachments/")]:
        need(digest("SHA-256", read(name)).hex() == listed.get(name.split("/")[1]), f"{name}: not the file of the log")
    return f"{len(events)} events, {len(listed)} files by digest, {len(sums)} parts, checkpoint of {size}\n{key}"


if __name__ == "__main__":
    try:
        print("SOUND 无误:", check(zipfile.ZipFile(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""))
    except Exception as wrong:
        sys.exit(f"WRONG 不符: {wrong}")
