"""Issuing by hand: what course leads decide about the certificates of their interns."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.domain.certificate import State
from lti_tool.domain.errors import UnknownThing
from lti_tool.domain.people import Actor, Right
from lti_tool.models.activity import Activity
from lti_tool.models.certificate import Certificate
from lti_tool.services.audit import Audit
from lti_tool.services.certificate_ways import holder_of
from lti_tool.services.issuing import Issuing, Seen
from lti_tool.services.people import People
from lti_tool.services.results import Results


class IssuingByHand:
    """Signs off, issues again, revokes, and has files made that could not be made."""

    def __init__(
        self,
        session: Session,
        audit: Audit,
        people: People,
        results: Results,
        issuing: Issuing,
    ) -> None:
        self._session = session
        self._audit = audit
        self._people = people
        self._results = results
        self._issuing = issuing

    def sign_off(self, actor: Actor, activity_id: int, intern: int) -> None:
        """Issue a certificate in the actor's name. See `Issuing.sign_off`."""
        self._require(actor, activity_id)
        self._people.intern(actor.course, intern)
        self._results.decide(
            activity_id, intern, lambda grounds: self._issuing.sign_off(grounds, actor)
        )

    def reissue(
        self, actor: Actor, activity_id: int, holder: int, seen: Seen, why: str, *, anew: bool
    ) -> None:
        """Issue a certificate again, and say why. See `Issuing.reissue`."""
        self._require_holder(actor, activity_id, holder)
        self._results.decide(
            activity_id,
            holder,
            lambda grounds: self._issuing.reissue(grounds, actor, seen, why, anew=anew),
        )

    def revoke(self, actor: Actor, activity_id: int, holder: int, seen: Seen, why: str) -> None:
        """Have a certificate no longer count, and say why. See `Issuing.revoke`."""
        self._require_holder(actor, activity_id, holder)
        self._results.decide(
            activity_id, holder, lambda grounds: self._issuing.revoke(grounds, actor, seen, why)
        )

    def make_again(self, actor: Actor, activity_id: int, holder: int | None = None) -> int:
        """Have files made anew that could not be made: one person's, or all; how many there are.

        Whoever makes certificates finds them. Raises NotAllowed, UnknownThing.
        """
        self._require(actor, activity_id)
        unmade = (
            select(Certificate)
            .where(
                Certificate.activity_id == activity_id,
                Certificate.state == State.VALID,
                Certificate.sha256.is_(None),
                Certificate.problem.is_not(None),
            )
            .order_by(Certificate.id)
            .with_for_update()
        )
        if holder is not None:
            self._require_holder(actor, activity_id, holder)
            unmade = unmade.where(Certificate.intern_id == holder)
        rows = self._session.scalars(unmade).all()
        for row in rows:
            row.problem, row.tries, row.try_at = None, 0, None
            self._audit.record(actor, "certificate-retried", "certificate", row.id)
        return len(rows)

    def _require(self, actor: Actor, activity_id: int) -> None:
        actor.require(Right.ISSUE)
        found = self._session.get(Activity, activity_id)
        if found is None or found.course_id != actor.course:
            raise UnknownThing("no activity of that number in this course")

    def _require_holder(self, actor: Actor, activity_id: int, person: int) -> None:
        """Whoever once got a certificate here, whatever they are in the course by now."""
        self._require(actor, activity_id)
        if holder_of(self._session, activity_id, person) is None:
            raise UnknownThing("nobody of that number has a certificate of this activity")
