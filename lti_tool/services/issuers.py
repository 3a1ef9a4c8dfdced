"""Issuers: what is published of those who issue certificates, for whoever checks one.

None of it names a person. All of it stays where it is: credentials that were issued point to it.
"""

import re
from collections.abc import Iterator

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from lti_tool.credentials import issuer_keys
from lti_tool.domain.certificate import Facts, Kind, State, tidy
from lti_tool.domain.credential import achievement
from lti_tool.domain.errors import NotFound
from lti_tool.domain.framework import Place, places
from lti_tool.domain.issuer import CONTEXT, Issuer, Json, profile, revocation_list
from lti_tool.domain.transcript import Transcript
from lti_tool.models.activity import Activity, ActivityCompetency
from lti_tool.models.certificate import Certificate
from lti_tool.models.issuer import Institution
from lti_tool.models.result import Result
from lti_tool.pdf import load_facts
from lti_tool.services.activities import pinned
from lti_tool.settings import Settings

NAME = re.compile(r"[\w-]{1,64}", re.ASCII)
"""What the id of a key and the key of an activity are made of."""


class Issuers:
    """Answers those who check. NotFound for all that no certificate points to."""

    def __init__(self, session: Session, settings: Settings) -> None:
        self._session = session
        self._settings = settings

    def profile(self, platform_id: int) -> Json:
        """The school of a platform, by the name on its newest certificate."""
        newest = self._newest(platform_id)
        return {"@context": CONTEXT} | profile(self.of(newest))

    def achievement(self, platform_id: int, key: str) -> Json:
        """What an activity's newest certificate was given for."""
        _check(key)
        activity = select(Activity.id).where(Activity.key == key).scalar_subquery()
        newest = self._newest(platform_id, Certificate.activity_id == activity)
        facts, issuer = load_facts(newest.facts), self.of(newest)
        aligned = self.aligned(newest, facts)
        return {"@context": CONTEXT} | achievement(facts, issuer, issuer.achievement(key), aligned)

    def revocations(self, platform_id: int) -> Json:
        """The credentials of a platform that count no longer, and why."""
        newest = self._newest(platform_id)
        issuer = self.of(newest)
        return revocation_list(issuer, self._ended(platform_id))

    def keys(self) -> Json:
        """Every key that ever signed a certificate, as a JSON Web Key Set."""
        return issuer_keys.published(self._session)

    def key(self, kid: str) -> Json:
        """One of them, as a JSON Web Key."""
        _check(kid)
        found = issuer_keys.published_key(self._session, kid)
        if found is None:
            raise NotFound("no such key")
        return found

    # For credentials ------------------------------------------------------------------------------

    def of(self, row: Certificate) -> Issuer:
        """Who issued a certificate, by the name that stands on it."""
        known = self._session.get(Institution, row.platform_id)
        return Issuer(
            address=f"{self._settings.origin}/issuers/{row.platform_id}",
            name=row.facts["issuer"],
            url=known.url if known else "",
            email=known.email if known else "",
        )

    def aligned(self, row: Certificate, facts: Facts | Transcript) -> tuple[Place, ...]:
        """The places in frameworks that the packs of a certificate name, at their versions."""
        counted = {(one.title, one.version) for one in facts.competencies}
        rubrics = select(ActivityCompetency.rubric)
        if row.kind == Kind.CERTIFICATE:
            rubrics = rubrics.where(ActivityCompetency.activity_id == row.activity_id)
        else:
            theirs = select(Result.activity_id).where(Result.intern_id == row.intern_id)
            rubrics = rubrics.where(ActivityCompetency.activity_id.in_(theirs))
        return places(
            alignment
            for competency in map(pinned, self._session.scalars(rubrics))
            if (tidy(competency.title), competency.version) in counted
            for criterion in competency.criteria
            for alignment in criterion.alignments
        )

    def _newest(self, platform_id: int, *also: ColumnElement[bool]) -> Certificate:
        found = self._session.scalar(
            select(Certificate)
            .where(Certificate.platform_id == platform_id, *also)
            .order_by(Certificate.id.desc())
            .limit(1)
        )
        if found is None:
            raise NotFound("no certificate points to this")
        return found

    def _ended(self, platform_id: int) -> Iterator[tuple[str, str]]:
        """The id of each, as it was signed, and the word for why."""
        ended = self._session.execute(
            select(
                Certificate.facts["verify_url"].as_string(), Certificate.state, Certificate.reason
            )
            .where(
                Certificate.platform_id == platform_id,
                Certificate.state != State.VALID,
                Certificate.credential.is_not(None),
            )
            .order_by(Certificate.id)
        )
        for id, state, reason in ended:
            yield id, state if state == State.SUPERSEDED else reason


def _check(name: str) -> None:
    """Raise NotFound for what no name is, before a database chokes on it."""
    if not NAME.fullmatch(name):
        raise NotFound("no such name")
