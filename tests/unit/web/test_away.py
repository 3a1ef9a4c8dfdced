"""A database that is away: what each caller is told, and what becomes of what was typed."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.exc import IntegrityError
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from lti_tool.app import create_app, make_rounds
from lti_tool.models.passback import Passback
from lti_tool.services.tallies import Event
from lti_tool.services.unit import Rounds
from lti_tool.settings import load_settings
from tests.conftest import SECRET
from tests.factories import Ward
from tests.faults.databases import read_only
from tests.stand_in import code_of
from tests.unit.web.conftest import SignIn
from tests.visitor import fields_of, text_of

LAUNCH = "0" * 32
LOGIN = {"iss": "https://lms.example.edu", "login_hint": "1"}


@pytest.fixture(params=["sqlite", "postgresql"])
def gone(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FlaskClient]:
    """A browser in front of a tool whose database is not there."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    url = f"sqlite:///{tmp_path}/none/rounds.db"
    if request.param == "postgresql":
        url = f"postgresql://rounds:secret@127.0.0.1:{port}/rounds"
    rounds = make_rounds(load_settings({"ROUNDS_SECRET_KEY": SECRET, "ROUNDS_DATABASE_URL": url}))
    yield create_app(rounds).test_client()
    rounds.engine.dispose()


def is_away(answer: TestResponse) -> bool:
    return (
        (answer.status_code, code_of(answer)) == (503, "database-away")
        and int(answer.headers["Retry-After"]) > 0
        and answer.headers["Cache-Control"] == "no-store"
    )


def test_a_page_can_be_tried_again_in_the_frame_it_was_opened_in(gone: FlaskClient) -> None:
    page = gone.get(f"/s/{LAUNCH}/cohort?sort=name&standing=met")
    assert is_away(page)
    assert "frame-ancestors *" in page.headers["Content-Security-Policy"]
    assert fields_of(page.text) == {"sort": "name", "standing": "met"}
    assert "Try again" in page.text
    assert "secret" not in page.text
    assert "127.0.0.1" not in page.text


def test_a_form_keeps_what_was_typed_and_says_that_it_was_not_saved(gone: FlaskClient) -> None:
    typed = {"csrf": "0", "worked": 'Two\r\nlines, <b>"quoted"</b>', "TW-1": "3"}
    page = gone.post(f"/s/{LAUNCH}/assessments/1", data=typed)
    assert is_away(page)
    assert "This was not saved" in page.text
    assert fields_of(page.text) == typed
    assert '<form class="acts" method="POST">' in page.text


@pytest.mark.parametrize("path", ["/lti/login", "/lti/launch"])
def test_only_the_lms_can_repeat_a_launch(gone: FlaskClient, path: str) -> None:
    target = f"{load_settings({'ROUNDS_SECRET_KEY': SECRET}).origin}/lti/launch"
    sent = {**LOGIN, "target_link_uri": target, "id_token": "a.b.c", "state": "x"}
    page = gone.post(path, data=sent, headers={"Sec-Fetch-Dest": "document"})
    if path == "/lti/launch":
        gone.set_cookie("rounds-2d711642b726", "x", path="/lti/launch")
        page = gone.post(path, data=sent)
    assert is_away(page)
    assert "open the activity again" in page.text
    assert fields_of(page.text) == {}


def test_what_needs_no_session_says_so_too(gone: FlaskClient) -> None:
    for path in ("/verify/ABCD-EFGH-JKMN", f"/certificates/{'a' * 32}.pdf", "/lti/jwks.json"):
        assert is_away(gone.get(path)), path
    assert is_away(gone.post("/verify/ABCD-EFGH-JKMN", data={"key": "abcd"}))
    assert is_away(gone.get(f"/s/{LAUNCH}/no-such-page")), "whose frame it is in stands there"


def test_machines_get_a_word(gone: FlaskClient) -> None:
    assert gone.get("/healthz").status_code == 200
    ready = gone.get("/readyz")
    assert (ready.status_code, ready.text) == (503, "database-away\n")


def test_a_request_that_is_too_large_is_told_that(gone: FlaskClient) -> None:
    page = gone.post(f"/s/{LAUNCH}/assessments/1", data={"worked": "x" * 1_000_001})
    assert (page.status_code, code_of(page)) == (413, "too-large")


def test_the_log_has_one_line_without_a_traceback(gone: FlaskClient) -> None:
    with capture_logs() as lines:
        gone.post(f"/s/{LAUNCH}/assessments/1", data={"worked": "A private word"})
    [line] = lines
    assert (line["code"], line["outcome"]) == ("database-away", "refused")
    assert line["reason"].startswith("the database cannot be used: ")
    assert "exc_info" not in line
    assert "private" not in str(line)


def test_a_refused_login_is_counted_once_the_database_is_back(gone: FlaskClient) -> None:
    rounds: Rounds = gone.application.extensions["rounds"]
    target = f"{rounds.settings.origin}/lti/launch"
    form = {**LOGIN, "target_link_uri": target}
    gone.post("/lti/login", data=form, headers={"Sec-Fetch-Dest": "document"})
    [count] = rounds.gathered.take()
    assert (count.event, count.outcome, count.code) == (Event.LOGIN, "refused", "database-away")


# -- In the middle of a session --------------------------------------------------------------------


def test_what_was_not_saved_is_saved_by_the_button_of_that_page(
    sign_in: SignIn, ward: Ward
) -> None:
    helen = sign_in(ward.helen)
    draft = ward.draft(ward.helen, ward.amara, "teamwork")
    form = helen.get(f"assessments/{draft}")
    ratings = {f"TW-{number}": "3" for number in range(1, 7)}
    with read_only(ward.rounds):
        page = helen.send(form, f"assessments/{draft}", **ratings, worked="Asked back.")
        assert is_away(page)
        assert "frame-ancestors https://lms.example.edu" in str(page.headers)
    with ward.rounds.reading() as unit:
        assert unit.session.scalars(select(Passback)).all() == []
    saved = helen.send(page, f"assessments/{draft}")
    assert saved.status_code == 303
    assert "Asked back." in text_of(helen.get(f"assessments/{draft}"))


def test_a_draft_that_cannot_be_saved_is_no_page(sign_in: SignIn, ward: Ward) -> None:
    helen = sign_in(ward.helen)
    draft = ward.draft(ward.helen, ward.amara, "teamwork")
    form = helen.get(f"assessments/{draft}")
    away = re.search(r'data-away="([^"]+)"', form.text)
    assert away
    assert away[1] == "Rounds is not available. It is tried again."
    with read_only(ward.rounds):
        assert helen.send(form, f"assessments/{draft}/draft").status_code == 503
    assert helen.send(form, f"assessments/{draft}/draft").status_code == 200


def test_a_fault_of_our_own_stays_one(sign_in: SignIn, ward: Ward) -> None:
    helen = sign_in(ward.helen)

    def misspell(*arguments: object) -> None:
        raise IntegrityError("INSERT", None, ValueError("UNIQUE constraint failed"))

    event.listen(ward.rounds.engine, "before_cursor_execute", misspell)
    with capture_logs() as lines:
        page = helen.get("")
    event.remove(ward.rounds.engine, "before_cursor_execute", misspell)
    assert (page.status_code, code_of(page)) == (500, "internal-fault")
    assert [line["event"] for line in lines] == ["fault", "request"]
