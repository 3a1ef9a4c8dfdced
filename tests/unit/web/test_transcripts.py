"""The page of a transcript: asked for, waited for, downloaded, checked; and no one else's."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from lti_tool.domain.certificate import Kind, in_groups
from lti_tool.models.certificate import Certificate
from tests.factories import Ward
from tests.unit.web.conftest import PDF, SignIn, token_of
from tests.visitor import Visitor, text_of


@pytest.fixture
def seen(ward: Ward) -> Ward:
    """A ward whose Amara was assessed once."""
    ward.score(ward.helen, ward.amara, "teamwork", 3)
    return ward


def transcripts(ward: Ward) -> list[Certificate]:
    with ward.rounds.reading() as unit:
        mine = select(Certificate).where(Certificate.kind == Kind.TRANSCRIPT)
        return list(unit.session.scalars(mine.order_by(Certificate.id)))


def print_them(ward: Ward) -> None:
    """Do what the renderer does, without a PDF."""
    with ward.rounds.work() as unit:
        unit.session.execute(update(Certificate).values(pdf=PDF, sha256="5e" * 32))


def test_an_intern_asks_waits_and_downloads(seen: Ward, sign_in: SignIn) -> None:
    amara = sign_in(seen.amara)
    assert "Transcript of all your competencies" in text_of(amara.get(""))
    page = amara.get("transcript")
    assert "Make a transcript" in text_of(page)
    assert "Refresh" not in page.headers
    assert amara.send(page, "transcript").status_code == 303
    waiting = amara.get("transcript")
    assert "Being made. This page looks again by itself." in text_of(waiting)
    assert waiting.headers["Refresh"]
    assert amara.get("transcript.pdf").status_code == 503
    print_them(seen)
    ready = amara.get("transcript")
    assert "Download transcript" in text_of(ready)
    assert "Refresh" not in ready.headers
    file = amara.get("transcript.pdf")
    code = in_groups(transcripts(seen)[0].code)
    assert (file.data, file.mimetype) == (PDF, "application/pdf")
    assert file.headers["Content-Disposition"] == f'attachment; filename="transcript-{code}.pdf"'


def asked_in_vain(seen: Ward, amara: Visitor, code: str) -> TestResponse:
    """The page after a transcript was asked for whose file could not be made, and why not."""
    amara.send(amara.get("transcript"), "transcript")
    with seen.rounds.work() as unit:
        [row] = unit.renderings.due(10)
        unit.renderings.take(row)
        unit.renderings.failed(row, code)
    return amara.get("transcript")


def test_one_that_cannot_be_made_yet_says_so_and_waits_for_nobody(
    seen: Ward, sign_in: SignIn
) -> None:
    amara = sign_in(seen.amara)
    page = asked_in_vain(seen, amara, "certificates-off")
    assert "Its file cannot be made at present." in text_of(page)
    assert "Refresh" not in page.headers


def test_one_that_was_set_aside_is_asked_for_again_at_once(seen: Ward, sign_in: SignIn) -> None:
    amara = sign_in(seen.amara)
    page = asked_in_vain(seen, amara, "certificate-facts-faulty")
    assert "The file could not be made. Ask for it again." in text_of(page)
    amara.send(page, "transcript")
    assert "Being made." in text_of(amara.get("transcript"))


def test_an_intern_withdraws_it_and_whoever_checks_it_is_told(
    seen: Ward, sign_in: SignIn, client: FlaskClient
) -> None:
    amara = sign_in(seen.amara)
    amara.send(amara.get("transcript"), "transcript")
    print_them(seen)
    page = amara.get("transcript")
    assert "Withdraw this transcript" in text_of(page)
    assert amara.send(page, "transcript/withdraw").status_code == 303
    told = amara.get("transcript")
    assert "Withdrawn on" in text_of(told)
    assert "Make a transcript" in text_of(told)
    assert "Withdraw this transcript" not in text_of(told)
    assert amara.get("transcript.pdf").status_code == 404
    [row] = transcripts(seen)
    address = f"/verify/{in_groups(row.code)}"
    for answer in (client.get(address), client.post(address, data={"key": row.holder_key})):
        words = text_of(answer)
        assert "This transcript no longer counts Withdrawn on" in words
        assert "Its holder withdrew it." in words
        for within in ("Amara", "A. O.", "Teamwork", "Clinical", "genuine"):
            assert within not in words
    amara.send(told, "transcript")
    assert amara.send(page, "transcript/withdraw").status_code == 409, "another one by now"
    for who in (seen.lead, seen.helen, seen.observer):
        fields = {"csrf": token_of(sign_in(who)), "code": row.code}
        assert sign_in(who).post("transcript/withdraw", fields).status_code == 403


def test_no_course_lead_learns_of_a_withdrawal(seen: Ward, sign_in: SignIn) -> None:
    lead = sign_in(seen.lead)
    paths = ("", "certificates", "gradebook", f"interns/{seen.amara.person}/certificate")
    amara = sign_in(seen.amara)
    amara.send(amara.get("transcript"), "transcript")
    amara.send(amara.get("transcript"), "transcript/withdraw")
    for path in paths:
        page = lead.get(path)
        assert page.status_code == 200
        assert "transcript" not in page.text.lower()
        assert "ithdrawn" not in page.text


def test_machines_read_it_too(seen: Ward, sign_in: SignIn, client: FlaskClient) -> None:
    amara = sign_in(seen.amara)
    assert amara.get("transcript.jwt").status_code == 404
    amara.send(amara.get("transcript"), "transcript")
    print_them(seen)
    [row] = transcripts(seen)
    with seen.rounds.work() as unit:
        signed = unit.credentials.of(row.id)
    file = amara.get("transcript.jwt")
    code = in_groups(row.code)
    assert (file.text, file.mimetype) == (signed, "text/plain")
    assert file.headers["Content-Disposition"] == f'attachment; filename="transcript-{code}.jwt"'
    assert "transcript.jwt" in amara.get("transcript").text
    assert f"rounds verify transcript-{code}.pdf" in text_of(client.get(f"/verify/{code}"))
    assert sign_in(seen.lead).get("transcript.jwt").status_code == 403


def test_each_has_their_own_and_nobody_else_any(seen: Ward, sign_in: SignIn) -> None:
    amara = sign_in(seen.amara)
    amara.send(amara.get("transcript"), "transcript")
    print_them(seen)
    jonas = sign_in(seen.jonas)
    page = jonas.get("transcript")
    assert "No assessments yet" in text_of(page)
    assert jonas.get("transcript.pdf").status_code == 404
    assert jonas.post("transcript", {"csrf": token_of(jonas)}).status_code == 404
    for who in (seen.lead, seen.helen, seen.observer):
        for path in ("transcript", "transcript.pdf"):
            assert sign_in(who).get(path).status_code == 403
    assert len(transcripts(seen)) == 1


def test_a_course_lead_is_offered_none(seen: Ward, sign_in: SignIn) -> None:
    page = sign_in(seen.lead).get(f"interns/{seen.amara.person}/")
    assert "transcript" not in page.text.lower()


def test_a_stranger_learns_of_what_day_it_is_and_no_standing(
    seen: Ward, sign_in: SignIn, client: FlaskClient
) -> None:
    amara = sign_in(seen.amara)
    amara.send(amara.get("transcript"), "transcript")
    print_them(seen)
    row = transcripts(seen)[0]
    address = f"/verify/{in_groups(row.code)}"
    page = client.get(address)
    words = text_of(page)
    assert "This transcript is genuine A. O. It says what stood on" in words
    assert "Transcript of Teamwork" in words
    assert "Choose the transcript's PDF" in words
    for within in ("Amara", "Not enough", "not met yet", "Dependable"):
        assert within not in page.text
    named = client.post(address, data={"key": row.holder_key})
    assert "Amara Okafor" in text_of(named)
    wrong = client.post(address, data={"key": "22222222"})
    assert "This is not the key of this transcript." in text_of(wrong)


def test_an_older_one_stays_genuine_and_says_that_there_is_a_newer(
    seen: Ward, sign_in: SignIn, client: FlaskClient
) -> None:
    amara = sign_in(seen.amara)
    amara.send(amara.get("transcript"), "transcript")
    print_them(seen)
    row = transcripts(seen)[0]
    with seen.rounds.work() as unit:
        changed = {"state": "superseded", "reason": "asked-anew", "ended_at": unit.now}
        unit.session.execute(update(Certificate).values(changed))
    words = text_of(client.get(f"/verify/{in_groups(row.code)}"))
    assert "There is a newer transcript Issued to a person" in words
    assert "A. O." not in words  # its code is on the list of what counts no longer
    named = client.post(f"/verify/{in_groups(row.code)}", data={"key": row.holder_key})
    assert "There is a newer transcript Amara Okafor" in text_of(named)
    assert "It is genuine. Its holder asked for a newer one on" in words
    assert amara.get("transcript.pdf").status_code == 404
