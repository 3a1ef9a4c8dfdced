"""Seals that documents are signed with: of our own making, and brought by an institution."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from lti_tool.credentials.jwk import written
from lti_tool.domain.errors import SealExpired
from lti_tool.pdf import Seal

LASTS = timedelta(days=50 * 365)
"""How long a certificate of our own making says it is good for: a working life."""
CLOCKS_DIFFER = timedelta(days=1)
LONGEST_NAME = 64
"""Characters of a common name (X.520, ub-common-name)."""

_USAGE = x509.KeyUsage(
    digital_signature=True,
    content_commitment=True,  # which X.509 called nonRepudiation
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)


def make_seal(origin: str, now: datetime) -> Seal:
    """A new P-256 key and its certificate, signed by itself.

    It says where the installation is and vouches for nothing: only who knows the key by its address
    can tell whose it is.
    """
    private = ec.generate_private_key(ec.SECP256R1())
    public = private.public_key()
    common_name = f"Rounds at {urlsplit(origin).hostname}"[:LONGEST_NAME]
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    certificate = (
        x509.CertificateBuilder(name, name, public, x509.random_serial_number())
        .not_valid_before(now - CLOCKS_DIFFER)
        .not_valid_after(now + LASTS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_USAGE, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(private, SHA256())
    )
    return Seal(written(private), (certificate.public_bytes(Encoding.DER),))


def check_time(seal: Seal, now: datetime) -> None:
    """Raise SealExpired unless the seal's certificate is good now."""
    own = x509.load_der_x509_certificate(seal.certificates[0])
    since, until = own.not_valid_before_utc, own.not_valid_after_utc
    if not since <= now <= until:
        raise SealExpired(f"the certificate is good from {since:%Y-%m-%d} until {until:%Y-%m-%d}")
