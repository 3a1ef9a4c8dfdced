"""From a click to the gradebook: what the log says of one submit can be joined."""

import re
from collections.abc import Iterator, MutableMapping
from contextlib import suppress
from typing import Any

import pytest
import structlog
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from lti_tool.lms.grades import Grades
from lti_tool.lms.http import Http
from lti_tool.lms.tokens import Tokens
from lti_tool.models.passback import Passback
from lti_tool.services.delivery import deliver
from lti_tool.services.unit import Rounds
from tests.factories import Ward
from tests.gradebook import serving
from tests.owing import debtor
from tests.stand_in import StandIn
from tests.unit.web.conftest import SignIn

Lines = list[MutableMapping[str, Any]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        yield lines


def told(lines: Lines, event: str) -> Lines:
    return [line for line in lines if line["event"] == event]


def test_a_submit_and_what_becomes_of_its_message_can_be_joined(
    rounds: Rounds, sign_in: SignIn, ward: Ward, lines: Lines
) -> None:
    helen = sign_in(ward.helen)
    draft = ward.draft(ward.helen, ward.amara, "teamwork")
    form = helen.get(f"assessments/{draft}")
    assert told(lines, "owed") == []
    helen.send(form, f"assessments/{draft}", **{f"TW-{number}": "3" for number in range(1, 7)})
    [owed] = told(lines, "owed")
    assert owed["launch"] == helen.launch[:8]
    assert re.fullmatch(r"[2-9A-Z]{4}-[2-9A-Z]{4}", owed["reference"])
    with rounds.reading() as unit:
        row = unit.session.get_one(Passback, owed["passback"])
    assert row.intern_id == ward.amara.person


def test_the_lines_of_a_delivery_carry_the_number_of_the_message(
    rounds: Rounds, lines: Lines
) -> None:
    with serving() as gradebook:
        owing = debtor(rounds, gradebook.origin)
        id = owing.owe("10")
        assert id is not None
        http = Http(rounds.settings)
        deliver(owing.rounds, Grades(http, Tokens(owing.rounds, http)), owing.job(id))
    [owed], [delivery] = told(lines, "owed"), told(lines, "delivery")
    assert owed["passback"] == delivery["passback"] == id
    assert delivery["code"] == "sent"


def test_what_is_not_committed_was_never_owed(rounds: Rounds, lines: Lines) -> None:
    def fail(_session: Session) -> None:
        raise ZeroDivisionError

    owing = debtor(rounds, "http://127.0.0.1:1")
    with suppress(ZeroDivisionError), rounds.work() as unit:
        owing.owe_in(unit, "10")
        event.listen(unit.session, "before_commit", fail)
    assert owing.rows() == []
    assert told(lines, "owed") == []


def test_a_message_sent_again_by_a_course_lead_is_told_with_their_request(
    rounds: Rounds, lines: Lines
) -> None:
    owing = debtor(rounds, "http://127.0.0.1:1")
    id = owing.owe("10")
    assert id is not None
    with rounds.work() as unit:
        unit.session.get_one(Passback, id).state = "refused"
    with rounds.work() as unit:
        unit.retrying.retry(owing.lead, id)
    assert [line["passback"] for line in told(lines, "owed")] == [id, id]


def test_a_refusal_and_its_page_have_the_reference_of_the_request(
    client: FlaskClient, lines: Lines
) -> None:
    page = client.get("/no/such/page")
    [line] = told(lines, "request")
    assert line["reference"] in page.text
    client.get("/no/such/page")
    assert len({line["reference"] for line in told(lines, "request")}) == 2
    assert structlog.contextvars.get_contextvars() == {}, "nothing after a request bears its name"


def test_a_launch_and_the_requests_of_its_session_have_the_same_launch(
    client: FlaskClient, lms: StandIn, lines: Lines
) -> None:
    opened = lms.launch(client)
    assert client.post(f"{opened.location}stay").status_code == 403
    [launch], [request] = told(lines, "launch"), told(lines, "request")
    assert launch["launch"] == request["launch"] == opened.location.split("/")[2][:8]
    assert launch["reference"] != request["reference"]
