"""Certificates made on the spot, and PDFs signed with them as a unit's own software would."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO

from asn1crypto import keys, x509
from cryptography import x509 as made
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

NOW = datetime(2025, 11, 12, 2, tzinfo=UTC)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Issuer:
    """An authority that issues certificates."""

    name: made.Name
    key: ec.EllipticCurvePrivateKey
    certificate: made.Certificate

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()


def authority(name: str = "湘政务电子认证") -> Issuer:
    key, subject = ec.generate_private_key(ec.SECP256R1()), _named(name)
    built = _certificate(subject, subject, key, NOW - 900 * DAY, NOW + 900 * DAY)
    built = built.add_extension(made.BasicConstraints(ca=True, path_length=1), critical=True)
    return Issuer(subject, key, built.sign(key, hashes.SHA256()))


@dataclass(frozen=True)
class Signer:
    """Somebody with a certificate, and the key that fits it."""

    signer: signers.SimpleSigner

    def sign(self, data: bytes, field: str, stamper: "Signer | None" = None) -> bytes:
        """*data* with this signature after whatever was signed before."""
        writer = IncrementalPdfFileWriter(BytesIO(data), strict=False)
        fields.append_signature_field(writer, fields.SigFieldSpec(sig_field_name=field))
        told = signers.PdfSignatureMetadata(
            field_name=field, subfilter=fields.SigSeedSubFilter.PADES, md_algorithm="sha256"
        )
        out = signers.PdfSigner(told, self.signer, timestamper=stamper.stamping() if stamper else None).sign_pdf(writer)
        written: bytes = out.getvalue()
        return written

    def stamping(self) -> DummyTimeStamper:
        """A time-stamping authority whose clock stands at NOW."""
        return DummyTimeStamper(self.signer.signing_cert, self.signer.signing_key, fixed_dt=NOW)


def issued(
    by: Issuer, name: str, until: datetime = NOW + 300 * DAY, since: datetime = NOW - 300 * DAY, stamps: bool = False
) -> Signer:
    key = rsa.generate_private_key(65537, 2048) if stamps else ec.generate_private_key(ec.SECP256R1())
    usage = made.KeyUsage(True, True, False, False, False, False, False, False, False)
    built = _certificate(_named(name), by.name, key, since, until).add_extension(usage, critical=True)
    if stamps:
        purpose = made.ExtendedKeyUsage([made.ExtendedKeyUsageOID.TIME_STAMPING])
        built = built.add_extension(purpose, critical=True)
    certificate = built.sign(by.key, hashes.SHA256())
    store = SimpleCertificateStore()
    store.register(x509.Certificate.load(by.certificate.public_bytes(serialization.Encoding.DER)))
    private = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Signer(
        signers.SimpleSigner(
            signing_cert=x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER)),
            signing_key=keys.PrivateKeyInfo.load(private),
            cert_registry=store,
        )
    )


def _named(name: str) -> made.Name:
    return made.Name([made.NameAttribute(NameOID.COUNTRY_NAME, "CN"), made.NameAttribute(NameOID.COMMON_NAME, name)])


def _certificate(
    subject: made.Name,
    issuer: made.Name,
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
    since: datetime,
    until: datetime,
) -> made.CertificateBuilder:
    return (
        made.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(made.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
    )
