"""Issuing by hand: what course leads decide about the certificates of their interns."""

from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.domain.certificate import State
from lti_tool.domain.errors import UnknownThing
from lti_tool.domain.people import Actor, Right
from lti_tool.models.activity import Activity
from lti_tool.models.certificate import Certificate
from lti_tool.services.audit import Audit
from lti_tool.services.issuing import Grounds, Issuing, Settled
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
        self._decide(
            actor, activity_id, intern, lambda grounds: self._issuing.sign_off(grounds, actor)
        )

    def reissue(
        self,
        actor: Actor,
        activity_id: int,
        intern: int,
        seen: int,
        explanation: str,
        *,
        anew: bool,
    ) -> None:
        """Issue a certificate again, and say why. See `Issuing.reissue`."""
        self._decide(
            actor,
            activity_id,
            intern,
            lambda grounds: self._issuing.reissue(grounds, actor, seen, explanation, anew=anew),
        )

    def revoke(
        self, actor: Actor, activity_id: int, intern: int, seen: int, explanation: str
    ) -> None:
        """Have a certificate no longer count, and say why. See `Issuing.revoke`."""
        self._decide(
            actor,
            activity_id,
            intern,
            lambda grounds: self._issuing.revoke(grounds, actor, seen, explanation),
        )

    def make_again(self, actor: Actor, activity_id: int, intern: int | None = None) -> int:
        """Have files made anew that could not be made: one intern's, or all; how many there are.

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
        if intern is not None:
            self._people.intern(actor.course, intern)
            unmade = unmade.where(Certificate.intern_id == intern)
        rows = self._session.scalars(unmade).all()
        for row in rows:
            row.problem, row.tries, row.try_at = None, 0, None
            self._audit.record(actor, "certificate-retried", "certificate", row.id)
        return len(rows)

    def _decide(
        self,
        actor: Actor,
        activity_id: int,
        intern: int,
        decision: Callable[[Grounds], Settled],
    ) -> None:
        self._require(actor, activity_id)
        self._people.intern(actor.course, intern)
        self._results.decide(activity_id, intern, decision)

    def _require(self, actor: Actor, activity_id: int) -> None:
        actor.require(Right.ISSUE)
        found = self._session.get(Activity, activity_id)
        if found is None or found.course_id != actor.course:
            raise UnknownThing("no activity of that number in this course")
