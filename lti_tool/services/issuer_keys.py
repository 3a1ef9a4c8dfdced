"""Issuer keys as an operator handles them: listed, rotated, brought; and as a job signs by them."""

from datetime import datetime

from sqlalchemy.orm import Session

from lti_tool.credentials import issuer_keys
from lti_tool.credentials.issuer_keys import IssuerKeyView, Signs
from lti_tool.pdf import Seal
from lti_tool.services.audit import Audit
from lti_tool.settings import Settings


class IssuerKeys:
    """The keys that certificates are signed with; credentials/issuer_keys.py has the rules."""

    def __init__(self, session: Session, now: datetime, settings: Settings, audit: Audit) -> None:
        self._session = session
        self._now = now
        self._settings = settings
        self._audit = audit

    def all(self) -> list[IssuerKeyView]:
        """Every key there ever was, the oldest first."""
        return issuer_keys.issuer_keys(self._session)

    def published(self) -> dict[str, list[dict[str, object]]]:
        """Their public halves, for whoever checks a certificate."""
        return issuer_keys.published(self._session)

    def document_seal(self) -> Seal:
        """What documents are signed with now. Raises SealExpired, SecretKeyWrong."""
        return issuer_keys.document_seal(self._session, self._settings, self._now)

    def rotate(self, signs: Signs) -> IssuerKeyView:
        """Sign with a new key of our own making; that key. Raises SecretKeyWrong."""
        issuer_keys.rotate(self._session, self._settings, signs, self._now)
        return self._changed("issuer-key-rotated", signs)

    def bring(self, given: Seal) -> IssuerKeyView:
        """Sign documents with a key of the institution's own; that key.

        `given` is what `read_seal` made of its files. Raises SealKnown, SecretKeyWrong.
        """
        issuer_keys.bring(self._session, self._settings, given, self._now)
        return self._changed("issuer-key-brought", Signs.DOCUMENT)

    def _changed(self, action: str, signs: Signs) -> IssuerKeyView:
        used = [key for key in self.all() if key.signs is signs and key.retired_at is None]
        self._audit.record(None, action, "issuer-key", used[-1].kid, signs=str(signs))
        return used[-1]
