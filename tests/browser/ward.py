"""A course in which things have happened, for the tests that look at its pages."""

from dataclasses import dataclass

from lti_tool.demo.history import Place, find_place
from lti_tool.demo.visits import Visits
from lti_tool.domain.passback import SendWhen, State
from lti_tool.domain.scoring import GradeMapping
from lti_tool.services.activities import Choice
from lti_tool.services.certificates import CertificateView
from lti_tool.services.passback_views import Delivery
from tests import factories
from tests.stack import Stack, until

FLAVOUR, ACTIVITY, TITLE = "plain", "competencies", "Clinical competencies"
HAVE_OPENED_IT = ("ingrid", "helen", "ruth", "amara", "graham")

MARKUP = "<script>alert(1)</script><img src=x onerror=alert(2)> {{ 7 * 7 }} \u202e\u2066"
"""What someone may type into any box: text, and nothing more."""


@dataclass(frozen=True)
class LivedIn:
    """The place, its people by key, and what they have written."""

    stack: Stack
    place: Place
    mallorys: int
    """Helen's submitted assessment of Mallory, which raised a concern."""
    draft: int
    """Helen's draft about Mallory."""
    revoked: str
    """The code of a certificate that Tomasz had."""

    def person(self, key: str) -> int:
        """The number under which the tool knows someone."""
        return self.place.people[key].person

    def flag(self) -> int:
        """The number of the open concern about Mallory."""
        with self.stack.rounds.reading() as unit:
            return unit.flags.open(self.place.people["ingrid"], self.place.activity)[0].id

    def code(self) -> str:
        """The code of Amara's certificate, once its file is made."""
        certificate = until(lambda: _certificate(self.stack, self.place, "amara", ready=True))
        return certificate.code


def live_in(stack: Stack) -> LivedIn:
    """One intern has met the standard; one with a hostile name raised concern, and has a draft;
    the LMS refused the grade of a third; the certificate of a fourth was revoked.
    """
    place = _place(stack)
    people = place.people
    choice = Choice(factories.THREE, factories.EASY, GradeMapping.TABLE, SendWhen.AS_SCORED)
    with stack.rounds.work() as unit:
        unit.activities.choose(people["ingrid"], place.activity, choice)
    ward = factories.Ward(
        rounds=stack.rounds,
        activity=place.activity,
        lead=people["ingrid"],
        helen=people["helen"],
        ruth=people["ruth"],
        amara=people["amara"],
        jonas=people["jonas"],
        observer=people["graham"],
    )
    stack.sandbox.control(FLAVOUR, "fault", where="scores", times=1000, status=403)
    ward.score(ward.ruth, ward.jonas, "teamwork", 3, 2)
    _wait_for_refusal(stack, place)
    stack.sandbox.control(FLAVOUR, "no-faults")
    comments = {"worked": MARKUP, "next_time": MARKUP}
    for competency in factories.THREE:
        for supervisor in (ward.helen, ward.ruth):
            ward.score(supervisor, ward.amara, competency, 3, **comments)
            last = ward.score(supervisor, people["tomasz"], competency, 3)
    low = {"TW-3": MARKUP}
    words = comments | {"setting": MARKUP, "concern_text": MARKUP}
    mallorys = ward.score(
        ward.helen,
        people["mallory"],
        "teamwork",
        3,
        3,
        1,
        3,
        what_happened=low,
        concern=True,
        **words,
    )
    draft = ward.draft(ward.helen, people["mallory"], "documentation")
    return LivedIn(stack, place, mallorys, draft, _revoke(stack, place, last))


def _place(stack: Stack) -> Place:
    visits = Visits(stack.origin, stack.sandbox.base)
    for person in HAVE_OPENED_IT:
        visits.open(FLAVOUR, person, ACTIVITY)
    client = stack.sandbox.registrations()[FLAVOUR]["client_id"]
    names = visits.people(FLAVOUR)
    return until(lambda: find_place(stack.rounds, client, TITLE, names))


def _certificate(stack: Stack, place: Place, intern: str, *, ready: bool) -> CertificateView | None:
    with stack.rounds.reading() as unit:
        found = unit.certificates.of_intern(place.activity, place.people[intern].person)
    return found if found and found.ready >= ready else None


def _revoke(stack: Stack, place: Place, assessment: int) -> str:
    """Withdraw what Tomasz's certificate rests on; the code it had."""
    certificate = until(lambda: _certificate(stack, place, "tomasz", ready=False))
    with stack.rounds.work() as unit:
        unit.assessments.withdraw(place.people["ingrid"], assessment, 2, "Entered twice.")
    return certificate.code


def _wait_for_refusal(stack: Stack, place: Place) -> None:
    try:
        until(lambda: (found := _delivery(stack, place)) and found.state == State.REFUSED)
    except AssertionError as error:
        raise AssertionError(f"{_delivery(stack, place)}\n{stack.log()}") from error


def _delivery(stack: Stack, place: Place) -> Delivery | None:
    with stack.rounds.reading() as unit:
        table = unit.overview.lead_table(place.people["ingrid"], place.activity)
    found = next(row for row in table.rows if row.intern.id == place.people["jonas"].person)
    return found.delivery
