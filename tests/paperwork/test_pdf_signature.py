"""A PDF that bears signatures: who signed, whether it was changed since, and whether anybody here trusts the certificate."""

import random
from functools import cache

import pytest

from paperwork import pdf, pdf_signature
from paperwork.pdf_signature import Certificate, Integrity, PdfSignature, examine
from tests.paperwork.signing import DAY, NOW, Issuer, Signer, authority, issued
from tests.workflow.joint import agreed, drawn, folded
from workflow.printing.kinds import AGREEMENT


@cache
def printed() -> bytes:
    """A real agreement, as it is printed."""
    return pdf.render(drawn(folded(*agreed(1)), AGREEMENT)).data


@cache
def issuer() -> Issuer:
    return authority()


@cache
def lead() -> Signer:
    return issued(issuer(), "湖南岳麓智模科技有限公司")


@cache
def signed() -> bytes:
    return lead().sign(printed(), "lead")


def looked_at(data: bytes, *roots: str) -> tuple[PdfSignature, ...]:
    return examine(data, roots or (issuer().pem,), NOW)


def test_a_good_signature_tells_who_signed_and_that_nothing_was_changed() -> None:
    (found,) = looked_at(signed())
    assert (found.signer, found.integrity, found.certificate) == (
        "湖南岳麓智模科技有限公司",
        Integrity.INTACT,
        Certificate.TRUSTED,
    )
    assert found.covers_whole
    assert found.said_at is not None
    assert found.timestamped_at is None


def test_the_second_signature_leaves_the_first_intact_though_it_no_longer_covers_the_whole() -> None:
    both = issued(issuer(), "长沙智云").sign(signed(), "member")
    first, second = looked_at(both)
    assert (first.integrity, first.covers_whole) == (Integrity.INTACT, False)
    assert (second.integrity, second.covers_whole, second.signer) == (Integrity.INTACT, True, "长沙智云")


def test_a_changed_byte_under_a_signature_is_told() -> None:
    place = signed().index(b"/Producer") if b"/Producer" in signed() else len(printed()) // 2
    changed = signed()[:place] + bytes([signed()[place] ^ 1]) + signed()[place + 1 :]
    assert [found.integrity for found in looked_at(changed)] in ([Integrity.ALTERED], [Integrity.UNREADABLE])
    xmp = signed().replace(b"xmp:CreateDate>2025", b"xmp:CreateDate>2024", 1)
    assert xmp != signed()
    assert [found.integrity for found in looked_at(xmp)] == [Integrity.ALTERED]


def test_what_was_added_after_the_signature_is_an_alteration() -> None:
    """An incremental update that is no signature: a page drawn over, for instance."""
    from io import BytesIO

    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer = IncrementalPdfFileWriter(BytesIO(signed()), strict=False)
    stream = writer.add_object(generic.StreamObject(stream_data=b"q 1 0 0 RG 0 0 600 800 re S Q"))
    page = writer.root["/Pages"]["/Kids"][0]
    page["/Contents"] = generic.ArrayObject([stream])
    writer.update_container(page)
    out = BytesIO()
    writer.write(out)
    (found,) = looked_at(out.getvalue())
    assert found.integrity is Integrity.ALTERED


def test_a_certificate_of_nobody_here_is_unknown_and_one_that_ran_out_expired() -> None:
    (stranger,) = looked_at(signed(), authority("别处的认证").pem)
    assert (stranger.integrity, stranger.certificate) == (Integrity.INTACT, Certificate.UNKNOWN)
    (rootless,) = examine(signed(), (), NOW)
    assert rootless.certificate is Certificate.UNKNOWN
    late = issued(issuer(), "过期单位", until=NOW - DAY).sign(printed(), "late")
    (expired,) = looked_at(late)
    assert (expired.integrity, expired.certificate) == (Integrity.INTACT, Certificate.EXPIRED)


def test_a_trusted_timestamp_proves_that_the_certificate_was_good_then() -> None:
    stamper = issued(issuer(), "时间戳服务", until=NOW + 800 * DAY, stamps=True)
    stamped = lead().sign(printed(), "lead", stamper)
    (now,) = looked_at(stamped)
    assert now.timestamped_at == NOW
    (later,) = examine(stamped, (issuer().pem,), NOW + 301 * DAY)
    assert (later.certificate, later.timestamped_at) == (Certificate.TRUSTED, NOW)
    (bare,) = examine(signed(), (issuer().pem,), NOW + 301 * DAY)
    assert bare.certificate is Certificate.EXPIRED


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"/ByteRange", b"PK\x03\x04", b"\x89PNG"])
def test_what_bears_no_signature_has_none(data: bytes) -> None:
    assert examine(data, (), NOW) == ()


def test_an_unsigned_paper_is_not_even_looked_into(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_signature.subprocess, "run", None)
    assert examine(printed(), (), NOW) == ()


def test_without_the_extra_a_signed_pdf_is_never_taken_for_a_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_signature, "find_spec", lambda _: None)
    assert not pdf_signature.installed()
    assert looked_at(signed()) == (PdfSignature(integrity=Integrity.UNREADABLE),)


def test_a_child_that_takes_too_long_or_is_too_large_leaves_it_unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    assert examine(signed(), (), NOW, timeout_s=0.01) == (PdfSignature(),)
    monkeypatch.setattr(pdf_signature, "MEMORY_MB", 40)
    assert looked_at(signed()) == (PdfSignature(),)
    monkeypatch.setattr(pdf_signature, "MOST_BYTES", 10)
    assert looked_at(signed()) == (PdfSignature(),)


def hostile(seed: int) -> bytes:
    """The signed paper, cut off, bits turned over, or a piece of it said twice."""
    chance, data = random.Random(seed), bytearray(signed())
    match seed % 3:
        case 0:
            return bytes(data[: chance.randrange(8, len(data))])
        case 1:
            for _ in range(chance.randrange(1, 60)):
                data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
            return bytes(data)
        case _:
            start = chance.randrange(len(data) - 200)
            return bytes(data[:start] + data[start : start + 200] * chance.randrange(2, 5) + data[start + 200 :])


@pytest.mark.parametrize("seed", range(9))
def test_bytes_that_mean_harm_never_raise_and_never_pass_for_good(seed: int) -> None:
    data = hostile(seed)
    found = looked_at(data)
    if data[: len(signed())] != signed():
        assert all(one.integrity is not Integrity.INTACT for one in found), found
