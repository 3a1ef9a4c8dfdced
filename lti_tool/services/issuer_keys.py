"""Issuer keys as operators handle them: listed, rotated, brought, revoked; and as a job signs."""

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.credentials import issuer_keys
from lti_tool.credentials.jwk import certificates
from lti_tool.domain.certificate import State
from lti_tool.domain.issuer import Signs
from lti_tool.models.activity import Activity
from lti_tool.models.certificate import Certificate
from lti_tool.models.course import Course
from lti_tool.models.issuer import IssuerKey
from lti_tool.pdf import Seal
from lti_tool.services.audit import Audit
from lti_tool.services.renderings import Renderings
from lti_tool.settings import Settings


@dataclass(frozen=True, slots=True)
class IssuerKeyView:
    """A key as operators see it. One of credentials has no certificate: nobody is named in it, and
    it has no end.
    """

    kid: str
    signs: Signs
    brought: bool
    made_at: datetime
    retired_at: datetime | None
    subject: str | None
    """Whom the certificate names."""
    valid_until: datetime | None
    revoked_at: datetime | None
    """From when on it may have been in other hands; None: it was not."""
    explanation: str
    """Why it was revoked, for everybody."""


@dataclass(frozen=True, slots=True)
class Signed:
    """How many certificates that count were signed with a key, in a course."""

    platform: int
    course: str
    """Its title; "" for transcripts, which belong to none."""
    certificates: int


class IssuerKeys:
    """The keys that certificates are signed with; credentials/issuer_keys.py has the rules."""

    def __init__(self, session: Session, now: datetime, settings: Settings, audit: Audit) -> None:
        self._session = session
        self._now = now
        self._settings = settings
        self._audit = audit

    def all(self) -> list[IssuerKeyView]:
        """Every key there ever was, the oldest first."""
        return [_view(key) for key in issuer_keys.all_keys(self._session)]

    def published(self) -> dict[str, list[dict[str, object]]]:
        """Their public halves, for whoever checks a certificate."""
        return issuer_keys.published(self._session)

    def document_seal(self) -> Seal:
        """What documents are signed with now. Raises SealExpired, SecretKeyWrong."""
        return issuer_keys.document_seal(self._session, self._settings, self._now)

    def require_unrevoked(self, seal: Seal, credential: str) -> None:
        """Raise SealRevoked where what a certificate was made with has been revoked since."""
        issuer_keys.require_unrevoked(self._session, seal, credential)

    def document_certificates(self) -> tuple[bytes, ...]:
        """Those of what documents are signed with (DER), its own first; none at first."""
        return issuer_keys.document_certificates(self._session)

    def rotate(self, signs: Signs, *, lost: bool = False) -> IssuerKeyView:
        """Sign with a new key of our own making; that key. See `issuer_keys.rotate`."""
        issuer_keys.rotate(self._session, self._settings, signs, self._now, lost=lost)
        return self._changed("issuer-key-rotated", signs, lost=lost)

    def bring(self, given: Seal) -> IssuerKeyView:
        """Sign documents with a key of the institution's own; that key.

        `given` is what `read_seal` made of its files. See `issuer_keys.bring`.
        """
        issuer_keys.bring(self._session, self._settings, given, self._now)
        return self._changed("issuer-key-brought", Signs.DOCUMENT)

    def revoke(self, kid: str, since: datetime, explanation: str) -> list[IssuerKeyView]:
        """Say of a key that others may have it; that key, and the one that signs now.

        See `issuer_keys.revoke`.
        """
        issuer_keys.revoke(self._session, self._settings, kid, since, explanation, self._now)
        self._audit.record(
            None,
            "issuer-key-revoked",
            "issuer-key",
            kid,
            since=since.isoformat(),
            explanation=explanation,
        )
        self._sign_anew()
        [revoked] = [key for key in self.all() if key.kid == kid]
        return [revoked, self._signing(revoked.signs)]

    def signed(self, kid: str) -> list[Signed]:
        """The certificates that count and may have been signed with a key, by course.

        Which one did stands in the file alone, so this may be some too many: a credential is signed
        once its certificate is issued, the document right before its file is there.
        """
        key = self._session.get_one(IssuerKey, kid)
        counted = (
            select(Certificate.platform_id, func.coalesce(Course.title, ""), func.count())
            .outerjoin(Activity, Activity.id == Certificate.activity_id)
            .outerjoin(Course, Course.id == Activity.course_id)
            .where(
                Certificate.state == State.VALID,
                Certificate.rendered_at >= key.created_at,
                Certificate.issued_at <= (key.retired_at or self._now),
            )
            .group_by(Certificate.platform_id, Course.id, Course.title)
            .order_by(Certificate.platform_id, Course.title)
        )
        return [Signed(*row) for row in self._session.execute(counted)]

    def _changed(self, action: str, signs: Signs, **more: object) -> IssuerKeyView:
        used = self._signing(signs)
        self._audit.record(None, action, "issuer-key", used.kid, signs=str(signs), **more)
        self._sign_anew()
        return used

    def _sign_anew(self) -> None:
        Renderings(self._session, self._now, self._settings).sign_anew()

    def _signing(self, signs: Signs) -> IssuerKeyView:
        return [key for key in self.all() if key.signs is signs and key.retired_at is None][-1]


def _view(key: IssuerKey) -> IssuerKeyView:
    own = next(map(x509.load_der_x509_certificate, certificates(key.public)), None)
    return IssuerKeyView(
        kid=key.kid,
        signs=Signs(key.signs),
        brought=key.brought,
        made_at=key.created_at,
        retired_at=key.retired_at,
        subject=own.subject.rfc4514_string() if own else None,
        valid_until=own.not_valid_after_utc if own else None,
        revoked_at=key.revoked_at,
        explanation=key.explanation,
    )
