"""A concern: read by course leads, settled with a note, and then no longer in the way."""

import pytest
from flask import Flask

from lti_tool.domain.assessment import LONGEST_TEXT
from lti_tool.services.unit import Rounds
from tests import factories
from tests.factories import Ward
from tests.unit.web.conftest import SignIn
from tests.visitor import Visitor, text_of, visitor


@pytest.fixture
def lead(ward: Ward, sign_in: SignIn) -> Visitor:
    return sign_in(ward.lead)


@pytest.fixture
def flag(ward: Ward) -> str:
    """The address of the flag that a low handover of Jonas raised."""
    ward.score(
        ward.helen, ward.jonas, "teamwork", 3, 3, 1, 3, what_happened={"TW-3": "Left <early>."}
    )
    with ward.rounds.reading() as unit:
        return f"flags/{unit.flags.open(ward.lead, ward.activity)[0].id}"


def test_a_concern_is_read_with_all_it_takes_to_act(lead: Visitor, flag: str, ward: Ward) -> None:
    page = lead.get(flag)
    words = text_of(page)
    assert "Jonas Lindqvist Teamwork: Handover" in words
    assert "Left &lt;early&gt;." in page.text
    assert "Raised by Dr Helen Brandt" in words
    assert "Seen on 14 September" in words
    assert f'/interns/{ward.jonas.person}/"' in page.text


def test_a_note_settles_it(lead: Visitor, flag: str) -> None:
    answer = lead.send(lead.get(flag), flag, note="Spoken to, and to the night team.")
    assert answer.location == f"/s/{lead.launch}/"
    assert "What needs you" not in text_of(lead.get(""))
    page = lead.get(flag)
    assert "Resolved by Dr Ingrid Solheim" in text_of(page)
    assert "Spoken to, and to the night team." in text_of(page)
    assert "<textarea" not in page.text


@pytest.mark.parametrize(
    ("note", "words"),
    [("  ", "Say what was done."), ("x" * (LONGEST_TEXT + 1), "This is longer than 4000")],
)
def test_no_note_or_too_long_a_one_comes_back(
    lead: Visitor, flag: str, note: str, words: str
) -> None:
    page = lead.send(lead.get(flag), flag, note=note)
    assert page.status_code == 422
    assert words in text_of(page)
    assert note in page.text
    assert "What needs you" in text_of(lead.get(""))


def test_settling_it_twice_shows_what_was_written_first(lead: Visitor, flag: str) -> None:
    page = lead.get(flag)
    lead.send(page, flag, note="First.")
    answer = lead.send(page, flag, note="Second.")
    assert answer.location == f"/s/{lead.launch}/{flag}"
    assert "First." in text_of(lead.get(flag))
    assert "Second." not in text_of(lead.get(flag))


def test_the_flag_of_another_course_is_not_there(
    app: Flask, rounds: Rounds, ward: Ward, flag: str
) -> None:
    elsewhere = factories.ward(rounds)
    stranger = visitor(app, rounds, elsewhere.lead, elsewhere.activity)
    assert stranger.get(flag).status_code == 404
