"""Credentials: a certificate as a signed Open Badge, made once, and given to its holder."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, undefer

from lti_tool.credentials import baking, issuer_keys
from lti_tool.domain.certificate import Facts, Kind, State, in_groups
from lti_tool.domain.credential import credential
from lti_tool.domain.errors import UnknownThing
from lti_tool.domain.issuer import Json
from lti_tool.domain.people import Actor, Right
from lti_tool.domain.transcript_credential import transcript_credential
from lti_tool.models.activity import Activity
from lti_tool.models.certificate import Certificate
from lti_tool.pdf import load_facts, load_transcript
from lti_tool.services.issuers import Issuers
from lti_tool.settings import Settings


class Form(StrEnum):
    """How a credential is given out, by the end of the file's name."""

    JWT = "jwt"
    PNG = "png"
    SVG = "svg"


@dataclass(frozen=True, slots=True)
class CredentialFile:
    """A credential in one of its forms, and the certificate's code, which names nobody."""

    code: str
    content: bytes


FORMED: dict[Form, Callable[[str], bytes]] = {
    Form.JWT: str.encode,
    Form.PNG: baking.baked_png,
    Form.SVG: baking.baked_svg,
}


class Credentials:
    """Makes credentials and gives them out."""

    def __init__(
        self, session: Session, now: datetime, settings: Settings, issuers: Issuers
    ) -> None:
        self._session = session
        self._now = now
        self._settings = settings
        self._issuers = issuers

    def of(self, certificate_id: int) -> str:
        """The credential of a certificate as a JWT: the one it has, else one that is made now.

        One whose key was revoked before there was a file to carry it would prove nothing: it is
        made anew. Raises SecretKeyWrong, FactsFaulty.
        """
        row = self._session.scalars(
            select(Certificate)
            .where(Certificate.id == certificate_id)
            .options(undefer(Certificate.credential))
            .with_for_update()
        ).one()
        if row.credential is None or issuer_keys.is_revoked(self._session, row.credential):
            row.credential = self._signed(row)
        return row.credential

    def file_for(
        self, actor: Actor, activity_id: int, intern_id: int, form: Form
    ) -> CredentialFile:
        """The credential of a valid certificate for its holder or a course lead.

        `activity_id` is one of the actor's course. UnknownThing where there is none: certificates
        of before there were credentials have none.
        """
        if actor.person != intern_id or not actor.may(Right.READ_OWN_RESULT):
            actor.require(Right.READ_ALL)
        return self._given_out(
            form, Certificate.activity_id == activity_id, Certificate.intern_id == intern_id
        )

    def of_transcript(self, actor: Actor) -> CredentialFile:
        """The credential of an intern's own transcript, for themselves alone: as a JWT and in no
        picture, since pictures are shown as awards and a transcript also tells of what is not met.

        Raises NotAllowed, UnknownThing.
        """
        actor.require(Right.READ_OWN_RESULT)
        mine = Certificate.intern_id == actor.person
        return self._given_out(Form.JWT, Certificate.kind == Kind.TRANSCRIPT, mine)

    def _given_out(self, form: Form, *which: ColumnElement[bool]) -> CredentialFile:
        found = self._session.execute(
            select(Certificate.code, Certificate.credential).where(
                *which, Certificate.state == State.VALID
            )
        ).one_or_none()
        if found is None or found.credential is None:
            raise UnknownThing("no credential")
        return CredentialFile(in_groups(found.code), FORMED[form](found.credential))

    def _signed(self, row: Certificate) -> str:
        make = self._of_transcript if row.kind == Kind.TRANSCRIPT else self._of_certificate
        return issuer_keys.sign_credential(self._session, self._settings, make(row), self._now)

    def _of_transcript(self, row: Certificate) -> Json:
        facts, issuer = load_transcript(row.facts), self._issuers.of(row)
        aligned = self._issuers.aligned(row, facts)
        return transcript_credential(facts, issuer, aligned, issued_at=row.issued_at)

    def _of_certificate(self, row: Certificate) -> Json:
        facts, issuer = load_facts(row.facts), self._issuers.of(row)
        activity = self._session.get_one(Activity, row.activity_id)
        return credential(
            facts,
            issuer,
            issuer.achievement(activity.key),
            self._issuers.aligned(row, facts),
            issued_at=row.issued_at,
            valid_until=_until(facts, activity),
        )


def _until(facts: Facts, activity: Activity) -> datetime | None:
    """The end of the last day, where the course is."""
    if facts.expires_on is None:
        return None
    zone = ZoneInfo(activity.course.time_zone)
    return datetime.combine(facts.expires_on + timedelta(days=1), time(), zone)
