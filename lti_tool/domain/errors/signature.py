"""Refusals about signatures: of keys that are brought, when signing, and of files to be proven."""

from lti_tool.domain.errors.families import Invalid, Unavailable


class SealUnreadable(Invalid):
    """What was brought holds no private key with its certificate in PKCS #12 or PEM."""

    code = "seal-unreadable"


class SealPasswordWrong(Invalid):
    """The password does not open the private key that was brought."""

    code = "seal-password-wrong"


class SealKeyMismatch(Invalid):
    """None of the certificates that were brought is of the private key, or the chain has a gap."""

    code = "seal-key-mismatch"


class SealExpired(Invalid):
    """The certificate that documents are to be signed with is not good now."""

    code = "seal-expired"


class SealUnfit(Invalid):
    """The key is of a kind or length not signed with, or its certificate is not for signing."""

    code = "seal-unfit"


class SealKnown(Invalid):
    """The key was here before with another certificate, which has to stay published."""

    code = "seal-known"


class SealRevoked(Invalid):
    """The key was revoked here, because others may have it, or its certificate by the authority."""

    code = "seal-revoked"


class SigningOff(Unavailable):
    """What documents are signed with is not installed or cannot be loaded."""

    code = "signing-off"


class SigningFailed(Unavailable):
    """Signing a certificate's file broke."""

    code = "certificate-signing-failed"


class TimestampAway(Unavailable):
    """The timestamp service gave no answer, or none that proves a time."""

    code = "timestamp-away"


class TimestampRevoked(Unavailable):
    """The authority says that the certificate of the timestamp service is revoked."""

    code = "timestamp-revoked"


class EvidenceAway(Unavailable):
    """No authority says, or none that counts, whether a certificate is revoked."""

    code = "evidence-away"


class FileUnreadable(Invalid):
    """A file to be proven is none of the kinds Rounds gives out, or cannot be read as one."""

    code = "file-unreadable"


class FileUnsigned(Invalid):
    """A file to be proven bears no signature."""

    code = "file-unsigned"


class FileChanged(Invalid):
    """A file to be proven is not what was signed."""

    code = "file-changed"


class FileForeign(Invalid):
    """A file to be proven is signed by a key that is not published."""

    code = "file-foreign"


class FileMismatched(Invalid):
    """A document to be proven carries the credential of another certificate."""

    code = "file-mismatched"


class KeyRevoked(Invalid):
    """A file to be proven is signed by a key that others had, and nothing shows it is older."""

    code = "key-revoked"


class KeysUnreadable(Invalid):
    """A saved set of published keys cannot be read as one."""

    code = "keys-unreadable"
