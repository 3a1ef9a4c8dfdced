"""Lives the stories through: every assessment goes through the services, at its own moment.

No row is inserted past them. The clock of each unit of work is set to the day it tells of, so the
audit trail, the results and what is owed to the gradebook come out as they would have.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random

from sqlalchemy import select

from lti_tool.demo.stories import FEEDBACK, SETTINGS, STORIES, SUPERVISORS, Story
from lti_tool.domain.assessment import Content
from lti_tool.domain.passback import SendWhen
from lti_tool.domain.people import Actor, Role, display_name
from lti_tool.domain.rubric import Competency
from lti_tool.domain.scoring import HIGHEST, LOWEST, GradeMapping
from lti_tool.domain.standard import Standard
from lti_tool.models.activity import Activity
from lti_tool.models.course import Course
from lti_tool.models.person import Membership, Person
from lti_tool.models.platform import Deployment, Platform
from lti_tool.services.activities import Choice
from lti_tool.services.unit import Rounds, utc_now

WEEKS = 10
RARELY_SEEN = "PC-5"
WEIGHTS = {"patient-communication": 40, "teamwork": 35, "documentation": 25, "professionalism": 0}


@dataclass(frozen=True)
class Place:
    """The activity of the demo course on one platform, and who is who there."""

    activity: int
    course: int
    people: dict[str, Actor]


def find_place(rounds: Rounds, client_id: str, title: str, names: dict[str, str]) -> Place | None:
    """The activity of this title and the people of these names; None until the roster came."""
    with rounds.reading() as unit:
        found = unit.session.execute(
            select(Activity.id, Course.id, Course.roster_at)
            .join(Course, Course.id == Activity.course_id)
            .join(Deployment, Deployment.id == Course.deployment_id)
            .join(Platform, Platform.id == Deployment.platform_id)
            .where(Platform.client_id == client_id, Activity.title == title)
        ).one()
        activity, course, roster_at = found
        if roster_at is None:
            return None
        rows = unit.session.execute(
            select(Person.name, Person.id, Membership.role)
            .join(Membership, Membership.person_id == Person.id)
            .where(Membership.course_id == course)
        )
        known = {name: Actor(person, course, Role(role)) for name, person, role in rows}
    shown = {key: display_name(name, None, None, None, "") for key, name in names.items()}
    people = {key: known[name] for key, name in shown.items() if name in known}
    nameless = [actor for name, actor in known.items() if name.startswith("Learner ")]
    if nameless:
        people["nameless"] = nameless[0]
    return Place(activity, course, people)


def choose(rounds: Rounds, place: Place) -> None:
    """The course lead sets the activity up: three competencies count, one is for feedback."""
    began = _at(rounds, utc_now() - timedelta(weeks=WEEKS))
    choice = Choice(WEIGHTS, Standard(), GradeMapping.TABLE, SendWhen.AS_SCORED)
    with began.work() as unit:
        unit.activities.choose(place.people["ingrid"], place.activity, choice)


def live(rounds: Rounds, place: Place, say: Callable[[str], None]) -> None:
    """Live every intern's story through, in the order in which things happened."""
    with rounds.reading() as unit:
        view = unit.activities.view(place.course, place.activity)
    acts = sorted(
        (act for key, story in STORIES.items() if key in place.people for act in _acts(key, story)),
        key=lambda act: act.moment,
    )
    last: dict[str, int] = {}
    for act in acts:
        last[act.intern] = _score(rounds, place, view.competency(act.competency), act)
    say(f"{len(acts)} assessments")
    _afterwards(rounds, place, last)


@dataclass(frozen=True)
class _Act:
    """One assessment that took place."""

    moment: datetime
    intern: str
    supervisor: str
    competency: str
    number: int
    story: Story


def _acts(intern: str, story: Story) -> list[_Act]:
    """A story's assessments, spread evenly over the weeks, by supervisors in turn."""
    chance = Random(intern)  # noqa: S311  (a story, not a secret)
    began = utc_now().replace(hour=14, minute=0, second=0, microsecond=0) - timedelta(weeks=WEEKS)
    acts = []
    for shift, (competency, times) in enumerate(story.seen.items()):
        for number in range(times):
            day = (number + (1 + shift) / 4) * (WEEKS * 7 - 2) // times
            minutes = chance.randrange(180)
            supervisor = SUPERVISORS[(number + shift) % len(SUPERVISORS)]
            moment = began + timedelta(days=day, minutes=minutes)
            acts.append(_Act(moment, intern, supervisor, competency, number, story))
    return acts


def _score(rounds: Rounds, place: Place, competency: Competency, act: _Act) -> int:
    actor, intern = place.people[act.supervisor], place.people[act.intern]
    content = _content(competency, act)
    with _at(rounds, act.moment).work() as unit:
        number = unit.assessments.start(actor, place.activity, intern.person, competency.id)
    with _at(rounds, act.moment + timedelta(minutes=2)).work() as unit:
        unit.assessments.submit(actor, number, 1, content)
    return number


def _content(competency: Competency, act: _Act) -> Content:
    chance = Random(f"{act.intern} {act.competency} {act.number}")  # noqa: S311  (as above)
    ratings: dict[str, int | None] = {}
    for place, criterion in enumerate(competency.criteria):
        seen = _is_seen(act, criterion.id, place)
        ratings[criterion.id] = _level(act.story.level, chance) if seen else None
    happened = {}
    if act.story.low is not None and act.number == 1:
        where, criterion_id, words = act.story.low
        if where == competency.id:
            ratings[criterion_id] = LOWEST
            happened[criterion_id] = words
    setting, specialty = chance.choice(SETTINGS)
    worked, next_time = chance.choice(FEEDBACK[competency.id])
    return Content(
        ratings=ratings,
        what_happened=happened,
        support=min(5, max(2, act.story.level // 10 + 1 + chance.randrange(2))),
        worked=worked,
        next_time=next_time,
        on=act.moment.astimezone(UTC).date(),
        setting=setting,
        specialty=specialty,
    )


def _is_seen(act: _Act, criterion_id: str, place: int) -> bool:
    """Difficult conversations are rare; anything else is missed one time in six."""
    if criterion_id == RARELY_SEEN:
        return not act.story.rare and act.number % 3 == 1
    return (act.number * 5 + place * 7) % 6 != 0


def _level(tenths: int, chance: Random) -> int:
    """A level near `tenths`, never Needs direction: that has a story of its own."""
    whole, rest = divmod(tenths, 10)
    return min(HIGHEST, max(2, whole + (chance.randrange(10) < rest)))


def _afterwards(rounds: Rounds, place: Place, last: dict[str, int]) -> None:
    """What people do besides scoring: an amendment, a withdrawal, a paper form, an open draft."""
    helen, ingrid, now = place.people["helen"], place.people["ingrid"], utc_now()
    if "leo" in last:
        with _at(rounds, now - timedelta(days=1)).work() as unit:
            reading = unit.assessments.read(ingrid, last["leo"])
            unit.assessments.withdraw(
                ingrid, last["leo"], reading.version, "Entered twice, from paper and on the phone."
            )
    if "beatriz" in place.people:
        _paper(rounds, place, now - timedelta(hours=20))
    for key, story in STORIES.items():
        for competency in story.drafts if key in place.people else ():
            with _at(rounds, now - timedelta(hours=2)).work() as unit:
                unit.assessments.start(helen, place.activity, place.people[key].person, competency)


def _paper(rounds: Rounds, place: Place, moment: datetime) -> None:
    """The course lead types in a form that a supervisor filled in on paper."""
    ingrid, peter, beatriz = (place.people[key] for key in ("ingrid", "peter", "beatriz"))
    with rounds.reading() as unit:
        competency = unit.activities.view(place.course, place.activity).competency("documentation")
    act = _Act(moment, "beatriz", "peter", competency.id, 0, STORIES["beatriz"])
    with _at(rounds, moment).work() as unit:
        number = unit.assessments.start(
            ingrid, place.activity, beatriz.person, competency.id, paper_for=peter.person
        )
    with _at(rounds, moment).work() as unit:
        unit.assessments.submit(ingrid, number, 1, _content(competency, act))


def _at(rounds: Rounds, moment: datetime) -> Rounds:
    return replace(rounds, clock=lambda: moment)
