"""Checking a receipt: one event, its path to a signed head, and the key; with what the bundle's script checks with."""

from typing import Any

from admin.verify_bundle import hash_of, head_of, included, need

FORMAT = "vermilion-receipt/1"


def check(receipt: dict[str, Any], trusted: str = "") -> str:
    """Raises ValueError (KeyError for what is missing) at what does not fit; says what was checked."""
    event, key = receipt["event"], receipt["key"]
    need(receipt["format"] == FORMAT, "format: not a receipt of this kind")
    need(trusted in ("", key), "key: not the key that was published")
    need(receipt["signature_algorithm"] == "Ed25519", "algorithm: unknown")
    algorithm, size, root = head_of(receipt["checkpoint"], key)
    need({receipt["hash_algorithm"], event["algorithm"]} == {algorithm}, "algorithm: not that of the log")
    need(hash_of(event).hex() == event["hash"], "event: content is not what its hash says")
    need(included(event, size, root), "proof: not under the checkpoint's root")
    return f"{event['type']} at position {event['position']}, checkpoint of {size}\n{key}"
