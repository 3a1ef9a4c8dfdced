"""Every address of the launched against those who have no business there, taken from the map.

A new route is tried by itself: what has a number in its address must open to no other course, no
other LMS and nobody without a session, and no form may break it.
"""

from collections.abc import Iterator

import pytest
import structlog
from flask import Flask
from sqlalchemy import event, select
from structlog.testing import capture_logs
from werkzeug.routing import Rule

from lti_tool.domain.certificate import Kind
from lti_tool.models.certificate import Certificate
from lti_tool.services.unit import Rounds
from tests import factories
from tests.factories import Ward
from tests.unit.web.conftest import meet_standard, print_certificate, token_of
from tests.visitor import visitor

Numbers = dict[str, dict[str, int]]

CLOSED = (403, 404)
WORDS = {"reason": "Another intern.", "note": "Spoken to."}
FORMS: dict[str, dict[str, str]] = {
    "launched.start_assessment": {"competency": "teamwork"},
    "launched.save_assessment": {"version": "2"},
    "launched.submit_assessment": {"version": "2"},
    "launched.amend_assessment": {"version": "2", **WORDS},
    "launched.withdraw_assessment": {"version": "2", "reason": "Another intern."},
    "launched.move_assessment": {"version": "2", "reason": "Another intern.", "intern": "1"},
    "launched.resolve_flag": {"note": "Spoken to."},
    "launched.reissue_certificate": {"certificate": "1", "explanation": "Misspelt."},
    "launched.revoke_certificate": {"certificate": "1", "explanation": "Misspelt."},
    "launched.withdraw_transcript": {"code": "2222-2222-2222"},
}
"""What a form must hold to be looked at. Forms that are not named hold nothing but the token."""

OWN_SESSION = ("launched.stay", "launched.open_activity")
"""What changes nothing but who asks' own session: it is open to all who have one."""

OWN_RECORD = {"launched.ask_for_transcript": (303,), "launched.withdraw_transcript": (404, 409)}
"""What an intern alone may send, and the answers: it writes down what is known of them, and changes
nothing; nor is one withdrawn that was never made."""

NUMBERS = (
    "version",
    "person",
    "intern",
    "same_occasion_as",
    "paper_for",
    "page",
    "weight-teamwork",
)
TEXTS = (
    "reason",
    "note",
    "on",
    "setting",
    "TW-1",
    "happened-TW-3",
    "competency",
    "role",
    "mapping",
    "explanation",
    "design",
)
HOSTILE = {
    **dict.fromkeys(NUMBERS, ("-1", str(2**31 - 1), str(2**31), "9" * 5000, "\0")),
    **dict.fromkeys(TEXTS, ("\0", "a" * 9000, "\ufffe\U0010ffff")),
}


@pytest.fixture
def ward(rounds: Rounds) -> Ward:
    return factories.ward(rounds)


@pytest.fixture
def neighbour(rounds: Rounds) -> Ward:
    """A course of another LMS."""
    return factories.ward(rounds)


@pytest.fixture
def numbers(ward: Ward) -> Numbers:
    """What may stand for a number in an address, by the room the address is in."""
    meet_standard(ward, ward.amara)
    print_certificate(ward, ward.amara)
    one = ward.score(ward.helen, ward.amara, "teamwork", 3, concern=True, concern_text="Unwell.")
    with ward.rounds.reading() as unit:
        return {
            "interns": {"person": ward.amara.person},
            "activities": {"id": ward.activity},
            "assessments": {"id": one},
            "flags": {"id": unit.flags.open(ward.lead, ward.activity)[0].id},
            "passbacks": {"id": unit.passbacks.newest(ward.activity, ward.amara.person)[0].id},
        }


def launched(app: Flask, method: str, *, numbered: bool = False) -> Iterator[Rule]:
    """The routes below a session's address that take a method; `numbered`: of one thing only."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("launched.") and method in (rule.methods or ()):
            if not numbered or rule.arguments - {"launch"}:
                yield rule


def path_of(rule: Rule, numbers: Numbers) -> str:
    """A route's path below the session's address, with the numbers of its room filled in."""
    path = rule.rule.removeprefix("/s/<launch>/")
    for name, number in numbers.get(path.partition("/")[0], {}).items():
        path = path.replace(f"<int:{name}>", str(number))
    assert "<" not in path, f"{path} needs a number: say which in the fixture"
    return path


def test_no_number_of_another_lms_opens_anything(
    app: Flask, ward: Ward, neighbour: Ward, numbers: Numbers
) -> None:
    for who in (neighbour.lead, neighbour.helen, neighbour.amara, neighbour.observer):
        person = visitor(app, ward.rounds, who, neighbour.activity)
        token = token_of(person)
        for rule in launched(app, "GET", numbered=True):
            address = f"/s/{person.launch}/{path_of(rule, numbers)}"
            answer = person.client.get(address, follow_redirects=True)
            assert answer.status_code in CLOSED, rule.rule
            assert "Amara" not in answer.text
        for rule in launched(app, "POST", numbered=True):
            fields = FORMS.get(rule.endpoint, {}) | {"csrf": token}
            answer = person.post(path_of(rule, numbers), fields)
            assert answer.status_code in CLOSED, rule.rule
            assert "Amara" not in answer.text


def test_an_intern_and_an_observer_change_nothing(app: Flask, ward: Ward, numbers: Numbers) -> None:
    for who in (ward.amara, ward.jonas, ward.observer):
        person = visitor(app, ward.rounds, who, ward.activity)
        token = token_of(person)
        for rule in launched(app, "POST"):
            if rule.endpoint in OWN_SESSION:
                continue
            fields = FORMS.get(rule.endpoint, {}) | {"csrf": token}
            if rule.endpoint == "launched.set_role":
                fields |= {"person": str(who.person), "role": "course-lead"}
            answer = person.post(path_of(rule, numbers), fields)
            if rule.endpoint in OWN_RECORD and who is ward.amara:
                assert answer.status_code in OWN_RECORD[rule.endpoint]
                continue
            assert answer.status_code in CLOSED, (who, rule.rule)


def test_nothing_opens_without_a_session(app: Flask, ward: Ward, numbers: Numbers) -> None:
    launch = visitor(app, ward.rounds, ward.lead, ward.activity).launch
    stranger = app.test_client()
    for method in ("GET", "POST"):
        for rule in launched(app, method):
            address = f"/s/{launch}/{path_of(rule, numbers)}"
            answer = stranger.open(address, method=method, data=FORMS.get(rule.endpoint))
            assert (answer.status_code, "session-missing" in answer.text) == (403, True), address
            assert "Ingrid" not in answer.text


def test_every_page_is_kept_by_nobody_and_framed_by_its_lms_alone(
    app: Flask, ward: Ward, numbers: Numbers
) -> None:
    lead = visitor(app, ward.rounds, ward.lead, ward.activity)
    for rule in launched(app, "GET"):
        headers = lead.get(path_of(rule, numbers)).headers
        assert headers["Cache-Control"] == "no-store", rule.rule
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Content-Security-Policy"].endswith(
            "frame-ancestors https://lms.example.edu"
        )


def test_no_get_changes_a_row(app: Flask, ward: Ward, numbers: Numbers) -> None:
    lead = visitor(app, ward.rounds, ward.lead, ward.activity)
    written: list[str] = []

    @event.listens_for(ward.rounds.engine, "before_cursor_execute")
    def _note(*args: object) -> None:
        statement = str(args[2])
        if statement.startswith(("INSERT", "UPDATE", "DELETE")):
            written.append(statement)

    for rule in launched(app, "GET"):
        lead.get(path_of(rule, numbers))
    assert written == []


def test_the_log_names_nobody(app: Flask, ward: Ward, numbers: Numbers) -> None:
    structlog.reset_defaults()
    launches = []
    with capture_logs() as lines:
        for who in (ward.lead, ward.helen, ward.amara, ward.observer):
            person = visitor(app, ward.rounds, who, ward.activity)
            launches.append(person.launch)
            for rule in launched(app, "GET"):
                person.get(path_of(rule, numbers) + "?q=Amara")
            for rule in launched(app, "POST"):
                person.post(path_of(rule, numbers), {"csrf": token_of(person), "Amara": "Unwell."})
    assert lines
    told = str(lines)
    with ward.rounds.reading() as unit:
        issued = unit.session.scalars(select(Certificate)).all()
    assert {one.kind for one in issued} == set(Kind)
    secrets = [word for one in issued for word in (one.token, one.code, one.holder_key)]
    for word in ("Okafor", "Amara", "Brandt", "Solheim", "Unwell", "subject-", *launches, *secrets):
        assert word not in told


def test_no_form_breaks_a_page(app: Flask, ward: Ward, numbers: Numbers) -> None:
    helen = visitor(app, ward.rounds, ward.helen, ward.activity)
    lead = visitor(app, ward.rounds, ward.lead, ward.activity)
    tokens = {helen.launch: token_of(helen), lead.launch: token_of(lead)}
    for rule in launched(app, "POST"):
        path = path_of(rule, numbers)
        person = helen if path.startswith(("assessments", "interns")) else lead
        good = FORMS.get(rule.endpoint, {}) | {"csrf": tokens[person.launch]}
        for field, values in HOSTILE.items():
            for value in values:
                answer = person.post(path, {**good, field: value})
                assert answer.status_code < 500, (rule.rule, field, value[:20])
