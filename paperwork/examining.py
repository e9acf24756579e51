"""The child process that looks at the signatures of one PDF and ends: pyHanko alone, in a fixed space and time.

`python -I examining.py MEMORY_BYTES CPU_SECONDS`; on standard input a line of JSON (`roots` in PEM, the instant `at`), then the
PDF. On standard output JSON: one object for each signature. A process of its own, because whoever made the PDF may mean harm.
"""

import json
import logging
import resource
import sys
from collections.abc import Callable, Iterable
from datetime import datetime
from io import BytesIO
from typing import Any, cast

MOST_SIGNATURES = 50
LONGEST = 200
UNREADABLE: dict[str, Any] = {"integrity": "unreadable"}


def main(memory: str, cpu: str) -> int:
    for what, most in ((resource.RLIMIT_AS, int(memory)), (resource.RLIMIT_CPU, int(cpu)), (resource.RLIMIT_CORE, 0)):
        resource.setrlimit(what, (most, most))
    logging.disable(logging.CRITICAL)
    asked: dict[str, Any] = json.loads(sys.stdin.buffer.readline())
    found = _signatures(sys.stdin.buffer.read(), asked["roots"], datetime.fromisoformat(asked["at"]))
    sys.stdout.write(json.dumps(found))
    return 0


def _signatures(data: bytes, roots: list[str], at: datetime) -> list[dict[str, Any]]:
    from pyhanko import keys
    from pyhanko.pdf_utils.reader import PdfFileReader

    load = cast("Callable[[bytes], Iterable[Any]]", vars(keys)["load_certs_from_pemder_data"])
    trusted: list[Any] = [certificate for pem in roots for certificate in load(pem.encode())]
    embedded = PdfFileReader(BytesIO(data), strict=False).embedded_regular_signatures
    return [_looked_at(one, trusted, at) for one in embedded[:MOST_SIGNATURES]]


def _looked_at(embedded: Any, roots: list[Any], at: datetime) -> dict[str, Any]:
    """One signature; whatever it is that cannot be read or computed makes it unreadable."""
    from pyhanko.sign.validation.status import SignatureCoverageLevel

    try:
        status = _validated(embedded, roots, at)
        stamp = status.timestamp_validity
        stamped = stamp.timestamp if stamp is not None and stamp.intact and stamp.valid and stamp.trusted else None
        if stamped is not None and not status.trusted:
            status = _validated(embedded, roots, stamped)  # it was good when it was made, and that is proven
        return {
            "signer": _name(status.signing_cert),
            "integrity": "intact" if _is_intact(status) else "altered",
            "certificate": _certificate(status, at),
            "covers_whole": status.coverage == SignatureCoverageLevel.ENTIRE_FILE,
            "said_at": _instant(status.signer_reported_dt),
            "timestamped_at": _instant(stamped),
        }
    except Exception:  # the library raises what the bytes lead it to
        return UNREADABLE


def _validated(embedded: Any, roots: list[Any], moment: datetime) -> Any:
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko.sign.validation.settings import KeyUsageConstraints
    from pyhanko_certvalidator import ValidationContext

    context = ValidationContext(trust_roots=roots, moment=moment, allow_fetching=False, revocation_mode="soft-fail")
    usage = KeyUsageConstraints(key_usage={"digital_signature", "non_repudiation"})
    return validate_pdf_signature(embedded, context, context, key_usage_settings=usage)


def _is_intact(status: Any) -> bool:
    """The signed bytes are as they were, they are a whole revision of the file, and nothing came later but further signatures."""
    from pyhanko.sign.diff_analysis import ModificationLevel
    from pyhanko.sign.validation.status import SignatureCoverageLevel

    whole = status.coverage >= SignatureCoverageLevel.ENTIRE_REVISION
    later = status.modification_level
    harmless = status.docmdp_ok and (later is None or later <= ModificationLevel.FORM_FILLING)
    return bool(status.intact and status.valid and whole and harmless)


def _certificate(status: Any, at: datetime) -> str:
    if status.trusted:
        return "trusted"
    return "expired" if status.signing_cert.not_valid_after < at else "unknown"


def _name(certificate: Any) -> str:
    said = certificate.subject.native
    name = said.get("common_name") or said.get("organization_name") or certificate.subject.human_friendly
    return str(name)[:LONGEST]


def _instant(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None and moment.tzinfo is not None else None


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
