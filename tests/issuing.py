"""What people do about certificates, and what became of them: for the tests of issuing."""

from dataclasses import replace

from sqlalchemy import select

from lti_tool.domain.certificate import State
from lti_tool.domain.issuing import Stage, Terms
from lti_tool.domain.people import Actor, Role
from lti_tool.models.certificate import Certificate
from lti_tool.models.passback import Passback
from lti_tool.services.activities import choice_of
from lti_tool.services.issuing import Seen
from lti_tool.services.recomputing import recompute
from tests.factories import Ward

BY_HAND = Terms(sign_off=True)
WHY = "The name was misspelt."


def set_terms(place: Ward, terms: Terms) -> None:
    """Change how certificates are issued, and do the job that follows."""
    with place.rounds.work() as unit:
        choice = choice_of(unit.activities.view(place.lead.course, place.activity))
        unit.activities.choose(place.lead, place.activity, replace(choice, terms=terms))
    recompute(place.rounds, place.activity)


def meet(place: Ward, intern: Actor) -> int:
    """Two assessments meet the standard; the number of the first."""
    number = place.score(place.helen, intern, "teamwork", 3)
    place.score(place.ruth, intern, "teamwork", 3)
    return number


def amend(place: Ward, number: int, level: int) -> None:
    """Helen amends her assessment of this number."""
    with place.rounds.work() as unit:
        content = place.content("teamwork", level)
        unit.assessments.amend(place.helen, number, 2, content, "Looked at again.")


def change_role(place: Ward, person: Actor, role: Role) -> None:
    """The course lead gives somebody another role by hand."""
    with place.rounds.work() as unit:
        unit.people.set_role(place.lead, person.person, role)


def rows(place: Ward) -> list[Certificate]:
    with place.rounds.reading() as unit:
        return list(unit.session.scalars(select(Certificate).order_by(Certificate.id)))


def stage(place: Ward, intern: Actor | None = None) -> Stage:
    with place.rounds.reading() as unit:
        return unit.certificate_ways.of(place.activity, (intern or place.amara).person).stage


def sign_off(place: Ward, actor: Actor | None = None) -> None:
    with place.rounds.work() as unit:
        unit.issuing_by_hand.sign_off(actor or place.lead, place.activity, place.amara.person)


def newest(place: Ward) -> Seen:
    """Amara's newest certificate as a page shows it now."""
    found = rows(place)
    return Seen(found[-1].id, State(found[-1].state)) if found else Seen(0)


def reissue(place: Ward, seen: Seen | None = None, *, anew: bool = False) -> None:
    about = place.lead, place.activity, place.amara.person, seen or newest(place), WHY
    with place.rounds.work() as unit:
        unit.issuing_by_hand.reissue(*about, anew=anew)


def revoke(place: Ward, seen: Seen | None = None) -> None:
    about = place.lead, place.activity, place.amara.person, seen or newest(place), WHY
    with place.rounds.work() as unit:
        unit.issuing_by_hand.revoke(*about)


def last_comment(place: Ward) -> str:
    with place.rounds.reading() as unit:
        newest = select(Passback).filter_by(kind="score").order_by(Passback.stamp.desc()).limit(1)
        return str(unit.session.scalars(newest).one().message["comment"])
