"""A session that ends while work is under way."""

from datetime import timedelta

from sqlalchemy import update

from lti_tool.models.launch import LaunchSession
from tests.journeys.people import Person, heading, launch, lead_of, words
from tests.stack import Stack


def test_a_session_that_nobody_used_ends_in_words_and_the_draft_stays(stack: Stack) -> None:
    lead_of(stack, "plain", "week-four").choose()
    ruth = launch(stack, "plain", "ruth", "week-four")
    priya = ruth.intern("Priya Raman")
    start = ruth.get(f"interns/{priya}/score")
    form = ruth.send(start, f"interns/{priya}/assessments", competency="teamwork")
    path = form.url.removeprefix(ruth.home)
    ruth.send(form, f"{path}/draft", next="Say it back.")
    long_unused(stack, ruth)

    over = ruth.get(path)
    assert over.status_code == 403
    assert heading(over) == "You were signed out"
    assert "Go back to the course" in words(over)
    again = launch(stack, "plain", "ruth", "week-four")
    assert "Say it back." in again.get(path).text


def long_unused(stack: Stack, person: Person) -> None:
    """Let more time pass since the last page than a session lasts without one."""
    number = person.home.rstrip("/").rpartition("/")[2]
    with stack.rounds.work() as unit:
        seen = unit.now - timedelta(minutes=stack.rounds.settings.session_idle_minutes + 1)
        unit.session.execute(
            update(LaunchSession).where(LaunchSession.id == number).values(seen_at=seen)
        )
